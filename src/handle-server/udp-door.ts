// The Handle protocol over UDP: messages of one datagram or several. Nobody vouches for where a datagram comes from, so what is
// sent back is bounded by what came.

import { createSocket, type RemoteInfo, type Socket, type SocketOptions } from 'node:dgram';
import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import { type ByteString, bytesIn } from '../domain/bytes.ts';
import { networkOf } from '../domain/client-network.ts';
import { failureOf, HandleError } from '../domain/error.ts';
import {
  AMPLIFIED_BYTES_BURST,
  AMPLIFIED_BYTES_PER_SECOND,
  MAX_AMPLIFICATION,
} from '../domain/handle-protocol-limits.ts';
import type { Observer } from '../domain/observer.ts';
import { TokenBudget } from '../domain/token-budget.ts';
import { type Datagram, decodeDatagram, isWholeMessage, splitMessage } from '../wire/datagrams.ts';
import { DATAGRAM_BYTES } from '../wire/protocol.ts';
import type { Answerer } from './answerer.ts';
import type { Client, Reply } from './outcome.ts';
import { PartialMessages } from './partial-messages.ts';
import { type Listening, plainAddress } from './tcp-door.ts';

export interface UdpDoorOptions {
  readonly answerer: Answerer;
  readonly clock: () => number;
  readonly observer: Observer;
}

/** Answers go to addresses as they came: there is no name to look up, and the system's way to find that takes a turn. */
const lookUpNames: SocketOptions['lookup'] = (host, options, found) => {
  const family = isIP(host);
  if (family === 0) lookup(host, options, found);
  else found(null, host, family);
};

/** What a datagram holds, and a message that is put together from several. */
interface Received {
  readonly bytes: ByteString;
  readonly from: RemoteInfo;
  /** That were received for it. */
  readonly received: number;
}

const TOO_LARGE = new HandleError(
  'RATE_LIMITED',
  'The answer is too large for UDP, and others of this network were too: ask over TCP.',
);
/** Room for bursts: the usual 208 KiB would be full after some 200 datagrams, each counted with its bookkeeping. */
const RECEIVE_BUFFER_BYTES = 4_194_304;

export class UdpDoor {
  readonly #options: UdpDoorOptions;
  readonly #partials: PartialMessages;
  readonly #amplified: TokenBudget;
  #socket: Socket | null = null;

  constructor(options: UdpDoorOptions) {
    this.#options = options;
    this.#partials = new PartialMessages(options.clock);
    const limits = { perSecond: AMPLIFIED_BYTES_PER_SECOND, burst: AMPLIFIED_BYTES_BURST };
    this.#amplified = new TokenBudget({ ...limits, clock: options.clock });
  }

  /** Resolves when the port is open. */
  async listen({ host, port, reusePort }: Listening): Promise<void> {
    const type = host.includes(':') ? 'udp6' : 'udp4';
    const socket = createSocket({ type, reusePort, recvBufferSize: RECEIVE_BUFFER_BYTES, lookup: lookUpNames });
    this.#socket = socket;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once('error', reject);
    socket.bind({ address: host, port }, resolve);
    await promise;
    socket.off('error', reject);
    socket.on('error', () => {}); // of one datagram that could not be sent
    socket.on('message', (chunk: Buffer, from) => this.#receive(bytesIn(chunk, 0, chunk.length), from));
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) await new Promise<void>((resolve) => socket.close(resolve));
  }

  #receive(bytes: ByteString, from: RemoteInfo): void {
    if (isWholeMessage(bytes)) this.#answer({ bytes, from, received: bytes.length });
    else this.#receivePart(bytes, from);
  }

  #receivePart(bytes: ByteString, from: RemoteInfo): void {
    let datagram: Datagram;
    let whole: ByteString | null = bytes;
    try {
      datagram = decodeDatagram(bytes);
      if (datagram.envelope.isTruncated) whole = this.#partials.add(plainAddress(from.address), from.port, datagram);
    } catch (error) {
      this.#reply({ bytes, from, received: bytes.length }, this.#options.answerer.refuse(bytes, failureOf(error)));
      return;
    }
    if (whole !== null) this.#answer({ bytes: whole, from, received: Math.max(bytes.length, whole.length) });
  }

  #answer(received: Received): void {
    const client: Client = { address: plainAddress(received.from.address), door: 'handle-udp' };
    this.#reply(received, this.#options.answerer.answer(received.bytes, client));
  }

  #reply(to: Received, reply: Reply | Promise<Reply>): void {
    if (!(reply instanceof Promise) && Array.isArray(reply.messages)) this.#send(to, reply.messages);
    else this.#replyLater(to, reply).catch((error) => this.#refuse(to, failureOf(error)));
  }

  async #replyLater(to: Received, pending: Reply | Promise<Reply>): Promise<void> {
    const { messages } = await pending;
    let allowance = to.received * MAX_AMPLIFICATION;
    for await (const message of messages) {
      if (!this.#send({ ...to, received: allowance / MAX_AMPLIFICATION }, [message])) return;
      allowance -= Math.min(allowance, message.length);
    }
  }

  /** False if it was too much. */
  #send(to: Received, messages: readonly ByteString[]): boolean {
    const [only] = messages;
    const isUsual = messages.length === 1 && only !== undefined && only.length <= DATAGRAM_BYTES;
    if (isUsual && only.length <= to.received * MAX_AMPLIFICATION) {
      this.#socket?.send(Buffer.from(only, 'latin1'), to.from.port, to.from.address);
      return true;
    }
    const datagrams = messages.flatMap(splitMessage);
    const bytes = datagrams.reduce((sum, one) => sum + one.length, 0);
    const beyond = bytes - to.received * MAX_AMPLIFICATION;
    if (beyond > 0 && !this.#amplified.takeMany(networkOf(plainAddress(to.from.address)), beyond)) {
      this.#refuse(to, TOO_LARGE);
      return false;
    }
    for (const one of datagrams) this.#socket?.send(Buffer.from(one, 'latin1'), to.from.port, to.from.address);
    return true;
  }

  #refuse({ bytes, from }: Received, error: HandleError): void {
    this.#options.observer.refused('amplification');
    const reply = this.#options.answerer.refuse(bytes, error);
    if (reply instanceof Promise || !Array.isArray(reply.messages)) return;
    for (const one of reply.messages as ByteString[]) {
      const datagram = Buffer.from(one, 'latin1');
      this.#socket?.send(datagram, from.port, from.address);
    }
  }
}
