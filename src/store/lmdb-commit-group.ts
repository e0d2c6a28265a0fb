// The requests of one write transaction: applied one after the other in memory, each whole or not at all, then written
// together. Lives as long as its transaction.

import { type ByteString, textFromBytes } from '../domain/bytes.ts';
import {
  type Change,
  type ChangeEntry,
  type ChangeOutcome,
  loggedPrefixOf,
  type VisibleChange,
} from '../domain/change.ts';
import type { Handle } from '../domain/handle.ts';
import type { LotTags } from '../domain/lot.ts';
import type { Prefix } from '../domain/prefix.ts';
import { assertStorable, subjectOf } from './change-name.ts';
import { encodeChangeRow, encodeCreations } from './change-row-codec.ts';
import { heldBack } from './commit-outcomes.ts';
import type { CreationSheet, SheetRows } from './creation-sheet.ts';
import { type ResultCounts, ResultKeeper } from './lmdb-idempotency.ts';
import { toUint32, toUint64 } from './lmdb-keys.ts';
import { lotNeighbours } from './lmdb-lot-neighbours.ts';
import type { LmdbNameGiver } from './lmdb-names.ts';
import { StagedChildren } from './lmdb-staged-children.ts';
import { StagedCounts } from './lmdb-staged-counts.ts';
import { StagedDirectory } from './lmdb-staged-directory.ts';
import { type LotPrefixes, StagedLots } from './lmdb-staged-lots.ts';
import { StagedRecords } from './lmdb-staged-records.ts';
import { StagedSearch } from './lmdb-staged-search.ts';
import { StagedSheets } from './lmdb-staged-sheets.ts';
import type { LmdbTables } from './lmdb-tables.ts';
import type { LotNeighbours } from './lot-judging.ts';
import { PackedWriter } from './packed-bytes.ts';
import type { PreserveChange } from './preserved-steps.ts';
import type { RecordChange } from './record-steps.ts';
import type { CommitRequest, CommitResult } from './registry-store.ts';
import { StagedList, UndoLog } from './undo-log.ts';

export interface GroupOptions {
  readonly tables: LmdbTables;
  readonly names: LmdbNameGiver;
  readonly resultCounts: ResultCounts;
  readonly lotPrefixes: LotPrefixes;
  readonly nowMs: number;
  readonly lotTags: LotTags;
  /** The newest log row's sequence. */
  readonly sequence: number;
}

const ROW_MARK = '\x00' as ByteString;
/** Kept for all groups: a new one would be 4 KiB for each transaction. */
const out = new PackedWriter();

export class CommitGroup {
  readonly #options: GroupOptions;
  readonly #undo = new UndoLog();
  readonly #records: StagedRecords;
  readonly #sheets: StagedSheets;
  readonly #children: StagedChildren;
  readonly #counts: StagedCounts;
  readonly #search: StagedSearch;
  readonly #directory: StagedDirectory;
  readonly #lots: StagedLots;
  readonly #neighbours: Omit<LotNeighbours, 'overlapOf'>;
  readonly #results: ResultKeeper;
  readonly #visible = new StagedList<VisibleChange>(this.#undo);
  #sequence: number;

