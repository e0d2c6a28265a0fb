// One exchange over UDP: a request in one datagram or several, sent again while nothing comes back, from a port of its own, so
// that nobody who does not see it can answer for the server.

import { createSocket, type Socket } from 'node:dgram';
import type { ByteString } from '../domain/bytes.ts';
import { isHandleError } from '../domain/error.ts';
import { RESEND_AFTER_MS } from '../domain/handle-client-limits.ts';
import { decodeDatagram, Parts, splitMessage } from '../wire/datagrams.ts';
import { ExchangeFailed } from './exchange-failed.ts';

export interface DatagramExchange {
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
  readonly requestId: number;
  readonly bytes: ByteString;
  readonly timeoutMs: number;
  /** Of the whole response. */
  readonly maxBytes: number;
}

/** Throws `ExchangeFailed`. */
export function exchangeDatagrams(exchange: DatagramExchange): Promise<ByteString> {
  const { address, family, port, bytes, timeoutMs } = exchange;
  const { promise, resolve, reject } = Promise.withResolvers<ByteString>();
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  const collector = new Collector(exchange);
  const late = setTimeout(() => reject(lateAfter(timeoutMs, collector)), timeoutMs);
  let resend: NodeJS.Timeout | undefined;
  const send = (tries: number): void => {
    sendAll(socket, bytes);
    const after = RESEND_AFTER_MS[tries];
    if (after !== undefined) resend = setTimeout(() => send(tries + 1), after);
  };
  socket.on('error', (error) => reject(new ExchangeFailed('network', error.message, error)));
  socket.on('message', (chunk) => {
    const whole = collector.add(chunk.toString('latin1') as ByteString);
    if (whole !== null) resolve(whole);
  });
  // Connected, so that datagrams of others are not even seen.
  socket.connect(port, address, () => send(0));
  return promise.finally(() => {
    clearTimeout(late);
    clearTimeout(resend);
    socket.close();
  });
}

function sendAll(socket: Socket, bytes: ByteString): void {
  for (const one of splitMessage(bytes)) socket.send(Buffer.from(one, 'latin1'), () => {}); // refusals come as errors
}

function lateAfter(timeoutMs: number, { isPartial }: Collector): ExchangeFailed {
  const what = isPartial ? 'only a part of an answer' : 'no answer';
  return new ExchangeFailed('timeout', `${what} within ${Math.round(timeoutMs)} ms`);
}

/** Drops what is no part of the response, as it may come from anybody. */
class Collector {
  readonly #wanted: Pick<DatagramExchange, 'requestId' | 'maxBytes'>;
  #parts: Parts | null = null;

  constructor(wanted: Pick<DatagramExchange, 'requestId' | 'maxBytes'>) {
    this.#wanted = wanted;
  }

  get isPartial(): boolean {
    return this.#parts !== null;
  }

  /** The whole message once it is there. */
  add(bytes: ByteString): ByteString | null {
    try {
      const datagram = decodeDatagram(bytes);
      const { requestId, messageLength, isTruncated } = datagram.envelope;
      if (requestId !== this.#wanted.requestId || messageLength > this.#wanted.maxBytes) return null;
      if (!isTruncated) return bytes;
      this.#parts ??= new Parts(datagram);
      return this.#parts.add(datagram);
    } catch (error) {
      if (isHandleError(error)) return null;
      throw error;
    }
  }
}
