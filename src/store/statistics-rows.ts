// The rows of one prefix's statistics, made of what a store has counted. Pure.

import type { Prefix } from '../domain/prefix.ts';
import { resolutionCounts, type StatisticsRow } from '../domain/statistics.ts';
import type { RegistrationCounts, StatisticsQuery } from './registry-store.ts';

export interface CountedPrefix {
  readonly prefix: Prefix | null;
  readonly registrations: RegistrationCounts;
  /** By day, in the order of OUTCOMES. */
  readonly resolutions: ReadonlyMap<string, readonly number[]>;
}

/** Days of the query, after `afterDay`, on which anything was counted. */
function rowsOf(counted: CountedPrefix, query: StatisticsQuery, afterDay: string): StatisticsRow[] {
  const { prefix, registrations, resolutions } = counted;
  const byDay = new Map(registrations.days.map((each) => [each.day, each]));
  const days = [...new Set([...byDay.keys(), ...resolutions.keys()])].sort();
  let live = 0;
  const rows: StatisticsRow[] = [];
  for (const day of days) {
    const registered = byDay.get(day) ?? { day, created: 0, updated: 0, revoked: 0, deleted: 0 };
    live += registered.created - registered.deleted;
    if (day < query.fromDay || day > query.toDay || day <= afterDay) continue;
    rows.push({ prefix, ...registered, live, resolutions: resolutionCounts(resolutions.get(day) ?? []) });
  }
  return rows;
}

/** A page of the rows of these prefixes, in their order; `isFull` if there are more than fit. */
export function pageOfRows(
  counted: Iterable<CountedPrefix>,
  query: StatisticsQuery,
): { rows: StatisticsRow[]; isFull: boolean } {
  const rows: StatisticsRow[] = [];
  for (const each of counted) {
    const afterDay = query.after !== null && query.after.prefix === each.prefix ? query.after.day : '';
    for (const row of rowsOf(each, query, afterDay)) {
      if (rows.length === query.limit) return { rows, isFull: true };
      rows.push(row);
    }
  }
  return { rows, isFull: false };
}
