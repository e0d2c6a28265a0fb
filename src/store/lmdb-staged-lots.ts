// Lots within one write transaction: compare-and-swap, that no two take the same room, and what of a prefix is a code of
// one of them.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import type { ChangeOutcome } from '../domain/change.ts';
import { judgeQuota } from '../domain/enterprise.ts';
import type { Handle } from '../domain/handle.ts';
import { isWithinSpan, type Lot, type LotTags, spanOf } from '../domain/lot.ts';
import { quotaUsedUp, revisionConflict } from './commit-outcomes.ts';
import { decodeEntity, encodeEntity } from './directory-json.ts';
import { afterAll, versionKey } from './lmdb-keys.ts';
import { rangeKey, roomsKey } from './lmdb-lot-reading.ts';
import type { LmdbNameGiver } from './lmdb-names.ts';
import type { LmdbTables } from './lmdb-tables.ts';
import { type LotChange, lotActionOf, lotAfter, lotCountsOf } from './lot-changes.ts';
import { judgeLot, type LotNeighbours } from './lot-judging.ts';
import { type LotPlace, placeIn } from './lot-places.ts';
import type { StagedCounts } from './staged-counts.ts';
import type { DirectoryStep } from './staged-directory.ts';
import { StagedMap, type UndoLog } from './undo-log.ts';

export interface LotStaging {
  readonly tables: LmdbTables;
  readonly names: LmdbNameGiver;
  readonly undo: UndoLog;
  readonly counts: StagedCounts;
  readonly tags: LotTags;
  readonly lotPrefixes: LotPrefixes;
}

/**
 * By the key of a prefix, whether the table has a lot of it. The one committer keeps it, since a search of the table
 * costs as much as the rest of a record; it forgets it when a transaction fails.
 */
export type LotPrefixes = Map<ByteString, boolean>;

/** Prefixes remembered before starting over: as many as enterprises, a hundred bytes each. */
const MAX_LOT_PREFIXES = 65_536;

const MARK = '\x00' as ByteString;

export class StagedLots {
  readonly #with: LotStaging;
  readonly #lots: StagedMap<ByteString, Lot>;
  readonly #versions: StagedMap<ByteString, Lot>;
  /** Rooms that come: they never go. */
  readonly #ranges: StagedMap<ByteString, ByteString>;
  /** True for a lot that comes under a parent, false for one that goes. */
  readonly #parents: StagedMap<ByteString, boolean>;

  constructor(staging: LotStaging) {
    this.#with = staging;
    this.#lots = new StagedMap(staging.undo);
    this.#versions = new StagedMap(staging.undo);
    this.#ranges = new StagedMap(staging.undo);
    this.#parents = new StagedMap(staging.undo);
  }

  revisionOf(change: LotChange): number {
    return this.#find(bytesFromText(change.lot.id))?.revision ?? 0;
  }

