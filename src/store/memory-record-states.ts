// States of records in the memory store, made of what a writer says: with revision, instants and stamped values. Pure.

import type { VisibleChange } from '../domain/change.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord, RecordDraft } from '../domain/handle-record.ts';
import { stampValues } from '../domain/handle-value.ts';
import type { PreservedState } from '../domain/preserved.ts';
import type { HistoryEntry, RecordState } from './registry-store.ts';

/** What is known of a handle that was ever registered. */
export interface Entry {
  /** Null while it is deleted. */
  readonly record: HandleRecord | null;
  readonly revision: number;
  readonly updatedAt: number;
  /** Indexes of values that can be searched. */
  readonly searchable: readonly number[];
  /** Earlier states, oldest first. */
  readonly history: readonly HistoryEntry[];
}

export function stateOf(handle: Handle, { record, revision, updatedAt }: Entry): RecordState {
  return { handle, revision, updatedAt, record };
}

export function preservedRecord(
  handle: Handle,
  { revision, createdAt, updatedAt, draft }: PreservedState,
): HandleRecord | null {
  return draft === null ? null : { ...recordOf(handle, draft, { revision, updatedAt, before: null }), createdAt };
}

export function recordOf(
  handle: Handle,
  draft: RecordDraft,
  stored: { revision: number; updatedAt: number; before: HandleRecord | null },
): HandleRecord {
  const { revision, updatedAt, before } = stored;
  const second = Math.floor(updatedAt / 1000);
  const values = stampValues(draft.values, second);
  const { status, parent, template, reason } = draft;
  const recall = draft.recall && { ...draft.recall, timestamp: draft.recall.timestamp || second };
  const createdAt = before?.createdAt ?? updatedAt;
  return { handle, status, parent, template, reason, recall, values, revision, createdAt, updatedAt };
}

export function visibleOf(
  handle: Handle,
  before: HandleRecord | null,
  after: HandleRecord | null,
  isOfLot: boolean,
): VisibleChange {
  const appeared = after !== null && (before === null || before.status === 'reserved');
  return { subject: 'record', handle, appeared, replaced: before !== null || isOfLot };
}
