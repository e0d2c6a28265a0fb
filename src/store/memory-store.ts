// The store in memory: for trials and tests, whole in its behaviour, gone with the process. Everything happens in the
// thread that opened it.

import type { Change, ChangeEntry, ChangeOutcome, VisibleChange } from '../domain/change.ts';
import { HandleError } from '../domain/error.ts';
import { MAX_HOMES } from '../domain/limits.ts';
import { assertStorable, subjectOf } from './change-name.ts';
import { heldBack } from './commit-outcomes.ts';
import { MemoryDirectory, pageOf } from './memory-directory.ts';
import { MemoryJournal } from './memory-journal.ts';
import { MemoryRecords, type MemoryStep } from './memory-records.ts';
import type { CommitRequest, CommitResult, RegistryStore, TallyKeeper } from './registry-store.ts';

export interface MemoryStoreOptions {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Told of what has changed, once it can be read and before it is acknowledged. */
  readonly onVisible: (changes: readonly VisibleChange[]) => void;
}

export function openMemoryStore({ clock, onVisible }: MemoryStoreOptions): RegistryStore & TallyKeeper {
  const state = new MemoryState();
  const { records, directory, journal } = state;
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
    templateVersions: (handle, after, limit) => directory.versionsOf(handle, after, limit),
    changes: (after, limit, prefix) => journal.changes(after, limit, prefix),
    changesWithin: (scopes, after, limit) => journal.changesWithin(scopes, after, limit),
    changeHead: (sequence) => journal.head(sequence),
    counts: (prefix) => journal.counts(prefix),
    statistics: (query) => journal.statistics(query),
    addResolutions: (tallies) => journal.addResolutions(tallies),
    idempotencyResult: (key, nowMs) => journal.result(key, nowMs),
    stats: () => ({ sizeBytes: 0, records: records.live, sequence: journal.sequence, readOnlyReason: null }),
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
  readonly records = new MemoryRecords();
  readonly directory = new MemoryDirectory();
  readonly journal = new MemoryJournal();

  commit(request: CommitRequest, nowMs: number): { result: CommitResult; visible: readonly VisibleChange[] } {
    const { changes, idempotency, principalId, requestId } = request;
    assertStorable(changes);
    const repeated = idempotency === null ? null : this.journal.result(idempotency.key, nowMs);
    if (repeated !== null) return { result: { outcomes: [], repeated }, visible: [] };
    const steps: MemoryStep[] = [];
    for (const change of changes) {
      const step = this.#apply(change, nowMs);
      steps.push(step);
      if (idempotency === null || step.outcome.ok || step.outcome.code !== 'REVISION_CONFLICT') continue;
      for (const taken of steps.reverse()) taken.undo();
      return { result: { outcomes: changes.map((held) => this.#heldBack(held)), repeated: null }, visible: [] };
    }
    const outcomes = steps.map((step) => step.outcome);
    const logged = steps.flatMap((step, i) => entriesOf(changes[i] as Change, step));
    const entries = logged.map(({ entry }) => entry);
    const instants = logged.map(({ at }) => at);
    if (entries.length > 0) this.journal.log({ at: nowMs, principalId, requestId, entries }, instants);
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
      return this.records.apply({ handle, expectedRevision, draft: change.draft, nowMs, sequence });
    }
    if (change.kind === 'delete-record') {
      return this.records.apply({ handle, expectedRevision, draft: null, nowMs, sequence });
    }
    if (change.kind === 'preserve-record') {
      return { action: 'created', ...this.records.preserve(change.handle, change.states, sequence) };
    }
    return this.directory.apply(change, nowMs);
  }

  #heldBack(change: Change): ChangeOutcome {
    const isOfRecord =
      change.kind === 'put-record' || change.kind === 'delete-record' || change.kind === 'preserve-record';
    const revision = isOfRecord ? this.records.revisionOf(change.handle) : this.directory.revisionOf(change);
    return heldBack(subjectOf(change).name, revision);
  }
}

interface Logged {
  readonly entry: ChangeEntry;
  /** When it happened, where it comes from another node. */
  readonly at: number | null;
}

function entriesOf(change: Change, { outcome, action, steps }: MemoryStep): Logged[] {
  if (!outcome.ok) return [];
  const named = subjectOf(change);
  if (change.kind !== 'preserve-record') return [{ entry: { ...named, action, revision: outcome.revision }, at: null }];
  return (steps ?? []).map((step, i) => ({ entry: { ...named, ...step }, at: change.states[i]?.updatedAt ?? null }));
}
