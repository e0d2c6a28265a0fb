// Records of the memory store: compare-and-swap, revisions, history, the parents' lists of children. Lives and dies with
// the process.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import { actionBetween, type ChangeAction, type ChangeOutcome, stageOf, type VisibleChange } from '../domain/change.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import type { HandleRecord, RecordDraft } from '../domain/handle-record.ts';
import { AT_COMMIT } from '../domain/handle-value.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { PreservedState } from '../domain/preserved.ts';
import { alreadyExists, invalidParent, nothingToDelete, revisionConflict } from './commit-outcomes.ts';
import { hopeful, judgeParent, type Lineage } from './lineage.ts';
import { type PreserveStep, refusedToPreserve, stepsOf } from './preserved-steps.ts';
import type { HandlePage, HistoryEntry, RecordState } from './registry-store.ts';
import { SortedNames } from './sorted-names.ts';

/** What is known of a handle that was ever registered. */
interface Entry {
  /** Null while it is deleted. */
  readonly record: HandleRecord | null;
  readonly revision: number;
  readonly updatedAt: number;
  /** Earlier states, oldest first. */
  readonly history: readonly HistoryEntry[];
}

/** What became of a change, how it is logged and announced, and how to take it back. */
export interface MemoryStep {
  readonly outcome: ChangeOutcome;
  readonly action: ChangeAction;
  readonly visible: readonly VisibleChange[];
  readonly undo: () => void;
  /** Of a record that came with its states. */
  readonly steps?: PreserveStep['steps'];
}

const NEVER_REGISTERED: Entry = { record: null, revision: 0, updatedAt: 0, history: [] };

/** A put (with a draft) or a deletion (without). */
export interface MemoryRecordChange {
  readonly handle: Handle;
  readonly expectedRevision: number;
  readonly draft: RecordDraft | null;
  readonly nowMs: number;
  readonly sequence: number;
}

export class MemoryRecords {
  readonly #entries = new Map<Handle, Entry>();
  readonly #suffixes = new Map<Prefix, SortedNames>();
  readonly #children = new Map<Handle, SortedNames>();
  readonly #lineage: Lineage = {
    parentOf: (handle) => this.get(handle)?.parent,
    childrenOf: (handle, limit) => this.children(handle, null, limit),
  };
  #live = 0;

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
    const { handle, draft, nowMs, sequence } = change;
    const known = this.#entries.get(handle);
    const before = known ?? NEVER_REGISTERED;
    const objection = this.#objectionTo(change, before.record);
    if (objection !== null) return { outcome: objection, action: 'updated', visible: [], undo() {} };
    const updatedAt = Math.max(nowMs, before.updatedAt + 1);
    const revision = before.revision + 1;
    const record = draft && recordOf(handle, draft, { revision, updatedAt, before: before.record });
    const replaced = { revision: before.revision, replacedAt: updatedAt, sequence, record: before.record };
    const history = before.revision === 0 ? before.history : [...before.history, replaced];
    this.#entries.set(handle, { record, revision, updatedAt, history });
    this.#index(handle, before.record, record);
    return {
      outcome: { ok: true, revision, at: updatedAt },
      action: actionBetween(stageOf(before.record), stageOf(record)),
      visible: [visibleOf(handle, before.record, record)],
      undo: () => this.#restore(handle, known),
    };
  }

  preserve(handle: Handle, states: readonly PreservedState[], sequence: number): PreserveStep & { undo(): void } {
    const known = this.#entries.get(handle);
    const last = states.at(-1) as PreservedState;
    const parent = last.draft?.parent ?? null;
    if (known !== undefined) return { ...refusedToPreserve(alreadyExists(handle, known.revision)), undo() {} };
    const objection = parent === null ? null : judgeParent(handle, parent, hopeful(this.#lineage));
    if (objection !== null) return { ...refusedToPreserve(invalidParent(objection, 0)), undo() {} };
    const records = states.map((state) => preservedRecord(handle, state));
    const history = states.slice(1).map((next, i) => ({
      revision: (states[i] as PreservedState).revision,
      replacedAt: next.updatedAt,
      sequence,
      record: records[i] ?? null,
    }));
    const { revision, updatedAt } = last;
    const record = records.at(-1) ?? null;
    this.#entries.set(handle, { record, revision, updatedAt, history });
    this.#index(handle, null, record);
    const visible: VisibleChange = { subject: 'record', handle, appeared: record !== null, replaced: false };
    return {
      outcome: { ok: true, revision, at: updatedAt },
      steps: stepsOf(states),
      visible: [visible],
      undo: () => this.#restore(handle, undefined),
    };
  }

  #restore(handle: Handle, before: Entry | undefined): void {
    const now = this.get(handle);
    if (before === undefined) this.#entries.delete(handle);
    else this.#entries.set(handle, before);
    this.#index(handle, now, before?.record ?? null);
  }

  #objectionTo(change: MemoryRecordChange, before: HandleRecord | null): ChangeOutcome | null {
    const { handle, draft, expectedRevision } = change;
    const current = before?.revision ?? 0;
    if (current !== expectedRevision) return revisionConflict(handle, expectedRevision, current);
    if (draft === null) return current === 0 ? nothingToDelete(handle) : null;
    if (draft.parent === null || draft.parent === before?.parent) return null;
    const objection = judgeParent(handle, draft.parent, this.#lineage);
    return objection === null ? null : invalidParent(objection, current);
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

function stateOf(handle: Handle, { record, revision, updatedAt }: Entry): RecordState {
  return { handle, revision, updatedAt, record };
}

function preservedRecord(
  handle: Handle,
  { revision, createdAt, updatedAt, draft }: PreservedState,
): HandleRecord | null {
  return draft === null ? null : { ...recordOf(handle, draft, { revision, updatedAt, before: null }), createdAt };
}

function recordOf(
  handle: Handle,
  draft: RecordDraft,
  stored: { revision: number; updatedAt: number; before: HandleRecord | null },
): HandleRecord {
  const { revision, updatedAt, before } = stored;
  const second = Math.floor(updatedAt / 1000);
  const values = draft.values.map((value) => ({
    ...value,
    timestamp: value.timestamp === AT_COMMIT ? second : value.timestamp,
    memo: null,
  }));
  const { status, parent, template, reason } = draft;
  const recall = draft.recall && { ...draft.recall, timestamp: draft.recall.timestamp || second };
  const createdAt = before?.createdAt ?? updatedAt;
  return { handle, status, parent, template, reason, recall, values, revision, createdAt, updatedAt };
}

function visibleOf(handle: Handle, before: HandleRecord | null, after: HandleRecord | null): VisibleChange {
  const appeared = after !== null && (before === null || before.status === 'reserved');
  return { subject: 'record', handle, appeared, replaced: before !== null };
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
