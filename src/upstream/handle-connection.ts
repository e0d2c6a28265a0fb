// One TCP connection to a server of the Handle protocol: several questions may be on their way, and answers are told apart by
// their request ids. Whether it is used again is not decided here.

import { connect, type LookupFunction, type Socket } from 'node:net';
import type { ByteString } from '../domain/bytes.ts';
import { IDLE_CONNECTION_MS } from '../domain/handle-client-limits.ts';
import { tryEnvelope } from '../wire/envelope.ts';
import { MessageBuffer } from '../wire/message-buffer.ts';
import { ENVELOPE_BYTES } from '../wire/protocol.ts';
import { ExchangeFailed } from './exchange-failed.ts';

export interface ConnectionTarget {
  readonly host: string;
  readonly port: number;
  readonly lookup: LookupFunction;
  readonly maxBytes: number;
  /** Called whenever a question more fits, and when it has ended. */
  readonly onFree: () => void;
}

interface Waiting {
  readonly resolve: (bytes: ByteString) => void;
  readonly reject: (error: ExchangeFailed) => void;
}

export class HandleConnection {
  readonly #target: ConnectionTarget;
  readonly #socket: Socket;
  readonly #buffer = new MessageBuffer();
  readonly #waiting = new Map<number, Waiting>();
  /** Ids of questions that nobody waits for any more. */
  readonly #abandoned = new Set<number>();
  #answered = 0;
  #isOpen = true;
  #wasEnded = false;

  constructor(target: ConnectionTarget) {
    this.#target = target;
    const { host, port, lookup } = target;
    const socket = connect({ host, port, lookup });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(IDLE_CONNECTION_MS, () => {
      if (this.#waiting.size === 0) socket.destroy();
    });
    socket.on('data', (chunk: Buffer) => this.#receive(chunk.toString('latin1') as ByteString));
    socket.on('error', (error) => this.#end(error.message, error));
    socket.on('end', () => {
      this.#wasEnded = this.#isOpen;
      this.#end('it ended the connection');
    });
    socket.on('close', () => this.#end('the connection was closed'));
  }

  /** Answers that came over it. */
  get answered(): number {
    return this.#answered;
  }

  get inFlight(): number {
    return this.#waiting.size;
  }

  /** Whether more may be asked over it: one that has kept a question waiting too long is not trusted with another. */
  get isUsable(): boolean {
    return this.#isOpen && this.#abandoned.size === 0;
  }

  /** Whether its server ended it. */
  get wasEnded(): boolean {
    return this.#wasEnded;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The response; the caller ends its patience by `abandon`. Throws `ExchangeFailed`. */
  ask(requestId: number, bytes: ByteString): Promise<ByteString> {
    const { promise, resolve, reject } = Promise.withResolvers<ByteString>();
    this.#waiting.set(requestId, { resolve, reject });
    this.#socket.write(bytes, 'latin1');
    return promise;
  }

  abandon(requestId: number, error: ExchangeFailed): void {
    const waiting = this.#waiting.get(requestId);
    if (waiting === undefined) return;
    this.#waiting.delete(requestId);
    this.#abandoned.add(requestId);
    waiting.reject(error);
    if (this.#waiting.size === 0) this.close();
  }

  close(): void {
    this.#end('the connection is closed here');
  }

  #receive(chunk: ByteString): void {
    this.#buffer.add(chunk);
    while (this.#isOpen) {
      const message = this.#buffer.take();
      if (message === null) break;
      if (message === 'overlong') this.#end('its answer has no length of a message', null, 'too-large');
      else this.#answer(message);
    }
    if (this.#buffer.bytes > ENVELOPE_BYTES + this.#target.maxBytes) this.#tooLarge();
  }

  #answer(message: ByteString): void {
    if (message.length > ENVELOPE_BYTES + this.#target.maxBytes) {
      this.#tooLarge();
      return;
    }
    const requestId = tryEnvelope(message)?.requestId ?? 0;
    if (this.#abandoned.has(requestId)) return;
    const waiting = this.#waiting.get(requestId);
    if (waiting === undefined) {
      // Whoever answers what was not asked may answer for others as well.
      this.#end('it answers a request that was not made');
      return;
    }
    this.#waiting.delete(requestId);
    this.#answered++;
    waiting.resolve(message);
    if (this.#abandoned.size > 0 && this.#waiting.size === 0) this.close();
    this.#target.onFree();
  }

  #tooLarge(): void {
    this.#end(`its answer has more than ${this.#target.maxBytes} bytes`, null, 'too-large');
  }

  #end(message: string, cause: unknown = null, reason: ExchangeFailed['reason'] = 'network'): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#socket.destroy();
    for (const { reject } of this.#waiting.values()) {
      reject(new ExchangeFailed(reason, message, cause ?? undefined));
    }
    this.#waiting.clear();
    this.#buffer.clear();
    this.#target.onFree();
  }
}
