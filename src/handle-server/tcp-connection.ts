// One TCP connection of the Handle protocol: requests in, as many at once as a limit allows; responses out as they come, told
// apart by their request ids. It is kept only for who asks for it; others read to its end.

import type { Socket } from 'node:net';
import { type ByteString, bytesIn, EMPTY_BYTES } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { MAX_REQUESTS_OF_CONNECTION } from '../domain/handle-protocol-limits.ts';
import { MessageBuffer } from '../wire/message-buffer.ts';
import type { Answerer } from './answerer.ts';
import type { Client, Reply } from './outcome.ts';

export interface ConnectionLimits {
  /** How long a connection may stand between messages. */
  readonly idleTimeoutMs: number;
  /** How long a message may take to come, and a response to be read. */
  readonly messageTimeoutMs: number;
}

export interface ConnectionOptions extends ConnectionLimits {
  readonly socket: Socket;
  readonly client: Client;
  readonly answerer: Answerer;
  readonly clock: () => number;
  /** Adds to the bytes that connections have received in part; false if that is too much of all or of the client's network. */
  readonly hold: (bytes: number) => boolean;
  readonly onClose: () => void;
}

const OVERLONG = new HandleError('MALFORMED_MESSAGE', 'Invalid message length');

export class TcpConnection {
  readonly #options: ConnectionOptions;
  readonly #buffer = new MessageBuffer();
  #inFlight = 0;
  #held = 0;
  /** No further request is answered; what is in flight still is. */
  #isLast = false;
  #isFlushing = false;
  #isPaused = false;
  #deadline: number;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#deadline = options.clock() + options.idleTimeoutMs;
    const { socket } = options;
    socket.on('data', (chunk: Buffer) => this.#receive(bytesIn(chunk, 0, chunk.length)));
    socket.on('end', () => this.#finish());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#hold(0);
      options.onClose();
    });
  }

  /** Ends the connection if its client has had time enough. */
  judge(now: number): void {
    const isWaitedFor = this.#inFlight > 0 && !this.#isFlushing;
    if (now >= this.#deadline && !isWaitedFor) this.#options.socket.destroy();
  }

  /** Answers what is in flight, then ends, whether or not the client does. */
  finish(): void {
    const { socket } = this.#options;
    this.#finish();
    if (socket.writableFinished) socket.destroy();
    else socket.once('finish', () => socket.destroy());
  }

  #receive(chunk: ByteString): void {
    if (this.#isLast) return;
    const wasEmpty = this.#buffer.bytes === 0;
    this.#buffer.add(chunk);
    this.#answerAll();
    if (!this.#hold(this.#buffer.bytes)) this.#options.socket.destroy();
    if (wasEmpty || this.#buffer.bytes === 0) this.#renewDeadline();
  }

  /** Answers the messages at hand; what can be answered at once goes out in one piece. */
  #answerAll(): void {
    let out = '';
    while (!this.#isLast && !this.#isFlushing && this.#inFlight < MAX_REQUESTS_OF_CONNECTION) {
      const message = this.#buffer.take();
      if (message === null) break;
      const { answerer, client } = this.#options;
      const reply =
        message === 'overlong' ? answerer.refuse(this.#buffer.joined(), OVERLONG) : answerer.answer(message, client);
      if (message === 'overlong') this.#isLast = true;
      if (reply instanceof Promise || !Array.isArray(reply.messages)) this.#answerLater(reply);
      else {
        for (const one of reply.messages) out += one;
        if (!reply.keepsConnection) this.#isLast = true;
      }
    }
    if (this.#isLast && this.#inFlight === 0) this.#end(out as ByteString);
    else if (out !== '') this.#write(out as ByteString);
    if (this.#isLast && this.#inFlight > 0) this.#endIfDone();
    this.#setReading();
  }

  #answerLater(reply: Reply | Promise<Reply>): void {
    this.#inFlight++;
    void this.#options.client.address; // which nobody can tell any more once the connection is gone
    this.#send(reply)
      // A listing that breaks off in the middle can only be told by the end of the connection.
      .catch(() => this.#options.socket.destroy())
      .finally(() => {
        this.#inFlight--;
        this.#renewDeadline();
        if (this.#isLast) this.#endIfDone();
        else this.#answerAll();
      });
  }

  async #send(pending: Reply | Promise<Reply>): Promise<void> {
    const { messages, keepsConnection } = await pending;
    for await (const message of messages) {
      if (this.#options.socket.destroyed) return;
      if (!this.#write(message)) await this.#drain();
    }
    if (!keepsConnection) this.#isLast = true;
  }

  #write(bytes: ByteString): boolean {
    const { socket, clock, messageTimeoutMs } = this.#options;
    if (socket.destroyed || socket.writableEnded) return true;
    const isTaken = socket.write(bytes, 'latin1');
    if (!isTaken && !this.#isFlushing) {
      this.#isFlushing = true;
      this.#deadline = clock() + messageTimeoutMs;
      socket.once('drain', () => this.#drained());
    }
    return isTaken;
  }

  #drain(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#options.socket.once('drain', resolve);
    this.#options.socket.once('close', resolve);
    return promise.then(() => {
      this.#options.socket.off('drain', resolve);
      this.#options.socket.off('close', resolve);
    });
  }

  #drained(): void {
    this.#isFlushing = false;
    this.#renewDeadline();
    if (!this.#isLast) this.#answerAll();
  }

  #renewDeadline(): void {
    if (this.#isFlushing) return;
    const { clock, idleTimeoutMs, messageTimeoutMs } = this.#options;
    this.#deadline = clock() + (this.#buffer.bytes > 0 || this.#isLast ? messageTimeoutMs : idleTimeoutMs);
  }

  /** What cannot be answered now stays with the client. */
  #setReading(): void {
    const isFull = this.#isFlushing || this.#inFlight >= MAX_REQUESTS_OF_CONNECTION;
    const pauses = isFull && !this.#isLast;
    if (pauses === this.#isPaused) return;
    this.#isPaused = pauses;
    const { socket } = this.#options;
    if (pauses) socket.pause();
    else socket.resume();
  }

  #finish(): void {
    this.#isLast = true;
    this.#endIfDone();
  }

  #endIfDone(): void {
    this.#buffer.clear();
    this.#hold(0);
    if (this.#inFlight === 0) this.#end(EMPTY_BYTES);
  }

  /** What still comes is read and dropped: unread, it would have the system cut off our last response. */
  #end(last: ByteString): void {
    const { socket } = this.#options;
    this.#buffer.clear();
    this.#hold(0);
    this.#renewDeadline();
    // To end what has ended would cost an error that nobody hears.
    if (socket.destroyed || socket.writableEnded) return;
    if (last === '') socket.end();
    else socket.end(last, 'latin1');
    socket.resume();
  }

  #hold(bytes: number): boolean {
    if (bytes === this.#held) return true;
    const isHeld = this.#options.hold(bytes - this.#held);
    this.#held = bytes;
    return isHeld;
  }
}
