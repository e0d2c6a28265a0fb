// The files of keys that lie beside a store and not in it. Without them a restored node would be another: nobody could
// administer it, codes of lots could not be told from invented ones, and clients would not know it as the same site.

export const OPERATOR_KEY_FILE = 'operator.key';
export const LOT_KEY_FILE = 'lot.key';
export const SITE_KEY_FILE = 'handle-site.key';

/** Each with the byte that stands for it in a backup. */
export const KEY_FILES: readonly { readonly name: string; readonly kind: number }[] = [
  { name: OPERATOR_KEY_FILE, kind: 4 },
  { name: LOT_KEY_FILE, kind: 6 },
  { name: SITE_KEY_FILE, kind: 7 },
];
