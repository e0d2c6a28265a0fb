// One change of the directory as a commit of its own, with its compare-and-swap told as a value.

import type { Change, ChangeOutcome } from '../domain/change.ts';
import { HandleError } from '../domain/error.ts';
import { MAX_COMMIT_ATTEMPTS } from '../domain/limits.ts';
import type { Committer } from '../store/registry-store.ts';
import type { Actor } from './registration.ts';

export type Stored = Extract<ChangeOutcome, { ok: true }>;

/** Null if the revision expected is not the one that stands: read again and decide anew. */
export async function commitOne(store: Committer, actor: Actor, change: Change): Promise<Stored | null> {
  const { outcomes } = await store.commit({
    principalId: actor.principal.id,
    requestId: actor.requestId,
    changes: [change],
    idempotency: null,
  });
  const outcome = outcomes[0];
  if (outcome === undefined) throw new HandleError('INTERNAL', 'The store gave no outcome for a change.');
  if (outcome.ok) return outcome;
  if (outcome.code === 'REVISION_CONFLICT' || outcome.code === 'ALREADY_EXISTS') return null;
  throw new HandleError(outcome.code, outcome.message);
}

/** What a change of the directory makes of the thing as it stands. */
export type Step<T> = { readonly stands: T } | { readonly change: Change; readonly make: (stored: Stored) => T };

/** Decides and commits, again if others were faster; throws `REVISION_CONFLICT` after MAX_COMMIT_ATTEMPTS. */
export async function changeOne<T>(store: Committer, actor: Actor, decide: () => Promise<Step<T>>): Promise<T> {
  for (let attempt = 1; attempt <= MAX_COMMIT_ATTEMPTS; attempt++) {
    const step = await decide();
    if ('stands' in step) return step.stands;
    const stored = await commitOne(store, actor, step.change);
    if (stored !== null) return step.make(stored);
  }
  throw new HandleError('REVISION_CONFLICT', 'Others kept changing the same thing: read it again and repeat.');
}
