// Puts the pieces of a TCP stream together to messages. Pieces are joined only when a message is whole, so that a client which
// sends byte by byte costs no more than another.

import { type ByteString, EMPTY_BYTES } from '../domain/bytes.ts';
import { announcedLength } from './envelope.ts';
import { ENVELOPE_BYTES, MAX_MESSAGE_BYTES } from './protocol.ts';

export class MessageBuffer {
  /** What came first; nearly always a whole message, and all there is. */
  #first = EMPTY_BYTES;
  /** What came behind it and was not joined to it yet. */
  #further: ByteString[] = [];
  #bytes = 0;
  /** Bytes without which nothing can be said. */
  #needed = ENVELOPE_BYTES;

  /** Bytes that wait for more. */
  get bytes(): number {
    return this.#bytes;
  }

  add(piece: ByteString): void {
    if (this.#bytes === 0) this.#first = piece;
    else this.#further.push(piece);
    this.#bytes += piece.length;
  }

  /** The next whole message; null if there is none yet; `overlong` if what is announced is no length of a message. */
  take(): ByteString | null | 'overlong' {
    if (this.#bytes < this.#needed) return null;
    const bytes = this.joined();
    const length = announcedLength(bytes);
    if (length === null) return null;
    if (length < 0 || length > MAX_MESSAGE_BYTES) return 'overlong';
    const end = ENVELOPE_BYTES + length;
    if (bytes.length < end) {
      this.#needed = end;
      return null;
    }
    this.#needed = ENVELOPE_BYTES;
    if (bytes.length === end) {
      this.clear();
      return bytes;
    }
    this.#first = bytes.slice(end) as ByteString;
    this.#bytes -= end;
    return bytes.slice(0, end) as ByteString;
  }

  /** Everything that waits. */
  joined(): ByteString {
    if (this.#further.length > 0) {
      this.#first = (this.#first + this.#further.join('')) as ByteString;
      this.#further = [];
    }
    return this.#first;
  }

  clear(): void {
    this.#first = EMPTY_BYTES;
    if (this.#further.length > 0) this.#further = [];
    this.#bytes = 0;
    this.#needed = ENVELOPE_BYTES;
  }
}
