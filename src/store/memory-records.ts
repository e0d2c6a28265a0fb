// Records of the memory store: compare-and-swap, revisions, history, the parents' lists of children. Lives and dies with
// the process.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import { actionBetween, type ChangeAction, type ChangeOutcome, stageOf, type VisibleChange } from '../domain/change.ts';
import type { Saying } from '../domain/error.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import type { HandleRecord, RecordDraft } from '../domain/handle-record.ts';
import { isSerial, isWithinSpan, type Lot, readCode, spanOf } from '../domain/lot.ts';
import { MAX_ROWS_JOINED } from '../domain/lot-limits.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { PreservedState } from '../domain/preserved.ts';
import { invalidParent, lotRefused, nothingToDelete, revisionConflict } from './commit-outcomes.ts';
import { hopeful, judgeParent, type Lineage } from './lineage.ts';
import type { Serials } from './lot-changes.ts';
import { isCode, type LotPlace, objectionToPlace, parentInLot, parentWithin, tooManyRows } from './lot-places.ts';
import type { MemoryLots } from './memory-lots.ts';
import { type Entry, preservedRecord, recordOf, stateOf, visibleOf } from './memory-record-states.ts';
import { MemorySearch } from './memory-search.ts';
import {
  objectionToStates,
  type PreserveChange,
  type PreserveStep,
  refusedToPreserve,
  stepsOf,
} from './preserved-steps.ts';
import type {
  HandlePage,
  HistoryEntry,
  RecordState,
  StatePage,
  StateQuestion,
  ValueHit,
  ValueQuestion,
} from './registry-store.ts';
import { SortedNames } from './sorted-names.ts';

/** What became of a change, how it is logged and announced, and how to take it back. */
export interface MemoryStep {
  readonly outcome: ChangeOutcome;
  readonly action: ChangeAction;
  readonly visible: readonly VisibleChange[];
  readonly undo: () => void;
  /** Of a record that came with its states. */
  readonly steps?: PreserveStep['steps'];
  /** What it adds to the counts of a day (null: that of the commit), where that is not one of its action. */
  readonly counted?: { readonly counts: Partial<Record<ChangeAction, number>>; readonly at: number | null };
  /** Whether it was of a code of a lot, whose coming and going the lot has counted. */
  readonly isOfLot?: boolean;
}

const NEVER_REGISTERED: Entry = { record: null, revision: 0, updatedAt: 0, searchable: [], history: [] };

/** A put (with a draft) or a deletion (without). */
export interface MemoryRecordChange {
  readonly handle: Handle;
  readonly expectedRevision: number;
  readonly draft: RecordDraft | null;
  readonly searchable?: readonly number[];
  readonly nowMs: number;
  readonly sequence: number;
}

