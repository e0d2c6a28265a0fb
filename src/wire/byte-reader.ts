// Reads the primitives of the Handle protocol (RFC 3652 §2: big-endian, lengths in front) from bytes nobody vouches for:
// every read is bounded by what is there, and running over the end throws.

import { type ByteString, isUtf8, textFromBytes } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';

/** What is read: the data of a value, or a message. It decides the error's code. */
type Subject = 'INVALID_VALUE' | 'MALFORMED_MESSAGE';

export class ByteReader {
  readonly #bytes: ByteString;
  readonly #code: Subject;
  #at = 0;
  /** Where what may be read ends. */
  #end: number;

  constructor(bytes: ByteString, code: Subject = 'INVALID_VALUE') {
    this.#bytes = bytes;
    this.#end = bytes.length;
    this.#code = code;
  }

  /** How much has been read. */
  get position(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  /** From here on as if the next `length` bytes were all there is; returns where it ended before, for `widen`. */
  narrow(length: number): number {
    this.#need(length);
    const end = this.#end;
    this.#end = this.#at + length;
    return end;
  }

  widen(end: number): void {
    this.#end = end;
  }

  readByte(): number {
    this.#need(1);
    return this.#bytes.charCodeAt(this.#at++);
  }

  /** The next byte, which stays to be read. */
  peekByte(): number {
    this.#need(1);
    return this.#bytes.charCodeAt(this.#at);
  }

  /** Two bytes, unsigned. */
  readShort(): number {
    this.#need(2);
    const at = this.#at;
    this.#at = at + 2;
    return (this.#bytes.charCodeAt(at) << 8) | this.#bytes.charCodeAt(at + 1);
  }

  /** Bytes that have been read. */
  since(start: number, end: number): ByteString {
    return this.#bytes.slice(start, end) as ByteString;
  }

  /** Four bytes, signed. */
  readInt(): number {
    this.#need(4);
    const bytes = this.#bytes;
    const at = this.#at;
    this.#at = at + 4;
    return (
      (bytes.charCodeAt(at) << 24) |
      (bytes.charCodeAt(at + 1) << 16) |
      (bytes.charCodeAt(at + 2) << 8) |
      bytes.charCodeAt(at + 3)
    );
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

  /** Everything that is left. */
  readRest(): ByteString {
    return this.readFixed(this.remaining);
  }

  /** A count, then that many byte strings. */
  readList(): readonly ByteString[] {
    const list: ByteString[] = [];
    const count = this.readCount(4);
    for (let i = 0; i < count; i++) list.push(this.readBytes());
    return list;
  }

  /** A count, then that many numbers. */
  readInts(): readonly number[] {
    const numbers: number[] = [];
    const count = this.readCount(4);
    for (let i = 0; i < count; i++) numbers.push(this.readInt());
    return numbers;
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
    return new HandleError(this.#code, `The bytes are malformed: ${found}.`, { at: `byte ${this.#at}` });
  }

  #need(length: number): void {
    if (length > this.#end - this.#at) throw this.malformed('they end too early');
  }
}
