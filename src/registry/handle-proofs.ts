// From an answer to a challenge to an administrator: whoever answers must hold the secret or private key that belongs to a
// value of the handle it names. Key stretching runs off the event loop, and costs no more than a limit.

import { createHash, createHmac, createPublicKey, pbkdf2, timingSafeEqual, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { type EpochTable, slotOf } from '../cache/epoch-table.ts';
import { type ByteString, isUtf8, textFromBytes } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import { MAX_STRETCHED_KEY_BITS, MAX_STRETCHING_ITERATIONS } from '../domain/handle-protocol-limits.ts';
import type { RecordReader } from '../store/registry-store.ts';
import { decodeSecretAnswer, decodeSignatureAnswer, type SecretAnswer } from '../wire/challenge-answer.ts';
import { publicKeyDer } from '../wire/public-key-der.ts';
import { decodePublicKey } from '../wire/public-key-value.ts';
import type { HandleIdentity } from './handle-authority.ts';
import { keysOf } from './handle-keys.ts';

export interface Proof {
  /** `HS_SECKEY` or `HS_PUBKEY`. */
  readonly authType: ByteString;
  /** Bytes as they came; the index 0 stands for any value. */
  readonly handle: ByteString;
  readonly index: number;
  /** What had to be answered: nonce and digest. */
  readonly challenge: ByteString;
  readonly answer: ByteString;
  /** Whether it comes from a client of version 2.0. */
  readonly isBare: boolean;
}

export interface HandleProofs {
  /**
   * Who has answered. Throws `FORBIDDEN` if the handle is none of this node's, and else
   * `UNAUTHENTICATED` in the same words whatever is wrong: nobody learns which handles exist.
   */
  verify(proof: Proof): Promise<Proven>;
}

export interface Proven {
  readonly identity: HandleIdentity;
  /** Whether nothing has changed that would make the proof another: keys that are replaced end at once. */
  stands(): boolean;
}

export interface HandleProofsOptions {
  readonly store: Pick<RecordReader, 'get'>;
  readonly epochs: EpochTable;
  /** Throws `INVALID_HANDLE` or `NOT_RESPONSIBLE`. */
  readonly parse: (text: string) => Handle;
}

const stretch = promisify(pbkdf2);

export function createHandleProofs({ store, epochs, parse }: HandleProofsOptions): HandleProofs {
  return {
    async verify(proof) {
      const identity = identityOf(proof, parse);
      // The epoch first, then the read: a change in between ends the proof.
      const epoch = epochs.current();
      if (!(await isProven(store, identity, proof))) throw unproven();
      const validity = { epoch, changeSlots: [slotOf(identity.handle)], creationSlot: null };
      return { identity, stands: () => epochs.holds(validity) };
    },
  };
}

/** Throws `FORBIDDEN`: what the handle's own node knows of it, this one does not. */
function identityOf({ handle, index }: Proof, parse: HandleProofsOptions['parse']): HandleIdentity {
  if (!isUtf8(handle) || index < 0) throw unproven();
  const text = textFromBytes(handle);
  try {
    return { handle: parse(text.includes('/') ? text : `0.NA/${text}`), index };
  } catch (cause) {
    if (!(cause instanceof HandleError)) throw cause;
    throw new HandleError('FORBIDDEN', 'That administrator is no handle of this node: use one that is.', { cause });
  }
}

async function isProven(store: Pick<RecordReader, 'get'>, identity: HandleIdentity, proof: Proof): Promise<boolean> {
  switch (proof.authType) {
    case 'HS_SECKEY':
      return isSecretProven(await keysOf(store, identity, 'HS_SECKEY'), proof);
    case 'HS_PUBKEY':
      return isSignatureProven(await keysOf(store, identity, 'HS_PUBKEY'), proof);
    default:
      return false;
  }
}

async function isSecretProven(secrets: readonly ByteString[], proof: Proof): Promise<boolean> {
  const answer = decodeSecretAnswer(proof.answer, proof.isBare);
  const given = Buffer.from(answer.code, 'latin1');
  let isRight = false;
  // Where there is no secret, one that nobody has: the answer takes as long.
  for (const secret of secrets.length === 0 ? [''] : secrets) {
    const code = await codeOf(answer, Buffer.from(secret, 'latin1'), Buffer.from(proof.challenge, 'latin1'));
    const isEqual = code.length === given.length && timingSafeEqual(code, given);
    isRight = (isEqual && secret.length > 0) || isRight;
  }
  return isRight;
}

async function codeOf(answer: SecretAnswer, secret: Buffer, challenge: Buffer): Promise<Buffer> {
  switch (answer.kind) {
    case 'hash':
      return createHash(answer.hash).update(secret).update(challenge).update(secret).digest();
    case 'hmac':
      return createHmac(answer.hash, secret).update(challenge).digest();
    case 'pbkdf2': {
      const { salt, iterations, keyBits } = answer;
      const isBounded = iterations > 0 && iterations <= MAX_STRETCHING_ITERATIONS;
      if (!isBounded || keyBits < 8 || keyBits > MAX_STRETCHED_KEY_BITS) throw unproven();
      const key = await stretch(secret, Buffer.from(salt, 'latin1'), iterations, keyBits >>> 3, 'sha1');
      return createHmac('sha1', key).update(challenge).digest();
    }
  }
}

function isSignatureProven(keys: readonly ByteString[], proof: Proof): boolean {
  const { hash, signature } = decodeSignatureAnswer(proof.answer);
  const challenge = Buffer.from(proof.challenge, 'latin1');
  return keys.some((data) => {
    try {
      const der = Buffer.from(publicKeyDer(decodePublicKey(data)), 'latin1');
      const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
      return verify(hash, challenge, key, Buffer.from(signature, 'latin1'));
    } catch {
      return false; // a value that is no key, or one that no signature can be checked with, opens nothing
    }
  });
}

function unproven(): HandleError {
  return new HandleError('UNAUTHENTICATED', 'The challenge is not answered with the key of that value.');
}
