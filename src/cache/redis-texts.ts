// Texts in Redis by the handle they speak of, shared by threads and nodes: asked for together, and ended so that what was
// on its way is not put back. It knows nothing of what a text says.

import { Cluster, type Redis } from 'ioredis';
import type { ByteString } from '../domain/bytes.ts';
import type { Handle } from '../domain/handle.ts';
import type { RedisConnection } from './redis-connection.ts';

export interface RedisTextsOptions {
  readonly connection: RedisConnection;
  readonly keyPrefix: string;
  /** Ends the keys: of what kind these texts are. */
  readonly kind: 'answer' | 'record';
  /** Told of each text that could not be written. */
  readonly onUnwritten: () => void;
}

/**
 * How long after a change nobody may put a text there: what was asked for before it may still be on its way, and no
 * trip takes longer (upstream.deadlineMs is at most 30 s).
 */
const BARRED_MS = 30_000;
/** Texts that may be on their way to Redis; beyond it one is simply not shared. */
const MAX_SETS = 1000;
/** Keys of one command: enough that more save nothing, few enough that others get their turn at Redis. */
const MAX_KEYS = 64;

/** In one step in Redis: a change that comes between a look and a write would be lost. */
const SET_UNLESS_BARRED =
  "if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1";

type Client = (Redis | Cluster) & {
  jiabiaoSet(key: string, bar: string, text: Buffer, forMs: number): Promise<number>;
};

interface Asked {
  readonly key: string;
  readonly resolve: (text: ByteString | null) => void;
  readonly reject: (error: unknown) => void;
}

export class RedisTexts {
  readonly #options: RedisTextsOptions;
  /** Since the last turn of the event loop. */
  #asked: Asked[] = [];
  #sets = 0;

  constructor(options: RedisTextsOptions) {
    this.#options = options;
    options.connection.client.defineCommand('jiabiaoSet', { numberOfKeys: 2, lua: SET_UNLESS_BARRED });
  }

  get isUp(): boolean {
    return this.#options.connection.isUp;
  }

  /** Null if there is none. Throws `RedisUnreachable`, or what Redis says. */
  get(handle: Handle): Promise<ByteString | null> {
    return new Promise((resolve, reject) => {
      if (this.#asked.push({ key: this.#keyOf(handle), resolve, reject }) === 1) setImmediate(this.#askAll);
    });
  }

  /** Returns at once, and may not even make the text; one that was ended while it was on its way is not kept. */
  set(handle: Handle, text: () => ByteString, forMs: number): void {
    if (!this.isUp || this.#sets >= MAX_SETS || forMs < 1) return;
    this.#sets++;
    const [key, bar, bytes] = [this.#keyOf(handle), this.#barOf(handle), Buffer.from(text(), 'latin1')];
    this.#options.connection
      .run((client) => (client as Client).jiabiaoSet(key, bar, bytes, Math.ceil(forMs)))
      .catch(this.#options.onUnwritten)
      .finally(() => {
        this.#sets--;
      });
  }

  /** Removes them, and keeps out what is on its way. Throws if Redis cannot be reached or refuses. */
  async bar(handles: readonly Handle[]): Promise<void> {
    const { connection } = this.#options;
    const end = async (handle: Handle): Promise<void> => {
      // The bar first: whoever sets between the two is turned away.
      await connection.run((client) => client.set(this.#barOf(handle), '1', 'PX', BARRED_MS));
      await connection.run((client) => client.del(this.#keyOf(handle)));
    };
    await Promise.all(handles.map(end));
  }

  close(): Promise<void> {
    return this.#options.connection.close();
  }

  /** One command for all that was asked in this turn. */
  readonly #askAll = (): void => {
    const asked = this.#asked;
    this.#asked = [];
    // In a Cluster each lives in a slot of its own, which may just be moving.
    if (this.#options.connection.client instanceof Cluster) for (const one of asked) this.#askOne(one);
    else if (asked.length <= MAX_KEYS) this.#askTogether(asked);
    else for (let at = 0; at < asked.length; at += MAX_KEYS) this.#askTogether(asked.slice(at, at + MAX_KEYS));
  };

  #askTogether(asked: readonly Asked[]): void {
    const keys = asked.map(({ key }) => key);
    this.#options.connection
      .runAtOnce((client) => client.mgetBuffer(keys))
      .then(
        (texts) => {
          for (let i = 0; i < asked.length; i++) asked[i]?.resolve(bytesOf(texts[i] ?? null));
        },
        (error) => {
          for (const { reject } of asked) reject(error);
        },
      );
  }

  #askOne({ key, resolve, reject }: Asked): void {
    this.#options.connection
      .runAtOnce((client) => client.getBuffer(key))
      .then((text) => resolve(bytesOf(text)), reject);
  }

  /** In braces, so that both keys of a handle are on one node of a Cluster. */
  #keyOf(handle: Handle): string {
    return `${this.#options.keyPrefix}:{${handle}}:${this.#options.kind}`;
  }

  #barOf(handle: Handle): string {
    return `${this.#options.keyPrefix}:{${handle}}:bar`;
  }
}

function bytesOf(text: Buffer | null): ByteString | null {
  return text === null ? null : (text.toString('latin1') as ByteString);
}
