// Answers to challenges ⇄ bytes: what the holder of a secret or private key sends to prove it (RFC 3652 §3.5 and the
// reference server). No cryptography here.

import type { ByteString } from '../domain/bytes.ts';
import { ByteReader } from './byte-reader.ts';
import { byteBytes, countedBytes, countedText, intBytes, joinBytes } from './byte-writer.ts';

export type HashName = 'md5' | 'sha1' | 'sha256';

export type SecretAnswer =
  /** The hash of secret, challenge and secret. */
  | { readonly kind: 'hash'; readonly hash: HashName; readonly code: ByteString }
  | { readonly kind: 'hmac'; readonly hash: HashName; readonly code: ByteString }
  /** HMAC-SHA1 under a key that is stretched from the secret by PBKDF2-HMAC-SHA1. */
  | {
      readonly kind: 'pbkdf2';
      readonly salt: ByteString;
      readonly iterations: number;
      readonly keyBits: number;
      readonly code: ByteString;
    };

export interface SignatureAnswer {
  /** SM3 is signed with SM2 keys alone. */
  readonly hash: HashName | 'sm3';
  readonly signature: ByteString;
}

const HASHES: readonly HashName[] = ['md5', 'sha1', 'sha256'];
const HMAC = 0x10;
const PBKDF2_SHA1 = 0x22;

/** `isBare`: as version 2.0 has it, an MD5 alone. Throws `MALFORMED_MESSAGE`. */
export function decodeSecretAnswer(bytes: ByteString, isBare: boolean): SecretAnswer {
  if (isBare) return { kind: 'hash', hash: 'md5', code: bytes };
  const reader = new ByteReader(bytes, 'MALFORMED_MESSAGE');
  const form = reader.readByte();
  if (form === PBKDF2_SHA1) {
    const salt = reader.readBytes();
    const iterations = reader.readInt();
    const keyBits = reader.readInt();
    const code = reader.readBytes();
    reader.end();
    return { kind: 'pbkdf2', salt, iterations, keyBits, code };
  }
  const hash = HASHES[(form & ~HMAC) - 1];
  if (hash === undefined) throw reader.malformed('a code of authentication nobody knows');
  return { kind: (form & HMAC) === 0 ? 'hash' : 'hmac', hash, code: reader.readRest() };
}

export function encodeSecretAnswer(answer: SecretAnswer): ByteString {
  if (answer.kind === 'pbkdf2') {
    const { salt, iterations, keyBits, code } = answer;
    const stretched = joinBytes(countedBytes(salt), intBytes(iterations), intBytes(keyBits), countedBytes(code));
    return joinBytes(byteBytes(PBKDF2_SHA1), stretched);
  }
  const form = HASHES.indexOf(answer.hash) + 1;
  return joinBytes(byteBytes(answer.kind === 'hmac' ? form | HMAC : form), answer.code);
}

const SIGNATURE_HASHES: ReadonlyMap<string, SignatureAnswer['hash']> = new Map<string, SignatureAnswer['hash']>([
  ['SHA1', 'sha1'],
  ['SHA-1', 'sha1'],
  ['SHA256', 'sha256'],
  ['SHA-256', 'sha256'],
  ['SM3', 'sm3'],
]);

/** Throws `MALFORMED_MESSAGE`, also for MD5, which proves nothing any more. */
export function decodeSignatureAnswer(bytes: ByteString): SignatureAnswer {
  const reader = new ByteReader(bytes, 'MALFORMED_MESSAGE');
  const hash = SIGNATURE_HASHES.get(reader.readBytes());
  const signature = reader.readBytes();
  reader.end();
  if (hash === undefined) throw reader.malformed('a hash nobody trusts');
  return { hash, signature };
}

/** `hash`: by a name that `decodeSignatureAnswer` knows. */
export function encodeSignatureAnswer(hash: string, signature: ByteString): ByteString {
  return joinBytes(countedText(hash), countedBytes(signature));
}
