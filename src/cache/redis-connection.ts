// The connection to Redis, one server or a Cluster, and whether it is worth asking: the first command that is late or
// lost closes a gate, and a probe of our own opens it again, so that nobody else waits for a Redis that is gone.

import { Cluster, Redis } from 'ioredis';

export interface RedisSettings {
  /** `redis://host:port` or `rediss://`; several are the seeds of a Cluster. */
  readonly urls: readonly string[];
  readonly isCluster: boolean;
  readonly username: string | null;
  readonly password: string | null;
  /** How long a command may take. */
  readonly timeoutMs: number;
}

export type RedisState = 'up' | 'down';

const CONNECT_TIMEOUT_MS = 1000;
const LONGEST_PAUSE_MS = 1000;
const PROBE_EVERY_MS = 250;

/** Late, or lost with its connection; what Redis itself says no to is another matter. */
export class RedisUnreachable extends Error {}

export class RedisConnection {
  readonly client: Redis | Cluster;
  readonly #timeoutMs: number;
  readonly #onState: (state: RedisState) => void;
  #state: RedisState = 'down';
  #probe: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(settings: RedisSettings, onState: (state: RedisState) => void) {
    this.#timeoutMs = settings.timeoutMs;
    this.#onState = onState;
    this.client = openClient(settings);
    // Told by the state; without a listener it would end the process.
    this.client.on('error', () => this.#close());
    this.client.on('close', () => this.#close());
    this.client.on('ready', () => void this.#ask());
    this.#onState('down');
    this.#scheduleProbe();
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** Resolves when it can be asked, or after `forMs` all the same. */
  async ready(forMs: number): Promise<void> {
    const endsAt = performance.now() + forMs;
    while (!this.isUp && !this.#isClosed && performance.now() < endsAt) await pause(5);
  }

  /** What the command returns. Throws `RedisUnreachable` if it is late or lost, else what Redis says. */
  run<T>(command: (client: Redis | Cluster) => Promise<T>): Promise<T> {
    return this.isUp ? this.#timed(command) : Promise.reject(new RedisUnreachable('Redis is not reachable.'));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#probe !== null) clearTimeout(this.#probe);
    this.#state = 'down';
    this.client.disconnect();
  }

  #timed<T>(command: (client: Redis | Cluster) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let isAnswered = false;
      const giveUp = (): void => {
        if (isAnswered) return;
        this.#close();
        reject(new RedisUnreachable(`Redis took longer than ${this.#timeoutMs} ms.`));
      };
      // Timers come before sockets are read: a reply that waits there while this thread was busy is not late.
      const late = setTimeout(() => setImmediate(giveUp), this.#timeoutMs);
      command(this.client).then(
        (result) => {
          isAnswered = true;
          clearTimeout(late);
          resolve(result);
        },
        (error: Error) => {
          isAnswered = true;
          clearTimeout(late);
          const isReply = error.name === 'ReplyError';
          if (!isReply) this.#close();
          reject(isReply ? error : new RedisUnreachable(error.message, { cause: error }));
        },
      );
    });
  }

  #close(): void {
    this.#set('down');
    this.#scheduleProbe();
  }

  #scheduleProbe(): void {
    if (this.#isClosed || this.#probe !== null) return;
    this.#probe = setTimeout(() => {
      this.#probe = null;
      void this.#ask();
    }, PROBE_EVERY_MS);
    this.#probe.unref();
  }

  async #ask(): Promise<void> {
    if (this.#isClosed || this.isUp) return;
    try {
      await this.#timed((client) => client.ping());
      if (!this.#isClosed) this.#set('up');
    } catch {
      this.#scheduleProbe(); // still gone: asked again in a moment
    }
  }

  #set(state: RedisState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#onState(state);
  }
}

/** `waits`: a client for commands that block, which are not joined with others and may be given before it is connected. */
export function openClient(settings: RedisSettings & { readonly waits?: boolean }): Redis | Cluster {
  const { urls, isCluster, username, password, waits = false } = settings;
  const common = {
    connectTimeout: CONNECT_TIMEOUT_MS,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
  };
  const retry = (times: number): number => Math.min(LONGEST_PAUSE_MS, 50 * 2 ** Math.min(times, 10));
  if (!isCluster) {
    const more = { enableOfflineQueue: waits, enableAutoPipelining: !waits, retryStrategy: retry };
    return new Redis(urls[0] as string, { ...common, ...more });
  }
  const usesTls = (urls[0] as string).startsWith('rediss:');
  return new Cluster(
    urls.map((url) => ({ host: new URL(url).hostname, port: Number(new URL(url).port || 6379) })),
    {
      enableOfflineQueue: waits,
      // One by one: of commands sent together none follows a slot that has moved unless all do.
      enableAutoPipelining: false,
      clusterRetryStrategy: retry,
      slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
      redisOptions: { ...common, ...(usesTls ? { tls: {} } : {}) },
    },
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
