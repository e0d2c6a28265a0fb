// Records within one transaction of PostgreSQL: compare-and-swap, revisions, history and who is a parent. It reads what was
// loaded, and writes nothing itself.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import type { Saying } from '../domain/error.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import { isSerial, type Lot, type LotTags, readCode, spanOf } from '../domain/lot.ts';
import { MAX_ROWS_JOINED } from '../domain/lot-limits.ts';
import type { PreservedState } from '../domain/preserved.ts';
import { invalidParent } from './commit-outcomes.ts';
import { hopeful, judgeParent, type Lineage } from './lineage.ts';
import type { Serials } from './lot-changes.ts';
import { isCode, parentInLot, parentWithin, tooManyRows } from './lot-places.ts';
import { PackedWriter } from './packed-bytes.ts';
import type { PostgresNames } from './postgres-names.ts';
import type { StagedLots } from './postgres-staged-lots.ts';
import type { StagedSearch } from './postgres-staged-search.ts';
import type { LoadedRecord, WorkingSet } from './postgres-working-set.ts';
import {
  objectionToStates,
  type PreserveChange,
  type PreserveStep,
  refusedToPreserve,
  stepsOf,
} from './preserved-steps.ts';
import { decodeRecord, encodeRecord, NO_BODY, type RecordBody, type RecordHead } from './record-codec.ts';
import { judgeRecord } from './record-judging.ts';
import {
  bodyOf,
  headAfter,
  liveRevision,
  type RecordChange,
  type RecordStep,
  refused,
  stageOfHead,
  stepOf,
} from './record-steps.ts';
import type { StagedCounts } from './staged-counts.ts';
import { StagedList, StagedMap, type UndoLog } from './undo-log.ts';

/** What was replaced, when, and by which row of the log. */
export interface Replaced {
  readonly handle: Handle;
  readonly record: LoadedRecord;
  readonly replacedAt: number;
  readonly row: number;
}

export interface RecordStaging {
  readonly set: WorkingSet;
  readonly names: PostgresNames;
  readonly undo: UndoLog;
  readonly counts: StagedCounts;
  readonly lots: StagedLots;
  readonly search: StagedSearch;
  readonly tags: LotTags;
}

const NEVER: LoadedRecord = {
  head: {
    status: 'deleted',
    revision: 0,
    createdAt: 0,
    updatedAt: 0,
    parentNode: 0,
    node: 0,
    isRecalled: false,
    isSearchable: false,
  },
  bytes: '' as ByteString,
  parent: null,
};

/** In the head of a record: it has a parent (its row says which), or is one. */
const YES = 1;

/** Kept for all transactions: a new one would be 4 KiB for each. */
const out = new PackedWriter();

