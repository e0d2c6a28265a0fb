// Lots of the memory store: looked at one by one, which a store in memory may.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import type { ChangeOutcome } from '../domain/change.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import { isWithinSpan, type Lot, type LotId, type LotTags, spanOf } from '../domain/lot.ts';
import type { Prefix } from '../domain/prefix.ts';
import { revisionConflict } from './commit-outcomes.ts';
import { type LotChange, lotActionOf, lotAfter, lotCountsOf } from './lot-changes.ts';
import { judgeLot, type LotNeighbours } from './lot-judging.ts';
import { type LotPlace, placeIn } from './lot-places.ts';
import { pageOf } from './memory-directory.ts';
import type { MemoryStep } from './memory-records.ts';

export class MemoryLots {
  readonly tags: LotTags;
  readonly #lots = new Map<LotId, Lot>();
  readonly #versions = new Map<LotId, Map<number, Lot>>();

  constructor(tags: LotTags) {
    this.tags = tags;
  }

  get(id: LotId): Lot | null {
    return this.#lots.get(id) ?? null;
  }

  find(handle: Handle): Lot | null {
    const [prefix, suffix] = [prefixOf(handle), bytesFromText(suffixOf(handle))];
    for (const lot of this.#lots.values()) {
      const span = spanOf(lot);
      if (lot.prefix === prefix && span.length === suffix.length && isWithinSpan(span, suffix)) return lot;
    }
    return null;
  }

  placeOf(handle: Handle): LotPlace | null {
    const lot = this.find(handle);
    return lot === null ? null : placeIn(lot, suffixOf(handle), this.tags);
  }

  hasChild(parent: Handle): boolean {
    return [...this.#lots.values()].some((lot) => lot.parent === parent);
  }

  list(prefix: Prefix | null, after: LotId | null, limit: number): readonly Lot[] {
    const lots = [...this.#lots].filter(([, lot]) => prefix === null || lot.prefix === prefix);
    return pageOf(new Map<string, Lot>(lots), after, limit);
  }

  versions(id: LotId, after: number, limit: number): readonly Lot[] {
    const versions = [...(this.#versions.get(id)?.values() ?? [])].filter(({ revision }) => revision > after);
    return versions.sort((a, b) => a.revision - b.revision).slice(0, Math.max(0, limit));
  }

  apply(change: LotChange, nowMs: number, neighbours: Omit<LotNeighbours, 'overlapOf'>): MemoryStep {
    const { id, prefix } = change.lot;
    const before = this.get(id);
    const current = before?.revision ?? 0;
    if (current !== change.expectedRevision) return refused(revisionConflict(id, change.expectedRevision, current));
    const lot = lotAfter(change, before, nowMs);
    const rows = judgeLot(change, before, lot, {
      overlapOf: () => lastOf([...this.#lots.values()].filter((each) => meets(each, lot))),
      objectionTo: (...question) => neighbours.objectionTo(...question),
      rowsWithin: (...question) => neighbours.rowsWithin(...question),
    });
    if (typeof rows !== 'number') return refused(rows);
    const versions = this.#versions.get(id) ?? new Map<number, Lot>();
    this.#versions.set(id, versions);
    for (const version of [...(change.earlier ?? []), lot]) versions.set(version.revision, version);
    this.#lots.set(id, lot);
    return {
      outcome: { ok: true, revision: lot.revision, at: lot.updatedAt },
      action: lotActionOf(before, lot),
      visible: [{ subject: 'lot', id, prefix }],
      counted: {
        counts: lotCountsOf({ before, after: lot, rows, isSplit: change.isSplit === true }),
        at: change.preserved === undefined ? null : before === null ? lot.createdAt : lot.updatedAt,
      },
      undo: () => {
        for (const revision of versions.keys()) if (revision > current) versions.delete(revision);
        if (before === null) this.#lots.delete(id);
        else this.#lots.set(id, before);
      },
    };
  }
}

function meets(other: Lot, lot: Lot): boolean {
  const [a, b] = [spanOf(other), spanOf(lot)];
  const begins = (start: ByteString, last: ByteString): boolean => start.slice(0, last.length) <= last;
  const isBeside = other.id === lot.id || other.prefix !== lot.prefix || a.length !== b.length;
  return !isBeside && begins(a.start, b.last) && begins(b.start, a.last);
}

function refused(outcome: ChangeOutcome): MemoryStep {
  return { outcome, action: 'updated', visible: [], undo() {} };
}

/** The one that begins last. */
function lastOf(lots: readonly Lot[]): Lot | null {
  return lots.toSorted((a, b) => (spanOf(a).start < spanOf(b).start ? -1 : 1)).at(-1) ?? null;
}