  /** What the key of a record is to the lots of its prefix; null if it lies in the room of none. */
  placeOf(recordKey: ByteString): LotPlace | null {
    const prefixKey = recordKey.slice(0, 4) as ByteString;
    if (!this.hasAny(prefixKey)) return null;
    const suffix = recordKey.slice(4) as ByteString;
    const rooms = roomsKey(prefixKey, suffix.length);
    const lot = this.#lastFrom((rooms + suffix) as ByteString, rooms);
    if (lot === null || !isWithinSpan(spanOf(lot), suffix)) return null;
    return placeIn(lot, textFromBytes(suffix), this.#with.tags);
  }

  /** Whether a lot has the record of this key as its parent. */
  hasChild(recordKey: ByteString): boolean {
    const start = `${recordKey}\x00` as ByteString;
    for (const [key, comes] of this.#parents.entries()) if (comes && key.startsWith(start)) return true;
    for (const { key } of this.#with.tables.lotParents.scan({ start, end: afterAll(start) })) {
      if (this.#parents.get(key) !== false) return true;
    }
    return false;
  }

  put(change: LotChange, nowMs: number, neighbours: Omit<LotNeighbours, 'overlapOf'>): DirectoryStep {
    const { id, prefix } = change.lot;
    const key = bytesFromText(id);
    const before = this.#find(key);
    const current = before?.revision ?? 0;
    if (current !== change.expectedRevision) return refused(revisionConflict(id, change.expectedRevision, current));
    const lot = lotAfter(change, before, nowMs);
    const rows = judgeLot(change, before, lot, { ...neighbours, overlapOf: (each) => this.#overlapOf(each) });
    if (typeof rows !== 'number') return refused(rows);
    const counted = lotCountsOf({ before, after: lot, rows, isSplit: change.isSplit === true });
    const prefixKey = this.#prefixKeyOf(lot);
    const more = counted.created ?? 0;
    if (change.quota !== undefined && more > 0) {
      const use = { live: this.#with.counts.liveOf(prefixKey), quota: change.quota, more };
      const objection = judgeQuota(prefix, use);
      if (objection !== null) return refused(quotaUsedUp(objection, current));
    }
    this.#stage(change, key, before, lot);
    this.#with.counts.add(
      prefixKey,
      counted,
      change.preserved === undefined ? undefined : before === null ? lot.createdAt : lot.updatedAt,
    );
    return {
      outcome: { ok: true, revision: lot.revision, at: lot.updatedAt },
      action: lotActionOf(before, lot),
      visible: [{ subject: 'lot', id, prefix }],
    };
  }

  flush(): void {
    const { lots, lotVersions, lotRanges, lotParents } = this.#with.tables;
    for (const [key, version] of this.#versions.entries()) {
      lotVersions.put(key, encodeEntity(version));
      const id = bytesFromText(version.id);
      const newest = this.#lots.get(id);
      if (newest !== undefined) lots.put(id, encodeEntity(newest));
    }
    for (const [key, id] of this.#ranges.entries()) {
      lotRanges.put(key, id);
      this.#with.lotPrefixes.set(key.slice(0, 4) as ByteString, true);
    }
    for (const [key, comes] of this.#parents.entries()) {
      if (comes) lotParents.put(key, MARK);
      else lotParents.remove(key);
    }
  }

  #stage(change: LotChange, key: ByteString, before: Lot | null, lot: Lot): void {
    this.#lots.set(key, lot);
    for (const version of [...(change.earlier ?? []), lot])
      this.#versions.set(versionKey(key, version.revision), version);
    if (before === null) this.#ranges.set(rangeKey(this.#prefixKeyOf(lot), spanOf(lot)), key);
    if (before?.parent === lot.parent) return;
    if (before !== null && before.parent !== null) this.#parents.set(this.#parentKey(before.parent, key), false);
    if (lot.parent !== null) this.#parents.set(this.#parentKey(lot.parent, key), true);
  }

  /** Another lot whose room meets this one's: rooms in the table do not meet, so only the last to begin can. */
  #overlapOf(lot: Lot): Lot | null {
    const span = spanOf(lot);
    const rooms = roomsKey(this.#prefixKeyOf(lot), span.length);
    // No byte of UTF-8 is as high as the one added, so this is behind everything that begins within the room.
    const other = this.#lastFrom(`${rooms}${span.last}\xff` as ByteString, rooms);
    if (other === null || other.id === lot.id) return null;
    const { last } = spanOf(other);
    return span.start.slice(0, last.length) <= last ? other : null;
  }

  /** The last lot of these rooms that begins at or before `key`. */
  #lastFrom(key: ByteString, rooms: ByteString): Lot | null {
    const stored = this.#with.tables.lotRanges.first({ start: key, end: rooms, reverse: true });
    let [at, id] = stored === null ? [rooms, null] : [stored.key, stored.value];
    for (const [range, staged] of this.#ranges.entries()) if (range > at && range <= key) [at, id] = [range, staged];
    return id === null ? null : this.#find(id);
  }

  /** Whether there is a lot of this prefix. */
  hasAny(prefixKey: ByteString): boolean {
    const { lotPrefixes, tables } = this.#with;
    let known = lotPrefixes.get(prefixKey);
    if (known === undefined) {
      const { lotRanges } = tables;
      known = lotRanges.first({ start: prefixKey, end: afterAll(prefixKey) }) !== null;
      if (lotPrefixes.size >= MAX_LOT_PREFIXES) lotPrefixes.clear();
      lotPrefixes.set(prefixKey, known);
    }
    if (known) return true;
    for (const range of this.#ranges.keys()) if (range.startsWith(prefixKey)) return true;
    return false;
  }

  #find(key: ByteString): Lot | null {
    const staged = this.#lots.get(key);
    if (staged !== undefined) return staged;
    const bytes = this.#with.tables.lots.get(key);
    if (bytes === null) return null;
    const lot = decodeEntity<Lot>(bytes);
    this.#lots.set(key, lot);
    return lot;
  }

  #prefixKeyOf({ prefix }: Lot): ByteString {
    return this.#with.names.recordKey(`${prefix}/` as Handle);
  }

  #parentKey(parent: Handle, id: ByteString): ByteString {
    return `${this.#with.names.recordKey(parent)}\x00${id}` as ByteString;
  }
}

function refused(outcome: ChangeOutcome): DirectoryStep {
  return { outcome, action: 'updated', visible: [] };
}
