// The requests of one write transaction, applied one after the other in memory, each change whole or not at all, each
// request with an idempotency key whole or not at all: the same for every store that stages what it will write. It neither
// reads nor writes itself.

import { type ByteString, textFromBytes } from '../domain/bytes.ts';
import {
  type Change,
  type ChangeEntry,
  type ChangeOutcome,
  loggedPrefixOf,
  type VisibleChange,
} from '../domain/change.ts';
import type { Handle } from '../domain/handle.ts';
import type { Prefix } from '../domain/prefix.ts';
import { assertStorable, subjectOf } from './change-name.ts';
import { heldBack } from './commit-outcomes.ts';
import type { CreationSheet, SheetRows } from './creation-sheet.ts';
import type { LotChange } from './lot-changes.ts';
import type { PreserveChange, PreserveStep } from './preserved-steps.ts';
import type { RecordChange, RecordStep } from './record-steps.ts';
import type { CommitRequest, CommitResult, IdempotencyResult } from './registry-store.ts';
import type { DirectoryChange, DirectoryStep } from './staged-directory.ts';
import { StagedList, type UndoLog } from './undo-log.ts';

/** What a store stages, part by part; all of it takes its steps back with `undo`. */
export interface GroupParts {
  readonly undo: UndoLog;
  readonly nowMs: number;
  readonly records: {
    /** `row`: the log row this change will be in. */
    apply(change: RecordChange, nowMs: number, row: number): RecordStep;
    preserve(change: PreserveChange, row: number): PreserveStep;
    revisionOf(handle: Handle): number;
  };
  readonly lots: { put(change: LotChange, nowMs: number): DirectoryStep; revisionOf(change: LotChange): number };
  readonly directory: {
    put(change: DirectoryChange, nowMs: number): DirectoryStep;
    revisionOf(change: DirectoryChange): number;
  };
  readonly results: {
    find(key: string): IdempotencyResult | null;
    keep(principalId: string, key: string, result: IdempotencyResult): void;
  };
  /** The request is accepted from here on, and never taken back. */
  log(request: CommitRequest, entries: readonly ChangeEntry[], row: number): void;
  /** Of a store that takes creations as they come. */
  readonly sheets?: SheetParts;
}

export interface SheetParts {
  /** One outcome for each row, in order. */
  apply(sheet: CreationSheet, nowMs: number, steps: SheetSteps): readonly ChangeOutcome[];
  /** As `log`, of what is nothing but creations of one prefix. */
  log(request: CommitRequest, created: Creations, row: number): void;
}

export interface SheetSteps {
  /** A row was created by the sheet alone. */
  readonly created: (handle: Handle, suffix: ByteString) => void;
  /** A row that has to be applied as a change. */
  readonly other: (rows: SheetRows) => ChangeOutcome;
}

export interface Creations {
  readonly prefix: Prefix;
  readonly suffixes: readonly ByteString[];
}

export class CommitGroup {
  readonly #parts: GroupParts;
  readonly #visible: StagedList<VisibleChange>;
  #row: number;

  /** `row`: the newest row of the log so far, however the store counts them. */
  constructor(parts: GroupParts, row: number) {
    this.#parts = parts;
    this.#visible = new StagedList(parts.undo);
    this.#row = row;
  }

  get row(): number {
    return this.#row;
  }

  get visible(): readonly VisibleChange[] {
    return this.#visible.items;
  }

  /** Throws what is wrong with the request itself; nothing of it is then applied. */
  apply(request: CommitRequest): CommitResult {
    const { results, undo, sheets } = this.#parts;
    const { sheet } = request;
    if (sheets !== undefined && sheet !== undefined && request.idempotency === null) {
      return this.#applySheet(request, sheet, sheets);
    }
    assertStorable(request.changes);
    const repeated = request.idempotency === null ? null : results.find(request.idempotency.key);
    if (repeated !== null) return { outcomes: [], repeated };
    if (request.idempotency === null) return this.#applyAll(request);
    undo.mark();
    const result = this.#applyAll(request);
    undo.keep();
    return result;
  }

  #applyAll(request: CommitRequest): CommitResult {
    const { undo, nowMs, results, log } = this.#parts;
    const outcomes: ChangeOutcome[] = [];
    const entries: ChangeEntry[] = [];
    for (const change of request.changes) {
      const outcome = this.#applyOne(change, entries);
      if (request.idempotency !== null && !outcome.ok && outcome.code === 'REVISION_CONFLICT') {
        undo.takeBack();
        return { outcomes: request.changes.map((held) => this.#heldBack(held)), repeated: null };
      }
      outcomes.push(outcome);
    }
    if (entries.length > 0) {
      this.#row += 1;
      log(request, entries, this.#row);
    }
    if (request.idempotency !== null) {
      const { key, bodyHash, note } = request.idempotency;
      results.keep(request.principalId, key, { bodyHash, note, outcomes, at: nowMs });
    }
    return { outcomes, repeated: null };
  }

  #applySheet(request: CommitRequest, sheet: CreationSheet, sheets: SheetParts): CommitResult {
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
    const outcomes = sheets.apply(sheet, this.#parts.nowMs, { created, other });
    if (isPlain || entries.length > 0) this.#row += 1;
    if (isPlain) sheets.log(request, { prefix: sheet.prefix, suffixes }, this.#row);
    else if (entries.length > 0) this.#parts.log(request, entries, this.#row);
    return { outcomes, repeated: null };
  }

  #applyOne(change: Change, entries: ChangeEntry[]): ChangeOutcome {
    const { nowMs, records, lots, directory } = this.#parts;
    if (change.kind === 'preserve-record') return this.#preserve(change, entries);
    const { outcome, action, visible } = isRecordChange(change)
      ? records.apply(change, nowMs, this.#row + 1)
      : change.kind === 'put-lot'
        ? lots.put(change, nowMs)
        : directory.put(change, nowMs);
    if (!outcome.ok) return outcome;
    entries.push({ ...subjectOf(change), action, revision: outcome.revision });
    for (const announced of visible) this.#visible.push(announced);
    return outcome;
  }

  #preserve(change: PreserveChange, entries: ChangeEntry[]): ChangeOutcome {
    const { outcome, steps, visible } = this.#parts.records.preserve(change, this.#row + 1);
    for (const step of steps) entries.push({ ...subjectOf(change), ...step });
    for (const announced of visible) this.#visible.push(announced);
    return outcome;
  }

  #heldBack(change: Change): ChangeOutcome {
    return heldBack(subjectOf(change).name, this.#revisionOf(change));
  }

  #revisionOf(change: Change): number {
    const { records, lots, directory } = this.#parts;
    if (isRecordChange(change) || change.kind === 'preserve-record') return records.revisionOf(change.handle);
    return change.kind === 'put-lot' ? lots.revisionOf(change) : directory.revisionOf(change);
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

/** Prefixes in whose logs a row stands. */
export function prefixesOf(entries: readonly ChangeEntry[]): Set<Prefix> {
  const prefixes = new Set<Prefix>();
  let last: Prefix | null = null;
  for (const entry of entries) {
    const prefix = loggedPrefixOf(entry);
    if (prefix !== null && prefix !== last) prefixes.add(prefix);
    last = prefix;
  }
  return prefixes;
}
