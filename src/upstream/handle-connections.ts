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

/** How long a connection is looked at after its first answer: the end of one that is not kept comes right behind. */
const PROBATION_MS = 30;
/** How long it is believed of a server that it ends connections: it may have been restarted, or replaced. */
const ENDS_FOR_MS = 600_000;

export class ServerConnections {
  readonly #target: Omit<ConnectionTarget, 'onFree'>;
  readonly #open = new Set<HandleConnection>();
  /** Who waits for a connection. */
  readonly #queue: (() => void)[] = [];
  /** Those that are still there a while after their first answer. */
  readonly #kept = new WeakSet<HandleConnection>();
  #habit: 'unknown' | 'keeps' | 'ends' = 'unknown';
  #endsUntil = 0;

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
      let connection = this.#find();
      // Nothing may come between finding one and asking over it, or all would find the same.
      for (; connection === null; connection = this.#find()) await this.#turn(signal);
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
      } finally {
        signal.removeEventListener('abort', abandon);
      }
    }
  }

  #learn(connection: HandleConnection, before: number): void {
    if (before > 0) this.#habit = 'keeps';
    else if (this.#habit === 'ends') connection.close();
    else if (this.#habit === 'unknown') this.#lookAt(connection);
  }

  #lookAt(connection: HandleConnection): void {
    setTimeout(() => {
      if (!connection.isOpen) return;
      this.#kept.add(connection);
      this.#freed();
    }, PROBATION_MS).unref();
  }

  /** Until somebody has made room. Throws `ExchangeFailed` if too many wait already, or it has lasted too long. */
  async #turn(signal: AbortSignal): Promise<void> {
    if (this.#queue.length >= MAX_WAITING_FOR_SERVER) {
      throw new ExchangeFailed('network', 'too many questions wait for a connection to it');
    }
    await new Promise<void>((resolve) => this.#queue.push(resolve));
    if (!signal.aborted) return;
    this.#freed(); // the turn is another's
    throw new ExchangeFailed('timeout', 'no connection was free in time');
  }

  /** The emptiest; a new one rather than one in use, as long as there may be more. */
  #find(): HandleConnection | null {
    if (this.#habit === 'ends' && performance.now() > this.#endsUntil) this.#habit = 'unknown';
    const depth = this.#habit === 'keeps' ? MAX_PIPELINED : 1;
    let best: HandleConnection | null = null;
    for (const one of this.#open) {
      const isKept = one.answered === 0 || this.#habit === 'keeps' || this.#kept.has(one);
      if (!isKept || !one.isUsable || one.inFlight >= depth) continue;
      if (best === null || one.inFlight < best.inFlight) best = one;
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
      if (this.#habit === 'unknown' && connection.answered === 1 && connection.wasEnded) {
        this.#habit = 'ends';
        this.#endsUntil = performance.now() + ENDS_FOR_MS;
      }
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
