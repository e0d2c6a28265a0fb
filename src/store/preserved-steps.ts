// What the states of a record from another node mean to the change log and the counts: the same for every store. Pure.

import {
  actionBetween,
  type ChangeAction,
  type ChangeOutcome,
  type RecordStage,
  stageOf,
  type VisibleChange,
} from '../domain/change.ts';
import type { PreservedState } from '../domain/preserved.ts';

export interface PreserveStep {
  readonly outcome: ChangeOutcome;
  /** What the log has to say, a state each. */
  readonly steps: readonly { readonly action: ChangeAction; readonly revision: number }[];
  readonly visible: readonly VisibleChange[];
}

export function refusedToPreserve(outcome: ChangeOutcome): PreserveStep {
  return { outcome, steps: [], visible: [] };
}

/** The first state that came along counts as a creation, whatever its revision. */
export function stepsOf(states: readonly PreservedState[]): PreserveStep['steps'] {
  let before: RecordStage | null = null;
  return states.map(({ revision, draft }) => {
    const after = stageOf(draft);
    const action = actionBetween(before, after);
    before = after;
    return { action, revision };
  });
}