export class MemoryRecords {
  readonly #entries = new Map<Handle, Entry>();
  readonly #suffixes = new Map<Prefix, SortedNames>();
  readonly #children = new Map<Handle, SortedNames>();
  readonly #search = new MemorySearch();
  readonly #lots: MemoryLots;
  readonly #lineage: Lineage = {
    parentOf: (handle) => this.get(handle)?.parent,
    childrenOf: (handle, limit) => this.children(handle, null, limit),
    hasLots: (handle) => this.#lots.hasChild(handle),
  };
  #live = 0;

  constructor(lots: MemoryLots) {
    this.#lots = lots;
  }

  get live(): number {
    return this.#live;
  }

  get(handle: Handle): HandleRecord | null {
    return this.#entries.get(handle)?.record ?? null;
  }

  list(prefix: Prefix, after: Handle | null, limit: number): HandleRecord[] {
    const suffixes = this.#suffixes.get(prefix);
    const handles = suffixes === undefined ? [] : handlesAfter(suffixes, prefix, { after, skip: 0, limit });
    return handles.flatMap((handle) => this.get(handle) ?? []);
  }

  handles(prefix: Prefix, page: HandlePage): Handle[] {
    const suffixes = this.#suffixes.get(prefix);
    return suffixes === undefined ? [] : handlesAfter(suffixes, prefix, page);
  }

  children(parent: Handle, after: Handle | null, limit: number): Handle[] {
    const suffixes = this.#children.get(parent);
    return suffixes === undefined ? [] : handlesAfter(suffixes, prefixOf(parent), { after, skip: 0, limit });
  }

  findByValue(question: ValueQuestion): ValueHit[] {
    return this.#search.find(question);
  }

  findByState({ prefix, state, after, limit, rows }: StateQuestion): StatePage {
    const seen = this.list(prefix, after, rows);
    const wanted = seen.filter(({ status, recall }) => (state === 'recalled' ? recall !== null : status === state));
    const handles = wanted.slice(0, Math.max(0, limit)).map(({ handle }) => handle);
    const last = wanted.length >= limit ? handles.at(-1) : seen.length >= rows ? seen.at(-1)?.handle : undefined;
    return { handles, next: last ?? null };
  }

  history(handle: Handle, beforeRevision: number, limit: number): HistoryEntry[] {
    const earlier = this.#entries.get(handle)?.history ?? [];
    return earlier
      .filter((entry) => entry.revision < beforeRevision)
      .reverse()
      .slice(0, Math.max(0, limit));
  }

  prefixes(): Prefix[] {
    const prefixes = new Set([...this.#entries.keys()].map(prefixOf));
    return [...prefixes].sort((a, b) => (bytesFromText(a) < bytesFromText(b) ? -1 : 1));
  }

  state(handle: Handle): RecordState | null {
    const entry = this.#entries.get(handle);
    return entry === undefined ? null : stateOf(handle, entry);
  }

  /** Looks at everything, which a store in memory may. */
  states(prefix: Prefix, after: Handle | null, limit: number): RecordState[] {
    const low = after === null ? '' : bytesFromText(suffixOf(after));
    return [...this.#entries]
      .map(([handle, entry]) => ({ suffix: bytesFromText(suffixOf(handle)), state: stateOf(handle, entry) }))
      .filter(({ suffix, state }) => prefixOf(state.handle) === prefix && suffix > low)
      .sort((a, b) => (a.suffix < b.suffix ? -1 : 1))
      .slice(0, Math.max(0, limit))
      .map(({ state }) => state);
  }

  /** The revision that stands, 0 if there is no live record. */
  revisionOf(handle: Handle): number {
    return this.get(handle)?.revision ?? 0;
  }

  apply(change: MemoryRecordChange): MemoryStep {
    const { handle, draft, searchable = [], nowMs, sequence } = change;
    const known = this.#entries.get(handle);
    const before = known ?? NEVER_REGISTERED;
    // What comes or goes: only then does it matter to a lot.
    const place = before.record === null || draft === null ? this.#lots.placeOf(handle) : null;
    const objection = this.#objectionTo(change, before.record, place);
    if (objection !== null) return { outcome: objection, action: 'updated', visible: [], undo() {} };
    const updatedAt = Math.max(nowMs, before.updatedAt + 1);
    const revision = before.revision + 1;
    const record = draft && recordOf(handle, draft, { revision, updatedAt, before: before.record });
    const replaced = { revision: before.revision, replacedAt: updatedAt, sequence, record: before.record };
    const history = before.revision === 0 ? before.history : [...before.history, replaced];
    const undo = this.#wayBack(handle, known, record?.parent ?? null);
    this.#set(handle, { record, revision, updatedAt, searchable, history });
    return {
      outcome: { ok: true, revision, at: updatedAt },
      action: actionBetween(stageOf(before.record), stageOf(record)),
      visible: [visibleOf(handle, before.record, record, isCode(place))],
      isOfLot: isCode(place),
      undo,
    };
  }

  preserve(change: PreserveChange, sequence: number): PreserveStep & Pick<MemoryStep, 'isOfLot' | 'undo'> {
    const { handle, states, searchable = [] } = change;
    const known = this.#entries.get(handle);
    const before = known ?? NEVER_REGISTERED;
    const misplaced = objectionToStates(change, before.revision);
    if (misplaced !== null) return { ...refusedToPreserve(misplaced), undo() {} };
    const last = states.at(-1) as PreservedState;
    const parent = last.draft?.parent ?? null;
    const objection = parent === null ? null : judgeParent(handle, parent, hopeful(this.#lineage));
    const live = before.record?.revision ?? 0;
    if (objection !== null) return { ...refusedToPreserve(invalidParent(objection, live)), undo() {} };
    const records = states.map((state) => preservedRecord(handle, state));
    const replaced = states.map(({ updatedAt: replacedAt }, i) => ({
      revision: states[i - 1]?.revision ?? before.revision,
      replacedAt,
      sequence,
      record: i === 0 ? before.record : (records[i - 1] ?? null),
    }));
    const history = [...before.history, ...(before.revision === 0 ? replaced.slice(1) : replaced)];
    const { revision, updatedAt } = last;
    const record = records.at(-1) ?? null;
    const undo = this.#wayBack(handle, known, record?.parent ?? null);
    this.#set(handle, { record, revision, updatedAt, searchable, history });
    const isOfLot = isCode(this.#lots.placeOf(handle));
    return {
      isOfLot,
      outcome: { ok: true, revision, at: updatedAt },
      steps: stepsOf(states, stageOf(before.record)),
      visible: [visibleOf(handle, before.record, record, isOfLot)],
      undo,
    };
  }

  /** Null if `parent` may be the parent of a record of this handle. */
  objectionTo(handle: Handle, parent: Handle, isPreserved: boolean): Saying | null {
    const place = this.#lots.placeOf(parent);
    if (place !== null && isCode(place)) return parentInLot(parent, place);
    return judgeParent(handle, parent, isPreserved ? hopeful(this.#lineage) : this.#lineage);
  }

  rowsWithin(lot: Lot, serials: Serials): number | string {
    const part = { ...lot, ...serials };
    const span = spanOf(part);
    // A parent may be missing: then only its children know of it.
    const inRoom = [...new Set([...this.#entries.keys(), ...this.#children.keys()])].filter(
      (handle) => prefixOf(handle) === lot.prefix && isWithinSpan(span, bytesFromText(suffixOf(handle))),
    );
    if (inRoom.length > MAX_ROWS_JOINED) return tooManyRows(serials);
    const codes = inRoom.filter((handle) => isSerial(readCode(part, suffixOf(handle), this.#lots.tags)));
    const parent = codes.sort().find((handle) => this.#lots.hasChild(handle) || this.#children.has(handle));
    return parent === undefined
      ? codes.filter((handle) => this.get(handle) !== null).length
      : parentWithin(parent, lot);
  }

  /** Asked before a record is set: who becomes a parent by it alone is none afterwards. */
  #wayBack(handle: Handle, before: Entry | undefined, parent: Handle | null): () => void {
    const isNewParent = parent !== null && !this.#children.has(parent);
    return () => {
      this.#set(handle, before ?? NEVER_REGISTERED);
      if (before === undefined) this.#entries.delete(handle);
      if (isNewParent) this.#children.delete(parent);
    };
  }

  #set(handle: Handle, entry: Entry): void {
    const before = this.#entries.get(handle) ?? NEVER_REGISTERED;
    this.#entries.set(handle, entry);
    this.#search.replace(handle, before, entry);
    this.#index(handle, before.record, entry.record);
  }

  #objectionTo(change: MemoryRecordChange, before: HandleRecord | null, place: LotPlace | null): ChangeOutcome | null {
    const { handle, draft, expectedRevision } = change;
    const current = before?.revision ?? 0;
    if (current !== expectedRevision) return revisionConflict(handle, expectedRevision, current);
    const misplaced = objectionToPlace(handle, place);
    if (draft === null) {
      if (current === 0) return nothingToDelete(handle);
      return misplaced?.code === 'LOT_KEY_MISSING' ? lotRefused(misplaced.code, misplaced.said, current) : null;
    }
    if (draft.parent !== null && draft.parent !== before?.parent) {
      const objection = this.objectionTo(handle, draft.parent, false);
      if (objection !== null) return invalidParent(objection, current);
    }
    return misplaced === null || current > 0 ? null : lotRefused(misplaced.code, misplaced.said, current);
  }

  #index(handle: Handle, before: HandleRecord | null, after: HandleRecord | null): void {
    const suffix = bytesFromText(suffixOf(handle));
    if (before === null && after !== null) {
      this.#live += 1;
      namesOf(this.#suffixes, prefixOf(handle)).add(suffix);
    } else if (before !== null && after === null) {
      this.#live -= 1;
      namesOf(this.#suffixes, prefixOf(handle)).remove(suffix);
    }
    const [from, to] = [before?.parent ?? null, after?.parent ?? null];
    if (from === to) return;
    if (from !== null) namesOf(this.#children, from).remove(suffix);
    if (to !== null) namesOf(this.#children, to).add(suffix);
  }
}

function namesOf<K>(map: Map<K, SortedNames>, key: K): SortedNames {
  const known = map.get(key);
  if (known !== undefined) return known;
  const names = new SortedNames();
  map.set(key, names);
  return names;
}

function handlesAfter(suffixes: SortedNames, prefix: Prefix, page: HandlePage): Handle[] {
  const { after, skip, limit } = page;
  const handles: Handle[] = [];
  const from: ByteString | null = after === null ? null : bytesFromText(suffixOf(after));
  let passed = 0;
  for (const suffix of suffixes.after(from)) {
    if (handles.length >= limit) break;
    if (passed++ < skip) continue;
    handles.push(`${prefix}/${textFromBytes(suffix)}` as Handle);
  }
  return handles;
}