  constructor(options: GroupOptions) {
    const { tables, names, nowMs } = options;
    this.#options = options;
    this.#sequence = options.sequence;
    this.#children = new StagedChildren(tables, this.#undo);
    this.#counts = new StagedCounts(tables, this.#undo, nowMs);
    this.#directory = new StagedDirectory(tables, this.#undo);
    this.#results = new ResultKeeper(tables, options.resultCounts, nowMs);
    this.#search = new StagedSearch(tables, names, this.#undo);
    const index = { children: this.#children, counts: this.#counts, search: this.#search };
    const staging = { tables, names, undo: this.#undo, ...index };
    this.#lots = new StagedLots({ ...staging, tags: options.lotTags, lotPrefixes: options.lotPrefixes });
    this.#records = new StagedRecords({ ...staging, lots: this.#lots });
    this.#sheets = new StagedSheets({ ...staging, lots: this.#lots }, this.#records);
    this.#neighbours = lotNeighbours(this.#records, { ...staging, lots: this.#lots, tags: options.lotTags });
  }

  get sequence(): number {
    return this.#sequence;
  }

  get visible(): readonly VisibleChange[] {
    return this.#visible.items;
  }

  /** Throws what is wrong with the request itself; nothing of it is then applied. */
  apply(request: CommitRequest): CommitResult {
    if (request.sheet !== undefined && request.idempotency === null) return this.#applySheet(request, request.sheet);
    assertStorable(request.changes);
    const repeated = request.idempotency === null ? null : this.#results.find(request.idempotency.key);
    if (repeated !== null) return { outcomes: [], repeated };
    if (request.idempotency === null) return this.#applyAll(request);
    this.#undo.mark();
    const result = this.#applyAll(request);
    this.#undo.keep();
    return result;
  }

  /** Writes what was staged. Call once, at the end of the transaction. */
  flush(): void {
    this.#records.flush();
    this.#children.flush();
    this.#search.flush();
    this.#counts.flush();
    this.#directory.flush();
    this.#lots.flush();
  }

  #applyAll(request: CommitRequest): CommitResult {
    const outcomes: ChangeOutcome[] = [];
    const entries: ChangeEntry[] = [];
    for (const change of request.changes) {
      const outcome = this.#applyOne(change, entries);
      if (request.idempotency !== null && !outcome.ok && outcome.code === 'REVISION_CONFLICT') {
        this.#undo.takeBack();
        return { outcomes: request.changes.map((held) => this.#heldBack(held)), repeated: null };
      }
      outcomes.push(outcome);
    }
    if (entries.length > 0) this.#log(request, entries);
    if (request.idempotency !== null) {
      const { key, bodyHash, note } = request.idempotency;
      const principal = this.#options.names.principalId(request.principalId);
      this.#results.keep(principal, key, { bodyHash, note, outcomes, at: this.#options.nowMs });
    }
    return { outcomes, repeated: null };
  }

  #applySheet(request: CommitRequest, sheet: CreationSheet): CommitResult {
    const { nowMs } = this.#options;
    const suffixes: ByteString[] = [];
    const entries: ChangeEntry[] = [];
    /** Whether the log can say it all at once. */
    let isPlain = true;
    const created = (handle: Handle, suffix: ByteString): void => {
      this.#visible.push({ subject: 'record', handle, appeared: true, replaced: false });
      if (isPlain) suffixes.push(suffix);
      else entries.push(creationOf(handle));
    };
    const other = (rows: SheetRows): ChangeOutcome => {
      if (isPlain) entries.push(...suffixes.map((suffix) => creationOf(handleIn(sheet.prefix, suffix))));
      isPlain = false;
      return this.#applyOne(rows.readChange(), entries);
    };
    const outcomes = this.#sheets.apply(sheet, nowMs, { created, other });
    if (isPlain) this.#logCreations(request, sheet.prefix, suffixes);
    else if (entries.length > 0) this.#log(request, entries);
    return { outcomes, repeated: null };
  }

  #applyOne(change: Change, entries: ChangeEntry[]): ChangeOutcome {
    const { nowMs } = this.#options;
    if (change.kind === 'preserve-record') return this.#preserve(change, entries);
    const { outcome, action, visible } = isRecordChange(change)
      ? this.#records.apply(change, nowMs, this.#sequence + 1)
      : change.kind === 'put-lot'
        ? this.#lots.put(change, nowMs, this.#neighbours)
        : this.#directory.put(change, nowMs);
    if (!outcome.ok) return outcome;
    entries.push({ ...subjectOf(change), action, revision: outcome.revision });
    for (const announced of visible) this.#visible.push(announced);
    return outcome;
  }

  #preserve(change: PreserveChange, entries: ChangeEntry[]): ChangeOutcome {
    const { outcome, steps, visible } = this.#records.preserve(change, this.#sequence + 1);
    for (const step of steps) entries.push({ ...subjectOf(change), ...step });
    for (const announced of visible) this.#visible.push(announced);
    return outcome;
  }

  #heldBack(change: Change): ChangeOutcome {
    return heldBack(subjectOf(change).name, this.#revisionOf(change));
  }

  #revisionOf(change: Change): number {
    if (isRecordChange(change) || change.kind === 'preserve-record') return this.#records.revisionOf(change.handle);
    return change.kind === 'put-lot' ? this.#lots.revisionOf(change) : this.#directory.revisionOf(change);
  }

  #log({ principalId, requestId }: CommitRequest, entries: readonly ChangeEntry[]): void {
    const { names, nowMs } = this.#options;
    out.clear();
    encodeChangeRow({ at: nowMs, principalId, requestId, entries }, names, out);
    this.#putLogRow(prefixesOf(entries));
  }

  #logCreations({ principalId, requestId }: CommitRequest, prefix: Prefix, suffixes: readonly ByteString[]): void {
    const { names, nowMs } = this.#options;
    out.clear();
    encodeCreations({ at: nowMs, principalId, requestId, prefix, suffixes }, names, out);
    this.#putLogRow(new Set([prefix]));
  }

  /** The request is accepted from here on: rows are written at once, in the order of their sequence. */
  #putLogRow(prefixes: ReadonlySet<Prefix>): void {
    const { tables, names } = this.#options;
    this.#sequence += 1;
    const key = toUint64(this.#sequence);
    tables.log.put(key, out.toBytes());
    for (const prefix of prefixes) {
      tables.logByPrefix.put((toUint32(names.prefixId(prefix)) + key) as ByteString, ROW_MARK);
    }
  }
}

function handleIn(prefix: Prefix, suffix: ByteString): Handle {
  return `${prefix}/${textFromBytes(suffix)}` as Handle;
}

function creationOf(handle: Handle): ChangeEntry {
  return { subject: 'record', action: 'created', name: handle, revision: 1 };
}

function isRecordChange(change: Change): change is RecordChange {
  return change.kind === 'put-record' || change.kind === 'delete-record';
}

function prefixesOf(entries: readonly ChangeEntry[]): Set<Prefix> {
  const prefixes = new Set<Prefix>();
  let last: Prefix | null = null;
  for (const entry of entries) {
    const prefix = loggedPrefixOf(entry);
    if (prefix !== null && prefix !== last) prefixes.add(prefix);
    last = prefix;
  }
  return prefixes;
}
