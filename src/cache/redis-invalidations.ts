// What nodes that share a Redis tell each other: which handles have changed. Over a stream, so that what was missed can be
// seen to have been missed: each node numbers its messages, and a number left out is a gap. It decides nothing about caches.

import type { Cluster, Redis } from 'ioredis';
import type { Handle } from '../domain/handle.ts';
import type { RedisAnswers } from './redis-answers.ts';
import { openClient, type RedisConnection, type RedisSettings } from './redis-connection.ts';
import { RedisPeers } from './redis-peers.ts';

export interface InvalidationsOptions {
  readonly settings: RedisSettings;
  readonly keyPrefix: string;
  /** Of this start of this node. */
  readonly nodeId: string;
  /** Where it runs: the same after a restart. */
  readonly place: string;
  /** Milliseconds that only rise. */
  readonly clock: () => number;
  /** What is told is removed there first. */
  readonly answers: Pick<RedisAnswers, 'bar'>;
  readonly connection: Pick<RedisConnection, 'run' | 'isUp'>;
  readonly onHeard: (handles: readonly Handle[]) => void;
  /** Something may have been missed, or everything may have changed. */
  readonly onGap: () => void;
  /** Up while everything that is told is heard: Redis is there, and every node that should be can tell. */
  readonly onState: (state: 'up' | 'down') => void;
}

/** Handles that may wait to be told; beyond it all nodes are told that everything may have changed. */
const MAX_WAITING = 20_000;
/** Handles of one message. */
const BATCH = 200;
/** Messages the stream keeps: minutes at a thousand a second; who is further behind has a gap. */
const STREAM_LENGTH = 100_000;
const BLOCK_MS = 1000;
/** A reply that takes so much longer than the block means that Redis is gone or frozen. */
const PATIENCE_MS = 1500;
const RETRY_MS = 100;

type Client = Redis | Cluster;
type Entry = readonly [id: string, fields: readonly string[]];

export class RedisInvalidations {
  readonly #options: InvalidationsOptions;
  readonly #stream: string;
  #waiting = new Set<Handle>();
  #everything = false;
  #isTelling = false;
  #told = 0;
  /** The newest number of which it is known whether it arrived. */
  #settled = 0;
  /** The newest number heard of each node. */
  readonly #heard = new Map<string, number>();
  readonly #peers: RedisPeers;
  #listener: Client | null = null;
  #isFollowing = false;
  #isSomebodySilent = false;
  #isClosed = false;

