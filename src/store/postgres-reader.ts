// The store in PostgreSQL as a thread has it that reads: a small pool of its own, and commits that go to the thread that
// writes. Any number of such threads and nodes read at once.

import { assertLayout, type DatabasePlace, schemaVersionOf } from './postgres-migrations.ts';
import { PostgresNames } from './postgres-names.ts';
import { PostgresPool } from './postgres-pool.ts';
import type { FollowedPrimary } from './postgres-primary.ts';
import type { PostgresView } from './postgres-record-reading.ts';
import { PostgresSequencer } from './postgres-sequencer.ts';
import { POSTGRES_LIMITS, type PostgresLimits, readersOf, type UsedStore } from './postgres-store.ts';
import { PostgresTotals } from './postgres-totals.ts';
import { SEQUENCE } from './postgres-write-statements.ts';
import type { Committer, RegistryStore } from './registry-store.ts';

export interface PostgresReaderOptions extends DatabasePlace {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** To the thread that writes. */
  readonly committer: Committer;
  readonly limits?: Partial<PostgresLimits>;
  /** Where the primary is from time to time, if that may change. */
  readonly primary?: FollowedPrimary | undefined;
}

/** Throws as `openPostgresStore`. */
export async function openPostgresReader(options: PostgresReaderOptions): Promise<RegistryStore & UsedStore> {
  const { url, schema, primary, clock, committer } = options;
  assertLayout(await schemaVersionOf(options));
  const { readConnections, connectTimeoutMs, statementTimeoutMs } = { ...POSTGRES_LIMITS, ...options.limits };
  const place = { url, schema, primary, connectTimeoutMs, statementTimeoutMs };
  const pool = new PostgresPool({ ...place, connections: readConnections, name: 'jiabiao reads' });
  const names = new PostgresNames(pool);
  const totals = new PostgresTotals(pool);
  // It gives places to rows that somebody waits for here, and runs for no election.
  const sequencer = new PostgresSequencer({ pool, clock });
  try {
    await names.refresh();
    await totals.read();
  } catch (cause) {
    await pool.close();
    throw cause;
  }
  totals.start();
  const settle = () => sequencer.settle();
  // Another thread, or another node, may have committed: it has been acknowledged, so it is to be seen.
  const settleOwn = async (): Promise<void> => {
    if ((await pool.query(SEQUENCE.isPending)).length > 0) await settle();
  };
  const view: PostgresView = {
    pool,
    names,
    batchesAtOnce: Math.max(1, Math.floor(readConnections / 2)),
    settle,
    settleOwn,
  };
  return {
    ...readersOf(view),
    commit: (request) => committer.commit(request),
    stats: () => totals.stats,
    usage: () => pool.usage,
    sequences: false,
    close: async () => {
      totals.close();
      await sequencer.close();
      await pool.close();
    },
  };
}
