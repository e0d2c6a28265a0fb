// Reads records from a replica, and knows how far it may be behind: it asks the primary where its log ends, and takes the
// replica for as old as the newest such answer that it has caught up with. Clocks of machines play no part.

import { PostgresNames } from './postgres-names.ts';
import { type PoolOptions, PostgresPool } from './postgres-pool.ts';
import { recordReaderOf } from './postgres-record-reading.ts';
import type { RecordReader } from './registry-store.ts';

export interface ReplicaOptions {
  readonly primary: PoolOptions;
  readonly replica: PoolOptions;
  /** How far it may be behind and still be near. */
  readonly maxStalenessMs: number;
  /** Told at every look: milliseconds it may be behind; null if it cannot be told. */
  readonly onLag: (lagMs: number | null) => void;
}

export interface PostgresReplica extends Pick<RecordReader, 'get'> {
  readonly isNear: boolean;
  close(): Promise<void>;
}

const LOOK_EVERY_MS = 200;
/** Marks that wait to be caught up with: half a minute of a replica that is behind. */
const MAX_MARKS = 150;

const PRIMARY_END = { name: 'wal-end', text: "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn AS at" };
/** Null of one that follows nobody: a primary, or a replica that was promoted. */
const REPLICA_END = {
  name: 'wal-replayed',
  text: "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() - '0/0'::pg_lsn END AS at",
};

/** Opens no connection before the first look, and never throws: a replica that is away is not near. */
export function openPostgresReplica(options: ReplicaOptions): PostgresReplica {
  const primary = new PostgresPool({ ...options.primary, connections: 1 });
  const pool = new PostgresPool(options.replica);
  const looks = new PostgresPool({ ...options.replica, connections: 1 });
  const names = new PostgresNames(pool);
  const settled = async (): Promise<void> => {};
  const batchesAtOnce = Math.max(1, Math.floor(options.replica.connections / 2));
  const reader = recordReaderOf({ pool, names, batchesAtOnce, settle: settled, settleOwn: settled });
  let marks: { readonly at: number; readonly end: number }[] = [];
  /** As when of the primary it is at least. */
  let asOf: number | null = null;
  let isClosed = false;
  let looking: Promise<void> = Promise.resolve();
  let isLooking = false;

  const look = async (): Promise<void> => {
    try {
      const at = performance.now(); // before the question: what is committed later may be missing
      const [end, replayed] = await Promise.all([primary.query(PRIMARY_END), looks.query(REPLICA_END)]);
      marks = [...marks, { at, end: Number(end[0]?.at) }].slice(-MAX_MARKS);
      const reached = Number(replayed[0]?.at);
      asOf = marks.findLast((mark) => mark.end <= reached)?.at ?? asOf;
      marks = marks.filter((mark) => mark.end > reached);
      options.onLag(asOf === null ? null : performance.now() - asOf);
    } catch {
      // Not near, as soon as the last answer is too long ago.
      options.onLag(null);
    }
  };
  // One at a time: of two that overlap the later answer may be the older one.
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    looking = look().finally(() => {
      isLooking = false;
    });
  }, LOOK_EVERY_MS).unref();
  return {
    get isNear() {
      return !isClosed && asOf !== null && performance.now() - asOf <= options.maxStalenessMs;
    },
    get: (handle) => reader.get(handle),
    async close() {
      isClosed = true;
      clearInterval(timer);
      await looking;
      await Promise.all([primary, pool, looks].map((each) => each.close()));
    },
  };
}
