// From an answer to a challenge to an administrator: whoever answers must hold the secret or private key that belongs to a
// value of the handle it names. Key stretching and signatures are checked off the event loop, so much of them at once and no more.

import { createHash, createHmac, createPublicKey, type KeyObject, pbkdf2, timingSafeEqual, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { type EpochTable, slotOf } from '../cache/epoch-table.ts';
import { type ByteString, isUtf8, textFromBytes } from '../domain/bytes.ts';
import { HandleError, isHandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import {
  MAX_PUBLIC_KEY_BITS,
  MAX_RSA_EXPONENT_BITS,
  MAX_STRETCHED_KEY_BITS,
  MAX_STRETCHING_ITERATIONS,
  MAX_STRETCHINGS_AT_ONCE,
  MAX_WAITING_ROUNDS,
  MAX_WAITING_ROUNDS_UNVOUCHED,
  MIN_ROUNDS_COUNTED,
} from '../domain/handle-protocol-limits.ts';
import { WorkLane } from '../domain/work-lane.ts';
import type { RecordReader } from '../store/registry-store.ts';
import { decodeSecretAnswer, decodeSignatureAnswer, type SecretAnswer } from '../wire/challenge-answer.ts';
import type { CurvePoint } from '../wire/curve-point.ts';
import { publicKeyDer } from '../wire/public-key-der.ts';
import { decodePublicKey, type PublicKey } from '../wire/public-key-value.ts';
import { isKeyRefusal } from './foreign-keys.ts';
import type { HandleIdentity } from './handle-authority.ts';
import { keysOf } from './handle-keys.ts';
import type { CheckSm2 } from './sm2-checks.ts';

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
  /** Whether who asks has been reached at its address: by datagrams anyone can name any. */
  readonly isVouched: boolean;
}

export interface HandleProofs {
  /**
   * Who has answered. Throws `FORBIDDEN` if the handle is none of this node's, and else
   * `UNAUTHENTICATED` in the same words whatever is wrong: nobody learns which handles exist. `OVERLOADED` if too many
   * wait to be checked.
   */
  verify(proof: Proof): Promise<Proven>;
  /** The moment, to be taken before an identity is made sure of in another way, and asked about by `standsSince`. */
  moment(): number;
  /** Whether nothing has changed since that would make who it is another: keys that are replaced end at once. */
  standsSince(identity: HandleIdentity, moment: number): boolean;
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
  readonly checkSm2: CheckSm2;
}

const stretch = promisify(pbkdf2);
const verifyLater = promisify(
  (
    signed: { readonly hash: string; readonly challenge: Buffer; readonly key: KeyObject; readonly signature: Buffer },
    told: (error: Error | null, isRight: boolean) => void,
  ) => verify(signed.hash, signed.challenge, signed.key, signed.signature, told),
);
/** Rounds of key stretching yield this many bits at once. */
const BLOCK_BITS = 160;

export function createHandleProofs({ store, epochs, parse, checkSm2 }: HandleProofsOptions): HandleProofs {
  const lanes = {
    vouched: lanesOf(MAX_STRETCHINGS_AT_ONCE, MAX_WAITING_ROUNDS),
    unvouched: lanesOf(1, MAX_WAITING_ROUNDS_UNVOUCHED),
  };
  const standsSince = ({ handle }: HandleIdentity, epoch: number): boolean =>
    epochs.holds({ epoch, changeSlots: [slotOf(handle)], creationSlot: null });
  return {
    moment: () => epochs.current(),
    standsSince,
    async verify(proof) {
      const identity = identityOf(proof, parse);
      // The epoch first, then the read: a change in between ends the proof.
      const epoch = epochs.current();
      const checked = { proof, checkSm2, ...(proof.isVouched ? lanes.vouched : lanes.unvouched) };
      if (!(await isProven(store, identity, checked))) throw unproven();
      return { identity, stands: () => standsSince(identity, epoch) };
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

interface Lanes {
  readonly lane: WorkLane;
  /** To the one thread that checks these: who has many of them keeps waiting nobody who has others. */
  readonly sm2Lane: WorkLane;
}

function lanesOf(atOnce: number, maxWaitingCost: number): Lanes {
  const refusal = 'Too many answers to challenges wait to be checked: try again in a second.';
  const laneOf = (places: number) => new WorkLane({ atOnce: places, maxWaitingCost, refusal });
  return { lane: laneOf(atOnce), sm2Lane: laneOf(1) };
}

/** A proof, and where its checks wait for their turn. */
interface Checked extends Lanes {
  readonly proof: Proof;
  readonly checkSm2: CheckSm2;
}

async function isProven(
  store: Pick<RecordReader, 'get'>,
  identity: HandleIdentity,
  checked: Checked,
): Promise<boolean> {
  switch (checked.proof.authType) {
    case 'HS_SECKEY':
      return isSecretProven(await keysOf(store, identity, 'HS_SECKEY'), checked);
    case 'HS_PUBKEY':
      return isSignatureProven(await keysOf(store, identity, 'HS_PUBKEY'), checked);
    default:
      return false;
  }
}

async function isSecretProven(secrets: readonly ByteString[], { proof, lane }: Checked): Promise<boolean> {
  const answer = decodeSecretAnswer(proof.answer, proof.isBare);
  const given = Buffer.from(answer.code, 'latin1');
  const challenge = Buffer.from(proof.challenge, 'latin1');
  let isRight = false;
  // Where there is no secret, one that nobody has: the answer takes as long.
  for (const secret of secrets.length === 0 ? [''] : secrets) {
    const code = await codeOf(answer, { secret: Buffer.from(secret, 'latin1'), challenge, lane });
    const isEqual = code.length === given.length && timingSafeEqual(code, given);
    isRight = (isEqual && secret.length > 0) || isRight;
  }
  return isRight;
}

async function codeOf(
  answer: SecretAnswer,
  given: { readonly secret: Buffer; readonly challenge: Buffer; readonly lane: WorkLane },
): Promise<Buffer> {
  const { secret, challenge, lane } = given;
  switch (answer.kind) {
    case 'hash':
      return createHash(answer.hash).update(secret).update(challenge).update(secret).digest();
    case 'hmac':
      return createHmac(answer.hash, secret).update(challenge).digest();
    case 'pbkdf2': {
      const { salt, iterations, keyBits } = answer;
      const isBounded = iterations > 0 && iterations <= MAX_STRETCHING_ITERATIONS;
      if (!isBounded || keyBits < 8 || keyBits > MAX_STRETCHED_KEY_BITS) throw unproven();
      const rounds = Math.max(MIN_ROUNDS_COUNTED, iterations * Math.ceil(keyBits / BLOCK_BITS));
      const salted = Buffer.from(salt, 'latin1');
      const key = await lane.run(rounds, () => stretch(secret, salted, iterations, keyBits >>> 3, 'sha1'));
      return createHmac('sha1', key).update(challenge).digest();
    }
  }
}

async function isSignatureProven(keys: readonly ByteString[], checked: Checked): Promise<boolean> {
  const { hash, signature } = decodeSignatureAnswer(checked.proof.answer);
  const challenge = Buffer.from(checked.proof.challenge, 'latin1');
  const signed = { hash, challenge, signature: Buffer.from(signature, 'latin1') };
  for (const data of keys) {
    const key = readKey(data);
    if (key !== null && (await isSignedWith(key, signed, checked))) return true;
  }
  return false;
}

/** A key that can be checked with: SM2's where OpenSSL cannot. */
type CheckingKey = { readonly point: CurvePoint } | { readonly key: KeyObject };

/** Null for what is no key, or one that costs too much to check anything with: it opens nothing. */
function readKey(data: ByteString): CheckingKey | null {
  try {
    const key = decodePublicKey(data);
    if (!isBounded(key)) return null;
    if (key.kind === 'EC' && key.curve === 'SM2') return { point: key };
    const der = Buffer.from(publicKeyDer(key), 'latin1');
    return { key: createPublicKey({ key: der, format: 'der', type: 'spki' }) };
  } catch (error) {
    if (isHandleError(error, 'INVALID_VALUE') || isKeyRefusal(error)) return null;
    throw error;
  }
}

function isBounded(key: PublicKey): boolean {
  if (key.kind === 'RSA') {
    return key.modulus.length * 8 <= MAX_PUBLIC_KEY_BITS && key.exponent.length * 8 <= MAX_RSA_EXPONENT_BITS;
  }
  if (key.kind === 'EC') return true;
  return [key.p, key.q, key.g, key.y].every((number) => number.length * 8 <= MAX_PUBLIC_KEY_BITS);
}

/** False also for a key that no signature can be checked with. */
async function isSignedWith(
  checking: CheckingKey,
  signed: { readonly hash: string; readonly challenge: Buffer; readonly signature: Buffer },
  { lane, sm2Lane, checkSm2 }: Checked,
): Promise<boolean> {
  if ('point' in checking !== (signed.hash === 'sm3')) return false;
  if ('point' in checking) return sm2Lane.run(MIN_ROUNDS_COUNTED, () => checkSm2({ ...checking, ...signed }));
  try {
    return await lane.run(MIN_ROUNDS_COUNTED, () => verifyLater({ ...signed, key: checking.key }));
  } catch (error) {
    if (isKeyRefusal(error)) return false;
    throw error;
  }
}

function unproven(): HandleError {
  return new HandleError('UNAUTHENTICATED', 'The challenge is not answered with the key of that value.');
}
