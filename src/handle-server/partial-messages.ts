// Messages in several datagrams that have come in part, told apart by address and request id. In bounded number, for a bounded
// time: addresses of datagrams cost nothing.

import type { ByteString } from '../domain/bytes.ts';
import { networkOf } from '../domain/client-network.ts';
import {
  MAX_PARTIAL_BYTES,
  MAX_PARTIAL_MESSAGES,
  MAX_PARTIAL_MESSAGES_OF_NETWORK,
  PARTIAL_MESSAGE_TTL_MS,
} from '../domain/handle-protocol-limits.ts';
import { type Datagram, Parts } from '../wire/datagrams.ts';

interface Partial {
  readonly parts: Parts;
  readonly network: string;
  readonly bytes: number;
  readonly since: number;
}

export class PartialMessages {
  readonly #clock: () => number;
  /** In the order their first datagrams came. */
  readonly #partials = new Map<string, Partial>();
  readonly #ofNetwork = new Map<string, number>();
  #bytes = 0;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#partials.size;
  }

  /** The whole message if this was what it lacked, else null. Throws `MALFORMED_MESSAGE` and forgets what came before. */
  add(address: string, port: number, datagram: Datagram): ByteString | null {
    this.#forgetLate();
    const key = `${address} ${port} ${datagram.envelope.requestId}`;
    let partial = this.#partials.get(key);
    if (partial === undefined) {
      const network = networkOf(address);
      const { messageLength: bytes } = datagram.envelope;
      if (!this.#hasRoom(network, bytes)) return null;
      partial = { parts: new Parts(datagram), network, bytes, since: this.#clock() };
      this.#partials.set(key, partial);
      this.#bytes += bytes;
      this.#ofNetwork.set(network, (this.#ofNetwork.get(network) ?? 0) + 1);
    }
    try {
      const whole = partial.parts.add(datagram);
      if (whole !== null) this.#forget(key, partial);
      return whole;
    } catch (error) {
      this.#forget(key, partial);
      throw error;
    }
  }

  #hasRoom(network: string, bytes: number): boolean {
    if ((this.#ofNetwork.get(network) ?? 0) >= MAX_PARTIAL_MESSAGES_OF_NETWORK) return false;
    return this.#partials.size < MAX_PARTIAL_MESSAGES && this.#bytes + bytes <= MAX_PARTIAL_BYTES;
  }

  #forgetLate(): void {
    const oldest = this.#clock() - PARTIAL_MESSAGE_TTL_MS;
    for (const [key, partial] of this.#partials) {
      if (partial.since > oldest) return;
      this.#forget(key, partial);
    }
  }

  #forget(key: string, { network, bytes }: Partial): void {
    this.#partials.delete(key);
    this.#bytes -= bytes;
    const left = (this.#ofNetwork.get(network) ?? 1) - 1;
    if (left === 0) this.#ofNetwork.delete(network);
    else this.#ofNetwork.set(network, left);
  }
}
