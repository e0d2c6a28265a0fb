// Records: what is registered under a handle, and what a draft of one may say.

import type { Handle } from './handle.ts';
import { type HandleValue, sameValue } from './handle-value.ts';
import { type Recall, sameRecall } from './recall.ts';

/**
 * `reserved` is not found except to its enterprise and operators; `revoked` keeps its record and answers as a
 * tombstone. A deleted record is absent; its revision number goes on counting if it is created again.
 */
export type RecordStatus = 'reserved' | 'active' | 'revoked';

/** What a writer says of a record; the store adds revision and instants. */
export interface RecordDraft {
  readonly status: RecordStatus;
  /** The record whose values this one inherits, within the same prefix. */
  readonly parent: Handle | null;
  readonly template: Handle | null;
  /** Why it is revoked; null unless revoked. */
  readonly reason: string | null;
  /** What is wrong with what it stands for; null unless it is recalled. */
  readonly recall: Recall | null;
  /** Own values in the order they were given, indexes unique. */
  readonly values: readonly HandleValue[];
}

export interface HandleRecord extends RecordDraft {
  readonly handle: Handle;
  /** 1 for the first; rises by one with every change, over deletion too. */
  readonly revision: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds, strictly rising with the revision even if the clock steps back. */
  readonly updatedAt: number;
}

/** Whether a draft would change nothing: then a repeated registration keeps revision and instants. */
export function saysTheSame(record: RecordDraft, draft: RecordDraft): boolean {
  return (
    record.status === draft.status &&
    record.parent === draft.parent &&
    record.template === draft.template &&
    record.reason === draft.reason &&
    sameRecall(record.recall, draft.recall) &&
    record.values.length === draft.values.length &&
    record.values.every((value, i) => {
      const other = draft.values[i];
      return other !== undefined && sameValue(value, other);
    })
  );
}

/** Unchanged values keep their timestamp, others get the commit's: what RFC 3651 §3.1 means by "last modified". */
export function keepTimestamps(before: readonly HandleValue[], after: readonly HandleValue[]): readonly HandleValue[] {
  if (before.length === 0) return after;
  const known = new Map(before.map((value) => [value.index, value]));
  return after.map((value) => {
    const old = known.get(value.index);
    return old !== undefined && sameValue(old, value) ? old : value;
  });
}
