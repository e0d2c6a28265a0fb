// The store in a PostgreSQL database, or in one that speaks its protocol: any number of nodes read and write it at once.

import type { VisibleChange } from '../domain/change.ts';
import { type LotTags, NO_LOT_KEY } from '../domain/lot.ts';
import type { Observer } from '../domain/observer.ts';
import { PostgresCommitter } from './postgres-committer.ts';
import { directoryReaderOf, lotReaderOf, templateReaderOf } from './postgres-directory-reading.ts';
import { journalReaderOf } from './postgres-journal-reading.ts';
import { assertLayout, type DatabasePlace, schemaVersionOf } from './postgres-migrations.ts';
import { PostgresNames } from './postgres-names.ts';
import { type PoolUsage, PostgresPool, usageOf } from './postgres-pool.ts';
import type { FollowedPrimary } from './postgres-primary.ts';
import { type PostgresView, recordReaderOf } from './postgres-record-reading.ts';
import { searchReaderOf } from './postgres-search.ts';
import { PostgresSequencer } from './postgres-sequencer.ts';
import { PostgresTotals } from './postgres-totals.ts';
import type { RegistryStore, TallyKeeper } from './registry-store.ts';

export interface PostgresStoreOptions extends DatabasePlace {
  /** Where the primary is from time to time, if that may change. */
  readonly primary?: FollowedPrimary | undefined;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Told of what has changed, once it can be read and before it is acknowledged. Must not throw. */
  readonly onVisible: (changes: readonly VisibleChange[]) => void;
  /** Knows the secrets of lots; without it no lot with check tags can be written to. */
  readonly lotTags?: LotTags;
  readonly observer: Observer;
  readonly limits?: Partial<PostgresLimits>;
  /** From 0 to 1. */
  readonly random?: () => number;
}

export interface PostgresLimits {
  /** Connections for reads; half of them may be taken by single lookups, which share them. */
  readonly readConnections: number;
  /** Connections for writes: as many transactions at once. One more is taken by the node that orders the log. */
  readonly writeConnections: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
}

export const POSTGRES_LIMITS: PostgresLimits = {
  readConnections: 4,
  writeConnections: 4,
  connectTimeoutMs: 2000,
  statementTimeoutMs: 10_000,
};

/** What a store on another machine is doing. */
export interface UsedStore {
  usage(): PoolUsage;
  /** Whether this node orders the change log of all. */
  readonly sequences: boolean;
}

/** What orders the log and adds up counts needs connections while all that write are busy. */
const OWN_CONNECTIONS = 3;

/**
 * Opens the store of a database that was migrated. Throws `STORE_FORMAT` if its layout is not this program's, and
 * `STORE_UNAVAILABLE` if it cannot be reached; both say how to mend it.
 */
export async function openPostgresStore(
  options: PostgresStoreOptions,
): Promise<RegistryStore & TallyKeeper & UsedStore> {
  const { url, schema, primary, clock, lotTags = NO_LOT_KEY, onVisible, observer, random = Math.random } = options;
  assertLayout(await schemaVersionOf(options));
  const { readConnections, writeConnections, ...timeouts } = { ...POSTGRES_LIMITS, ...options.limits };
  const place = { url, schema, primary, ...timeouts };
  const reads = new PostgresPool({ ...place, connections: readConnections, name: 'jiabiao reads' });
  const writes = new PostgresPool({ ...place, connections: writeConnections, name: 'jiabiao writes' });
  const own = new PostgresPool({ ...place, connections: OWN_CONNECTIONS, name: 'jiabiao' });
  const names = new PostgresNames(own);
  const totals = new PostgresTotals(own);
  const sequencer = new PostgresSequencer({ pool: own, clock });
  const closePools = () => Promise.all([reads, writes, own].map((pool) => pool.close()));
  try {
    await names.refresh();
    await totals.read();
  } catch (cause) {
    await closePools();
    throw cause;
  }
  sequencer.start();
  totals.start();
  const committing = { pool: writes, ownPool: own, names, totals, sequencer, clock, lotTags, onVisible, observer };
  const committer = new PostgresCommitter({ ...committing, atOnce: writeConnections, random });
  const batchesAtOnce = Math.max(1, Math.floor(readConnections / 2));
  const view: PostgresView = {
    pool: reads,
    names,
    batchesAtOnce,
    settle: () => sequencer.settle(),
    settleOwn: () => sequencer.settleOwn(),
  };
  return {
    ...readersOf(view),
    commit: (request) => committer.commit(request),
    addResolutions: (tallies) => committer.addResolutions(tallies),
    stats: () => totals.stats,
    usage: () => usageOf([reads, writes, own]),
    get sequences() {
      return sequencer.leads;
    },
    close: async () => {
      await committer.close();
      totals.close();
      await sequencer.close();
      await closePools();
    },
  };
}

export function readersOf(view: PostgresView): Omit<RegistryStore, 'commit' | 'stats' | 'close'> {
  return {
    ...recordReaderOf(view),
    ...searchReaderOf(view),
    ...directoryReaderOf(view),
    ...templateReaderOf(view),
    ...lotReaderOf(view),
    ...journalReaderOf(view),
  };
}
