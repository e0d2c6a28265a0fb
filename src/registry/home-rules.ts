// What must hold before the node becomes home to a prefix, whoever asks for it.

import { HandleError } from '../domain/error.ts';
import { isSystemPrefix } from '../domain/handle.ts';
import { MAX_HOMES } from '../domain/limits.ts';
import type { Home, Prefix } from '../domain/prefix.ts';
import type { JournalReader } from '../store/registry-store.ts';

/** Throws `INVALID_PREFIX`. */
export function assertHomeable(prefix: Prefix): void {
  if (!isSystemPrefix(prefix)) return;
  throw new HandleError('INVALID_PREFIX', `${prefix} is the handle system's own: a node cannot be its home.`);
}

/** Throws `INVALID_STATE` if one more would be too many. */
export function assertRoom(remembered: readonly Home[]): void {
  if (remembered.length < MAX_HOMES) return;
  throw new HandleError('INVALID_STATE', `A node is home to at most ${MAX_HOMES} prefixes: unhome one first.`);
}

/** Another rule of case would hide identifiers that exist. Throws `INVALID_STATE`. */
export async function assertUnused(
  store: Pick<JournalReader, 'counts'>,
  prefix: Prefix,
  foldsCase: boolean,
): Promise<void> {
  if ((await store.counts(prefix)).live === 0) return;
  throw new HandleError(
    'INVALID_STATE',
    `${prefix} holds identifiers whose suffixes compare ${foldsCase ? 'without case' : 'exactly'}: that stays so.`,
  );
}
