// What a change makes of a lot: which serials it gains or loses, and how that counts. The same for every store. Pure.

import type { Change, ChangeAction } from '../domain/change.ts';
import { stampValues } from '../domain/handle-value.ts';
import { type Lot, type LotDraft, sizeOf } from '../domain/lot.ts';
import { marksOf } from './change-name.ts';

export type LotChange = Extract<Change, { kind: 'put-lot' }>;

/** The lot as it stands after the change, with revision, instants and stamped values. */
export function lotAfter(change: LotChange, before: Lot | null, nowMs: number): Lot {
  const at = Math.max(nowMs, (before?.updatedAt ?? 0) + 1);
  const revision = (before?.revision ?? 0) + 1;
  const marks = marksOf(change, { revision, createdAt: before?.createdAt ?? at, updatedAt: at });
  return { ...change.lot, values: stampValues(change.lot.values, Math.floor(marks.updatedAt / 1000)), ...marks };
}

export type Serials = Pick<Lot, 'from' | 'to'>;

export interface RangeChange {
  readonly gained: Serials | null;
  readonly lost: Serials | null;
}

export function rangeChangeOf(before: Lot | null, after: LotDraft): RangeChange {
  if (before === null) return { gained: after, lost: null };
  const { to } = before;
  return {
    gained: after.to > to ? { from: to + 1, to: after.to } : null,
    lost: after.to < to ? { from: after.to + 1, to } : null,
  };
}

/** Whether a lot stays what its printed codes say it is. */
export function keepsShape(before: Lot, after: LotDraft): boolean {
  return (
    before.prefix === after.prefix &&
    before.head === after.head &&
    before.width === after.width &&
    before.tagLength === after.tagLength &&
    before.from === after.from &&
    before.sealedSecret === after.sealedSecret
  );
}

export function lotActionOf(before: Lot | null, after: LotDraft): ChangeAction {
  if (before === null) return 'created';
  return after.state === 'revoked' && before.state !== 'revoked' ? 'revoked' : 'updated';
}

/** `rows`: live records among the serials gained or lost, which are counted as records already. */
export interface CountedChange {
  readonly before: Lot | null;
  readonly after: LotDraft;
  readonly rows: number;
  readonly isSplit: boolean;
}

/** By how much the counts of a day rise. A code that is a record is counted as that. */
export function lotCountsOf({ before, after, rows, isSplit }: CountedChange): Partial<Record<ChangeAction, number>> {
  if (isSplit) return { updated: 1 };
  const { gained, lost } = rangeChangeOf(before, after);
  if (gained !== null) return { created: sizeOf(gained) - rows };
  if (lost !== null) return { deleted: sizeOf(lost) - rows };
  return lotActionOf(before, after) === 'revoked' ? { revoked: sizeOf(after) } : { updated: 1 };
}
