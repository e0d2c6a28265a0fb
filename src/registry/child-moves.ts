// Moves the children of one record to another, a bounded step at a time: each move is a registration like any other, with
// its own check, history and log entry. What may be a parent is the store's to say.

import { HandleError } from '../domain/error.ts';
import { type Handle, prefixOf } from '../domain/handle.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import type { Admission } from './admission.ts';
import type { Actor, PatchRegistration, RegistrationResult } from './registration.ts';
import type { ChildMoves, IdentifierRegistry, MoveOutcome, MoveQuestion } from './registry.ts';
import { pageSizeOf } from './text-rules.ts';

export interface ChildMovesOptions {
  readonly store: RegistryStore;
  readonly admission: Admission;
  readonly identifiers: IdentifierRegistry;
}

export function createChildMoves({ store, admission, identifiers }: ChildMovesOptions): ChildMoves {
  return {
    async move(actor: Actor, { from, to, after, limit, dryRun }: MoveQuestion): Promise<MoveOutcome> {
      const size = pageSizeOf(limit);
      const source = await writable(admission, actor, from);
      await identifiers.read(actor, source);
      const target = to === null ? null : await targetOf(store, admission, source, to);
      const children = await store.children(source, after === null ? null : admission.parse(after), size);
      const records = await store.getMany(children);
      // Whoever was moved by others in the meantime is a child no more, and stays where it is.
      const moves = records.flatMap((record): PatchRegistration[] =>
        record === null || record.parent !== source
          ? []
          : [{ operation: 'patch', handle: record.handle, ifMatch: record.revision, parent: target }],
      );
      const { results } = await identifiers.register(actor, moves, { dryRun, idempotency: null });
      const refused = results.filter((result): result is Refused => !result.ok);
      const next = children.length < size ? null : (children.at(-1) ?? null);
      return { moved: results.length - refused.length, refused, next };
    },
  };
}

type Refused = Extract<RegistrationResult, { ok: false }>;

/** Throws what a write to the handle would be refused with, before anything is looked for. */
async function writable(admission: Admission, actor: Actor, text: string): Promise<Handle> {
  const results: RegistrationResult[] = [];
  const asked = { operation: 'patch', handle: text, ifMatch: null } as const;
  const [item] = await admission.admit(actor.principal, [asked], results);
  if (item !== undefined) return item.target.handle;
  const [refusal] = results;
  throw refusal?.ok === false ? refusal.error : new HandleError('INTERNAL', 'A refusal without a reason.');
}

async function targetOf(store: RegistryStore, admission: Admission, source: Handle, text: string): Promise<Handle> {
  const target = admission.parse(text);
  if (target === source) throw invalid(`${target} is where they are: name another parent, or null for none.`);
  if (prefixOf(target) !== prefixOf(source)) {
    throw invalid(`${target} has another prefix than ${source}: a record inherits within its own prefix.`);
  }
  if ((await store.get(target)) === null) throw invalid(`${target} does not exist: register it first.`);
  return target;
}

function invalid(message: string): HandleError {
  return new HandleError('INVALID_PARENT', message, { at: '/to' });
}
