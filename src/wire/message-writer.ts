// Writes the primitives of the Handle protocol (RFC 3652 §2) into a buffer that grows: for messages, whose many small
// fields would cost more as strings to be joined. The bytes come out as one string.

import type { ByteString } from '../domain/bytes.ts';

const FIRST_BYTES = 1024;
/** Above it the buffer is given back when the message is done. */
const KEPT_BYTES = 65_536;
/** Up to this length a loop is faster than the call that copies. */
const SHORT_BYTES = 8;

export class MessageWriter {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #at = 0;

  get length(): number {
    return this.#at;
  }

  /** Room for so many bytes, to be written with `view` before anything else is: many fields at once. Returns where it is. */
  claim(bytes: number): number {
    this.#need(bytes);
    const at = this.#at;
    this.#at = at + bytes;
    return at;
  }

  /** As it is until more is written. */
  get view(): Buffer {
    return this.#buffer;
  }

  byte(value: number): void {
    this.#need(1);
    this.#buffer[this.#at++] = value;
  }

  /** Two bytes. */
  short(value: number): void {
    this.#need(2);
    this.#buffer[this.#at++] = value >>> 8;
    this.#buffer[this.#at++] = value;
  }

  /** Four bytes. */
  int(value: number): void {
    this.#need(4);
    this.#at = putInt(this.#buffer, this.#at, value);
  }

  /** The bytes alone. */
  fixed(bytes: ByteString): void {
    const { length } = bytes;
    this.#need(length);
    this.#at = putBytes(this.#buffer, this.#at, bytes);
  }

  /** A length of four bytes, then the bytes. */
  bytes(bytes: ByteString): void {
    this.int(bytes.length);
    this.fixed(bytes);
  }

  /** A count, then each of them with its length. */
  list(list: readonly ByteString[]): void {
    this.int(list.length);
    for (const one of list) this.bytes(one);
  }

  /** A count, then the numbers. */
  ints(numbers: readonly number[]): void {
    this.int(numbers.length);
    for (const one of numbers) this.int(one);
  }

  /** Puts four bytes where four were written before. */
  patchInt(at: number, value: number): void {
    putInt(this.#buffer, at, value);
  }

  /** Everything written, and an empty writer again. */
  take(): ByteString {
    const bytes = this.#buffer.toString('latin1', 0, this.#at) as ByteString;
    this.#at = 0;
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = Buffer.allocUnsafe(FIRST_BYTES);
    return bytes;
  }

  #need(length: number): void {
    const needed = this.#at + length;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length));
    larger.set(this.#buffer.subarray(0, this.#at));
    this.#buffer = larger;
  }
}

/** Returns where it ends. */
export function putBytes(buffer: Buffer, at: number, bytes: ByteString): number {
  const { length } = bytes;
  if (length > SHORT_BYTES) buffer.write(bytes, at, 'latin1');
  else for (let i = 0; i < length; i++) buffer[at + i] = bytes.charCodeAt(i);
  return at + length;
}

/** Four bytes; returns where they end. */
export function putInt(buffer: Buffer, at: number, value: number): number {
  buffer[at] = value >>> 24;
  buffer[at + 1] = value >>> 16;
  buffer[at + 2] = value >>> 8;
  buffer[at + 3] = value;
  return at + 4;
}
