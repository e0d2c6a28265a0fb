// Records within one write transaction: compare-and-swap, revisions, history and the parents' node numbers. What is
// staged is written in the order of its keys, which LMDB takes best.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import type { Saying } from '../domain/error.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import type { PreservedState } from '../domain/preserved.ts';
import { invalidParent } from './commit-outcomes.ts';
import { hopeful, judgeParent, type Lineage } from './lineage.ts';
import type { LmdbNameGiver } from './lmdb-names.ts';
import type { StagedChildren } from './lmdb-staged-children.ts';
import { StagedHistory } from './lmdb-staged-history.ts';
import type { StagedLots } from './lmdb-staged-lots.ts';
import type { StagedSearch } from './lmdb-staged-search.ts';
import type { Row } from './lmdb-table.ts';
import type { LmdbTables } from './lmdb-tables.ts';
import { isCode, parentInLot } from './lot-places.ts';
import { PackedWriter } from './packed-bytes.ts';
import {
  objectionToStates,
  type PreserveChange,
  type PreserveStep,
  refusedToPreserve,
  stepsOf,
} from './preserved-steps.ts';
import { decodeHead, decodeRecord, encodeRecord, NO_BODY, type RecordBody, type RecordHead } from './record-codec.ts';
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
import { StagedMap, type UndoLog } from './undo-log.ts';

interface Staged {
  readonly head: RecordHead;
  readonly bytes: ByteString;
  /** Whether the table does not hold it yet. */
  readonly isNew: boolean;
}

/** What is to have a parent: `preserved` ones may come before their relatives, `unknown` ones have no row yet. */
type Child = 'registered' | 'preserved' | 'unknown';

export interface RecordStaging {
  readonly tables: LmdbTables;
  readonly names: LmdbNameGiver;
  readonly undo: UndoLog;
  readonly children: StagedChildren;
  readonly counts: StagedCounts;
  readonly lots: StagedLots;
  readonly search: StagedSearch;
}

const ABSENT: Staged = {
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
  isNew: false,
};

/** Kept for all transactions: a new one would be 4 KiB for each. */
const out = new PackedWriter();

export class StagedRecords {
  readonly #with: RecordStaging;
  readonly #records: StagedMap<ByteString, Staged>;
  readonly #replaced: StagedHistory;
  readonly #lineages: Readonly<Record<Child, Lineage>>;

