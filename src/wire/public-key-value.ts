// Data of HS_PUBKEY values ⇄ bytes: RSA and DSA public keys, in the layout of the reference server. No cryptography here.

import type { ByteString } from '../domain/bytes.ts';
import { ByteReader } from './byte-reader.ts';
import { countedBytes, countedText, joinBytes, shortBytes } from './byte-writer.ts';

/** Numbers are big-endian and positive, without leading zero bytes. */
export type PublicKey =
  | { readonly kind: 'RSA'; readonly modulus: ByteString; readonly exponent: ByteString }
  | {
      readonly kind: 'DSA';
      readonly y: ByteString;
      readonly p: ByteString;
      readonly q: ByteString;
      readonly g: ByteString;
    };

/** What the reference server leaves behind an RSA key. */
const RSA_TRAILER = '\0\0\0\0' as ByteString;

/** Throws `INVALID_VALUE`, also for key types other than RSA and DSA. */
export function decodePublicKey(bytes: ByteString): PublicKey {
  const reader = new ByteReader(bytes);
  const kind = reader.readText();
  if (reader.readShort() !== 0) throw reader.malformed('a key with flags');
  if (kind === 'RSA_PUB_KEY') {
    const exponent = readUnsigned(reader);
    const modulus = readUnsigned(reader);
    if (reader.remaining > 0 && reader.readFixed(reader.remaining) !== RSA_TRAILER) {
      throw reader.malformed('bytes after the key');
    }
    return { kind: 'RSA', modulus, exponent };
  }
  if (kind !== 'DSA_PUB_KEY') throw reader.malformed('a key that is neither RSA nor DSA');
  const q = readUnsigned(reader);
  const p = readUnsigned(reader);
  const g = readUnsigned(reader);
  const y = readUnsigned(reader);
  reader.end();
  return { kind: 'DSA', y, p, q, g };
}

export function encodePublicKey(key: PublicKey): ByteString {
  const head = joinBytes(countedText(`${key.kind}_PUB_KEY`), shortBytes(0));
  if (key.kind === 'RSA') return joinBytes(head, writeSigned(key.exponent), writeSigned(key.modulus), RSA_TRAILER);
  return joinBytes(head, writeSigned(key.q), writeSigned(key.p), writeSigned(key.g), writeSigned(key.y));
}

export function readUnsigned(reader: ByteReader): ByteString {
  const number = reader.readBytes();
  if (number.charCodeAt(0) > 0x7f) throw reader.malformed('a negative number in a key');
  const stripped = stripZeros(number);
  if (stripped === '') throw reader.malformed('a zero in a key');
  return stripped;
}

export function stripZeros(number: ByteString): ByteString {
  return number.replace(/^\0+/, '') as ByteString;
}

/** Two's complement: a number whose first bit is set gets a zero byte in front. */
export function writeSigned(number: ByteString): ByteString {
  return countedBytes((number.charCodeAt(0) > 0x7f ? `\0${number}` : number) as ByteString);
}
