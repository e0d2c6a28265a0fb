// How the threads of a node ask each other: one question, one answer, within a bounded time. It knows nothing of what is
// asked.

import { BroadcastChannel } from 'node:worker_threads';
import { MAX_FORWARDED_MESSAGES } from '../domain/handle-protocol-limits.ts';

type Letter<Question, Answer> =
  | { readonly kind: 'ask'; readonly id: number; readonly from: number; readonly question: Question }
  | { readonly kind: 'told'; readonly id: number; readonly answer: Answer | null };

/** Questions and answers must be plain: they are copied from thread to thread. */
export interface ThreadExchange<Question, Answer> {
  readonly thread: number;
  /** Null if that thread is none of the node's, has died, takes too long, or does not know. */
  ask(thread: number, question: Question): Promise<Answer | null>;
  /** Answers for others from now on. */
  serve(answer: (question: Question) => Answer | null | Promise<Answer | null>): void;
  close(): void;
}

/** A thread that has died does not answer, and another in its place knows nothing. */
const PATIENCE_MS = 10_000;

export interface ThreadExchangeOptions {
  /** Of what is asked: exchanges of other names do not hear each other. */
  readonly name: string;
  /** The same for all threads of a node, and for no other node of the machine's process. */
  readonly runId: string;
  readonly thread: number;
  /** Numbers of all threads of the node: anyone can make up an id that names another. */
  readonly threads: ReadonlySet<number>;
}

export function openThreadExchange<Question, Answer>(options: ThreadExchangeOptions): ThreadExchange<Question, Answer> {
  const { thread, threads } = options;
  const nameOf = (one: number): string => `jiabiao-${options.name}-${options.runId}-${one}`;
  const channels = new Map<number, BroadcastChannel>();
  const waiting = new Map<number, (answer: Answer | null) => void>();
  const own = new BroadcastChannel(nameOf(thread));
  own.unref();
  let answerer: ((question: Question) => Answer | null | Promise<Answer | null>) | null = null;
  let asked = 0;

  const post = (to: number, letter: Letter<Question, Answer>): void => {
    let channel = channels.get(to);
    if (channel === undefined) {
      channel = new BroadcastChannel(nameOf(to));
      channel.unref();
      channels.set(to, channel);
    }
    channel.postMessage(letter);
  };
  const answer = async ({ id, from, question }: Extract<Letter<Question, Answer>, { kind: 'ask' }>): Promise<void> => {
    post(from, { kind: 'told', id, answer: answerer === null ? null : await answerer(question) });
  };
  own.onmessage = (event) => {
    const letter = (event as unknown as { readonly data: Letter<Question, Answer> }).data;
    if (letter.kind === 'ask')
      answer(letter).catch(() => post(letter.from, { kind: 'told', id: letter.id, answer: null }));
    else waiting.get(letter.id)?.(letter.answer);
  };

  return {
    thread,
    async ask(to, question) {
      if (!threads.has(to) || waiting.size >= MAX_FORWARDED_MESSAGES) return null;
      const id = ++asked;
      const { promise, resolve } = Promise.withResolvers<Answer | null>();
      const late = setTimeout(() => resolve(null), PATIENCE_MS);
      waiting.set(id, resolve);
      post(to, { kind: 'ask', id, from: thread, question });
      return promise.finally(() => {
        clearTimeout(late);
        waiting.delete(id);
      });
    },
    serve(answers) {
      answerer = answers;
    },
    close() {
      own.close();
      for (const channel of channels.values()) channel.close();
      for (const resolve of waiting.values()) resolve(null);
    },
  };
}
