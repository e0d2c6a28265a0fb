// Lots within one transaction of PostgreSQL: compare-and-swap, that no two take the same room, and what of a prefix is a
// code of one of them. It reads what was loaded, and writes nothing itself.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import type { ChangeOutcome } from '../domain/change.ts';
import { judgeQuota } from '../domain/enterprise.ts';
import type { Saying } from '../domain/error.ts';
import { type Handle, suffixOf } from '../domain/handle.ts';
import { isWithinSpan, type Lot, type LotId, type LotTags, spanOf } from '../domain/lot.ts';
import { quotaUsedUp, revisionConflict } from './commit-outcomes.ts';
import { type LotChange, lotActionOf, lotAfter, lotCountsOf } from './lot-changes.ts';
import { judgeLot, type LotNeighbours } from './lot-judging.ts';
import { type LotPlace, placeIn } from './lot-places.ts';
import { type FloorQuestion, floorOf, type WorkingSet } from './postgres-working-set.ts';
import type { StagedCounts } from './staged-counts.ts';
import type { DirectoryStep } from './staged-directory.ts';
import { StagedList, StagedMap, type UndoLog } from './undo-log.ts';

export interface LotStaging {
  readonly set: WorkingSet;
  readonly undo: UndoLog;
  readonly counts: StagedCounts;
  readonly tags: LotTags;
}

export class StagedLots {
  readonly #with: LotStaging;
  readonly #lots: StagedMap<LotId, Lot>;
  readonly #versions: StagedList<Lot>;

  constructor(staging: LotStaging) {
    this.#with = staging;
    this.#lots = new StagedMap(staging.undo);
    this.#versions = new StagedList(staging.undo);
  }

  /** Lots in their new state. */
  entries(): IterableIterator<[LotId, Lot]> {
    return this.#lots.entries();
  }

  get versions(): readonly Lot[] {
    return this.#versions.items;
  }

  revisionOf(change: LotChange): number {
    return this.#find(change.lot.id)?.revision ?? 0;
  }

  /** What a handle is to the lots of its prefix; null if it lies in the room of none. */
  placeOf(handle: Handle): LotPlace | null {
    const question = floorOf(handle);
    const lot = this.#lastFrom(question);
    if (lot === null || !isWithinSpan(spanOf(lot), question.text)) return null;
    return placeIn(lot, suffixOf(handle), this.#with.tags);
  }

  /** Whether a lot has this record as its parent. */
  hasChild(parent: Handle): boolean {
    const staged = new Set<LotId>();
    for (const [id, lot] of this.#lots.entries()) {
      if (lot.parent === parent) return true;
      staged.add(id);
    }
    return this.#with.set.lotsUnderParent(parent, 1 + staged.size).some((id) => !staged.has(id));
  }

  put(change: LotChange, nowMs: number, neighbours: Omit<LotNeighbours, 'overlapOf'>): DirectoryStep {
    const { id, prefix } = change.lot;
    const before = this.#find(id);
    const current = before?.revision ?? 0;
    if (current !== change.expectedRevision) return refused(revisionConflict(id, change.expectedRevision, current));
    const lot = lotAfter(change, before, nowMs);
    const rows = judgeLot(change, before, lot, { ...neighbours, overlapOf: (each) => this.#overlapOf(each) });
    if (typeof rows !== 'number') return refused(rows);
    const counted = lotCountsOf({ before, after: lot, rows, isSplit: change.isSplit === true });
    const beyond = this.#objectionToMore(change, counted.created ?? 0);
    if (beyond !== null) return refused(quotaUsedUp(beyond, current));
    this.#lots.set(id, lot);
    for (const version of [...(change.earlier ?? []), lot]) this.#versions.push(version);
    const preservedAt = before === null ? lot.createdAt : lot.updatedAt;
    const at = change.preserved === undefined ? undefined : preservedAt;
    this.#with.counts.add(prefix as string as ByteString, counted, at);
    return {
      outcome: { ok: true, revision: lot.revision, at: lot.updatedAt },
      action: lotActionOf(before, lot),
      visible: [{ subject: 'lot', id, prefix }],
    };
  }

  #objectionToMore({ lot: { prefix }, quota }: LotChange, more: number): Saying | null {
    if (quota === undefined || more <= 0) return null;
    return judgeQuota(prefix, { live: this.#with.counts.liveOf(prefix as string as ByteString), quota, more });
  }

  /** Another lot whose room meets this one's: rooms in the table do not meet, so only the last to begin can. */
  #overlapOf(lot: Lot): Lot | null {
    const span = spanOf(lot);
    // No byte of UTF-8 is as high as the one added, so this is behind everything that begins within the room.
    const text = `${span.last}\xff` as ByteString;
    const other = this.#lastFrom({ prefix: lot.prefix, length: span.length, text });
    if (other === null || other.id === lot.id) return null;
    const { last } = spanOf(other);
    return span.start.slice(0, last.length) <= last ? other : null;
  }

  /** The last lot of codes of this length that begins at or before a text. */
  #lastFrom(question: FloorQuestion): Lot | null {
    const stored = this.#with.set.floor(question);
    let found = stored === null ? null : this.#find(stored.id);
    for (const [, lot] of this.#lots.entries()) {
      const { length, start } = spanOf(lot);
      if (lot.prefix !== question.prefix || length !== question.length || start > question.text) continue;
      if (found === null || start > spanOf(found).start) found = lot;
    }
    return found;
  }

  #find(id: LotId): Lot | null {
    return this.#lots.get(id) ?? this.#with.set.lot(id);
  }
}

/** Where a lot's row says that its codes begin. */
export function roomOf(lot: Lot): {
  readonly length: number;
  readonly start: ByteString;
  readonly parent: ByteString | null;
} {
  const { length, start } = spanOf(lot);
  return { length, start, parent: lot.parent === null ? null : bytesFromText(suffixOf(lot.parent)) };
}

function refused(outcome: ChangeOutcome): DirectoryStep {
  return { outcome, action: 'updated', visible: [] };
}
