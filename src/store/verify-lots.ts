// Checks lots: that each is found by its room, its parent and its states, that no two rooms meet, and which records are
// codes of one, so that the counts can be held against both.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import { isHandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import { type Lot, type LotTags, sizeOf, spanOf } from '../domain/lot.ts';
import { decodeEntity } from './directory-json.ts';
import { versionKey } from './lmdb-keys.ts';
import { findLotOf, rangeKey } from './lmdb-lot-reading.ts';
import type { LmdbView } from './lmdb-record-reading.ts';
import { FIRST_KEY } from './lmdb-table.ts';
import { placeIn } from './lot-places.ts';
import { shownBytes } from './verify-findings.ts';
import { type Walk, walkTable } from './verify-walk.ts';

interface PrefixLots {
  codes: number;
  /** Live records that are codes. */
  records: number;
  /** Whether the key is missing that tells codes from others. */
  isUnknown: boolean;
}

/** What the lots of each prefix count: there are as many prefixes as enterprises. */
export class LotSums {
  readonly byPrefix = new Map<ByteString, PrefixLots>();
  readonly #view: LmdbView;
  readonly #tags: LotTags;

  constructor(view: LmdbView, tags: LotTags) {
    this.#view = view;
    this.#tags = tags;
    for (const { value } of view.tables.lots.scan({ start: FIRST_KEY }, view.snapshot.options())) {
      const lot = entityIn<Lot>(value);
      const prefixKey = lot === null ? null : view.names.prefixKey(lot.prefix);
      if (lot === null || prefixKey === null) continue;
      const sums = this.byPrefix.get(prefixKey) ?? { codes: 0, records: 0, isUnknown: false };
      this.byPrefix.set(prefixKey, sums);
      sums.codes += sizeOf(lot);
    }
  }

  /** A live record. */
  see(recordKey: ByteString): void {
    const sums = this.byPrefix.get(recordKey.slice(0, 4) as ByteString);
    if (sums === undefined) return;
    try {
      const lot = findLotOf(this.#view, recordKey);
      if (lot === null) return;
      const { verdict } = placeIn(lot, textFromBytes(recordKey.slice(4) as ByteString), this.#tags);
      if (verdict === 'code') sums.records += 1;
      else if (typeof verdict === 'object') sums.isUnknown = true;
    } catch (cause) {
      if (!isHandleError(cause, 'STORE_FORMAT')) throw cause;
      sums.isUnknown = true; // the lot is damaged, which is found where all lots are looked at
    }
  }
}

/** Null for bytes that make no sense: that is found where all entities are looked at. */
export function entityIn<T extends object>(bytes: ByteString): T | null {
  try {
    return decodeEntity<T>(bytes);
  } catch (cause) {
    if (!isHandleError(cause, 'STORE_FORMAT')) throw cause;
    return null;
  }
}

/** What is wrong with a lot that is kept under an id; null if nothing. */
export function objectionToLot({ tables, names, snapshot }: LmdbView, lot: Lot, id: string): string | null {
  if (lot.id !== id) return 'is kept under another id';
  const prefixKey = names.prefixKey(lot.prefix);
  const options = snapshot.options();
  const key = bytesFromText(id);
  if (prefixKey === null || tables.lotRanges.get(rangeKey(prefixKey, spanOf(lot)), options) !== key) {
    return 'is not found by its room';
  }
  if (lot.parent !== null) {
    const parentKey = names.recordKey(lot.parent);
    const listed = parentKey === null ? null : tables.lotParents.get(`${parentKey}\x00${key}` as ByteString, options);
    if (listed === null) return 'is not listed under its parent';
  }
  const newest = tables.lotVersions.get(versionKey(key, lot.revision), options);
  return newest === tables.lots.get(key, options) ? null : 'is not among its states';
}

/** After the lots themselves: that nothing leads to one that is not there, and that no two rooms meet. */
export async function verifyLotIndexes(walk: Walk): Promise<void> {
  const { findings, view } = walk;
  const lotOf = (id: ByteString): Lot | null => {
    const bytes = view.tables.lots.get(id, view.snapshot.options());
    return bytes === null ? null : entityIn<Lot>(bytes);
  };
  let before: { readonly key: ByteString; readonly lot: Lot } | null = null;
  await walkTable(walk, 'lotRanges', ({ key, value }) => {
    const lot = lotOf(value);
    const prefixKey = key.slice(0, 4) as ByteString;
    const isOwn = lot !== null && rangeKey(prefixKey, spanOf(lot)) === key;
    if (!findings.expect(isOwn, 'lotRanges', () => `a room leads to lot ${shownBytes(value)}, which is elsewhere`))
      return;
    const current = { key, lot: lot as Lot };
    const other = before;
    before = current;
    if (other === null || other.key.slice(0, 6) !== key.slice(0, 6)) return;
    const { last } = spanOf(other.lot);
    const meets = spanOf(current.lot).start.slice(0, last.length) <= last;
    findings.expect(!meets, 'lotRanges', () => `lots ${other.lot.id} and ${current.lot.id} have the same room`);
  });
  await walkTable(walk, 'lotParents', ({ key }) => {
    const at = key.lastIndexOf('\x00');
    const lot = lotOf(key.slice(at + 1) as ByteString);
    const parent = lot?.parent ?? null;
    const isOwn = parent !== null && view.names.recordKey(parent as Handle) === key.slice(0, at);
    findings.expect(isOwn, 'lotParents', () => `lot ${shownBytes(key.slice(at + 1))} is listed under another parent`);
  });
}
