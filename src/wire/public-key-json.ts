// Public keys ⇄ JSON: the JWK members (RFC 7517, RFC 7518 §6) that the Handle.net interface uses for RSA and DSA, and those of EC,
// with SM2 for a curve.

import type { ByteString } from '../domain/bytes.ts';
import { CURVE_NAMES, coordinateBytes } from './curve-point.ts';
import { inputError, type JsonObject, readChoice, readObject, readString } from './json-input.ts';
import { type PublicKey, stripZeros } from './public-key-value.ts';

const JWK_MEMBERS: ReadonlySet<string> = new Set(['kty', 'n', 'e', 'x', 'y', 'crv', 'p', 'q', 'g']);

export function publicKeyToJson(key: PublicKey): JsonObject {
  if (key.kind === 'RSA') return { kty: 'RSA', n: toBase64Url(key.modulus), e: toBase64Url(key.exponent) };
  if (key.kind === 'EC') return { kty: 'EC', crv: key.curve, x: toBase64Url(key.x), y: toBase64Url(key.y) };
  return {
    kty: 'DSA',
    y: toBase64Url(key.y),
    p: toBase64Url(key.p),
    q: toBase64Url(key.q),
    g: toBase64Url(key.g),
  };
}

/** Throws `INVALID_VALUE`. */
export function publicKeyFromJson(input: unknown, at: string): PublicKey {
  const jwk = readObject(input, at, JWK_MEMBERS);
  const number = (member: string) => fromBase64Url(jwk[member], `${at}/${member}`);
  const kind = readChoice(jwk.kty, `${at}/kty`, ['RSA', 'DSA', 'EC']);
  if (kind === 'RSA') return { kind, modulus: number('n'), exponent: number('e') };
  if (kind === 'EC') {
    const curve = readChoice(jwk.crv, `${at}/crv`, CURVE_NAMES);
    const coordinate = (member: string) => readCoordinate(jwk[member], `${at}/${member}`, coordinateBytes(curve));
    return { kind, curve, x: coordinate('x'), y: coordinate('y') };
  }
  return { kind, y: number('y'), p: number('p'), q: number('q'), g: number('g') };
}

/** RFC 7518 §6.2.1.2: always of the curve's length. */
function readCoordinate(input: unknown, at: string, length: number): ByteString {
  const text = readString(input, at);
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== length || bytes.toString('base64url') !== text) {
    throw inputError(at, `Write this coordinate as ${length} bytes in base64url without padding (RFC 7518 §6.2.1.2).`);
  }
  return bytes.toString('latin1') as ByteString;
}

function toBase64Url(number: ByteString): string {
  return Buffer.from(number, 'latin1').toString('base64url');
}

function fromBase64Url(input: unknown, at: string): ByteString {
  const text = readString(input, at);
  const bytes = Buffer.from(text, 'base64url');
  const number = stripZeros(bytes.toString('latin1') as ByteString);
  if (number === '' || bytes.toString('base64url') !== text) {
    throw inputError(at, 'Write this positive number of the key in base64url without padding (RFC 7518 §6.3).');
  }
  return number;
}
