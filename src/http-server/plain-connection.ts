// A connection while nothing but plain resolutions has come over it: answered without node:http, whose objects cost more
// than the answer. With the first request that is anything else it goes to node:http, for good.

import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { bytesIn } from '../domain/bytes.ts';
import type { Caller } from './client-network.ts';
import type { ApiReply } from './handle-api-reply.ts';
import { PlainHeads } from './plain-head.ts';

/** What all connections of a server share. */
export interface PlainAnswers {
  /** Never throws nor rejects. */
  answer(url: string, client: Caller): ApiReply | Promise<ApiReply>;
  /** Null for a request that is not logged; else to be told the status when it is answered. */
  readonly sample: ((url: string, client: Caller) => ((status: number) => void) | null) | null;
  bytesOf(reply: ApiReply, isLast: boolean): string;
  /** Whether the server ends, so that no connection is kept. */
  isClosing(): boolean;
}

/** How long a client may take: to ask for the first time, to ask again, and to read what it was told. */
export interface PlainTimeouts {
  readonly firstMs: number;
  readonly idleMs: number;
  readonly readingMs: number;
}

/** Answers to requests that came together go out together, up to about so many bytes. */
const MAX_JOINED_LENGTH = 65_536;

/** None that an answer depends on, which is what makes a resolution plain. */
const NO_HEADERS: IncomingHttpHeaders = Object.freeze({});
const NOTHING = Buffer.alloc(0);

export class PlainConnection implements Caller {
  readonly socket: Socket;
  readonly headers = NO_HEADERS;
  readonly #answers: PlainAnswers;
  readonly #onLeave: (connection: PlainConnection, isHandedOver: boolean) => void;
  readonly #heads = new PlainHeads();
  #chunk: Buffer = NOTHING;
  #bytes = '';
  #at = 0;
  #state: 'new' | 'idle' | 'answering' | 'flushing' | 'ending' = 'new';
  /** Whether the client has said all it will. */
  #hasEnded = false;
  /** Whether anything happened since the clock was last read, and when it was read then. */
  #isTouched = false;
  #since = performance.now();

  /** `onLeave`: it is not ours any more, as it is closed or handed over to node:http. */
  constructor(
    socket: Socket,
    answers: PlainAnswers,
    onLeave: (connection: PlainConnection, isHandedOver: boolean) => void,
  ) {
    this.socket = socket;
    this.#answers = answers;
    this.#onLeave = onLeave;
    socket.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose);
  }

  /** Whether it has had more time than it may have; then it is `new`, or is to be destroyed. */
  isLate(now: number, { firstMs, idleMs, readingMs }: PlainTimeouts): boolean {
    if (this.#isTouched) {
      this.#isTouched = false;
      this.#since = now;
      return false;
    }
    const waited = now - this.#since;
    switch (this.#state) {
      case 'new':
        return waited >= firstMs;
      case 'idle':
        return waited >= idleMs;
      case 'answering':
        return false; // it is we who are late
      default:
        return waited >= readingMs;
    }
  }

  get isNew(): boolean {
    return this.#state === 'new';
  }

  /** Ends it if nobody waits for an answer; else it ends with that. */
  closeIfIdle(): void {
    if (this.#state === 'new' || this.#state === 'idle') this.socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#state === 'ending') return;
    this.#isTouched = true;
    this.#chunk = chunk;
    this.#bytes = bytesIn(chunk, 0, chunk.length);
    this.#at = 0;
    this.#answerAll();
  };

  /** A client that says no more is still told what it asked for. */
  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    if (this.#state === 'new' || this.#state === 'idle') this.socket.end();
  };

  readonly #onError = (): void => {
    this.socket.destroy();
  };

  readonly #onClose = (): void => {
    this.#onLeave(this, false);
  };

  /** Answers what is at hand, one after the other. What cannot be answered at once, or be read, stops it. */
  #answerAll(): void {
    const answers = this.#answers;
    let out = '';
    while (this.#at < this.#bytes.length) {
      if (!this.#heads.read(this.#bytes, this.#at)) {
        if (out !== '') this.socket.write(out, 'latin1');
        this.#handOver();
        return;
      }
      this.#at = this.#heads.end;
      const { url } = this.#heads;
      const told = answers.sample === null ? null : answers.sample(url, this);
      const reply = answers.answer(url, this);
      if (reply instanceof Promise) {
        if (out !== '') this.socket.write(out, 'latin1');
        this.#answerLater(reply, told);
        return;
      }
      told?.(reply.status);
      const isLast = answers.isClosing();
      out = out === '' ? answers.bytesOf(reply, isLast) : out + answers.bytesOf(reply, isLast);
      if (isLast) {
        this.#endWith(out);
        return;
      }
      if (out.length < MAX_JOINED_LENGTH) continue;
      if (!this.#write(out)) return;
      out = '';
    }
    if (out === '' || this.#write(out)) this.#rest();
  }

  /** All that came is answered; what was read need not be held. */
  #rest(): void {
    this.#state = 'idle';
    this.#chunk = NOTHING;
    this.#bytes = '';
    this.#at = 0;
    if (this.#hasEnded) this.socket.end();
  }

  #answerLater(pending: Promise<ApiReply>, told: ((status: number) => void) | null): void {
    this.#state = 'answering';
    this.socket.pause();
    void pending.then((reply) => {
      told?.(reply.status);
      if (this.socket.destroyed) return;
      this.#isTouched = true;
      const isLast = this.#answers.isClosing();
      const out = this.#answers.bytesOf(reply, isLast);
      if (isLast) this.#endWith(out);
      else if (this.#write(out)) this.#goOn();
    });
  }

  /** False if the client has to read first; then it goes on when that is done. */
  #write(out: string): boolean {
    if (this.socket.write(out, 'latin1')) return true;
    this.#state = 'flushing';
    this.socket.pause();
    this.socket.once('drain', this.#goOn);
    return false;
  }

  readonly #goOn = (): void => {
    this.#isTouched = true;
    this.#answerAll();
    if (this.#state === 'idle') this.socket.resume();
  };

  #endWith(out: string): void {
    this.#state = 'ending';
    this.socket.resume(); // what still comes must be read, or the close would reset the connection
    this.socket.end(out, 'latin1');
    this.socket.destroySoon();
  }

  #handOver(): void {
    const { socket } = this;
    const rest = this.#chunk.subarray(this.#at);
    // A stream that has ended takes nothing back; node:http would end it too.
    const hasEnded = this.#hasEnded;
    this.#rest();
    if (hasEnded) return;
    socket.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose);
    socket.pause();
    socket.unshift(rest);
    this.#onLeave(this, true);
    process.nextTick(() => socket.resume());
  }
}
