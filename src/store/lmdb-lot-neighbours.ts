// What a lot has to ask of the records of its prefix, within one write transaction.

import { type ByteString, textFromBytes } from '../domain/bytes.ts';
import type { Handle } from '../domain/handle.ts';
import { isSerial, type Lot, type LotTags, readCode, spanOf } from '../domain/lot.ts';
import { MAX_ROWS_JOINED } from '../domain/lot-limits.ts';
import type { LmdbNameGiver } from './lmdb-names.ts';
import type { StagedLots } from './lmdb-staged-lots.ts';
import type { StagedRecords } from './lmdb-staged-records.ts';
import type { Serials } from './lot-changes.ts';
import type { LotNeighbours } from './lot-judging.ts';
import { parentWithin, tooManyRows } from './lot-places.ts';

export interface NeighbourSources {
  readonly names: LmdbNameGiver;
  readonly lots: StagedLots;
  readonly tags: LotTags;
}

export function lotNeighbours(records: StagedRecords, sources: NeighbourSources): Omit<LotNeighbours, 'overlapOf'> {
  return {
    objectionTo: (handle, parent, isPreserved) =>
      records.objectionTo(handle, parent, isPreserved ? 'preserved' : 'registered'),
    rowsWithin: (lot, serials) => rowsWithin(lot, serials, records, sources),
  };
}

/** Looks at what stands there, which is little: a lot is registered before its codes are written to. */
function rowsWithin(
  lot: Lot,
  serials: Serials,
  records: StagedRecords,
  { names, lots, tags }: NeighbourSources,
): number | string {
  const prefixKey = names.recordKey(`${lot.prefix}/` as Handle);
  const part = { ...lot, ...serials };
  const { start, last } = spanOf(part);
  const from = (prefixKey + start) as ByteString;
  const to = (prefixKey + last) as ByteString;
  let looked = 0;
  let rows = 0;
  for (const [key, head] of records.between(from, to, MAX_ROWS_JOINED + 1)) {
    if (++looked > MAX_ROWS_JOINED) return tooManyRows(serials);
    const suffix = textFromBytes(key.slice(4) as ByteString);
    if (!isSerial(readCode(part, suffix, tags))) continue;
    if (head.node > 0 || lots.hasChild(key)) return parentWithin(`${lot.prefix}/${suffix}` as Handle, lot);
    if (head.status !== 'deleted') rows += 1;
  }
  return rows;
}
