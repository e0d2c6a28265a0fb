// What the states of a record from another node mean to the change log and the counts: the same for every store. Pure.

import type { ChangeAction, ChangeOutcome, VisibleChange } from '../domain/change.ts';
import type { RecordStatus } from '../domain/handle-record.ts';
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
  let before: RecordStatus | null = null;
  return states.map(({ revision, draft }) => {
    const after = draft?.status ?? null;
    const action = actionBetween(before, after);
    before = after;
    return { action, revision };
  });
}

function actionBetween(before: RecordStatus | null, after: RecordStatus | null): ChangeAction {
  if (after === null) return 'deleted';
  if (before === null) return 'created';
  return after === 'revoked' && before !== 'revoked' ? 'revoked' : 'updated';
}
