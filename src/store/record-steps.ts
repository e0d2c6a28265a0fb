// What one change makes of a stored record: its next head and body, and what is told of the step. Pure.

import {
  actionBetween,
  type Change,
  type ChangeAction,
  type ChangeOutcome,
  type RecordStage,
  type VisibleChange,
} from '../domain/change.ts';
import type { Handle } from '../domain/handle.ts';
import { NO_BODY, type RecordBody, type RecordHead } from './record-codec.ts';

export type RecordChange = Extract<Change, { kind: 'put-record' | 'delete-record' }>;

export interface RecordStep {
  readonly outcome: ChangeOutcome;
  readonly action: ChangeAction;
  readonly visible: readonly VisibleChange[];
}

export function bodyOf(change: RecordChange): RecordBody {
  if (change.kind === 'delete-record') return NO_BODY;
  const { draft, searchable } = change;
  return searchable === undefined ? draft : { ...draft, searchable };
}

export function liveRevision(head: RecordHead): number {
  return head.status === 'deleted' ? 0 : head.revision;
}

export function headAfter(before: RecordHead, change: RecordChange, parentNode: number, nowMs: number): RecordHead {
  const updatedAt = Math.max(nowMs, before.updatedAt + 1);
  return {
    status: change.kind === 'put-record' ? change.draft.status : 'deleted',
    revision: before.revision + 1,
    createdAt: before.status === 'deleted' ? updatedAt : before.createdAt,
    updatedAt,
    parentNode,
    node: before.node,
    isRecalled: change.kind === 'put-record' && change.draft.recall !== null,
    isSearchable: change.kind === 'put-record' && change.searchable !== undefined && change.searchable.length > 0,
  };
}

/** What becomes a record of its own was answered by its lot before, and is again when the record goes. */
export function stepOf(handle: Handle, before: RecordHead, after: RecordHead, isOfLot: boolean): RecordStep {
  const wasLive = before.status !== 'deleted';
  const appeared = after.status !== 'deleted' && (!wasLive || before.status === 'reserved');
  return {
    outcome: { ok: true, revision: after.revision, at: after.updatedAt },
    action: actionBetween(stageOfHead(before), stageOfHead(after)),
    visible: [{ subject: 'record', handle, appeared, replaced: wasLive || isOfLot }],
  };
}

export function stageOfHead({ status, isRecalled }: RecordHead): RecordStage | null {
  return status === 'deleted' ? null : { status, isRecalled };
}

export function refused(outcome: ChangeOutcome): RecordStep {
  return { outcome, action: 'updated', visible: [] };
}
