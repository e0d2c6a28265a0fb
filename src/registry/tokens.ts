// Bearer tokens: made, recognised, hashed. The token itself is told once and never stored.

import { hash } from 'node:crypto';

/** 256 random bits: nothing to guess, so a plain hash is enough to store and no salt or stretching is needed. */
const TOKEN_BYTES = 32;
const ID_BYTES = 12;
const TOKEN = /^jb_[A-Za-z0-9_-]{43}$/;

export type RandomBytes = (size: number) => Buffer;

export function makeToken(randomBytes: RandomBytes): string {
  return `jb_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
}

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** SHA-256, lower-case hex. Looked up instead of the token: how long a look-up takes then tells nothing of the token. */
export function tokenHashOf(token: string): string {
  return hash('sha256', token, 'hex');
}

/** Under which a client certificate is looked up. No token begins like this. */
export function certificateHashOf(subject: string): string {
  return hash('sha256', `certificate ${subject}`, 'hex');
}

/** A random UUID (RFC 9562 §5.4). */
export function makeUuid(randomBytes: RandomBytes): string {
  const hex = randomBytes(16).toString('hex');
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** A name for a lot: later ones sort behind earlier ones until the year 2059. */
export function makeLotName(nowMs: number, randomBytes: RandomBytes): string {
  return Math.floor(nowMs).toString(36).padStart(8, '0') + randomBytes(4).toString('hex');
}

/** A name for a principal (`p_…`) or key (`k_…`); says nothing about it. */
export function makeId(kind: 'p' | 'k', randomBytes: RandomBytes): string {
  return `${kind}_${randomBytes(ID_BYTES).toString('hex')}`;
}
