// The requests of one transaction of PostgreSQL: which rows they concern, and what they come to, decided in memory over what
// was loaded. It asks the database nothing and writes nothing itself.

import type { ByteString } from '../domain/bytes.ts';
import { type Change, type ChangeEntry, loggedPrefixOf, type VisibleChange } from '../domain/change.ts';
import { isHandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import { IDEMPOTENCY_TTL_MS } from '../domain/limits.ts';
import type { LotTags } from '../domain/lot.ts';
import type { Prefix } from '../domain/prefix.ts';
import { subjectOf } from './change-name.ts';
import { CommitGroup } from './commit-group.ts';
import type { LotNeighbours } from './lot-judging.ts';
import type { PostgresNames } from './postgres-names.ts';
import { StagedLots } from './postgres-staged-lots.ts';
import { StagedRecords } from './postgres-staged-records.ts';
import { StagedSearch } from './postgres-staged-search.ts';
import type { WorkingSet } from './postgres-working-set.ts';
import type { CommitRequest, CommitResult, IdempotencyResult } from './registry-store.ts';
import { StagedCounts } from './staged-counts.ts';
import { StagedDirectory } from './staged-directory.ts';
import { UndoLog } from './undo-log.ts';

/** What belongs to the node as a whole is under none: whoever writes it holds this one's row. */
export const NO_PREFIX = '' as Prefix;

export interface LogRow {
  readonly request: CommitRequest;
  readonly entries: readonly ChangeEntry[];
}

export interface KeptResult {
  readonly key: string;
  readonly principalId: string;
  readonly result: IdempotencyResult;
}

/** What one request came to: a result, or what is wrong with it. */
export interface Settled {
  readonly result: CommitResult | null;
  readonly error: unknown;
}

/** All that a transaction has to write, and what its requests are told once it is on disk. */
export interface Decision {
  readonly nowMs: number;
  readonly settled: readonly Settled[];
  readonly visible: readonly VisibleChange[];
  readonly records: StagedRecords;
  readonly lots: StagedLots;
  readonly directory: StagedDirectory;
  readonly search: StagedSearch;
  readonly counts: StagedCounts;
  /** In order; the first is row 1. */
  readonly log: readonly LogRow[];
  readonly results: readonly KeptResult[];
}

/** Prefixes whose rows a request holds while it is decided, so that one enterprise's writes come one after the other. */
export function prefixesConcerned({ changes }: CommitRequest): Set<Prefix> {
  const prefixes = new Set<Prefix>();
  for (const change of changes) {
    const { subject, name } = subjectOf(change);
    prefixes.add(loggedPrefixOf({ subject, name, action: 'updated', revision: 0 }) ?? NO_PREFIX);
    if (subject === 'enterprise') prefixes.add(NO_PREFIX);
  }
  return prefixes;
}

/** Asks for what will surely be needed, so that it is there when the changes are looked at. */
export function foresee(requests: readonly CommitRequest[], set: WorkingSet): void {
  for (const { changes, idempotency } of requests) {
    if (idempotency !== null) set.result(idempotency.key);
    for (const change of changes) for (const handle of handlesOf(change)) set.record(handle);
  }
}

function handlesOf(change: Change): Handle[] {
  if (change.kind === 'put-record') {
    const { parent } = change.draft;
    return parent === null ? [change.handle] : [change.handle, parent];
  }
  if (change.kind === 'delete-record') return [change.handle];
  if (change.kind !== 'preserve-record') return [];
  return [change.handle, ...change.states.flatMap(({ draft }) => draft?.parent ?? [])];
}

export interface DecisionOptions {
  readonly set: WorkingSet;
  readonly names: PostgresNames;
  readonly lotTags: LotTags;
  readonly nowMs: number;
}

export function decide(requests: readonly CommitRequest[], options: DecisionOptions): Decision {
  const { set, names, lotTags: tags, nowMs } = options;
  const undo = new UndoLog();
  const counts = new StagedCounts(undo, nowMs, (prefix) => set.prefixes.get(prefix as string as Prefix)?.issued ?? 0);
  const search = new StagedSearch(names, undo);
  const directory = new StagedDirectory(set, undo);
  const lots = new StagedLots({ set, undo, counts, tags });
  const records = new StagedRecords({ set, names, undo, counts, lots, search, tags });
  const neighbours: Omit<LotNeighbours, 'overlapOf'> = {
    objectionTo: (handle, parent, isPreserved) => records.objectionTo(handle, parent, isPreserved),
    rowsWithin: (lot, serials) => records.rowsWithin(lot, serials),
  };
  const log: LogRow[] = [];
  const results = new Map<string, KeptResult>();
  const group = new CommitGroup(
    {
      ...{ undo, nowMs, records, directory },
      lots: { put: (change) => lots.put(change, nowMs, neighbours), revisionOf: (change) => lots.revisionOf(change) },
      results: {
        find: (key) => standing(results.get(key)?.result ?? set.result(key), nowMs),
        keep: (principalId, key, result) => results.set(key, { key, principalId, result }),
      },
      log: (request, entries) => log.push({ request, entries }),
    },
    0,
  );
  const settled = requests.map((request) => settle(group, request));
  const visible = group.visible;
  return { nowMs, settled, visible, records, lots, directory, search, counts, log, results: [...results.values()] };
}

function standing(result: IdempotencyResult | null, nowMs: number): IdempotencyResult | null {
  return result === null || result.at + IDEMPOTENCY_TTL_MS <= nowMs ? null : result;
}

function settle(group: CommitGroup, request: CommitRequest): Settled {
  try {
    return { result: group.apply(request), error: null };
  } catch (error) {
    // What is wrong with one request is its caller's; anything else ends the transaction.
    if (isHandleError(error) && error.code !== 'STORE_UNAVAILABLE' && error.code !== 'STORE_FORMAT') {
      return { result: null, error };
    }
    throw error;
  }
}

/** Names of types and templates that the changes bring. */
export function namesIn(requests: readonly CommitRequest[]): { types: Set<ByteString>; templates: Set<Handle> } {
  const types = new Set<ByteString>();
  const templates = new Set<Handle>();
  for (const { changes } of requests) {
    for (const change of changes) {
      const drafts =
        change.kind === 'put-record'
          ? [change.draft]
          : change.kind === 'preserve-record'
            ? change.states.map(({ draft }) => draft)
            : [];
      for (const draft of drafts) {
        if (draft === null) continue;
        for (const { type } of draft.values) types.add(type);
        if (draft.template !== null) templates.add(draft.template);
      }
    }
  }
  return { types, templates };
}
