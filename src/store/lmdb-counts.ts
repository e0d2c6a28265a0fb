// The stored form of registration counts, and how they are read. Never writes.

import type { ByteString } from '../domain/bytes.ts';
import { formatChinaDay } from '../domain/china-day.ts';
import type { Prefix } from '../domain/prefix.ts';
import { afterAll, fromUint32, toUint32 } from './lmdb-keys.ts';
import type { LmdbView } from './lmdb-record-reading.ts';
import { PackedReader, PackedWriter } from './packed-bytes.ts';
import type { RegistrationCounts } from './registry-store.ts';

/** In the place of a day, after all days: how many live identifiers a prefix has. */
export const LIVE_DAY = 0xffff_ffff;

/** In `meta`: how many live records there are, then how many identifiers. */
export const META_RECORDS = 'records' as ByteString;

export function countKey(prefixKey: ByteString, day: number): ByteString {
  return (prefixKey + toUint32(day)) as ByteString;
}

const out = new PackedWriter();

export function encodeCounts(counts: readonly number[]): ByteString {
  out.clear();
  for (const count of counts) out.varint(count);
  return out.toBytes();
}

/** Empty if there are none. Throws `STORE_FORMAT`. */
export function decodeCounts(bytes: ByteString | null): number[] {
  if (bytes === null) return [];
  const from = new PackedReader(bytes);
  const counts: number[] = [];
  while (from.remaining > 0) counts.push(from.varint());
  return counts;
}

export function readCounts(view: LmdbView, prefix: Prefix): RegistrationCounts {
  const prefixKey = view.names.prefixKey(prefix);
  if (prefixKey === null) return { live: 0, days: [] };
  let live = 0;
  const days: RegistrationCounts['days'][number][] = [];
  const scan = { start: prefixKey, end: afterAll(prefixKey) };
  for (const { key, value } of view.tables.counters.scan(scan, view.snapshot.options())) {
    const day = fromUint32(key, 4);
    const [first = 0, updated = 0, deleted = 0, revoked = 0] = decodeCounts(value);
    if (day === LIVE_DAY) live = first;
    else days.push({ day: formatChinaDay(day), created: first, updated, revoked, deleted });
  }
  return { live, days };
}

/** What they count is only told apart once there was a lot. */
export function readLiveCounts(view: LmdbView): { readonly records: number; readonly issued: number } {
  const [records = 0, issued = records] = decodeCounts(view.tables.meta.get(META_RECORDS, view.snapshot.options()));
  return { records, issued };
}
