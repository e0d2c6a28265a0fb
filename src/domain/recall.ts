// A recall: a record says that something is wrong with what it stands for, and everything below it says so too. It stays
// found, with one reserved public value that holds the notice. Pure.

import { bytesFromText, textFromBytes } from './bytes.ts';
import type { Handle } from './handle.ts';
import { type HandleValue, makeValue } from './handle-value.ts';

export interface Recall {
  /** Why, for those who keep the records; shown to keys only. */
  readonly reason: string;
  /** What people who hold the product read. */
  readonly notice: string;
  /** Epoch seconds since when; `AT_COMMIT` in a draft. */
  readonly timestamp: number;
}

/** A recall and the record that says it: the one that was asked for, or one above it. */
export interface Recalled extends Recall {
  readonly by: Handle;
}

/** Index and type of the value that carries notices: below those of product attributes, and nobody may write it. */
export const RECALL_INDEX = 1002;

/** How long others may keep an answer with a notice: a lifted recall is to be seen soon. */
const RECALL_TTL_SECONDS = 300;

const NOTICE_TYPE = bytesFromText('RECALL');

/** The reserved value for these recalls, nearest first: every notice a line, since a second recall must not hide the first. */
function recallValue(recalls: readonly Recalled[]): HandleValue {
  const notices = new Set(recalls.map(({ notice }) => notice));
  return makeValue({
    index: RECALL_INDEX,
    type: NOTICE_TYPE,
    data: bytesFromText([...notices].join('\n')),
    ttl: RECALL_TTL_SECONDS,
    timestamp: Math.max(...recalls.map(({ timestamp }) => timestamp)),
  });
}

/** Values with the notice in its place by index; what stood under that index gives way. As they are without a recall. */
export function withNotice(values: readonly HandleValue[], recalls: readonly Recalled[]): readonly HandleValue[] {
  if (recalls.length === 0) return values;
  const others = values.filter(({ index }) => index !== RECALL_INDEX);
  const place = others.findIndex(({ index }) => index > RECALL_INDEX);
  return others.toSpliced(place < 0 ? others.length : place, 0, recallValue(recalls));
}

/** A record's own recall before those above it. */
export function recallsOf(
  record: { readonly handle: Handle; readonly recall: Recall | null },
  above: readonly Recalled[],
): readonly Recalled[] {
  return record.recall === null ? above : [{ ...record.recall, by: record.handle }, ...above];
}

/** What another node's answer says of recalls: its notice is the value that it would be here. */
export function recallsIn(handle: Handle, values: readonly HandleValue[]): readonly Recalled[] {
  const notice = values.find(({ index, type }) => index === RECALL_INDEX && type === NOTICE_TYPE);
  if (notice === undefined) return [];
  return [{ by: handle, reason: '', notice: textFromBytes(notice.data), timestamp: notice.timestamp }];
}

/** Whether two recalls say the same; since when does not count. */
export function sameRecall(a: Recall | null, b: Recall | null): boolean {
  return a === b || (a !== null && b !== null && a.reason === b.reason && a.notice === b.notice);
}
