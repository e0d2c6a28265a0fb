// Keys in DER (RFC 5280 §4.1.2.7, RFC 3279 §2.3, RFC 5208), the one form in which cryptography takes RSA, DSA, points of curves and groups of
// Diffie and Hellman that are not its own.

import type { ByteString } from '../domain/bytes.ts';
import { ByteReader } from './byte-reader.ts';
import { byteBytes, joinBytes } from './byte-writer.ts';
import { encodePoint } from './curve-point.ts';
import type { DiffieHellmanKey } from './diffie-hellman-key.ts';
import { type PublicKey, stripZeros } from './public-key-value.ts';

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const SEQUENCE = 0x30;
/** Object identifiers 1.2.840.113549.1.1.1 and 1.2.840.10040.4.1, with their heads. */
const RSA = '\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01' as ByteString;
const DSA = '\x06\x07\x2a\x86\x48\xce\x38\x04\x01' as ByteString;
/** PKCS #3: 1.2.840.113549.1.3.1. */
const DIFFIE_HELLMAN = '\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x03\x01' as ByteString;
const NULL = '\x05\x00' as ByteString;

export function publicKeyDer(key: PublicKey): ByteString {
  if (key.kind === 'RSA') {
    return info(joinBytes(RSA, NULL), sequence(integer(key.modulus), integer(key.exponent)));
  }
  if (key.kind === 'EC') return encodePoint(key);
  return info(joinBytes(DSA, sequence(integer(key.p), integer(key.q), integer(key.g))), integer(key.y));
}

export function diffieHellmanDer({ y, p, g }: DiffieHellmanKey): ByteString {
  return info(joinBytes(DIFFIE_HELLMAN, sequence(integer(p), integer(g))), integer(y));
}

/** PKCS #8. `x`: the exponent. */
export function diffieHellmanPrivateDer({ p, g }: Omit<DiffieHellmanKey, 'y'>, x: ByteString): ByteString {
  const algorithm = sequence(DIFFIE_HELLMAN, sequence(integer(p), integer(g)));
  return sequence(integer('\0' as ByteString), algorithm, element(OCTET_STRING, integer(stripZeros(x))));
}

/** The number that a public key of Diffie and Hellman is about. Throws `INVALID_VALUE`. */
export function diffieHellmanNumber(der: ByteString): ByteString {
  const outer = new ByteReader(readElement(new ByteReader(der)));
  readElement(outer);
  const bits = new ByteReader(readElement(outer));
  bits.readByte();
  return stripZeros(readElement(bits));
}

function readElement(reader: ByteReader): ByteString {
  reader.readByte();
  const first = reader.readByte();
  let length = first;
  if (first > 0x7f) {
    length = 0;
    for (let left = first & 0x7f; left > 0; left--) length = length * 0x100 + reader.readByte();
  }
  return reader.readFixed(length);
}

function info(algorithm: ByteString, key: ByteString): ByteString {
  return sequence(sequence(algorithm), element(BIT_STRING, joinBytes('\0' as ByteString, key)));
}

function sequence(...members: readonly ByteString[]): ByteString {
  return element(SEQUENCE, joinBytes(...members));
}

function integer(number: ByteString): ByteString {
  return element(INTEGER, (number.charCodeAt(0) > 0x7f ? `\0${number}` : number) as ByteString);
}

function element(tag: number, content: ByteString): ByteString {
  const { length } = content;
  if (length < 0x80) return joinBytes(byteBytes(tag), byteBytes(length), content);
  if (length < 0x100) return joinBytes(byteBytes(tag), byteBytes(0x81), byteBytes(length), content);
  return joinBytes(byteBytes(tag), byteBytes(0x82), byteBytes(length >>> 8), byteBytes(length), content);
}
