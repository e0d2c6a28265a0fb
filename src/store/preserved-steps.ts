// What the states of a record from another node mean to the change log and the counts: the same for every store. Pure.

import {
  actionBetween,
  type Change,
  type ChangeAction,
  type ChangeOutcome,
  type RecordStage,
  stageOf,
  type VisibleChange,
} from '../domain/change.ts';
import type { PreservedState } from '../domain/preserved.ts';
import { alreadyExists, revisionConflict } from './commit-outcomes.ts';

export type PreserveChange = Extract<Change, { kind: 'preserve-record' }>;

export interface PreserveStep {
  readonly outcome: ChangeOutcome;
  /** What the log has to say, a state each. */
  readonly steps: readonly { readonly action: ChangeAction; readonly revision: number }[];
  readonly visible: readonly VisibleChange[];
}

/** Null if the states may be put where this revision (0: none) is the newest. */
export function objectionToStates({ handle, after = 0 }: PreserveChange, newest: number): ChangeOutcome | null {
  if (newest === after) return null;
  return after === 0 ? alreadyExists(handle, newest) : revisionConflict(handle, after, newest);
}

export function refusedToPreserve(outcome: ChangeOutcome): PreserveStep {
  return { outcome, steps: [], visible: [] };
}

/** The first state that came along counts as a creation, whatever its revision, unless they go on from what stands. */
export function stepsOf(states: readonly PreservedState[], standing: RecordStage | null): PreserveStep['steps'] {
  let before = standing;
  return states.map(({ revision, draft }) => {
    const after = stageOf(draft);
    const action = actionBetween(before, after);
    before = after;
    return { action, revision };
  });
}
