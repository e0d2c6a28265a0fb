// Packs numbers and bytes into few bytes and reads them back: what every stored format of this room is made of. Knows no
// meaning. Numbers are varints: seven bits a byte, least first, the high bit says that more follow.

import { type ByteString, bytesFromText, isUtf8, textFromBytes } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';

const INITIAL_CAPACITY = 4096;
/** Longer strings are copied by the runtime, shorter ones character by character, which is then faster. */
const COPIED_LENGTH = 24;
const TWO_TO_THE_28 = 2 ** 28;

/** Grows as needed; `clear` keeps its memory, so one writer serves any number of records. */
export class PackedWriter {
  #buffer = Buffer.allocUnsafeSlow(INITIAL_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** Takes back what was written after `length`. */
  cut(length: number): void {
    this.#length = length;
  }

  byte(value: number): void {
    if (this.#length === this.#buffer.length) this.#grow(1);
    this.#buffer[this.#length++] = value;
  }

  /** An integer from 0 to 2⁵³−1. */
  varint(value: number): void {
    if (this.#length + 8 > this.#buffer.length) this.#grow(8);
    const buffer = this.#buffer;
    let rest = value;
    while (rest >= TWO_TO_THE_28) {
      buffer[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 0x80) {
      buffer[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[this.#length++] = rest;
  }

  /** An integer of either sign, below 2⁵²: 0, −1, 1, −2 … become 0, 1, 2, 3 … */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** The bytes alone: the reader must know how many. */
  raw(bytes: ByteString): void {
    const length = bytes.length;
    if (this.#length + length > this.#buffer.length) this.#grow(length);
    if (length < COPIED_LENGTH) {
      const buffer = this.#buffer;
      let at = this.#length;
      for (let i = 0; i < length; i++) buffer[at++] = bytes.charCodeAt(i);
    } else {
      this.#buffer.write(bytes, this.#length, 'latin1');
    }
    this.#length += length;
  }

  /** How many bytes, then the bytes. */
  bytes(bytes: ByteString): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** As `bytes`, of the text's UTF-8. */
  text(text: string): void {
    this.bytes(bytesFromText(text));
  }

  /** A copy of what was written. */
  toBytes(): ByteString {
    return this.#buffer.toString('latin1', 0, this.#length) as ByteString;
  }

  #grow(more: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#length + more));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** Reads what a `PackedWriter` wrote. Never reads past the end: throws `STORE_FORMAT` instead. */
export class PackedReader {
  #bytes: ByteString;
  #at = 0;

  constructor(bytes: ByteString) {
    this.#bytes = bytes;
  }

  /** Starts anew on other bytes: one reader serves any number of records. */
  reset(bytes: ByteString): void {
    this.#bytes = bytes;
    this.#at = 0;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) throw damaged('they end too early');
    return this.#bytes.charCodeAt(this.#at++);
  }

  varint(): number {
    const first = this.#bytes.charCodeAt(this.#at);
    if (first < 0x80) {
      this.#at++;
      return first;
    }
    return this.#longVarint();
  }

  signed(): number {
    const packed = this.varint();
    if (packed < TWO_TO_THE_28) return (packed >>> 1) ^ -(packed & 1);
    return packed % 2 === 0 ? packed / 2 : -(packed + 1) / 2;
  }

  raw(length: number): ByteString {
    const start = this.#at;
    const end = start + length;
    if (end > this.#bytes.length) throw damaged('they end too early');
    this.#at = end;
    return this.#bytes.substring(start, end) as ByteString;
  }

  bytes(): ByteString {
    return this.raw(this.varint());
  }

  text(): string {
    const bytes = this.bytes();
    if (!isUtf8(bytes)) throw damaged('a text in them is not UTF-8');
    return textFromBytes(bytes);
  }

  /** A number of things that follow, each of at least one byte. */
  count(): number {
    const count = this.varint();
    if (count > this.remaining) throw damaged('they announce more than they hold');
    return count;
  }

  /** Throws unless everything was read. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw damaged(`${this.remaining} bytes are left over`);
  }

  #longVarint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    throw damaged('a number in them is too large');
  }
}

/** The error for stored bytes that make no sense. */
export function damaged(what: string): HandleError {
  return new HandleError(
    'STORE_FORMAT',
    `Stored bytes are damaged or of an unknown version: ${what}. Restore the store from a backup, or open it with the version that wrote it.`,
  );
}
