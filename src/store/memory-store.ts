// The store in memory: for trials and tests, whole in its behaviour, gone with the process. Everything happens in the
// thread that opened it.

import {
  type Change,
  type ChangeAction,
  type ChangeEntry,
  type ChangeOutcome,
  countedAs,
  loggedPrefixOf,
  type VisibleChange,
} from '../domain/change.ts';
import { judgeQuota } from '../domain/enterprise.ts';
import { HandleError } from '../domain/error.ts';
import { MAX_HOMES } from '../domain/limits.ts';
import { type LotTags, NO_LOT_KEY } from '../domain/lot.ts';
import type { Prefix } from '../domain/prefix.ts';
import { assertStorable, subjectOf } from './change-name.ts';
import { heldBack, quotaUsedUp } from './commit-outcomes.ts';
import { MemoryDirectory, pageOf } from './memory-directory.ts';
import { type Counted, MemoryJournal } from './memory-journal.ts';
import { MemoryLots } from './memory-lots.ts';
import { MemoryRecords, type MemoryStep } from './memory-records.ts';
import type { CommitRequest, CommitResult, RegistryStore, TallyKeeper } from './registry-store.ts';

export interface MemoryStoreOptions {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Knows the secrets of lots; without it no lot with check tags can be written to. */
  readonly lotTags?: LotTags;
  /** Told of what has changed, once it can be read and before it is acknowledged. */
  readonly onVisible: (changes: readonly VisibleChange[]) => void;
}

export function openMemoryStore({ clock, onVisible, lotTags }: MemoryStoreOptions): RegistryStore & TallyKeeper {
  const state = new MemoryState(lotTags ?? NO_LOT_KEY);
  const { records, directory, journal, lots } = state;
  let isClosed = false;
  return {
    prefixes: () => records.prefixes(),
    state: (handle) => records.state(handle),
    states: (prefix, after, limit) => records.states(prefix, after, limit),
    get: (handle) => records.get(handle),
    getMany: (handles) => handles.map((handle) => records.get(handle)),
    list: (prefix, after, limit) => records.list(prefix, after, limit),
    handles: (prefix, page) => records.handles(prefix, page),
    children: (parent, after, limit) => records.children(parent, after, limit),
    history: (handle, beforeRevision, limit) => records.history(handle, beforeRevision, limit),
    enterprise: (prefix) => directory.enterprises.get(prefix) ?? null,
    enterprises: (after, limit) => pageOf(directory.enterprises, after, limit),
    principal: (id) => directory.principals.get(id) ?? null,
    principals: (after, limit) => pageOf(directory.principals, after, limit),
    key: (id) => directory.keys.get(id) ?? null,
    keyByHash: (tokenHash) => directory.keyByHash(tokenHash),
    keys: (after, limit) => pageOf(directory.keys, after, limit),
    homes: () => pageOf(directory.homes, null, MAX_HOMES),
    template: (handle) => directory.templates.get(handle) ?? null,
    templates: (prefix, after, limit) => directory.templatesOf(prefix, after, limit),
    lot: (id) => lots.get(id),
    findLot: (handle) => lots.find(handle),
    lots: (prefix, after, limit) => lots.list(prefix, after, limit),
    lotVersions: (id, after, limit) => lots.versions(id, after, limit),
    templateVersions: (handle, after, limit) => directory.versionsOf(handle, after, limit),
    findByValue: (question) => records.findByValue(question),
    findByState: (question) => records.findByState(question),
    changes: (after, limit, prefix) => journal.changes(after, limit, prefix),
    changesWithin: (scopes, after, limit) => journal.changesWithin(scopes, after, limit),
    changeHead: (sequence) => journal.head(sequence),
    counts: (prefix) => journal.counts(prefix),
    statistics: (query) => journal.statistics(query),
    addResolutions: (tallies) => journal.addResolutions(tallies),
    idempotencyResult: (key, nowMs) => journal.result(key, nowMs),
    stats: () => ({
      sizeBytes: 0,
      records: records.live,
      issued: journal.live,
      sequence: journal.sequence,
      readOnlyReason: null,
    }),
    commit: async (request) => {
      if (isClosed) throw new HandleError('STORE_UNAVAILABLE', 'The store is closed: the node is stopping.');
      const { result, visible } = state.commit(request, Math.max(Math.floor(clock()), journal.lastAt));
      if (visible.length > 0) onVisible(visible);
      return result;
    },
    close: async () => {
      isClosed = true;
    },
  };
}

class MemoryState {
  readonly lots: MemoryLots;
  readonly records: MemoryRecords;
  readonly directory = new MemoryDirectory();
  readonly journal = new MemoryJournal();

  constructor(lotTags: LotTags) {
    this.lots = new MemoryLots(lotTags);
    this.records = new MemoryRecords(this.lots);
  }

