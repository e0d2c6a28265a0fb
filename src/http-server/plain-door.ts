// Stands before node:http at every connection, and lets through what is not for it. It keeps the clocks of the connections
// it holds, and ends them with the server.

import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { HandleApi } from './handle-api.ts';
import { answerClientError, type Holder, type ServerLimits } from './limited-server.ts';
import { type PlainAnswers, PlainConnection, type PlainTimeouts } from './plain-connection.ts';
import { ReplyBytes } from './reply-bytes.ts';

/** Longer than was promised, so that no client meets the end with a question on its way (Node's own is as long). */
const KEEP_ALIVE_GRACE_MS = 1000;
const MIN_SWEEP_MS = 20;
const MAX_SWEEP_MS = 1000;

export function createPlainDoor(
  { api, sample, isClosing }: Pick<PlainAnswers, 'sample' | 'isClosing'> & { readonly api: HandleApi },
  { clock, limits }: { readonly clock: () => number; readonly limits: ServerLimits },
): PlainDoor {
  const replies = new ReplyBytes(clock, limits.keepAliveTimeoutMs);
  const answers: PlainAnswers = {
    answer: (url, caller) => api.plainReply(url, caller),
    bytesOf: (reply, isLast) => replies.of(reply, isLast),
    ...{ sample, isClosing },
  };
  return new PlainDoor(answers, limits);
}

class PlainDoor implements Holder {
  readonly #answers: PlainAnswers;
  readonly #timeouts: PlainTimeouts;
  readonly #connections = new Set<PlainConnection>();
  readonly #sweep: NodeJS.Timeout;

  constructor(answers: PlainAnswers, { headersTimeoutMs, keepAliveTimeoutMs, requestTimeoutMs }: ServerLimits) {
    this.#answers = answers;
    const idleMs = keepAliveTimeoutMs + KEEP_ALIVE_GRACE_MS;
    this.#timeouts = { firstMs: headersTimeoutMs, idleMs, readingMs: 2 * requestTimeoutMs };
    const everyMs = Math.min(headersTimeoutMs, keepAliveTimeoutMs) / 4;
    this.#sweep = setInterval(() => this.#judgeAll(), Math.max(MIN_SWEEP_MS, Math.min(MAX_SWEEP_MS, everyMs))).unref();
  }

  standBefore(server: Server): void {
    const event = 'setSecureContext' in server ? 'secureConnection' : 'connection';
    const listeners = server.listeners(event) as ((socket: Socket) => void)[];
    server.removeAllListeners(event);
    server.on(event, (socket: Socket) => {
      const connection = new PlainConnection(socket, this.#answers, (gone, isHandedOver) => {
        this.#connections.delete(gone);
        if (isHandedOver) for (const listener of listeners) listener.call(server, socket);
      });
      this.#connections.add(connection);
    });
  }

  closeIdle(): void {
    for (const connection of this.#connections) connection.closeIfIdle();
  }

  closeAll(): void {
    for (const { socket } of this.#connections) socket.destroy();
  }

  stop(): void {
    clearInterval(this.#sweep);
  }

  #judgeAll(): void {
    const now = performance.now();
    for (const connection of this.#connections) {
      if (!connection.isLate(now, this.#timeouts)) continue;
      if (connection.isNew) answerClientError(LATE, connection.socket);
      else connection.socket.destroy();
    }
  }
}

/** As Node says it of a head that does not come. */
const LATE = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
