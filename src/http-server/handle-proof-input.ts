// What a client of the Handle API shows to prove who it is, in JSON, parameters or the `Authorization: Handle` header: read
// into the answer that the Handle protocol knows (HSv9). Pure; verifies nothing.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { MAX_CLIENT_NONCE_BYTES } from '../domain/handle-protocol-limits.ts';
import { encodeSecretAnswer, encodeSignatureAnswer, type SecretAnswer } from '../wire/challenge-answer.ts';

/** The members, whichever way they came; each a text. */
export type ShownProof = Readonly<Record<string, string>>;

/** A proof as the registry takes it, but for the nonce it answers. */
export interface ProofAnswer {
  readonly authType: ByteString;
  readonly handle: ByteString;
  readonly index: number;
  readonly clientNonce: ByteString;
  readonly answer: ByteString;
}

const MEMBER = /([a-z]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))\s*(?:,|$)\s*/iy;
const HANDLE_SCHEME = /^Handle +(.+)$/is;
const MAX_MEMBERS = 16;

/** The members of an `Authorization: Handle` header; null if it is of another scheme, empty if it cannot be read. */
export function shownInHeader(header: string | undefined): ShownProof | null {
  const text = header === undefined ? undefined : HANDLE_SCHEME.exec(header)?.[1];
  if (text === undefined) return null;
  const members: [string, string][] = [];
  MEMBER.lastIndex = 0;
  for (let end = 0; end < text.length; end = MEMBER.lastIndex) {
    const [, name, quoted, bare] = MEMBER.exec(text) ?? [];
    const value = name === undefined ? null : decoded(name, quoted ?? bare ?? '');
    if (value === null || members.length >= MAX_MEMBERS) return {};
    members.push([name as string, value]);
  }
  return fromEntries(members);
}

/** Only the id is percent-encoded: the others are base64 and words. */
function decoded(name: string, value: string): string | null {
  if (name !== 'id') return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return null; // decodeURIComponent's only way to say that a % begins no escape
  }
}

/** Throws `INVALID_REQUEST` for what is no JSON object. */
export function shownInJson(document: unknown): ShownProof {
  if (document === null || document === undefined) return {};
  if (typeof document !== 'object' || Array.isArray(document)) {
    throw new HandleError('INVALID_REQUEST', 'Send a JSON object, such as {"sessionId":"…","id":"300:…"}.');
  }
  return fromEntries(
    Object.entries(document).flatMap(([name, value]) =>
      typeof value === 'string' || typeof value === 'number' ? [[name, String(value)] as const] : [],
    ),
  );
}

export function shownInParameters(parameters: URLSearchParams): ShownProof {
  return fromEntries([...parameters]);
}

/** Without a prototype, so that no name finds anything but what was sent. */
function fromEntries(entries: readonly (readonly [string, string])[]): ShownProof {
  return Object.assign(Object.create(null) as object, Object.fromEntries(entries)) as ShownProof;
}

const IDENTITY = /^(?:\+?(\d{1,10}):)?(.+)$/s;
const MAX_INDEX = 0x7fff_ffff;

/** The handle and index that an `index:handle` names; null if it is none. */
export function identityIn(id: string): { readonly handle: ByteString; readonly index: number } | null {
  const [, index = '0', handle] = IDENTITY.exec(id) ?? [];
  if (handle === undefined || Number(index) > MAX_INDEX) return null;
  return { handle: bytesFromText(handle), index: Number(index) };
}

/** Null if it proves nothing because it cannot be read. */
export function proofAnswerIn(shown: ShownProof): ProofAnswer | null {
  const identity = identityIn(shown.id ?? '');
  const signature = base64In(shown.signature);
  const clientNonce = base64In(shown.cnonce);
  if (identity === null || signature === null || clientNonce === null) return null;
  if (clientNonce.length > MAX_CLIENT_NONCE_BYTES) return null;
  const authType = (shown.type ?? 'HS_SECKEY') as ByteString;
  const alg = (shown.alg ?? '').toUpperCase();
  if (authType === 'HS_PUBKEY') {
    return { authType, ...identity, clientNonce, answer: encodeSignatureAnswer(alg, signature) };
  }
  const answer = authType === 'HS_SECKEY' ? secretAnswerOf(alg, shown, signature) : null;
  return answer === null ? null : { authType, ...identity, clientNonce, answer: encodeSecretAnswer(answer) };
}

const HASHES: ReadonlyMap<string, 'sha1' | 'sha256'> = new Map([
  ['SHA1', 'sha1'],
  ['SHA-1', 'sha1'],
  ['SHA256', 'sha256'],
  ['SHA-256', 'sha256'],
]);
const HMAC = /^HMAC-?(.+)$/;
const STRETCHED: ReadonlySet<string> = new Set(['PBKDF2-HMAC-SHA1', 'PBKDF2WITHHMACSHA1']);
const DEFAULT_KEY_BITS = 160;

function secretAnswerOf(alg: string, shown: ShownProof, code: ByteString): SecretAnswer | null {
  if (STRETCHED.has(alg)) {
    const salt = base64In(shown.salt);
    const iterations = wholeNumber(shown.iterations);
    const keyBits = shown.length === undefined ? DEFAULT_KEY_BITS : wholeNumber(shown.length);
    return salt === null || iterations === null || keyBits === null
      ? null
      : { kind: 'pbkdf2', salt, iterations, keyBits, code };
  }
  const [, ofHmac] = HMAC.exec(alg) ?? [];
  const hash = HASHES.get(ofHmac ?? alg);
  if (hash === undefined) return null;
  return { kind: ofHmac === undefined ? 'hash' : 'hmac', hash, code };
}

const WHOLE_NUMBER = /^\d{1,9}$/;

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && WHOLE_NUMBER.test(text) ? Number(text) : null;
}

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

export function base64In(text: string | undefined): ByteString | null {
  if (text === undefined || !BASE64.test(text)) return null;
  return Buffer.from(text, 'base64').toString('latin1') as ByteString;
}
