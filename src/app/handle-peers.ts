// How the threads of a node hand each other messages of the Handle protocol: a challenge or a session lives in the thread that
// has begun it, and its client may come back to any.

import type { ByteString } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { setNewest } from '../domain/newest.ts';
import type { Answerer } from '../handle-server/answerer.ts';
import type { Client } from '../handle-server/outcome.ts';
import type { Peers } from '../handle-server/surroundings.ts';
import { openThreadExchange, type ThreadExchangeOptions } from './thread-exchange.ts';

type Question =
  | { readonly kind: 'ask'; readonly key: string; readonly message: ByteString; readonly client: Client }
  /** More of an answer in parts, or none of it any more. */
  | { readonly kind: 'next' | 'drop'; readonly key: string };

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

/** Messages of a listing that are handed over at once, 5,000 handles: the next are made when the client has read these. */
const MESSAGES_AT_ONCE = 100;
/** Listings that are being handed over; beyond it the one that was asked for longest ago breaks off. */
const MAX_RESTS = 256;

export function openPeers(options: Omit<ThreadExchangeOptions, 'name'>): ThreadPeers {
  const exchange = openThreadExchange<Question, Part>({ ...options, name: 'handle' });
  const told = new Told();
  exchange.serve((question) => told.partOf(question));
  let asked = 0;
  return {
    thread: exchange.thread,
    async forward(to, message, client) {
      // Of the thread it comes from, and numbered by it.
      const key = `${exchange.thread} ${++asked}`;
      const part = await exchange.ask(to, {
        kind: 'ask',
        key,
        message,
        client: { address: client.address, door: client.door },
      });
      if (part === null) return null;
      const { messages, keepsConnection, hasMore } = part;
      if (!hasMore) return { messages, keepsConnection };
      const rest = {
        next: () => exchange.ask(to, { kind: 'next', key }),
        drop: () => void exchange.ask(to, { kind: 'drop', key }),
      };
      return { messages: messagesOf(part, rest), keepsConnection };
    },
    serve(served) {
      told.answerer = served;
    },
    close: () => exchange.close(),
  };
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

  async partOf(question: Question): Promise<Part | null> {
    const { key } = question;
    if (question.kind === 'ask') {
      if (this.answerer === null) return null;
      const { messages, keepsConnection } = await this.answerer.answer(question.message, question.client);
      if (Array.isArray(messages)) return { messages, keepsConnection, hasMore: false };
      const listed = messages as AsyncIterable<ByteString>;
      return this.#handOver(key, { messages: listed[Symbol.asyncIterator](), keepsConnection });
    }
    const rest = this.#rests.get(key);
    this.#rests.delete(key);
    if (rest === undefined) return null;
    if (question.kind === 'next') return this.#handOver(key, rest);
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
