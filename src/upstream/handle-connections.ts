// The TCP connections to one server of the Handle protocol. Some servers keep a connection and take many questions over it, the
// reference server ends each after one answer: which of both it is, is learned from what it does.

import type { ByteString } from '../domain/bytes.ts';
import {
  MAX_KEPT_CONNECTIONS,
  MAX_PIPELINED,
  MAX_SINGLE_CONNECTIONS,
  MAX_WAITING_FOR_SERVER,
} from '../domain/handle-client-limits.ts';
import { ExchangeFailed } from './exchange-failed.ts';
import { type ConnectionTarget, HandleConnection } from './handle-connection.ts';

interface Asked {
  readonly requestId: number;
  readonly bytes: ByteString;
}

export class ServerConnections {
  readonly #target: Omit<ConnectionTarget, 'onFree'>;
  readonly #open = new Set<HandleConnection>();
  /** Who waits for a connection. */
  readonly #queue: (() => void)[] = [];
  #habit: 'unknown' | 'keeps' | 'ends' = 'unknown';

  constructor(target: Omit<ConnectionTarget, 'onFree'>) {
    this.#target = target;
  }

  /** Throws `ExchangeFailed`. */
  async exchange(asked: Asked, timeoutMs: number): Promise<ByteString> {
    const abort = new AbortController();
    const { promise: late, reject } = Promise.withResolvers<never>();
    late.catch(() => {});
    const timer = setTimeout(() => {
      abort.abort();
      reject(lateAfter(timeoutMs));
    }, timeoutMs);
    try {
      return await Promise.race([this.#exchange(asked, abort.signal, lateAfter(timeoutMs)), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    for (const connection of this.#open) connection.close();
  }

  async #exchange(asked: Asked, signal: AbortSignal, late: ExchangeFailed): Promise<ByteString> {
    for (let isRepeated = false; ; isRepeated = true) {
      const connection = await this.#free(signal);
      const before = connection.answered;
      const abandon = (): void => connection.abandon(asked.requestId, late);
      signal.addEventListener('abort', abandon);
      try {
        const told = await connection.ask(asked.requestId, asked.bytes);
        this.#learn(connection, before);
        return told;
      } catch (error) {
        // Many end a connection after an answer, just when it is used again: that is no failure of who is asked.
        const isLost = error instanceof ExchangeFailed && error.reason === 'network' && !connection.isOpen;
        if (!isLost || before === 0 || isRepeated || signal.aborted) throw error;
        if (this.#habit === 'unknown') this.#habit = 'ends';
      } finally {
        signal.removeEventListener('abort', abandon);
      }
    }
  }

  #learn(connection: HandleConnection, before: number): void {
    if (before > 0) this.#habit = 'keeps';
    else if (this.#habit === 'ends') connection.close();
  }

  /** One over which another question may be asked at once. Throws `ExchangeFailed` if too many wait for that. */
  async #free(signal: AbortSignal): Promise<HandleConnection> {
    for (;;) {
      const found = this.#find();
      if (found !== null) return found;
      if (this.#queue.length >= MAX_WAITING_FOR_SERVER) {
        throw new ExchangeFailed('network', 'too many questions wait for a connection to it');
      }
      await new Promise<void>((resolve) => this.#queue.push(resolve));
      if (signal.aborted) {
        this.#freed(); // the turn is another's
        throw new ExchangeFailed('timeout', 'no connection was free in time');
      }
    }
  }

  /** The emptiest; a new one rather than one in use, as long as there may be more. */
  #find(): HandleConnection | null {
    const depth = this.#habit === 'keeps' ? MAX_PIPELINED : 1;
    let best: HandleConnection | null = null;
    for (const one of this.#open) {
      if (one.isUsable && one.inFlight < depth && (best === null || one.inFlight < best.inFlight)) best = one;
    }
    if (best !== null && best.inFlight === 0) return best;
    const most = this.#habit === 'keeps' ? MAX_KEPT_CONNECTIONS : MAX_SINGLE_CONNECTIONS;
    return this.#open.size < most ? this.#connect() : best;
  }

  #connect(): HandleConnection {
    const connection = new HandleConnection({ ...this.#target, onFree: () => this.#told(connection) });
    this.#open.add(connection);
    return connection;
  }

  #told(connection: HandleConnection): void {
    if (!connection.isOpen) {
      this.#open.delete(connection);
      if (this.#habit === 'unknown' && connection.answered === 1) this.#habit = 'ends';
    }
    this.#freed();
  }

  #freed(): void {
    this.#queue.shift()?.();
  }
}

function lateAfter(timeoutMs: number): ExchangeFailed {
  return new ExchangeFailed('timeout', `no answer within ${Math.round(timeoutMs)} ms`);
}
