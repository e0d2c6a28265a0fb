// How the registration counts of one write transaction are written to LMDB: by prefix and China day, live identifiers by
// prefix, and all together.

import type { ByteString } from '../domain/bytes.ts';
import { countKey, decodeCounts, encodeCounts, LIVE_DAY, META_RECORDS } from './lmdb-counts.ts';
import type { LmdbTables } from './lmdb-tables.ts';
import type { StagedCounts } from './staged-counts.ts';

export function putCounts({ counters, meta }: LmdbTables, staged: StagedCounts): void {
  const increase = (key: ByteString, by: readonly number[]): void => {
    const before = decodeCounts(counters.get(key));
    counters.put(key, encodeCounts(by.map((more, i) => (before[i] ?? 0) + more)));
  };
  let grown = 0;
  for (const [key, { created, updated, deleted, revoked }] of staged.entries()) {
    const growth = created - deleted;
    increase(key, [created, updated, deleted, revoked]);
    if (growth !== 0) increase(countKey(key.slice(0, 4) as ByteString, LIVE_DAY), [growth]);
    grown += growth;
  }
  if (grown === 0 && staged.rows === 0) return;
  const [records = 0, issued = records] = decodeCounts(meta.get(META_RECORDS));
  const [after, afterIssued] = [records + staged.rows, issued + grown];
  meta.put(META_RECORDS, encodeCounts(after === afterIssued ? [after] : [after, afterIssued]));
}

/** Live identifiers of a prefix, as the table has them. */
export function readLive({ counters }: LmdbTables, prefixKey: ByteString): number {
  return decodeCounts(counters.get(countKey(prefixKey, LIVE_DAY)))[0] ?? 0;
}