  constructor(staging: RecordStaging) {
    this.#with = staging;
    this.#records = new StagedMap(staging.undo);
    this.#replaced = new StagedHistory(staging.tables, staging.undo);
    const registered: Lineage = {
      parentOf: (handle) => this.#parentOf(handle),
      childrenOf: (handle, limit) => this.#childrenOf(handle, limit),
      hasLots: (handle) => staging.lots.hasChild(this.#keyOf(handle)),
    };
    const unknown = { ...registered, childrenOf: () => [] };
    this.#lineages = { registered, unknown, preserved: hopeful(registered) };
  }

  /** The revision that stands, 0 if there is no live record. */
  revisionOf(handle: Handle): number {
    return liveRevision(this.#find(this.#keyOf(handle)).head);
  }

  /** `sequence`: the log row this change will be in. */
  apply(change: RecordChange, nowMs: number, sequence: number): RecordStep {
    const key = this.#keyOf(change.handle);
    const before = this.#find(key);
    const { place, refusal } = judgeRecord(change, {
      current: liveRevision(before.head),
      hasParent: (parent) => this.#hasParent(before.head, parent),
      objectionTo: (parent) => this.objectionTo(change.handle, parent, 'registered'),
      place: () => this.#with.lots.placeOf(key),
      live: () => this.#with.counts.liveOf(key.slice(0, 4) as ByteString),
    });
    if (refusal !== null) return refused(refusal);
    const parent = change.kind === 'put-record' ? change.draft.parent : null;
    const parentNode = parent === null ? 0 : this.nodeOf(parent);
    const head = headAfter(before.head, change, parentNode, nowMs);
    this.#stage(key, head, bodyOf(change));
    if (before.head.revision > 0) {
      this.#replaced.push({ key, bytes: before.bytes, replacedAt: head.updatedAt, sequence });
    }
    this.#index(change.handle, before.head, head);
    this.#with.search.replace(key, before, this.#find(key));
    const step = stepOf(change.handle, before.head, head, isCode(place));
    this.#with.counts.addRecord(key.slice(0, 4) as ByteString, step.action, isCode(place));
    return step;
  }

  /** As `apply`, of a record that comes with its states; see `Change`. */
  preserve(change: PreserveChange, sequence: number): PreserveStep {
    const { handle, states, searchable = [] } = change;
    const key = this.#keyOf(handle);
    const standing = this.#find(key);
    const { head: before } = standing;
    const last = states.at(-1) as PreservedState;
    const parent = last.draft?.parent ?? null;
    const objection = parent === null ? null : judgeParent(handle, parent, this.#lineages.preserved);
    const misplaced = objectionToStates(change, before.revision);
    if (misplaced !== null) return refusedToPreserve(misplaced);
    if (objection !== null) return refusedToPreserve(invalidParent(objection, liveRevision(before)));
    if (before.revision > 0) {
      const { updatedAt: replacedAt } = states[0] as PreservedState;
      this.#replaced.push({ key, bytes: standing.bytes, replacedAt, sequence });
    }
    for (const [i, state] of states.entries()) {
      const named = state.draft?.parent ?? null;
      const { revision, createdAt, updatedAt, draft } = state;
      const status = draft?.status ?? 'deleted';
      // Read anew: it may have become its own descendant's parent in an earlier state.
      const { node } = this.#find(key).head;
      const parentNode = named === null ? 0 : this.nodeOf(named);
      const body = draft ?? NO_BODY;
      const next = states[i + 1];
      const marks = next === undefined ? searchable : [];
      const [isRecalled, isSearchable] = [body.recall !== null, marks.length > 0];
      const head: RecordHead = { status, revision, createdAt, updatedAt, parentNode, node, isRecalled, isSearchable };
      this.#stage(key, head, { ...body, searchable: marks });
      if (next === undefined) this.#index(handle, before, head);
      else this.#replaced.push({ key, bytes: this.#find(key).bytes, replacedAt: next.updatedAt, sequence });
    }
    this.#with.search.replace(key, standing, this.#find(key));
    const steps = stepsOf(states, stageOfHead(before));
    const isOfLot = isCode(this.#with.lots.placeOf(key));
    for (const [i, { action }] of steps.entries()) {
      this.#with.counts.addRecord(
        key.slice(0, 4) as ByteString,
        action,
        isOfLot,
        (states[i] as PreservedState).updatedAt,
      );
    }
    const { visible } = stepOf(handle, before, this.#find(key).head, isOfLot);
    return { outcome: { ok: true, revision: last.revision, at: last.updatedAt }, steps, visible };
  }

  /** Null if `parent` may be the parent of a record of this handle. */
  objectionTo(handle: Handle, parent: Handle, child: Child): Saying | null {
    const place = this.#with.lots.placeOf(this.#keyOf(parent));
    return place !== null && isCode(place)
      ? parentInLot(parent, place)
      : judgeParent(handle, parent, this.#lineages[child]);
  }

  /** Records between two keys, both inclusive with all that begins like the last; at most `limit`. */
  *between(
    first: ByteString,
    last: ByteString,
    limit: number,
  ): Generator<readonly [ByteString, RecordHead], void, void> {
    const end = `${last}\xff` as ByteString;
    let left = limit;
    for (const { key, value } of this.#with.tables.records.scan({ start: first, end })) {
      if (this.#records.get(key)?.isNew === true) continue;
      if (left-- <= 0) return;
      yield [key, decodeHead(value)];
    }
    for (const [key, { head, isNew }] of this.#records.entries()) {
      if (!isNew || key < first || key >= end) continue;
      if (left-- <= 0) return;
      yield [key, head];
    }
  }

  flush(): void {
    const { records } = this.#with.tables;
    for (const key of [...this.#records.keys()].sort()) {
      const staged = this.#records.get(key);
      if (staged?.isNew === true) records.put(key, staged.bytes);
    }
    this.#replaced.flush();
  }

  #keyOf(handle: Handle): ByteString {
    return this.#with.names.recordKey(handle);
  }

  #find(key: ByteString): Staged {
    const known = this.#records.get(key);
    if (known !== undefined) return known;
    const bytes = this.#with.tables.records.get(key);
    const found = bytes === null ? ABSENT : { head: decodeHead(bytes), bytes, isNew: false };
    this.#records.set(key, found);
    return found;
  }

  #stage(key: ByteString, head: RecordHead, body: RecordBody): void {
    out.clear();
    encodeRecord(head, body, this.#with.names, out);
    this.#records.set(key, { head, bytes: out.toBytes(), isNew: true });
  }

  #hasParent(head: RecordHead, parent: Handle | null): boolean {
    if (head.parentNode === 0 || parent === null) return head.parentNode === 0 && parent === null;
    return this.#find(this.#keyOf(parent)).head.node === head.parentNode;
  }

  /** A row of the table: it is known then while it is not there. */
  keep({ key, value }: Row): void {
    if (!this.knows(key)) this.#records.set(key, { head: decodeHead(value), bytes: value, isNew: false });
  }

  /** Whether this transaction looked at a record, or staged one: the table alone then does not tell how it stands. */
  knows(key: ByteString): boolean {
    return this.#records.get(key) !== undefined;
  }

  /** Whether that may be so of any record between two keys, both inclusive. */
  knowsWithin(first: ByteString, last: ByteString): boolean {
    return this.#records.mayHoldWithin(first, last);
  }

  /** The number by which its children name a record; it gets one, within its own row, when it first becomes a parent. */
  nodeOf(parent: Handle): number {
    const key = this.#keyOf(parent);
    const { head, bytes } = this.#find(key);
    if (head.node > 0) return head.node;
    const node = this.#with.names.giveNode(key);
    // What never was registered gets a row that says so: a deletion without a revision.
    const searchable: number[] = [];
    const record = bytes === '' ? null : decodeRecord(parent, bytes, this.#with.names.names, searchable);
    this.#stage(key, { ...head, node }, record === null ? NO_BODY : { ...record, searchable });
    return node;
  }

  #index(handle: Handle, before: RecordHead, after: RecordHead): void {
    if (before.parentNode === after.parentNode) return;
    const suffix = bytesFromText(suffixOf(handle));
    if (before.parentNode > 0) this.#with.children.remove(before.parentNode, suffix);
    if (after.parentNode > 0) this.#with.children.add(after.parentNode, suffix);
  }

  #parentOf(handle: Handle): Handle | null | undefined {
    const { head } = this.#find(this.#keyOf(handle));
    if (head.status === 'deleted') return undefined;
    return head.parentNode === 0 ? null : this.#with.names.names.node(head.parentNode);
  }

  #childrenOf(handle: Handle, limit: number): readonly Handle[] {
    const { node } = this.#find(this.#keyOf(handle)).head;
    if (node === 0) return [];
    const prefix = prefixOf(handle);
    return this.#with.children.list(node, limit).map((suffix) => this.#with.names.names.handleOf(prefix, suffix));
  }
}