  commit(request: CommitRequest, nowMs: number): { result: CommitResult; visible: readonly VisibleChange[] } {
    const { changes, idempotency, principalId, requestId } = request;
    assertStorable(changes);
    const repeated = idempotency === null ? null : this.journal.result(idempotency.key, nowMs);
    if (repeated !== null) return { result: { outcomes: [], repeated }, visible: [] };
    const steps: MemoryStep[] = [];
    const grown = new Map<Prefix, number>();
    for (const change of changes) {
      const step = this.#withinQuota(change, this.#apply(change, nowMs), grown);
      steps.push(step);
      if (idempotency === null || step.outcome.ok || step.outcome.code !== 'REVISION_CONFLICT') continue;
      for (const taken of steps.reverse()) taken.undo();
      return { result: { outcomes: changes.map((held) => this.#heldBack(held)), repeated: null }, visible: [] };
    }
    const outcomes = steps.map((step) => step.outcome);
    const logged = steps.flatMap((step, i) => entriesOf(changes[i] as Change, step));
    const entries = logged.map(({ entry }) => entry);
    if (entries.length > 0) {
      const counts = logged.flatMap(({ counted }) => counted ?? []);
      this.journal.log({ at: nowMs, principalId, requestId, entries }, counts);
    }
    if (idempotency !== null) {
      const { key, bodyHash, note } = idempotency;
      this.journal.keep(principalId, key, { bodyHash, note, outcomes, at: nowMs });
    }
    return { result: { outcomes, repeated: null }, visible: steps.flatMap((step) => step.visible) };
  }

  #apply(change: Change, nowMs: number): MemoryStep {
    const { handle, expectedRevision } = change as Extract<Change, { kind: 'put-record' }>;
    const sequence = this.journal.sequence + 1;
    if (change.kind === 'put-record') {
      const { draft, searchable = [] } = change;
      return this.records.apply({ handle, expectedRevision, draft, searchable, nowMs, sequence });
    }
    if (change.kind === 'delete-record') {
      return this.records.apply({ handle, expectedRevision, draft: null, nowMs, sequence });
    }
    if (change.kind === 'preserve-record') {
      return { action: 'created', ...this.records.preserve(change, sequence) };
    }
    return change.kind === 'put-lot'
      ? this.lots.apply(change, nowMs, this.records)
      : this.directory.apply(change, nowMs);
  }

  /** A step that would pass the quota it names is taken back. `grown`: by how much prefixes grew in this commit. */
  #withinQuota(change: Change, step: MemoryStep, grown: Map<Prefix, number>): MemoryStep {
    const counted = entriesOf(change, step).flatMap(({ counted: one }) => one ?? []);
    const more = counted.reduce((sum, { counts }) => sum + (counts.created ?? 0) - (counts.deleted ?? 0), 0);
    const prefix = counted[0]?.prefix;
    if (prefix === undefined) return step;
    const before = grown.get(prefix) ?? 0;
    const quota = 'quota' in change && more > 0 ? change.quota : undefined;
    const live = quota === undefined ? 0 : this.journal.counts(prefix).live + before;
    const objection = quota === undefined ? null : judgeQuota(prefix, { live, quota, more });
    if (objection === null) {
      grown.set(prefix, before + more);
      return step;
    }
    step.undo();
    return { outcome: quotaUsedUp(objection, this.#revisionOf(change)), action: 'updated', visible: [], undo() {} };
  }

  #heldBack(change: Change): ChangeOutcome {
    return heldBack(subjectOf(change).name, this.#revisionOf(change));
  }

  #revisionOf(change: Change): number {
    if (change.kind === 'put-lot') return this.lots.get(change.lot.id)?.revision ?? 0;
    const isOfRecord =
      change.kind === 'put-record' || change.kind === 'delete-record' || change.kind === 'preserve-record';
    return isOfRecord ? this.records.revisionOf(change.handle) : this.directory.revisionOf(change);
  }
}

interface Logged {
  readonly entry: ChangeEntry;
  /** What it adds to the counts of its prefix; null for what is counted nowhere. */
  readonly counted: Counted | null;
}

function entriesOf(change: Change, step: MemoryStep): Logged[] {
  const { outcome, action, steps, counted } = step;
  if (!outcome.ok) return [];
  const named = subjectOf(change);
  const prefix = loggedPrefixOf({ ...named, action, revision: outcome.revision }) as Prefix;
  const counts = (what: ChangeAction, at: number | null): Counted | null =>
    named.subject === 'record' ? { prefix, counts: countsOf(what, step.isOfLot === true), at } : null;
  if (change.kind !== 'preserve-record') {
    const own = counted === undefined ? counts(action, null) : { prefix, ...counted };
    return [{ entry: { ...named, action, revision: outcome.revision }, counted: own }];
  }
  return (steps ?? []).map((each, i) => ({
    entry: { ...named, ...each },
    counted: counts(each.action, change.states[i]?.updatedAt ?? null),
  }));
}

/** A lot has counted its code already, and goes on counting it when the record goes. */
function countsOf(action: ChangeAction, isOfLot: boolean): Counted['counts'] {
  const isCountedByLot = isOfLot && (action === 'created' || action === 'deleted');
  return { [isCountedByLot ? 'updated' : countedAs(action)]: 1 };
}
