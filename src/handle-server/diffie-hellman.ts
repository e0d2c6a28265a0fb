// The key of a session, agreed on by Diffie-Hellman in the group that the client names. The group is not looked into: that
// takes seconds, and a bad one harms only who chose it.

import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { ByteString } from '../domain/bytes.ts';
import { isKeyRefusal } from '../registry/foreign-keys.ts';
import type { DiffieHellmanKey } from '../wire/diffie-hellman-key.ts';
import { diffieHellmanDer, diffieHellmanNumber, diffieHellmanPrivateDer } from '../wire/public-key-der.ts';
import type { Randomness } from './id-source.ts';

const KEY_BYTES = 32;
/** As long as the key it gives: longer ones cost more and protect no more. */
const EXPONENT_BYTES = 32;

export interface Agreed {
  /** Our half. */
  readonly y: ByteString;
  readonly key: Buffer;
}

const agreeLater = promisify(
  (keys: { privateKey: KeyObject; publicKey: KeyObject }, told: (error: Error | null, secret: Buffer) => void) =>
    diffieHellman(keys, told),
);

/** Null if the client's numbers are no key. */
export async function agree(clientKey: DiffieHellmanKey, random: Randomness): Promise<Agreed | null> {
  try {
    const publicKey = createPublicKey({ key: latin1(diffieHellmanDer(clientKey)), format: 'der', type: 'spki' });
    const exponent = random.bytes(EXPONENT_BYTES).toString('latin1') as ByteString;
    const der = diffieHellmanPrivateDer(clientKey, exponent);
    const privateKey = createPrivateKey({ key: latin1(der), format: 'der', type: 'pkcs8' });
    const own = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).toString('latin1') as ByteString;
    const secret = await agreeLater({ privateKey, publicKey });
    return { y: diffieHellmanNumber(own), key: keyOf(secret, clientKey.p.length) };
  } catch (error) {
    if (isKeyRefusal(error)) return null; // the numbers are no group, or the key is not in it
    throw error;
  }
}

/**
 * The reference's key: the secret as long as the prime, without leading zeros while more than 32 bytes are left, and of
 * that the first 32 bytes.
 */
function keyOf(secret: Buffer, primeBytes: number): Buffer {
  const padded = Buffer.alloc(Math.max(primeBytes, secret.length, KEY_BYTES));
  secret.copy(padded, padded.length - secret.length);
  let start = 0;
  while (padded.length - start > KEY_BYTES && padded[start] === 0) start++;
  return padded.subarray(start, start + KEY_BYTES);
}

function latin1(bytes: ByteString): Buffer {
  return Buffer.from(bytes, 'latin1');
}
