// The parent's rules ahead of a commit: what a dry run can say of them. A real commit leaves them to the store, which
// applies the same rules inside its own transaction.

import { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import { MAX_DESCENDANTS_CHECKED, MAX_INHERITANCE_DEPTH } from '../domain/limits.ts';
import { judgeParent } from '../store/lineage.ts';
import type { Awaitable, RecordReader } from '../store/registry-store.ts';

/** The record as it would stand by now, earlier items of the same call included. */
export type LookUp = (handle: Handle) => Awaitable<HandleRecord | null>;

/** Throws `INVALID_PARENT` if the parent is missing, a descendant, or makes a chain too deep. */
export async function assertParentAhead(
  handle: Handle,
  parent: Handle,
  lookUp: LookUp,
  store: RecordReader,
): Promise<void> {
  const parents = await parentsFrom(parent, lookUp);
  const children = await childrenBelow(handle, store);
  const objection = judgeParent(handle, parent, {
    parentOf: (at) => parents.get(at),
    childrenOf: (at, limit) => (children.get(at) ?? []).slice(0, limit),
    // Lots are not looked up by parent from here: that a lot makes the chain too deep is the commit's to find.
    hasLots: () => false,
  });
  if (objection !== null) {
    throw new HandleError('INVALID_PARENT', objection.en, { at: '/parent', zh: objection.zh });
  }
}

/** The parent of each record from `start` up, undefined where one is missing. */
async function parentsFrom(start: Handle, lookUp: LookUp): Promise<Map<Handle, Handle | null | undefined>> {
  const parents = new Map<Handle, Handle | null | undefined>();
  let at: Handle | null | undefined = start;
  while (at !== null && at !== undefined && !parents.has(at) && parents.size <= MAX_INHERITANCE_DEPTH) {
    const record: HandleRecord | null = await lookUp(at);
    parents.set(at, record?.parent);
    at = record?.parent;
  }
  return parents;
}

/** Children of the handle and of everything below it, no more of them than the rules look at. */
async function childrenBelow(handle: Handle, store: RecordReader): Promise<Map<Handle, readonly Handle[]>> {
  const below = new Map<Handle, readonly Handle[]>();
  let level: readonly Handle[] = [handle];
  let left = MAX_DESCENDANTS_CHECKED + 1;
  for (let depth = 1; depth <= MAX_INHERITANCE_DEPTH; depth++) {
    const next: Handle[] = [];
    for (const member of level) {
      if (left <= 0) return below;
      const children = await store.children(member, null, left);
      left -= children.length;
      below.set(member, children);
      next.push(...children);
    }
    level = next;
  }
  return below;
}
