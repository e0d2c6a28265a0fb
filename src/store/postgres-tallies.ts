// Adds counts of resolutions to those the database has, each prefix and day at once.

import type { Prefix } from '../domain/prefix.ts';
import { addCounts, type ResolutionTally } from '../domain/statistics.ts';
import { NO_PREFIX } from './postgres-commit-group.ts';
import { databaseFailure } from './postgres-failure.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { LOAD, PUT } from './postgres-write-statements.ts';

/** Where the counts of an outcome stand in a tally. */
const OUTCOME_COUNT = 5;

/** All or nothing, on disk on return. In the order of prefixes and days, so that two nodes never wait for each other. */
export async function addResolutions(pool: PostgresPool, tallies: readonly ResolutionTally[]): Promise<void> {
  const rows = summed(tallies);
  if (rows.length === 0) return;
  const prefixes = [...new Set(rows.map(({ prefix }) => prefix))];
  try {
    await pool.transact(async (session) => {
      session.send(LOAD.makePrefixes, [prefixes]);
      session.send(PUT.resolutions, [
        rows.map(({ prefix }) => prefix),
        rows.map(({ day }) => day),
        ...Array.from({ length: OUTCOME_COUNT }, (_, i) => rows.map(({ counts }) => counts[i] ?? 0)),
      ]);
    });
  } catch (cause) {
    throw databaseFailure(cause);
  }
}

function summed(tallies: readonly ResolutionTally[]): { prefix: Prefix; day: number; counts: readonly number[] }[] {
  const rows = new Map<string, { prefix: Prefix; day: number; counts: readonly number[] }>();
  for (const { prefix: asked, day, counts } of tallies) {
    const prefix = asked ?? NO_PREFIX;
    const key = `${prefix} ${day}`;
    rows.set(key, { prefix, day, counts: addCounts(rows.get(key)?.counts ?? [], counts) });
  }
  return [...rows.values()].sort((a, b) => (a.prefix === b.prefix ? a.day - b.day : a.prefix < b.prefix ? -1 : 1));
}
