// Pages of a listing: `{items, next}`, where `next` is the `after` of the page that follows, or null.

export const DEFAULT_PAGE_SIZE = 100;

export interface Page {
  readonly items: readonly object[];
  readonly next: string | null;
}

export function pageOf<Item>(
  found: readonly Item[],
  limit: number,
  cursorOf: (item: Item) => string,
  toJson: (item: Item) => object,
): Page {
  const last = found.at(-1);
  return { items: found.map(toJson), next: found.length < limit || last === undefined ? null : cursorOf(last) };
}
