// Carries questions for others from the threads that serve to the one that asks, and the answers back: so one node asks
// an upstream once, however many of its threads want to know.

import type { MessagePort } from 'node:worker_threads';
import { HandleError } from '../domain/error.ts';
import { type ErrorParts, errorOf, partsOf } from '../domain/error-parts.ts';
import type { ForeignAnswer, ForeignQuestion, ForeignReader } from '../domain/foreign-answer.ts';
import type { Handle } from '../domain/handle.ts';

type Reply = { readonly id: number } & ({ readonly answer: ForeignAnswer | null } | { readonly failure: ErrorParts });

/** One of them. */
interface Request {
  readonly id: number;
  readonly question?: ForeignQuestion;
  readonly forget?: Handle | null;
  readonly held?: Handle;
}

interface Waiting {
  /** Null of what has no answer. */
  readonly resolve: (answer: ForeignAnswer | null) => void;
  readonly reject: (error: HandleError) => void;
}

/** Questions of one thread that may be on their way: above it they are told to come back. */
const MAX_WAITING = 10_000;

/** In a serving thread. What still waits when either end closes is rejected. `close` may be called twice. */
export function connectForeignReader(port: MessagePort): ForeignReader & { close(): void } {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let isClosed = false;
  const fail = (): void => {
    isClosed = true;
    for (const { reject } of waiting.values()) reject(disconnected());
    waiting.clear();
  };
  port.on('message', (reply: Reply) => {
    const asked = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('answer' in reply) asked?.resolve(reply.answer);
    else asked?.reject(errorOf(reply.failure));
  });
  port.on('close', fail);
  const ask = (message: Omit<Request, 'id'>): Promise<ForeignAnswer | null> => {
    if (isClosed) return Promise.reject(disconnected());
    if (waiting.size >= MAX_WAITING) {
      return Promise.reject(new HandleError('OVERLOADED', 'Too many questions wait for other nodes: try again.'));
    }
    return new Promise((resolve, reject) => {
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      port.postMessage({ id, ...message });
    });
  };
  return {
    fetch: (question) => ask({ question }) as Promise<ForeignAnswer>,
    forget: (handle) => ask({ forget: handle }).then(() => {}),
    held: (handle) => ask({ held: handle }),
    close() {
      fail();
      port.close();
    },
  };
}

/** In the thread that asks, for each thread that serves. Ends when the other side closes or dies. */
export function serveForeignReader(port: MessagePort, reader: ForeignReader): void {
  const reply = (message: Reply): void => port.postMessage(message);
  const done = ({ question, held, forget = null }: Request): Promise<ForeignAnswer | null> => {
    if (question !== undefined) return reader.fetch(question);
    return held === undefined ? reader.forget(forget).then(() => null) : reader.held(held);
  };
  port.on('message', (request: Request) => {
    const { id } = request;
    const fail = (error: unknown): void => reply({ id, failure: partsOf(error) });
    try {
      done(request).then((answer) => reply({ id, answer }), fail);
    } catch (error) {
      fail(error);
    }
  });
}

function disconnected(): HandleError {
  return new HandleError('UPSTREAM_UNAVAILABLE', 'The thread that asks other nodes is gone or closing: try again.');
}
