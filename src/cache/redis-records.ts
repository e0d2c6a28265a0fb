// Own records in Redis, shared by the threads and nodes of one store that costs more than Redis to ask. A slow or dead
// Redis is a miss.

import type { Cluster, Redis } from 'ioredis';
import type { Handle } from '../domain/handle.ts';
import type { Observer } from '../domain/observer.ts';
import { decodeKept, encodeKept } from './record-text.ts';
import type { KeptRecord, RecordTier } from './record-tier.ts';
import type { RedisConnection } from './redis-connection.ts';

/** How long after a change nobody may put a record there: what was read before it may be on its way that long. */
const BARRED_MS = 30_000;
/** Sets that may be on their way; beyond it a record is simply not shared. */
const MAX_SETS = 1000;

/** In one step in Redis: a change that comes between a look and a write would be lost. */
const SET_UNLESS_BARRED =
  "if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1";

type Client = (Redis | Cluster) & {
  jiabiaoKeep(key: string, bar: string, record: string, forMs: string): Promise<number>;
};

export interface RedisRecordsOptions {
  readonly connection: RedisConnection;
  readonly keyPrefix: string;
  /** No record is kept longer. */
  readonly maxAgeSeconds: number;
  readonly observer: Pick<Observer, 'cacheEvent'>;
}

export class RedisRecords implements RecordTier {
  readonly #options: RedisRecordsOptions;
  #sets = 0;

  constructor(options: RedisRecordsOptions) {
    this.#options = options;
    options.connection.client.defineCommand('jiabiaoKeep', { numberOfKeys: 2, lua: SET_UNLESS_BARRED });
  }

  get isUp(): boolean {
    return this.#options.connection.isUp;
  }

  async get(handle: Handle): Promise<KeptRecord | null> {
    const { connection, observer } = this.#options;
    let text: string | null;
    try {
      text = await connection.run((client) => client.get(this.#keyOf(handle)));
    } catch {
      observer.cacheEvent('l2', 'failed', 1);
      return null;
    }
    const kept = text === null ? null : decodeKept(text);
    observer.cacheEvent('l2', kept === null ? 'miss' : 'hit', 1);
    return kept;
  }

  set(kept: KeptRecord): void {
    const { connection, maxAgeSeconds, observer } = this.#options;
    if (!this.isUp || this.#sets >= MAX_SETS) return;
    this.#sets++;
    const { handle } = kept.record;
    const args = [encodeKept(kept), String(maxAgeSeconds * 1000)] as const;
    connection
      .run((client) => (client as Client).jiabiaoKeep(this.#keyOf(handle), this.#barOf(handle), ...args))
      .catch(() => observer.cacheEvent('l2', 'failed', 1))
      .finally(() => {
        this.#sets--;
      });
  }

  /** After a change: removes them, and keeps out what is on its way. Throws if Redis cannot be reached or refuses. */
  async bar(handles: readonly Handle[]): Promise<void> {
    const { connection } = this.#options;
    // The bar first: whoever sets between the two is turned away.
    const steps = handles.flatMap((handle) => [
      connection.run((client) => client.set(this.#barOf(handle), '1', 'PX', BARRED_MS)),
      connection.run((client) => client.del(this.#keyOf(handle))),
    ]);
    await Promise.all(steps);
  }

  close(): Promise<void> {
    return this.#options.connection.close();
  }

  /** In braces, so that both keys of a handle are on one node of a Cluster. */
  #keyOf(handle: Handle): string {
    return `${this.#options.keyPrefix}:{${handle}}:record`;
  }

  #barOf(handle: Handle): string {
    return `${this.#options.keyPrefix}:{${handle}}:bar`;
  }
}
