// Whether a put or a deletion of a record may be: the same for every store. It reads nothing itself.

import type { ChangeOutcome } from '../domain/change.ts';
import { judgeQuota } from '../domain/enterprise.ts';
import type { Saying } from '../domain/error.ts';
import { type Handle, prefixOf } from '../domain/handle.ts';
import { invalidParent, lotRefused, nothingToDelete, quotaUsedUp, revisionConflict } from './commit-outcomes.ts';
import { isCode, type LotPlace, objectionToPlace } from './lot-places.ts';
import type { RecordChange } from './record-steps.ts';

/** What there is under the handle, as the transaction sees it. */
export interface RecordStanding {
  /** The revision of the live record; 0 without one. */
  readonly current: number;
  /** Whether it has this parent. */
  hasParent(parent: Handle): boolean;
  /** Null if the parent may be that of this record. */
  objectionTo(parent: Handle): Saying | null;
  /** Asked only of what comes or goes: nothing else matters to a lot. */
  place(): LotPlace | null;
  /** Identifiers that live under its prefix. */
  live(): number;
}

/** Where the record lies, or why the change cannot be. */
export function judgeRecord(
  change: RecordChange,
  standing: RecordStanding,
): { readonly place: LotPlace | null; readonly refusal: ChangeOutcome | null } {
  const refuse = (refusal: ChangeOutcome) => ({ place: null, refusal });
  const { current } = standing;
  const { handle, expectedRevision } = change;
  if (current !== expectedRevision) return refuse(revisionConflict(handle, expectedRevision, current));
  if (change.kind === 'delete-record' && current === 0) return refuse(nothingToDelete(handle));
  const named = change.kind === 'put-record' ? change.draft.parent : null;
  if (named !== null && (current === 0 || !standing.hasParent(named))) {
    const objection = standing.objectionTo(named);
    if (objection !== null) return refuse(invalidParent(objection, current));
  }
  const lies = current === 0 || change.kind === 'delete-record' ? standing.place() : null;
  const misplaced = objectionToPlace(handle, lies);
  if (misplaced !== null && (current === 0 || misplaced.code === 'LOT_KEY_MISSING')) {
    return refuse(lotRefused(misplaced.code, misplaced.said, current));
  }
  const quota = change.kind === 'put-record' && current === 0 && !isCode(lies) ? change.quota : undefined;
  const beyond = quota === undefined ? null : judgeQuota(prefixOf(handle), { live: standing.live(), quota, more: 1 });
  return beyond === null ? { place: lies, refusal: null } : refuse(quotaUsedUp(beyond, current));
}
