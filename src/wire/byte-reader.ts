// Reads the primitives of the Handle protocol (RFC 3652 §2: big-endian, lengths in front) from bytes nobody vouches for:
// every read is bounded by what is there, and running over the end throws.

import { type ByteString, isUtf8, textFromBytes } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';

export class ByteReader {
  readonly #bytes: ByteString;
  #at = 0;

  constructor(bytes: ByteString) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  readByte(): number {
    this.#need(1);
    return this.#bytes.charCodeAt(this.#at++);
  }

  /** Two bytes, unsigned. */
  readShort(): number {
    return (this.readByte() << 8) | this.readByte();
  }

  /** Four bytes, signed. */
  readInt(): number {
    return (this.readShort() << 16) | this.readShort();
  }

  readFixed(length: number): ByteString {
    this.#need(length);
    const start = this.#at;
    this.#at += length;
    return this.#bytes.slice(start, this.#at) as ByteString;
  }

  /** A length of four bytes, then that many bytes. */
  readBytes(): ByteString {
    return this.readFixed(this.readCount(1));
  }

  /** As `readBytes`, and the bytes are well-formed UTF-8. */
  readText(): string {
    const bytes = this.readBytes();
    if (!isUtf8(bytes)) throw this.malformed('a text that is not UTF-8');
    return textFromBytes(bytes);
  }

  /** The number of things that follow, refused if they could not fit when each takes at least `leastSize` bytes. */
  readCount(leastSize: number): number {
    const count = this.readInt();
    if (count < 0 || count * leastSize > this.remaining) throw this.malformed(`a count of ${count} that does not fit`);
    return count;
  }

  /** Throws unless everything has been read. */
  end(): void {
    if (this.remaining > 0) throw this.malformed(`${this.remaining} bytes too many`);
  }

  malformed(found: string): HandleError {
    return new HandleError('INVALID_VALUE', `The bytes are malformed: ${found}.`, { at: `byte ${this.#at}` });
  }

  #need(length: number): void {
    if (length > this.remaining) throw this.malformed('they end too early');
  }
}
