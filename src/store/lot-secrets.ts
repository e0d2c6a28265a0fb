// The secrets of lots: made, sealed under a key that is not in the store, opened to make check tags. It reads no file;
// whoever starts the node hands the keys in.

import { createCipheriv, createDecipheriv, hash } from 'node:crypto';
import type { ByteString } from '../domain/bytes.ts';
import { tagFromDigest } from '../domain/check-tag.ts';
import { HandleError } from '../domain/error.ts';
import { MAX_STORED_HANDLE_BYTES } from '../domain/limits.ts';
import { type Lot, type LotTags, NO_LOT_KEY } from '../domain/lot.ts';
import type { Prefix } from '../domain/prefix.ts';

export type RandomBytes = (size: number) => Buffer;

export const LOT_KEY_BYTES = 32;
const SECRET_BYTES = 32;
const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const AUTH_TAG_BYTES = 16;
const VERSION = 'v1';

/** Secrets remembered before starting over: some megabytes a thread. */
const MAX_OPENED = 10_000;

/** The two keys of an HMAC (RFC 2104): what is hashed before the text, and before that hash. */
interface Pads {
  readonly inner: Buffer;
  readonly outer: Buffer;
}

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

// HMAC as two hashes of one text each, because every first touch of a code makes one: `createHmac` takes six times as long.
const scratch = Buffer.allocUnsafeSlow(BLOCK_BYTES + MAX_STORED_HANDLE_BYTES);
const outerScratch = Buffer.allocUnsafeSlow(BLOCK_BYTES + DIGEST_BYTES);

export class LotSecrets implements LotTags {
  readonly #keys = new Map<string, Buffer>();
  #sealingId: string | null = null;
  readonly #opened = new Map<string, Pads>();

  /** The first key seals what is new, all of them open what is there. */
  constructor(keys: readonly Buffer[]) {
    this.use(keys);
  }

  /** As the constructor, for keys that are known only later. */
  use(keys: readonly Buffer[]): void {
    for (const key of keys) {
      const id = keyIdOf(key);
      this.#keys.set(id, key);
      this.#sealingId ??= id;
    }
  }

  /** A new secret for a lot of this prefix. Throws `LOT_KEY_MISSING`. */
  seal(prefix: Prefix, randomBytes: RandomBytes): string {
    const id = this.#sealingId;
    const key = id === null ? undefined : this.#keys.get(id);
    if (key === undefined) throw missing('none is there');
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, key, iv).setAAD(contextOf(prefix));
    const sealed = Buffer.concat([iv, cipher.update(randomBytes(SECRET_BYTES)), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}.${id}.${sealed.toString('base64url')}`;
  }

  tagOf(lot: Pick<Lot, 'prefix' | 'head' | 'tagLength' | 'sealedSecret'>, digits: string): string {
    const { prefix, head, tagLength, sealedSecret } = lot;
    if (sealedSecret === null) return NO_LOT_KEY.tagOf(lot, digits);
    const { inner, outer } = this.#opened.get(sealedSecret) ?? this.#open(prefix, sealedSecret);
    inner.copy(scratch);
    const length = scratch.write(`${prefix}/${head}${digits}`, BLOCK_BYTES, 'utf8');
    outer.copy(outerScratch);
    outerScratch.write(hash('sha256', scratch.subarray(0, BLOCK_BYTES + length), 'latin1'), BLOCK_BYTES, 'latin1');
    return tagFromDigest(hash('sha256', outerScratch, 'latin1') as ByteString, tagLength);
  }

  #open(prefix: Prefix, sealedSecret: string): Pads {
    const [version, id = '', text = ''] = sealedSecret.split('.');
    const key = version === VERSION ? this.#keys.get(id) : undefined;
    if (key === undefined) throw missing(`this lot's secret was sealed under key ${id}`);
    const bytes = Buffer.from(text, 'base64url');
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: AUTH_TAG_BYTES });
    decipher.setAAD(contextOf(prefix)).setAuthTag(bytes.subarray(-AUTH_TAG_BYTES));
    try {
      const secret = decipher.update(bytes.subarray(IV_BYTES, -AUTH_TAG_BYTES));
      decipher.final();
      const pads = padsOf(secret);
      if (this.#opened.size >= MAX_OPENED) this.#opened.clear();
      this.#opened.set(sealedSecret, pads);
      return pads;
    } catch (cause) {
      throw new HandleError(
        'STORE_FORMAT',
        `The secret of a lot under ${prefix} was altered: restore the store from a backup.`,
        { cause },
      );
    }
  }
}

/** Names a key without telling it. */
function keyIdOf(key: Buffer): string {
  return hash('sha256', Buffer.concat([Buffer.from('jiabiao lot key '), key]), 'hex').slice(0, 8);
}

/** A sealed secret opens under its own prefix alone. */
function contextOf(prefix: Prefix): Buffer {
  return Buffer.from(`jiabiao lot ${prefix}`, 'utf8');
}

function padsOf(secret: Buffer): Pads {
  const padded = Buffer.alloc(BLOCK_BYTES);
  secret.copy(padded);
  const paddedWith = (pad: number): Buffer => Buffer.from(padded.map((byte) => byte ^ pad));
  return { inner: paddedWith(0x36), outer: paddedWith(0x5c) };
}

function missing(why: string): HandleError {
  return new HandleError(
    'LOT_KEY_MISSING',
    `The key that opens the secrets of lots is missing (${why}): put the node's file lot.key back and restart it.`,
  );
}
