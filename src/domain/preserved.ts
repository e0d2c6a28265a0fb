// Records as they move from one node to another: every state with its revision and instants. Pure.

import { HandleError } from './error.ts';
import type { RecordDraft } from './handle-record.ts';

/** A state of a record as it was. */
export interface PreservedState {
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Null for a deleted one. */
  readonly draft: RecordDraft | null;
}

/** What an entity of the directory brings along. */
export type PreservedMarks = Omit<PreservedState, 'draft'>;

/** Throws `INVALID_REQUEST` unless the states follow one another as a store would have written them, oldest first. */
export function assertSuccession(states: readonly PreservedState[]): void {
  const first = states[0];
  if (first === undefined) throw broken('it has no state');
  if (first.draft === null) throw broken('its first state is a deletion');
  for (let i = 0; i < states.length; i++) {
    const { revision, createdAt, updatedAt, draft } = states[i] as PreservedState;
    if (revision < 1 || createdAt > updatedAt) throw broken(`revision ${revision} was changed before it was created`);
    const before = states[i - 1];
    if (before === undefined) continue;
    if (revision !== before.revision + 1) throw broken(`revision ${revision} follows revision ${before.revision}`);
    if (updatedAt <= before.updatedAt) throw broken(`revision ${revision} is not later than the one before it`);
    if (draft === null && before.draft === null) throw broken(`revision ${revision} deletes what was deleted`);
  }
}

function broken(what: string): HandleError {
  return new HandleError('INVALID_REQUEST', `The states of this record do not follow one another: ${what}.`);
}
