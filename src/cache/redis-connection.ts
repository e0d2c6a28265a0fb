// The connection to Redis, one server or a Cluster, and whether it is worth asking: the first command that is late or
// lost closes a gate, so that nobody else waits for a Redis that is gone; what it answers late, or a probe of our own, opens
// it again.

import { Cluster, Redis } from 'ioredis';
import { Deadlines } from './deadlines.ts';

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

type Command<T> = (client: Redis | Cluster) => Promise<T>;

const CONNECT_TIMEOUT_MS = 1000;
const LONGEST_PAUSE_MS = 1000;
const PROBE_EVERY_MS = 250;
/** Late again so soon after it was asked again, it is left alone for a while, longer each time, up to the time of a probe. */
const CALM_MS = 1000;
const FIRST_REST_MS = 8;

/** Late, or lost with its connection; what Redis itself says no to is another matter. */
export class RedisUnreachable extends Error {}

export class RedisConnection {
  readonly client: Redis | Cluster;
  readonly #timeoutMs: number;
  readonly #onState: (state: RedisState) => void;
  readonly #deadlines: Deadlines;
  #state: RedisState = 'down';
  #openedAt = 0;
  #closedAt = 0;
  #restMs = 0;
  #probe: NodeJS.Timeout | null = null;
  #isGathering = false;
  #isClosed = false;

  constructor(settings: RedisSettings, onState: (state: RedisState) => void) {
    this.#timeoutMs = settings.timeoutMs;
    this.#deadlines = new Deadlines(settings.timeoutMs);
    this.#onState = onState;
    this.client = openClient(settings);
    // Told by the state; without a listener it would end the process.
    this.client.on('error', () => this.#close());
    this.client.on('close', () => this.#close());
    this.client.on('ready', () => void this.#ask());
    this.#onState('down');
    this.#scheduleProbe(PROBE_EVERY_MS);
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
  run<T>(command: Command<T>): Promise<T> {
    if (this.isUp) this.#gather();
    return this.runAtOnce(command);
  }

  /** As `run`, of a command that is one for many and waits for no others. */
  runAtOnce<T>(command: Command<T>): Promise<T> {
    return this.isUp ? this.#timed(command) : Promise.reject(new RedisUnreachable('Redis is not reachable.'));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#probe !== null) clearTimeout(this.#probe);
    this.#state = 'down';
    this.client.disconnect();
  }

  #timed<T>(command: Command<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const awaited = this.#deadlines.begin(() => {
        this.#close();
        reject(new RedisUnreachable(`Redis took longer than ${this.#timeoutMs} ms.`));
      });
      command(this.client).then(
        (result) => {
          if (this.#deadlines.end(awaited)) resolve(result);
          else this.#cameLate();
        },
        (error: Error) => {
          this.#deadlines.end(awaited);
          const isReply = error.name === 'ReplyError';
          if (!isReply) this.#close();
          reject(isReply ? error : new RedisUnreachable(error.message, { cause: error }));
        },
      );
    });
  }

  /** Commands of one turn leave in one write, and none waits for the replies of others, as in a pipeline it would. */
  #gather(): void {
    if (this.#isGathering || this.client instanceof Cluster) return;
    const { stream } = this.client as { stream?: Redis['stream'] }; // there is none before the first connection
    if (stream === undefined) return;
    this.#isGathering = true;
    stream.cork();
    setImmediate(() => {
      this.#isGathering = false;
      stream.uncork();
    });
  }

  #close(): void {
    if (this.isUp) {
      const now = performance.now();
      const isAgain = now - this.#openedAt < CALM_MS;
      this.#restMs = isAgain ? Math.min(PROBE_EVERY_MS, 2 * this.#restMs + FIRST_REST_MS) : 0;
      this.#closedAt = now;
    }
    this.#set('down');
    this.#scheduleProbe(PROBE_EVERY_MS);
  }

  /** It was not gone but held up, as on a busy machine, and can be asked again; after a while if that comes often. */
  #cameLate(): void {
    if (this.#isClosed || this.isUp) return;
    const restMs = this.#closedAt + this.#restMs - performance.now();
    if (restMs <= 0) {
      this.#set('up');
      return;
    }
    if (this.#probe !== null) clearTimeout(this.#probe);
    this.#probe = null;
    this.#scheduleProbe(restMs);
  }

  #scheduleProbe(afterMs: number): void {
    if (this.#isClosed || this.#probe !== null) return;
    this.#probe = setTimeout(() => {
      this.#probe = null;
      void this.#ask();
    }, afterMs);
    this.#probe.unref();
  }

  async #ask(): Promise<void> {
    if (this.#isClosed || this.isUp) return;
    try {
      await this.#timed((client) => client.ping());
      if (!this.#isClosed) this.#set('up');
    } catch {
      this.#scheduleProbe(PROBE_EVERY_MS); // still gone: asked again in a moment
    }
  }

  #set(state: RedisState): void {
    if (this.#state === state) return;
    this.#state = state;
    if (state === 'up') this.#openedAt = performance.now();
    this.#onState(state);
  }
}

/**
 * `waits`: a client for commands that block, which may be given before it is connected. Neither makes pipelines by itself:
 * in a Cluster, of commands that are sent together none follows a slot that has moved unless all do.
 */
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
    return new Redis(urls[0] as string, { ...common, enableOfflineQueue: waits, retryStrategy: retry });
  }
  const usesTls = (urls[0] as string).startsWith('rediss:');
  return new Cluster(
    urls.map((url) => ({ host: new URL(url).hostname, port: Number(new URL(url).port || 6379) })),
    {
      enableOfflineQueue: waits,
      clusterRetryStrategy: retry,
      slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
      redisOptions: { ...common, ...(usesTls ? { tls: {} } : {}) },
    },
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