  constructor(options: InvalidationsOptions) {
    this.#options = options;
    this.#stream = `${options.keyPrefix}:invalidations`;
    const { connection, keyPrefix, place, nodeId, clock } = options;
    this.#peers = new RedisPeers({
      ...{ connection, keyPrefix, place, nodeId, clock },
      told: () => this.#settled,
      onTold: (from, number) => this.#expect(from, number),
      onSilence: (isSilent) => this.#silence(isSilent),
    });
    this.#tellState();
    void this.#listen();
  }

  /** Returns at once. Told as soon as Redis can be reached, in any order. */
  publish(handles: Iterable<Handle>, everything = false): void {
    if (everything) this.#everything = true;
    for (const handle of handles) this.#waiting.add(handle);
    if (this.#waiting.size > MAX_WAITING) {
      this.#waiting.clear();
      this.#everything = true;
    }
    this.#tellSoon(0);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listener?.disconnect();
    await this.#peers.close();
  }

  #tellState(): void {
    this.#options.onState(this.#isFollowing && !this.#isSomebodySilent ? 'up' : 'down');
  }

  /** What somebody told who fell silent may have been lost, and so may what they told while they were. */
  #silence(isSilent: boolean): void {
    this.#isSomebodySilent = isSilent;
    this.#options.onGap();
    this.#tellState();
  }

  /** So much was told a moment ago: what has not been heard by now was lost on the way. */
  #expect(from: string, number: number): void {
    const heard = this.#heard.get(from);
    if (heard !== undefined && heard >= number) return;
    this.#heard.set(from, number);
    if (heard !== undefined && this.#isFollowing) this.#options.onGap();
  }

  #tellSoon(afterMs: number): void {
    if (this.#isTelling || this.#isClosed || (this.#waiting.size === 0 && !this.#everything)) return;
    this.#isTelling = true;
    setTimeout(() => {
      this.#tell().then(
        () => this.#toldOne(0),
        () => this.#toldOne(RETRY_MS), // Redis is away: what waits goes on waiting
      );
    }, afterMs).unref();
  }

  #toldOne(nextAfterMs: number): void {
    this.#isTelling = false;
    this.#settled = this.#told;
    this.#tellSoon(nextAfterMs);
  }

  async #tell(): Promise<void> {
    const { connection, answers, nodeId } = this.#options;
    const handles = [...this.#waiting].slice(0, BATCH);
    const everything = this.#everything ? '1' : '';
    // A number is used up even if telling fails: whether it arrived is not known, and then it is a gap.
    const number = String(++this.#told);
    await Promise.all(handles.map((handle) => answers.bar(handle)));
    const fields = ['n', nodeId, 'c', number, 'h', JSON.stringify(handles), 'e', everything];
    await connection.run((client) =>
      client.xadd(this.#stream, 'MAXLEN', '~', STREAM_LENGTH, '*', ...fields).then(() => null),
    );
    for (const handle of handles) this.#waiting.delete(handle);
    if (everything !== '') this.#everything = false;
  }

  async #listen(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#follow();
      } catch {
        // Down until it can be followed again: what it missed meanwhile is a gap.
      }
      this.#listener?.disconnect();
      this.#isFollowing = false;
      this.#tellState();
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
    }
  }

  /** Ends by throwing only. */
  async #follow(): Promise<void> {
    const { settings, onGap } = this.#options;
    const client = openClient({ ...settings, waits: true });
    this.#listener = client;
    client.on('error', () => {}); // the commands tell
    const newest = (await patiently(client.call('XREVRANGE', this.#stream, '+', '-', 'COUNT', '1'))) as Entry[];
    let after = newest[0]?.[0] ?? '0-0';
    this.#heard.clear();
    onGap();
    this.#isFollowing = true;
    this.#tellState();
    while (!this.#isClosed) {
      const args = ['COUNT', '500', 'BLOCK', String(BLOCK_MS), 'STREAMS', this.#stream, after];
      const reply = await patiently(client.call('XREAD', ...args));
      const entries = entriesOf(reply);
      for (const [, fields] of entries) {
        if (!this.#hear(fields)) onGap(); // a newer node may say something else: it may have been a change
      }
      after = entries.at(-1)?.[0] ?? after;
    }
  }

  /** False if it cannot be read; the number of its sender then counts as not heard. */
  #hear(fields: readonly string[]): boolean {
    const { nodeId, onHeard, onGap } = this.#options;
    const of = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
    const from = of('n');
    if (from === nodeId) return true;
    const number = Number(of('c'));
    const handles = handlesIn(of('h'));
    if (from === '' || !Number.isSafeInteger(number) || handles === null) return false;
    const before = this.#heard.get(from);
    this.#heard.set(from, number);
    onHeard(handles);
    if (of('e') !== '' || (before !== undefined && number !== before + 1)) onGap();
    return true;
  }
}

/** Null if they cannot be read. */
function handlesIn(json: string): readonly Handle[] | null {
  try {
    const handles: unknown = JSON.parse(json);
    return Array.isArray(handles) && handles.every(isText) ? (handles as Handle[]) : null;
  } catch {
    return null; // JSON.parse's only way to say so
  }
}

/** Entries of the one stream asked for: `[name, entries]` in RESP3, a list of such pairs in RESP2, null without any. */
function entriesOf(reply: unknown): readonly Entry[] {
  if (!Array.isArray(reply)) return [];
  const [first, second] = reply;
  return (typeof first === 'string' ? second : first?.[1]) ?? [];
}

const isText = (value: unknown): boolean => typeof value === 'string';

function patiently<T>(reply: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('Redis does not answer.')), BLOCK_MS + PATIENCE_MS);
    reply.then(resolve, reject).finally(() => clearTimeout(late));
  });
}
