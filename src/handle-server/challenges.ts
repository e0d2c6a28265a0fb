// Challenges that wait to be answered (RFC 3652 §3.5), each with the request it holds up. One answer is all there is.

import type { ByteString } from '../domain/bytes.ts';
import {
  CHALLENGE_TTL_MS,
  MAX_CHALLENGED_BYTES,
  MAX_CHALLENGES,
  MAX_CHALLENGES_OF_NETWORK,
} from '../domain/handle-protocol-limits.ts';
import type { Decoded, RequestMessage } from '../wire/message.ts';
import type { IdSource } from './id-source.ts';

const NONCE_BYTES = 16;

export interface Challenge {
  readonly id: number;
  readonly nonce: ByteString;
  /** Of the request, as the challenge told it. */
  readonly digest: ByteString;
  readonly request: Decoded<RequestMessage>;
  readonly network: string;
  readonly expiresAt: number;
}

export class Challenges {
  readonly #ids: IdSource;
  readonly #clock: () => number;
  /** In the order they were made. */
  readonly #waiting = new Map<number, Challenge>();
  readonly #ofNetwork = new Map<string, number>();
  #bytes = 0;

  constructor(ids: IdSource, clock: () => number) {
    this.#ids = ids;
    this.#clock = clock;
  }

  /** `sessionId` is 0 outside of sessions, whose challenges bear the session's own id. */
  add(request: Decoded<RequestMessage>, digest: ByteString, where: { network: string; sessionId: number }): Challenge {
    const { network, sessionId } = where;
    this.take(sessionId);
    this.#makeRoom(network, request.content.length);
    const id = sessionId === 0 ? this.#ids.next((one) => this.#waiting.has(one)) : sessionId;
    const nonce = this.#ids.random.bytes(NONCE_BYTES).toString('latin1') as ByteString;
    const challenge = { id, nonce, digest, request, network, expiresAt: this.#clock() + CHALLENGE_TTL_MS };
    this.#waiting.set(id, challenge);
    this.#bytes += request.content.length;
    this.#ofNetwork.set(network, (this.#ofNetwork.get(network) ?? 0) + 1);
    return challenge;
  }

  /** The challenge, which waits no longer; null if there is none, or its time is over. */
  take(id: number): Challenge | null {
    const challenge = this.#waiting.get(id);
    if (challenge === undefined) return null;
    this.#waiting.delete(id);
    this.#bytes -= challenge.request.content.length;
    const left = (this.#ofNetwork.get(challenge.network) ?? 1) - 1;
    if (left === 0) this.#ofNetwork.delete(challenge.network);
    else this.#ofNetwork.set(challenge.network, left);
    return challenge.expiresAt > this.#clock() ? challenge : null;
  }

  #makeRoom(network: string, bytes: number): void {
    const now = this.#clock();
    const isCrowded = (this.#ofNetwork.get(network) ?? 0) >= MAX_CHALLENGES_OF_NETWORK;
    let hasGivenWay = false;
    for (const [id, one] of this.#waiting) {
      const isFull = this.#waiting.size >= MAX_CHALLENGES || this.#bytes + bytes > MAX_CHALLENGED_BYTES;
      const givesWay = isCrowded && !hasGivenWay && one.network === network;
      if (givesWay) hasGivenWay = true;
      else if (!isFull && one.expiresAt > now && (!isCrowded || hasGivenWay)) return;
      else if (!isFull && one.expiresAt > now) continue;
      this.take(id);
    }
  }
}
