// The parent's rules, looked up without a transaction: what a dry run can say of them. A real commit leaves them to the
// store, which checks inside its own transaction.

import { HandleError } from '../domain/error.ts';
import { type Handle, prefixOf } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import { MAX_DESCENDANTS_CHECKED, MAX_INHERITANCE_DEPTH } from '../domain/limits.ts';
import type { Awaitable, RecordReader } from '../store/registry-store.ts';

/** The record as it would stand by now, earlier items of the same call included. */
export type LookUp = (handle: Handle) => Awaitable<HandleRecord | null>;

/** Throws `INVALID_PARENT` if the parent is missing, a descendant, or makes a chain too deep. */
export async function assertParentChain(
  handle: Handle,
  parent: Handle,
  lookUp: LookUp,
  store: RecordReader,
): Promise<void> {
  let depth = 1;
  for (let at: Handle | null = parent; at !== null; depth++) {
    if (at === handle) throw invalid(`${parent} inherits from ${handle} itself: choose another parent.`);
    if (depth >= MAX_INHERITANCE_DEPTH) throw tooDeep(handle);
    const record: HandleRecord | null = prefixOf(at) === prefixOf(handle) ? await lookUp(at) : null;
    if (record === null) {
      if (at === parent) throw invalid(`The parent ${parent} is not registered: register it first.`);
      break; // further up the chain is broken already; that is not this item's doing
    }
    at = record.parent;
  }
  await assertDescendantsFit(handle, depth, store);
}

/** `depth`: records from the handle up to its root, the handle included. Level by level, as far as the limits allow. */
async function assertDescendantsFit(handle: Handle, depth: number, store: RecordReader): Promise<void> {
  let level: readonly Handle[] = [handle];
  let checked = 0;
  for (let below = depth; level.length > 0; below++) {
    const next: Handle[] = [];
    for (const parent of level) {
      const children = await store.children(parent, null, MAX_DESCENDANTS_CHECKED + 1 - checked);
      checked += children.length;
      if (checked > MAX_DESCENDANTS_CHECKED) {
        throw invalid(`More than ${MAX_DESCENDANTS_CHECKED} records inherit from ${handle}: it cannot be moved.`);
      }
      next.push(...children);
    }
    if (next.length > 0 && below >= MAX_INHERITANCE_DEPTH) throw tooDeep(handle);
    level = next;
  }
}

function tooDeep(handle: Handle): HandleError {
  return invalid(
    `With this parent a chain through ${handle} would be deeper than ${MAX_INHERITANCE_DEPTH} records: inherit from a record nearer the root.`,
  );
}

function invalid(message: string): HandleError {
  return new HandleError('INVALID_PARENT', message, { at: '/parent' });
}
