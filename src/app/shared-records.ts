// Opens what spares a shared store questions: records that nodes share in Redis, and replicas. In the threads that answer
// for reading; in the one that commits for ending what a commit has made old. It decides nothing itself.

import { EpochPast } from '../cache/epoch-past.ts';
import type { EpochTable } from '../cache/epoch-table.ts';
import type { VisibleChange } from '../domain/change.ts';
import type { Observer } from '../domain/observer.ts';
import type { ReplicaReader } from '../resolver/shared-records.ts';
import { decodeLoneRecord, encodeLoneRecord } from '../store/lone-record.ts';
import type { RecordReader, RegistryStore } from '../store/registry-store.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import type { Counters } from './counters.ts';
import { replicaOptionsOf } from './postgres-servers.ts';
import { connectRedis, usesRedis } from './shared-cache.ts';

/** What a copy may be behind beside what is allowed: the time that a change takes to be told and ended elsewhere. */
const TELLING_MS = 1000;
const LOOK_EVERY_MS = 100;

interface Closing {
  close(): Promise<void>;
}

export interface RecordSource extends Closing {
  readonly reader: Pick<RecordReader, 'get'>;
}

export interface RecordSourceParts {
  readonly config: Config;
  readonly store: RegistryStore;
  readonly epochs: EpochTable;
  readonly observer: Observer & Pick<Counters, 'replicaLags'>;
}

/** Where the read path finds own records. */
export async function openRecordSource(parts: RecordSourceParts): Promise<RecordSource> {
  const { config, store, epochs } = parts;
  const hasCopies = usesRedis(config) || config.postgres.replicaUrls.length > 0;
  if (config.store.kind !== 'postgres' || !hasCopies) return { reader: store, async close() {} };
  const { SharedRecords } = await import('../resolver/shared-records.ts');
  const past = new EpochPast(epochs, config.postgres.maxStalenessMs + TELLING_MS);
  const looking = setInterval(() => past.look(performance.now()), LOOK_EVERY_MS).unref();
  const tier = usesRedis(config) ? await openTier(config, parts.observer) : null;
  const replica = await openReplicas(parts);
  return {
    reader: new SharedRecords({ store, tier, replica, epochs, past, clock: systemClock }),
    async close() {
      clearInterval(looking);
      await tier?.close();
      await replica?.close();
    },
  };
}

async function openTier(config: Config, observer: Observer) {
  const { RedisRecords } = await import('../cache/redis-records.ts');
  const connection = await connectRedis(config, (state) => observer.redisIs(state));
  const { keyPrefix } = config.redis;
  const codec = { encode: encodeLoneRecord, decode: decodeLoneRecord };
  return new RedisRecords({ connection, keyPrefix, maxAgeSeconds: config.cache.maxAgeSeconds, observer, codec });
}

/** One after another of those that are near; null if the settings name none. */
async function openReplicas({ config, observer }: RecordSourceParts): Promise<(ReplicaReader & Closing) | null> {
  const options = await replicaOptionsOf(config);
  if (options.length === 0) return null;
  const { openPostgresReplica } = await import('../store/postgres-replica.ts');
  const { maxStalenessMs } = config.postgres;
  const lags: (number | null)[] = options.map(() => null);
  const tell = (place: number, lagMs: number | null): void => {
    lags[place] = lagMs;
    observer.replicaLags(lags.includes(null) ? null : Math.max(...(lags as number[])));
  };
  const replicas = options.map((each, i) =>
    openPostgresReplica({ ...each, maxStalenessMs, onLag: (lagMs) => tell(i, lagMs) }),
  );
  let turn = 0;
  const near = () => {
    for (let i = 0; i < replicas.length; i++) {
      const replica = replicas[(turn + i) % replicas.length];
      if (replica?.isNear) return replica;
    }
    return null;
  };
  return {
    get isNear() {
      return near() !== null;
    },
    async get(handle) {
      const replica = near() ?? replicas[0];
      turn += 1;
      return (await replica?.get(handle)) ?? null;
    },
    close: () => Promise.all(replicas.map((each) => each.close())).then(() => {}),
  };
}

export interface RecordEnding extends Closing {
  /** Called after a commit, before it is acknowledged; returns at once. */
  end(changes: readonly VisibleChange[]): void;
}

/** In the thread that commits. `distrust`: what was shared so far is believed by no node any more. */
export async function openRecordEnding(
  config: Config,
  observer: Observer,
  distrust: () => void,
): Promise<RecordEnding> {
  if (config.store.kind !== 'postgres' || !usesRedis(config)) return { end() {}, async close() {} };
  const { RecordBars } = await import('../cache/record-bars.ts');
  const tier = await openTier(config, observer);
  const bars = new RecordBars({ bar: (handles) => tier.bar(handles), distrust });
  return {
    end(changes) {
      bars.end(changes.flatMap((change) => (change.subject === 'record' && change.replaced ? [change.handle] : [])));
    },
    async close() {
      bars.close();
      await tier.close();
    },
  };
}
