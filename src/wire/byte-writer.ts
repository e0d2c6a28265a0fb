// Writes the primitives of the Handle protocol (RFC 3652 §2): big-endian, lengths in front. Joins bytes, knows no meaning.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';

export function byteBytes(value: number): ByteString {
  return String.fromCharCode(value & 0xff) as ByteString;
}

/** Two bytes. */
export function shortBytes(value: number): ByteString {
  return String.fromCharCode((value >>> 8) & 0xff, value & 0xff) as ByteString;
}

/** Four bytes. */
export function intBytes(value: number): ByteString {
  return String.fromCharCode(
    (value >>> 24) & 0xff,
    (value >>> 16) & 0xff,
    (value >>> 8) & 0xff,
    value & 0xff,
  ) as ByteString;
}

/** A length of four bytes, then the bytes. */
export function countedBytes(bytes: ByteString): ByteString {
  return (intBytes(bytes.length) + bytes) as ByteString;
}

/** As `countedBytes`, of the text's UTF-8. */
export function countedText(text: string): ByteString {
  return countedBytes(bytesFromText(text));
}

export function joinBytes(...pieces: readonly ByteString[]): ByteString {
  return pieces.join('') as ByteString;
}
