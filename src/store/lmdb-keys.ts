// Keys of the LMDB tables: fixed-width, big-endian numbers, so that the order of bytes is the order of numbers. Pure.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';

const TWO_TO_THE_32 = 2 ** 32;
/** Below what LMDB takes (1,978), and far above any id. */
const MAX_DIRECTORY_KEY_BYTES = 1100;

export function toUint32(value: number): ByteString {
  return String.fromCharCode(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff) as ByteString;
}

export function fromUint32(bytes: ByteString, at: number): number {
  return (
    ((bytes.charCodeAt(at) << 24) |
      (bytes.charCodeAt(at + 1) << 16) |
      (bytes.charCodeAt(at + 2) << 8) |
      bytes.charCodeAt(at + 3)) >>>
    0
  );
}

/** Eight bytes, for sequences and instants. */
export function toUint64(value: number): ByteString {
  return (toUint32(Math.floor(value / TWO_TO_THE_32)) + toUint32(value % TWO_TO_THE_32)) as ByteString;
}

export function fromUint64(bytes: ByteString, at: number): number {
  return fromUint32(bytes, at) * TWO_TO_THE_32 + fromUint32(bytes, at + 4);
}

/** The least byte string that sorts after every one that begins with this one; for keys of four bytes and more. */
export function afterAll(beginning: ByteString): ByteString {
  const last = beginning.length - 1;
  const byte = beginning.charCodeAt(last);
  const rest = beginning.slice(0, last) as ByteString;
  return byte === 0xff ? afterAll(rest) : ((rest + String.fromCharCode(byte + 1)) as ByteString);
}

/** Where a state of a record or template is kept, by revision. Handles hold no U+0000, so they do not mix. */
export function versionKey(key: ByteString, revision: number): ByteString {
  return `${key}\x00${toUint32(Math.min(revision, 0xffff_ffff))}` as ByteString;
}

/** The key of an enterprise, principal or key; null if nothing can be stored under it. */
export function directoryKey(id: string): ByteString | null {
  const key = bytesFromText(id);
  return key.length > 0 && key.length <= MAX_DIRECTORY_KEY_BYTES ? key : null;
}
