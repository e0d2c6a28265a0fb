// How the threads of a node hand each other messages of the Handle protocol: a challenge or a session lives in the thread that
// has begun it, and its client may come back to any.

import { BroadcastChannel } from 'node:worker_threads';
import type { ByteString } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { MAX_FORWARDED_MESSAGES } from '../domain/handle-protocol-limits.ts';
import { setNewest } from '../domain/newest.ts';
import type { Answerer } from '../handle-server/answerer.ts';
import type { Client } from '../handle-server/outcome.ts';
import type { Peers } from '../handle-server/surroundings.ts';

/** A question is of the thread it comes from, and numbered by it. */
interface Numbered {
  readonly id: number;
  readonly from: number;
}

type Letter =
  | (Numbered & { readonly kind: 'ask'; readonly message: ByteString; readonly client: Client })
  /** More of an answer in parts, or none of it any more. */
  | (Numbered & { readonly kind: 'next' | 'drop' })
  | { readonly kind: 'told'; readonly id: number; readonly part: Part | null };

interface Part {
  readonly messages: readonly ByteString[];
  readonly keepsConnection: boolean;
  readonly hasMore: boolean;
}

/** An answer of many messages, as far as it has not been handed over. */
interface Rest {
  readonly messages: AsyncIterator<ByteString>;
  readonly keepsConnection: boolean;
}

export interface ThreadPeers extends Peers {
  /** Answers for others from now on. */
  serve(answerer: Pick<Answerer, 'answer'>): void;
  close(): void;
}

/** A thread that has died does not answer, and another in its place knows nothing. */
const PATIENCE_MS = 10_000;
/** Messages of a listing that are handed over at once, 5,000 handles: the next are made when the client has read these. */
const MESSAGES_AT_ONCE = 100;
/** Listings that are being handed over; beyond it the one that was asked for longest ago breaks off. */
const MAX_RESTS = 256;

export interface PeersOptions {
  /** The same for all threads of a node, and for no other node of the process. */
  readonly runId: string;
  readonly thread: number;
  /** Numbers of all threads of the node: anyone can make up an id that names another. */
  readonly threads: ReadonlySet<number>;
}

export function openPeers({ runId, thread, threads }: PeersOptions): ThreadPeers {
  const channels = new Map<number, BroadcastChannel>();
  const waiting = new Map<number, (part: Part | null) => void>();
  const told = new Told();
  const own = new BroadcastChannel(nameOf(runId, thread));
  own.unref();
  let asked = 0;

  const post = (to: number, letter: Letter): void => {
    let channel = channels.get(to);
    if (channel === undefined) {
      channel = new BroadcastChannel(nameOf(runId, to));
      channel.unref();
      channels.set(to, channel);
    }
    channel.postMessage(letter);
  };

  own.onmessage = (event) => {
    const letter = (event as unknown as { readonly data: Letter }).data;
    if (letter.kind === 'told') {
      waiting.get(letter.id)?.(letter.part);
      return;
    }
    const tell = (part: Part | null): void => post(letter.from, { kind: 'told', id: letter.id, part });
    told.partOf(letter).then(
      (part) => letter.kind !== 'drop' && tell(part),
      () => tell(null),
    );
  };

  const exchange = async (to: number, letter: Exclude<Letter, { kind: 'told' }>): Promise<Part | null> => {
    const { promise, resolve } = Promise.withResolvers<Part | null>();
    const late = setTimeout(() => resolve(null), PATIENCE_MS);
    waiting.set(letter.id, resolve);
    post(to, letter);
    return promise.finally(() => {
      clearTimeout(late);
      waiting.delete(letter.id);
    });
  };
  return {
    thread,
    async forward(to, message, client) {
      if (!threads.has(to) || waiting.size >= MAX_FORWARDED_MESSAGES) return null;
      const id = ++asked;
      const part = await exchange(to, { kind: 'ask', id, from: thread, message, client });
      if (part === null) return null;
      const { messages, keepsConnection, hasMore } = part;
      if (!hasMore) return { messages, keepsConnection };
      const rest = {
        next: () => exchange(to, { kind: 'next', id, from: thread }),
        drop: () => post(to, { kind: 'drop', id, from: thread }),
      };
      return { messages: messagesOf(part, rest), keepsConnection };
    },
    serve(served) {
      told.answerer = served;
    },
    close() {
      own.close();
      for (const channel of channels.values()) channel.close();
      for (const resolve of waiting.values()) resolve(null);
    },
  };
}

function nameOf(runId: string, thread: number): string {
  return `jiabiao-handle-${runId}-${thread}`;
}

/** Part by part, as they are read. Throws `OVERLOADED` if the other thread has none any more. */
async function* messagesOf(
  first: Part,
  rest: { readonly next: () => Promise<Part | null>; readonly drop: () => void },
): AsyncGenerator<ByteString> {
  let part: Part | null = first;
  try {
    for (;;) {
      yield* part.messages;
      if (!part.hasMore) return;
      part = await rest.next();
      if (part === null) throw new HandleError('OVERLOADED', 'The thread that lists the handles lists them no more.');
    }
  } finally {
    if (part?.hasMore === true) rest.drop();
  }
}

/** What this thread tells others: answers, and of long ones the rest when it is asked for. */
class Told {
  answerer: Pick<Answerer, 'answer'> | null = null;
  readonly #rests = new Map<string, Rest>();

  async partOf(letter: Exclude<Letter, { kind: 'told' }>): Promise<Part | null> {
    const key = `${letter.from} ${letter.id}`;
    if (letter.kind === 'ask') {
      if (this.answerer === null) return null;
      const { messages, keepsConnection } = await this.answerer.answer(letter.message, letter.client);
      if (Array.isArray(messages)) return { messages, keepsConnection, hasMore: false };
      const listed = messages as AsyncIterable<ByteString>;
      return this.#handOver(key, { messages: listed[Symbol.asyncIterator](), keepsConnection });
    }
    const rest = this.#rests.get(key);
    this.#rests.delete(key);
    if (rest === undefined) return null;
    if (letter.kind === 'next') return this.#handOver(key, rest);
    await rest.messages.return?.();
    return null;
  }

  async #handOver(key: string, rest: Rest): Promise<Part> {
    const part = await nextOf(rest);
    if (part.hasMore) setNewest(this.#rests, key, rest, MAX_RESTS);
    return part;
  }
}

async function nextOf({ messages, keepsConnection }: Rest): Promise<Part> {
  const some: ByteString[] = [];
  while (some.length < MESSAGES_AT_ONCE) {
    const { done, value } = await messages.next();
    if (done === true) return { messages: some, keepsConnection, hasMore: false };
    some.push(value);
  }
  return { messages: some, keepsConnection, hasMore: true };
}
