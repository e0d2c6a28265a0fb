// Counts of resolutions in their table, and the statistics that are made of them and of the counts of registrations.

import { formatChinaDay } from '../domain/china-day.ts';
import { MAX_STATISTICS_PREFIXES } from '../domain/limits.ts';
import type { Prefix } from '../domain/prefix.ts';
import { addCounts, type ResolutionTally } from '../domain/statistics.ts';
import { countKey, decodeCounts, encodeCounts, readCounts } from './lmdb-counts.ts';
import { afterAll, fromUint32, toUint32 } from './lmdb-keys.ts';
import { type LmdbNameGiver, prefixNamesFrom } from './lmdb-names.ts';
import type { LmdbView } from './lmdb-record-reading.ts';
import type { Snapshot } from './lmdb-snapshot.ts';
import type { LmdbTables } from './lmdb-tables.ts';
import type { StatisticsPage, StatisticsQuery } from './registry-store.ts';
import { type CountedPrefix, pageOfRows } from './statistics-rows.ts';

/** Ids of prefixes begin at 1. */
const NO_PREFIX = toUint32(0);

/** Only inside a write transaction. */
export function increaseResolutions(
  tables: LmdbTables,
  names: LmdbNameGiver,
  tallies: readonly ResolutionTally[],
): void {
  for (const { prefix, day, counts } of tallies) {
    const key = countKey(prefix === null ? NO_PREFIX : toUint32(names.prefixId(prefix)), day);
    tables.resolutions.put(key, encodeCounts(addCounts(decodeCounts(tables.resolutions.get(key)), counts)));
  }
}

/** Counts of resolutions are announced to nobody, so the newest state is read. */
export function readStatistics(
  view: LmdbView & { readonly snapshot: Snapshot },
  query: StatisticsQuery,
): StatisticsPage {
  view.snapshot.release();
  const { prefix, after } = query;
  if (prefix !== null) return pageOver(view, [prefix], query);
  if (after !== null && after.prefix === null) return pageOver(view, [null], query);
  const found = [...prefixNamesFrom(view, after?.prefix ?? null, MAX_STATISTICS_PREFIXES)];
  if (found.length < MAX_STATISTICS_PREFIXES) return pageOver(view, [...found, null], query);
  const page = pageOver(view, found, query);
  // No day sorts after this one, so that the next page begins behind the prefix.
  return page.next === null ? { ...page, next: { prefix: found.at(-1) as Prefix, day: '9999-12-31' } } : page;
}

function pageOver(view: LmdbView, prefixes: readonly (Prefix | null)[], query: StatisticsQuery): StatisticsPage {
  const { rows, isFull } = pageOfRows(counted(view, prefixes), query);
  const last = rows.at(-1);
  return { rows, next: isFull && last !== undefined ? { prefix: last.prefix, day: last.day } : null };
}

function* counted(view: LmdbView, prefixes: readonly (Prefix | null)[]): Generator<CountedPrefix, void, void> {
  for (const prefix of prefixes) {
    const registrations = prefix === null ? { live: 0, days: [] } : readCounts(view, prefix);
    yield { prefix, registrations, resolutions: readResolutions(view, prefix) };
  }
}

function readResolutions(view: LmdbView, prefix: Prefix | null): ReadonlyMap<string, readonly number[]> {
  const prefixKey = prefix === null ? NO_PREFIX : view.names.prefixKey(prefix);
  if (prefixKey === null) return new Map();
  const scan = { start: prefixKey, end: afterAll(prefixKey) };
  const rows = view.tables.resolutions.scan(scan, view.snapshot.options());
  return new Map(Array.from(rows, ({ key, value }) => [formatChinaDay(fromUint32(key, 4)), decodeCounts(value)]));
}
