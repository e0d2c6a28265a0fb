// Seals a stream of chunks so that none can be read, altered, left out, repeated or moved without the key (AES-256-GCM
// over numbered chunks, the last one marked: Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and
// its Nonce-Reuse Misuse-Resistance", 2015, the STREAM construction). Knows no file.

import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { HandleError } from '../domain/error.ts';

export const KEY_BYTES = 32;
export const TAG_BYTES = 16;
const NONCE_BYTES = 12;
/** Six bytes of number, then whether it is the last chunk. */
const NUMBER_AT = 5;
const NUMBER_BYTES = 6;
const LAST_AT = 11;

const ALGORITHM = 'aes-256-gcm';
const PURPOSE = 'jiabiao backup';
const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/** The key in a key file: 32 random bytes, as base64 or hex. Throws `INVALID_REQUEST`. */
export function parseBackupKey(text: string): Buffer {
  const line = text.trim();
  if (HEX.test(line)) return Buffer.from(line, 'hex');
  const key = BASE64.test(line) ? Buffer.from(line, 'base64') : Buffer.alloc(0);
  if (key.length === KEY_BYTES) return key;
  throw new HandleError(
    'INVALID_REQUEST',
    `This is no key file: it must hold ${KEY_BYTES} random bytes in base64 or hex and nothing else. Make one with "jiabiao backup-key FILE" or "openssl rand -base64 ${KEY_BYTES}".`,
  );
}

/** What tells one key from another, and nothing about it. */
export function keyNameOf(key: Buffer): Buffer {
  return createHmac('sha256', key).update(`${PURPOSE} key name`).digest().subarray(0, 8);
}

/** Numbers the chunks of one file; `header` belongs to them: under another one nothing opens. */
class Nonces {
  readonly key: Buffer;
  #number = 0;

  constructor(key: Buffer, header: Buffer) {
    this.key = Buffer.from(hkdfSync('sha256', key, header, PURPOSE, KEY_BYTES));
  }

  next(isLast: boolean): Buffer {
    const nonce = Buffer.alloc(NONCE_BYTES);
    nonce.writeUIntBE(this.#number++, NUMBER_AT, NUMBER_BYTES);
    nonce[LAST_AT] = isLast ? 1 : 0;
    return nonce;
  }
}

export class ChunkSealer {
  readonly #nonces: Nonces;

  /** `header` holds a salt that no other file has: with it the nonces never come twice under one key. */
  constructor(key: Buffer, header: Buffer) {
    this.#nonces = new Nonces(key, header);
  }

  /** The pieces to be written one after the other, `TAG_BYTES` longer than the chunk. */
  seal(chunk: readonly Buffer[], isLast: boolean): readonly Buffer[] {
    const cipher = createCipheriv(ALGORITHM, this.#nonces.key, this.#nonces.next(isLast));
    return [...chunk.map((part) => cipher.update(part)), cipher.final(), cipher.getAuthTag()];
  }
}

export class ChunkOpener {
  readonly #nonces: Nonces;

  constructor(key: Buffer, header: Buffer) {
    this.#nonces = new Nonces(key, header);
  }

  /** Null if it is not what was sealed as the next chunk of this file. */
  open(sealed: Buffer, isLast: boolean): Buffer | null {
    const end = sealed.length - TAG_BYTES;
    if (end < 0) return null;
    const decipher = createDecipheriv(ALGORITHM, this.#nonces.key, this.#nonces.next(isLast));
    decipher.setAuthTag(sealed.subarray(end));
    const chunk = decipher.update(sealed.subarray(0, end));
    try {
      decipher.final();
      return chunk;
    } catch {
      return null; // the only way in which GCM says "altered"
    }
  }
}