export class StagedRecords {
  readonly #with: RecordStaging;
  readonly #records: StagedMap<Handle, LoadedRecord>;
  readonly #replaced: StagedList<Replaced>;
  readonly #lineage: Lineage = {
    parentOf: (handle) => {
      const { head, parent } = this.#find(handle);
      return head.status === 'deleted' ? undefined : parent;
    },
    childrenOf: (handle, limit) => this.#childrenOf(handle, limit),
    hasLots: (handle) => this.#with.lots.hasChild(handle),
  };
  /** For records whose relatives may come later. */
  readonly #hopefulLineage = hopeful(this.#lineage);

  constructor(staging: RecordStaging) {
    this.#with = staging;
    this.#records = new StagedMap(staging.undo);
    this.#replaced = new StagedList(staging.undo);
  }

  /** Records in their new state. */
  entries(): IterableIterator<[Handle, LoadedRecord]> {
    return this.#records.entries();
  }

  get replaced(): readonly Replaced[] {
    return this.#replaced.items;
  }

  /** The revision that stands, 0 if there is no live record. */
  revisionOf(handle: Handle): number {
    return liveRevision(this.#find(handle).head);
  }

  apply(change: RecordChange, nowMs: number, row: number): RecordStep {
    const { handle } = change;
    const before = this.#find(handle);
    const { place, refusal } = judgeRecord(change, {
      current: liveRevision(before.head),
      hasParent: (parent) => parent === before.parent,
      objectionTo: (parent) => this.objectionTo(handle, parent, false),
      place: () => this.#with.lots.placeOf(handle),
      live: () => this.#with.counts.liveOf(prefixOf(handle) as string as ByteString),
    });
    if (refusal !== null) return refused(refusal);
    const parent = change.kind === 'put-record' ? change.draft.parent : null;
    if (parent !== null && parent !== before.parent) this.#makeParent(parent);
    const head = headAfter(before.head, change, parent === null ? 0 : YES, nowMs);
    this.#stage(handle, { head, parent }, bodyOf(change));
    if (before.head.revision > 0) this.#replace(handle, before, head.updatedAt, row);
    this.#with.search.replace(handle, before, this.#find(handle));
    const step = stepOf(handle, before.head, head, isCode(place));
    this.#with.counts.addRecord(prefixOf(handle) as string as ByteString, step.action, isCode(place));
    return step;
  }

  /** As `apply`, of a record that comes with its states; see `Change`. */
  preserve(change: PreserveChange, row: number): PreserveStep {
    const { handle, states, searchable = [] } = change;
    const standing = this.#find(handle);
    const misplaced = objectionToStates(change, standing.head.revision);
    if (misplaced !== null) return refusedToPreserve(misplaced);
    const last = states.at(-1) as PreservedState;
    const parent = last.draft?.parent ?? null;
    const objection = parent === null ? null : judgeParent(handle, parent, this.#hopefulLineage);
    if (objection !== null) return refusedToPreserve(invalidParent(objection, liveRevision(standing.head)));
    let before = standing;
    for (const state of states) {
      if (before.head.revision > 0) this.#replace(handle, before, state.updatedAt, row);
      this.#stageState(handle, state, state === last ? searchable : []);
      before = this.#find(handle);
    }
    this.#with.search.replace(handle, standing, before);
    const steps = stepsOf(states, stageOfHead(standing.head));
    const isOfLot = isCode(this.#with.lots.placeOf(handle));
    for (const [i, { action }] of steps.entries()) {
      const { updatedAt } = states[i] as PreservedState;
      this.#with.counts.addRecord(prefixOf(handle) as string as ByteString, action, isOfLot, updatedAt);
    }
    const { visible } = stepOf(handle, standing.head, before.head, isOfLot);
    return { outcome: { ok: true, revision: last.revision, at: last.updatedAt }, steps, visible };
  }

  /** Null if `parent` may be the parent of a record of this handle. */
  objectionTo(handle: Handle, parent: Handle, isPreserved: boolean): Saying | null {
    const place = this.#with.lots.placeOf(parent);
    if (place !== null && isCode(place)) return parentInLot(parent, place);
    return judgeParent(handle, parent, isPreserved ? this.#hopefulLineage : this.#lineage);
  }

  /** Looks at what stands there, which is little: a lot is registered before its codes are written to. */
  rowsWithin(lot: Lot, serials: Serials): number | string {
    const part = { ...lot, ...serials };
    const { start, last } = spanOf(part);
    let looked = 0;
    let rows = 0;
    for (const [handle, { head }] of this.#between(lot, start, `${last}\xff` as ByteString)) {
      if (++looked > MAX_ROWS_JOINED) return tooManyRows(serials);
      if (!isSerial(readCode(part, suffixOf(handle), this.#with.tags))) continue;
      if (head.node > 0 || this.#with.lots.hasChild(handle)) return parentWithin(handle, lot);
      if (head.status !== 'deleted') rows += 1;
    }
    return rows;
  }

  *#between(
    { prefix }: Lot,
    first: ByteString,
    end: ByteString,
  ): Generator<readonly [Handle, LoadedRecord], void, void> {
    const staged = [...this.#records.entries()].filter(([handle]) => {
      const suffix = bytesFromText(suffixOf(handle));
      return prefixOf(handle) === prefix && suffix >= first && suffix < end;
    });
    const known = new Set(staged.map(([handle]) => handle));
    for (const row of this.#with.set.between({ prefix, first, end }, MAX_ROWS_JOINED + 1 + known.size)) {
      if (!known.has(row[0])) yield row;
    }
    yield* staged;
  }

  #find(handle: Handle): LoadedRecord {
    return this.#records.get(handle) ?? this.#with.set.record(handle) ?? NEVER;
  }

  #replace(handle: Handle, record: LoadedRecord, replacedAt: number, row: number): void {
    this.#replaced.push({ handle, record, replacedAt, row });
  }

  #stage(handle: Handle, { head, parent }: Pick<LoadedRecord, 'head' | 'parent'>, body: RecordBody): void {
    out.clear();
    encodeRecord(head, body, this.#with.names, out);
    this.#records.set(handle, { head, bytes: out.toBytes(), parent });
  }

  #stageState(
    handle: Handle,
    { revision, createdAt, updatedAt, draft }: PreservedState,
    marks: readonly number[],
  ): void {
    const parent = draft?.parent ?? null;
    // A parent of another prefix was one at another node alone.
    if (parent !== null && prefixOf(parent) === prefixOf(handle)) this.#makeParent(parent);
    const body = draft ?? NO_BODY;
    // Read anew: it may have become its own descendant's parent in an earlier state.
    const { node } = this.#find(handle).head;
    const head: RecordHead = {
      status: draft?.status ?? 'deleted',
      ...{ revision, createdAt, updatedAt, node },
      parentNode: parent === null ? 0 : YES,
      isRecalled: body.recall !== null,
      isSearchable: marks.length > 0,
    };
    this.#stage(handle, { head, parent }, { ...body, searchable: marks });
  }

  /** A record says that it is a parent from its first child on: so nobody looks for the children of others. */
  #makeParent(handle: Handle): void {
    const { head, bytes, parent } = this.#find(handle);
    if (head.node > 0) return;
    const searchable: number[] = [];
    // What never was registered gets a row that says so: a deletion without a revision.
    const record = bytes === '' ? null : decodeRecord(handle, bytes, this.#with.names.with(parent), searchable);
    this.#stage(
      handle,
      { head: { ...head, node: YES }, parent },
      record === null ? NO_BODY : { ...record, searchable },
    );
  }

  #childrenOf(handle: Handle, limit: number): readonly Handle[] {
    if (this.#find(handle).head.node === 0) return [];
    const [come, gone]: [Handle[], Set<Handle>] = [[], new Set()];
    for (const [staged, { parent }] of this.#records.entries()) {
      if (parent === handle) come.push(staged);
      // Of the others the list there does not speak: they would only make it longer.
      if (this.#with.set.record(staged)?.parent === handle) gone.add(staged);
    }
    const there = this.#with.set.childrenOf(handle, limit + gone.size).filter((child) => !gone.has(child));
    return [...there, ...come].slice(0, limit);
  }
}
