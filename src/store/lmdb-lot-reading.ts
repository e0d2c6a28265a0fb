// Reads of lots from LMDB: by id, and by what lies in their room. Never writes.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import type { Handle } from '../domain/handle.ts';
import { isWithinSpan, type Lot, type LotId, type LotSpan, spanOf } from '../domain/lot.ts';
import type { Prefix } from '../domain/prefix.ts';
import { decodeEntity } from './directory-json.ts';
import { listEntities, listVersions, readEntity } from './lmdb-directory-reading.ts';
import { afterAll } from './lmdb-keys.ts';
import { type LmdbView, MAX_KEY_BYTES } from './lmdb-record-reading.ts';
import type { LotReader } from './registry-store.ts';

/** All lots of one prefix whose codes have this length, in the order of their rooms. */
export function roomsKey(prefixKey: ByteString, length: number): ByteString {
  return (prefixKey + String.fromCharCode((length >>> 8) & 0xff, length & 0xff)) as ByteString;
}

/** Where a lot stands in that order. */
export function rangeKey(prefixKey: ByteString, { length, start }: Pick<LotSpan, 'length' | 'start'>): ByteString {
  return (roomsKey(prefixKey, length) + start) as ByteString;
}

export function lotReaderOf(view: LmdbView): LotReader {
  return {
    lot: (id) => readEntity(view, 'lots', id),
    findLot: (handle) => findLot(view, handle),
    lots: (prefix, after, limit) => listLots(view, prefix, after, limit),
    lotVersions: (id, after, limit) => listVersions(view, 'lotVersions', id, { after, limit }),
  };
}

function findLot(view: LmdbView, handle: Handle): Lot | null {
  const key = view.names.recordKey(handle);
  return key === null || key.length > MAX_KEY_BYTES ? null : findLotOf(view, key);
}

/** Rooms do not overlap, so the last one that begins at or before the suffix is the only one that can hold it. */
export function findLotOf(view: LmdbView, recordKey: ByteString): Lot | null {
  const suffix = recordKey.slice(4) as ByteString;
  const rooms = roomsKey(recordKey.slice(0, 4) as ByteString, suffix.length);
  const options = view.snapshot.options();
  const row = view.tables.lotRanges.first(
    { start: (rooms + suffix) as ByteString, end: rooms, reverse: true },
    options,
  );
  if (row === null) return null;
  const lot = readEntity<Lot>(view, 'lots', textFromBytes(row.value));
  return lot !== null && isWithinSpan(spanOf(lot), suffix) ? lot : null;
}

/** A prefix may itself have a colon, so that ids of others begin alike: they are passed by. */
function listLots(view: LmdbView, prefix: Prefix | null, after: LotId | null, limit: number): Lot[] {
  if (prefix === null || limit <= 0) return listEntities<Lot>(view, 'lots', after, limit);
  const beginning = bytesFromText(`${prefix}:`);
  const scan = {
    start: after === null ? beginning : bytesFromText(after),
    end: afterAll(beginning),
    exclusiveStart: after !== null,
  };
  const lots: Lot[] = [];
  for (const { value } of view.tables.lots.scan(scan, view.snapshot.options())) {
    const lot = decodeEntity<Lot>(value);
    if (lot.prefix === prefix) lots.push(lot);
    if (lots.length >= limit) break;
  }
  return lots;
}
