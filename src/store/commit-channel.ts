// Carries commits from the threads that serve to the one that writes, and the results back. What happens in one turn of
// a thread's event loop goes over in one message.

import type { MessagePort } from 'node:worker_threads';
import type { ByteString } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { MAX_WAITING_COMMITS } from '../domain/limits.ts';
import { AnswerPacker, unpackAnswers } from './answer-packing.ts';
import { RequestPacker, unpackRequests } from './commit-packing.ts';
import type { CommitRequest, CommitResult, Committer } from './registry-store.ts';

interface Waiting {
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: HandleError) => void;
}

/**
 * In a serving thread. Commits that still wait when either end closes are rejected with `STORE_UNAVAILABLE`: whether
 * they were applied is then unknown. `close` may be called twice.
 */
export function connectCommitter(port: MessagePort): Committer & { close(): void } {
  const waiting = new Map<number, Waiting>();
  const packer = new RequestPacker();
  let lastId = 0;
  let isClosed = false;

  const fail = (): void => {
    isClosed = true;
    for (const { reject } of waiting.values()) reject(disconnected());
    waiting.clear();
  };
  const send = (): void => {
    if (!isClosed) port.postMessage(packer.take());
  };
  port.on('message', (message: ByteString) => {
    for (const { id, result, error } of unpackAnswers(message)) {
      const caller = waiting.get(id);
      waiting.delete(id);
      if (error !== null) caller?.reject(error);
      else if (result !== null) caller?.resolve(result);
    }
  });
  port.on('close', fail);

  return {
    commit: (request: CommitRequest) => {
      if (isClosed) return Promise.reject(disconnected());
      if (waiting.size >= MAX_WAITING_COMMITS) {
        return Promise.reject(new HandleError('OVERLOADED', 'Too many writes are waiting: try again in a moment.'));
      }
      return new Promise((resolve, reject) => {
        if (packer.isEmpty) setImmediate(send);
        const id = ++lastId;
        packer.add(id, request);
        waiting.set(id, { resolve, reject });
      });
    },
    close: () => {
      fail();
      port.close();
    },
  };
}

/** In the thread that writes, for each thread that serves. Ends when the other side closes or dies. */
export function serveCommits(port: MessagePort, committer: Committer): void {
  const packer = new AnswerPacker();
  const send = (): void => port.postMessage(packer.take());
  // The answers of one group of commits come in one run of microtasks; this one, begun by the first, is behind them all.
  const sendSoon = (): void => {
    if (packer.isEmpty) queueMicrotask(send);
  };
  port.on('message', (message: ByteString) => {
    for (const { id, request } of unpackRequests(message)) {
      committer.commit(request).then(
        (result) => {
          sendSoon();
          packer.addResult(id, result);
        },
        (error: unknown) => {
          sendSoon();
          packer.addError(id, error);
        },
      );
    }
  });
}

function disconnected(): HandleError {
  return new HandleError(
    'STORE_UNAVAILABLE',
    'The thread that writes is gone or closing: whether this write was applied is unknown. Read again, then repeat it.',
  );
}
