// How the threads of a node hand each other messages of the Handle protocol: a challenge or a session lives in the thread that
// has begun it, and its client may come back to any.

import { BroadcastChannel } from 'node:worker_threads';
import type { ByteString } from '../domain/bytes.ts';
import { MAX_FORWARDED_MESSAGES } from '../domain/handle-protocol-limits.ts';
import type { Answerer } from '../handle-server/answerer.ts';
import type { Client, Reply } from '../handle-server/outcome.ts';
import type { Peers } from '../handle-server/surroundings.ts';

type Letter =
  | {
      readonly kind: 'ask';
      readonly id: number;
      readonly from: number;
      readonly message: ByteString;
      readonly client: Client;
    }
  | { readonly kind: 'told'; readonly id: number; readonly reply: CollectedReply | null };

interface CollectedReply {
  readonly messages: readonly ByteString[];
  readonly keepsConnection: boolean;
}

export interface ThreadPeers extends Peers {
  /** Answers for others from now on. */
  serve(answerer: Pick<Answerer, 'answer'>): void;
  close(): void;
}

/** A thread that has died does not answer, and another in its place knows nothing. */
const PATIENCE_MS = 10_000;
/** Messages of a listing that are handed over: 50,000 handles. More would be held in memory twice. */
const MAX_MESSAGES = 1000;

export interface PeersOptions {
  /** The same for all threads of a node, and for no other node of the process. */
  readonly runId: string;
  readonly thread: number;
  /** Numbers of all threads of the node: anyone can make up an id that names another. */
  readonly threads: ReadonlySet<number>;
}

export function openPeers({ runId, thread, threads }: PeersOptions): ThreadPeers {
  const channels = new Map<number, BroadcastChannel>();
  const waiting = new Map<number, (reply: Reply | null) => void>();
  const own = new BroadcastChannel(nameOf(runId, thread));
  own.unref();
  let answerer: Pick<Answerer, 'answer'> | null = null;
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
  const answer = async ({ id, from, message, client }: Extract<Letter, { kind: 'ask' }>): Promise<void> => {
    const reply = answerer === null ? null : await collected(await answerer.answer(message, client));
    post(from, { kind: 'told', id, reply });
  };
  own.onmessage = (event) => {
    const letter = (event as unknown as { readonly data: Letter }).data;
    if (letter.kind === 'ask')
      answer(letter).catch(() => post(letter.from, { kind: 'told', id: letter.id, reply: null }));
    else waiting.get(letter.id)?.(letter.reply);
  };

  return {
    thread,
    async forward(to, message, client) {
      if (!threads.has(to) || waiting.size >= MAX_FORWARDED_MESSAGES) return null;
      const id = ++asked;
      const { promise, resolve } = Promise.withResolvers<Reply | null>();
      const late = setTimeout(() => resolve(null), PATIENCE_MS);
      waiting.set(id, resolve);
      post(to, { kind: 'ask', id, from: thread, message, client });
      return promise.finally(() => {
        clearTimeout(late);
        waiting.delete(id);
      });
    },
    serve(served) {
      answerer = served;
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

/** Null if it is more than is handed over. */
async function collected({ messages, keepsConnection }: Reply): Promise<CollectedReply | null> {
  const all: ByteString[] = [];
  for await (const message of messages) {
    all.push(message);
    if (all.length > MAX_MESSAGES) return null;
  }
  return { messages: all, keepsConnection };
}
