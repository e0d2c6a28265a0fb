// What one thread does of the first stage: rows are judged by their form, and the well-formed ones go sorted into runs on
// disk. Nothing reaches the registry.

import { rmSync } from 'node:fs';
import { inBothLanguages, isHandleError } from '../domain/error.ts';
import { type CaseRule, parseHandle } from '../domain/handle.ts';
import { MAX_MERGED_RUNS } from '../domain/import-limits.ts';
import type { GoodRow, ImportRow } from '../registry/import-rows.ts';
import { mergeInto } from './merged-rows.ts';
import { packRow, type RowTypes } from './packed-row.ts';
import type { RowProblem } from './problems.ts';
import { HAS_PARENT, IS_PACKED, RunGatherer } from './sorted-runs.ts';

export interface LaneOptions {
  /** Where a file of the job is. */
  readonly path: (file: string) => string;
  /** How the names of its runs begin. */
  readonly name: string;
  readonly foldsCase: CaseRule;
  readonly types: RowTypes;
  readonly refused: (problem: RowProblem) => void;
  readonly named: (parent: string) => void;
}

export interface LaneCounts {
  readonly rows: number;
  readonly refused: number;
  /** Kept ones, without a parent and with one. */
  readonly plainRows: number;
  readonly parentRows: number;
}

export class CheckLane {
  readonly #options: LaneOptions;
  readonly #gatherer = new RunGatherer();
  readonly #runs: string[] = [];
  readonly #synced: Promise<void>[] = [];
  #runNumber = 0;
  #counts = { rows: 0, refused: 0, plainRows: 0, parentRows: 0 };

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  get counts(): LaneCounts {
    return this.#counts;
  }

  /** False if the row is refused. Lines must rise from row to row. */
  take(row: ImportRow): boolean {
    this.#counts.rows++;
    try {
      if ('error' in row) throw row.error;
      this.#keep(row);
      return true;
    } catch (error) {
      if (!isHandleError(error)) throw error;
      this.#counts.refused++;
      const { code, at } = error;
      const detail = inBothLanguages(error);
      const place = at?.startsWith('line ') ? at : `line ${row.line}`;
      this.#options.refused({ line: row.line, handle: row.handle, code, detail, at: place });
      return false;
    }
  }

  /** All that was kept is on disk when the promise says so, in the runs of these names. */
  async finish(): Promise<readonly string[]> {
    if (!this.#gatherer.isEmpty) this.#writeRun();
    await Promise.all(this.#synced);
    return this.#runs;
  }

  #keep({ handle: spelled, line, json, parent, registration }: GoodRow): void {
    const { foldsCase, types, named } = this.#options;
    const handle = parseHandle(spelled, foldsCase);
    if (this.#gatherer.isFull) this.#writeRun();
    const packed = registration === undefined ? null : packRow(registration, types);
    const flags = (parent === null ? 0 : HAS_PARENT) | (packed === null ? 0 : IS_PACKED);
    this.#gatherer.add({ handle, line, flags, text: packed ?? json });
    if (parent === null) this.#counts.plainRows++;
    else {
      this.#counts.parentRows++;
      named(parent);
    }
  }

  #writeRun(): void {
    const { path } = this.#options;
    const name = this.#nextName();
    const synced = this.#gatherer.writeTo(path(name));
    synced.catch(() => {}); // thrown where it is awaited
    this.#synced.push(synced);
    this.#runs.push(name);
    if (this.#runs.length < MAX_MERGED_RUNS) return;
    const merged = this.#nextName();
    const before = this.#runs.splice(0);
    mergeInto(path(merged), before.map(path));
    for (const each of before) rmSync(path(each), { force: true });
    this.#runs.push(merged);
  }

  #nextName(): string {
    this.#runNumber++;
    return `${this.#options.name}.${this.#runNumber}`;
  }
}
