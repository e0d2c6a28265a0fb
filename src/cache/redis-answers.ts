// Answers of others in Redis, shared by the threads and nodes that use it. A slow or dead Redis is a miss.

import type { Cluster, Redis } from 'ioredis';
import { type ForeignAnswer, siteKeyOf } from '../domain/foreign-answer.ts';
import type { Handle } from '../domain/handle.ts';
import type { Observer } from '../domain/observer.ts';
import { decodeAnswer, encodeAnswer, newestOf } from './answer-codec.ts';
import { hashOf } from './hash.ts';
import { type RedisConnection, RedisUnreachable } from './redis-connection.ts';
import type { SecondTier, TierKey } from './second-tier.ts';

/**
 * How long after an invalidation nobody may put an answer there: what was asked for before it may still be on its way,
 * and no trip takes longer (upstream.deadlineMs is at most 30 s, and is waited for by nobody that long).
 */
const BARRED_MS = 30_000;
/** Sets that may be on their way; beyond it an answer is simply not shared. */
const MAX_SETS = 1000;

const NOTHING = Promise.resolve(null);

/** In one step in Redis: an invalidation that comes between a look and a write would be lost. */
const SET_UNLESS_BARRED =
  "if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) redis.call('PEXPIRE', KEYS[1], ARGV[3]) return 1";

type Client = (Redis | Cluster) & {
  jiabiaoSet(key: string, bar: string, field: string, answer: string, forMs: string): Promise<number>;
};

export class RedisAnswers implements SecondTier {
  readonly #connection: RedisConnection;
  readonly #observer: Pick<Observer, 'cacheEvent'>;
  readonly #keyPrefix: string;
  readonly #got = (text: string | null): ForeignAnswer | null => {
    const answer = text === null ? null : decodeAnswer(text);
    this.#observer.cacheEvent('l2', answer === null ? 'miss' : 'hit', 1);
    return answer;
  };
  readonly #failed = (): null => {
    this.#observer.cacheEvent('l2', 'failed', 1);
    return null;
  };
  #sets = 0;

  constructor(connection: RedisConnection, keyPrefix: string, observer: Pick<Observer, 'cacheEvent'>) {
    this.#connection = connection;
    this.#keyPrefix = keyPrefix;
    this.#observer = observer;
    connection.client.defineCommand('jiabiaoSet', { numberOfKeys: 2, lua: SET_UNLESS_BARRED });
  }

  get(key: TierKey): Promise<ForeignAnswer | null> {
    if (!this.#connection.isUp) return NOTHING;
    return this.#connection
      .run((client) => client.hget(this.#keyOf(key.handle), fieldOf(key)))
      .then(this.#got, this.#failed);
  }

  set(key: TierKey, answer: ForeignAnswer, forMs: number): void {
    if (!this.#connection.isUp || this.#sets >= MAX_SETS || forMs < 1) return;
    this.#sets++;
    const { handle } = key;
    const args = [fieldOf(key), encodeAnswer(answer), String(Math.ceil(forMs))] as const;
    this.#connection
      .run((client) => (client as Client).jiabiaoSet(this.#keyOf(handle), this.#barOf(handle), ...args))
      .catch(this.#failed)
      .finally(() => {
        this.#sets--;
      });
  }

  async held(handle: Handle): Promise<ForeignAnswer | null> {
    try {
      return newestOf(Object.values(await this.#connection.run((client) => client.hgetall(this.#keyOf(handle)))));
    } catch {
      return null; // as good as empty while it cannot be asked
    }
  }

  /** As `forget`, of who has to know whether it was done: throws if Redis cannot be reached or refuses. */
  async bar(handle: Handle): Promise<void> {
    // The bar first: whoever sets between the two is turned away.
    await this.#connection.run((client) => client.set(this.#barOf(handle), '1', 'PX', BARRED_MS));
    await this.#connection.run((client) => client.del(this.#keyOf(handle)));
  }

  async forget(handle: Handle): Promise<void> {
    try {
      await this.bar(handle);
    } catch (error) {
      // What could not be removed is not read either while Redis is gone; what it refuses is counted.
      if (!(error instanceof RedisUnreachable)) this.#observer.cacheEvent('l2', 'failed', 1);
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** In braces, so that both keys of a handle are on one node of a Cluster. */
  #keyOf(handle: Handle): string {
    return `${this.#keyPrefix}:{${handle}}:answer`;
  }

  #barOf(handle: Handle): string {
    return `${this.#keyPrefix}:{${handle}}:bar`;
  }
}

function fieldOf({ site }: TierKey): string {
  return site === null ? '-' : String(hashOf(siteKeyOf(site)) >>> 0);
}
