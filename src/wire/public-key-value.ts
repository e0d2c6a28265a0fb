// Data of HS_PUBKEY values ⇄ bytes: RSA and DSA public keys in the layout of the reference server, SM2 keys in that of the
// national SDK, and EC keys, which neither has, likewise. No cryptography here.

import type { ByteString } from '../domain/bytes.ts';
import { ByteReader } from './byte-reader.ts';
import { countedBytes, countedText, joinBytes, shortBytes } from './byte-writer.ts';
import { type CurvePoint, decodePoint, encodePoint } from './curve-point.ts';

/** Numbers are big-endian and positive, without leading zero bytes. */
export type PublicKey =
  | { readonly kind: 'RSA'; readonly modulus: ByteString; readonly exponent: ByteString }
  | {
      readonly kind: 'DSA';
      readonly y: ByteString;
      readonly p: ByteString;
      readonly q: ByteString;
      readonly g: ByteString;
    }
  | ({ readonly kind: 'EC' } & CurvePoint);

/** What the reference server leaves behind an RSA key. */
const RSA_TRAILER = '\0\0\0\0' as ByteString;

/** Throws `INVALID_VALUE`, also for key types other than RSA, DSA, SM2 and EC. */
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
  if (kind === 'SM2_PUB_KEY' || kind === 'EC_PUB_KEY') {
    const point = decodePoint(reader.readBytes());
    reader.end();
    const isRight = point !== null && (point.curve === 'SM2') === (kind === 'SM2_PUB_KEY');
    if (!isRight) throw reader.malformed('a key of a curve that is not its own');
    return { kind: 'EC', ...point };
  }
  if (kind !== 'DSA_PUB_KEY') throw reader.malformed('a key that is neither RSA, DSA, SM2 nor EC');
  const q = readUnsigned(reader);
  const p = readUnsigned(reader);
  const g = readUnsigned(reader);
  const y = readUnsigned(reader);
  reader.end();
  return { kind: 'DSA', y, p, q, g };
}

export function encodePublicKey(key: PublicKey): ByteString {
  const name = key.kind === 'EC' && key.curve === 'SM2' ? 'SM2' : key.kind;
  const head = joinBytes(countedText(`${name}_PUB_KEY`), shortBytes(0));
  if (key.kind === 'EC') return joinBytes(head, countedBytes(encodePoint(key)));
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
