// Keys that all nodes of one registry must have alike: whether this node's are those of the others is told by their
// fingerprints, which stand in the store; the keys themselves never do.

import { createHash } from 'node:crypto';
import { HandleError } from '../domain/error.ts';
import type { Agreements } from '../peers/agreements.ts';

export interface SharedKey {
  /** What is agreed on under. */
  readonly name: string;
  /** For messages. */
  readonly file: string;
  /** The one in use first, then those that are still good. */
  readonly keys: readonly (Uint8Array | string)[];
}

function fingerprintOf(key: Uint8Array | string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}

/**
 * Throws `INVALID_CONFIG` if other nodes have another key. A node that has theirs and puts another before it leads them
 * over to that one: it is what they must have from then on.
 */
export async function agreeOnKey(agreements: Agreements, { name, file, keys }: SharedKey): Promise<void> {
  const [first, ...others] = keys.map(fingerprintOf);
  if (first === undefined) return;
  const agreed = await agreements.propose(name, first);
  if (agreed === first) return;
  if (others.includes(agreed) && (await agreements.replace(name, agreed, first)) === first) return;
  throw new HandleError(
    'INVALID_CONFIG',
    `The key in ${file} is another than that of the other nodes of this registry: copy the file from one of them, and start this node again.`,
  );
}
