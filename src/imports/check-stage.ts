// The first stage of a job: the file is read once, every row's form is judged, and what is well-formed goes sorted into
// runs on disk. Nothing reaches the registry. Begun again after an interruption, it begins anew.

import { rmSync } from 'node:fs';
import { HandleError, inBothLanguages, isHandleError } from '../domain/error.ts';
import { parseHandle } from '../domain/handle.ts';
import { MAX_MERGED_RUNS } from '../domain/import-limits.ts';
import type { GoodRow, ImportRow } from '../registry/import-rows.ts';
import { type JobCounts, NO_COUNTS } from './job.ts';
import type { JobRun, Verdict } from './job-run.ts';
import { mergeInto } from './merged-rows.ts';
import type { NamedParents } from './named-parents.ts';
import { packRow, RowTypes } from './packed-row.ts';
import { ProblemWriter } from './problems.ts';
import { HAS_PARENT, IS_PACKED, RunGatherer } from './sorted-runs.ts';
import { openUpload } from './upload-rows.ts';

export const PROBLEMS = 'problems.ndjson';

/** Throws what makes the file unreadable as a whole. */
export async function checkFile(run: JobRun, parents: NamedParents): Promise<Verdict> {
  const { job } = run;
  run.save({ state: 'checking', checkpoint: null, counts: NO_COUNTS });
  run.beginStage(0);
  const upload = await openUpload(job, run.path('upload'), run.context.maxUnpackedBytes);
  run.save({ encoding: upload.encoding });
  const stage = new CheckStage(run, parents);
  try {
    for await (const rows of upload.lots) {
      for (const row of rows) if (!stage.take(row) && job.settings.onError === 'stop') return stage.end('refused');
      const verdict = await run.look(upload.share(), stage.counts);
      if (verdict !== null) return stage.end(verdict);
    }
    return stage.end('finished');
  } catch (error) {
    stage.end('interrupted');
    throw error;
  }
}

class CheckStage {
  readonly #run: JobRun;
  readonly #parents: NamedParents;
  readonly #problems: ProblemWriter;
  readonly #gatherer = new RunGatherer();
  readonly #runs: string[] = [];
  readonly #types = new RowTypes();
  #runNumber = 0;
  #rows = 0;
  #refused = 0;
  #plainRows = 0;
  #parentRows = 0;

  constructor(run: JobRun, parents: NamedParents) {
    this.#run = run;
    this.#parents = parents;
    this.#problems = new ProblemWriter(run.path(PROBLEMS), 0);
  }

  get counts(): JobCounts {
    return { ...NO_COUNTS, rows: this.#rows, refused: this.#refused };
  }

  /** False if the row is refused. */
  take(row: ImportRow): boolean {
    this.#rows++;
    try {
      if ('error' in row) throw row.error;
      this.#keep(row);
      return true;
    } catch (error) {
      if (!isHandleError(error)) throw error;
      this.#refused++;
      const { code, at } = error;
      const detail = inBothLanguages(error);
      const place = at?.startsWith('line ') ? at : `line ${row.line}`;
      this.#problems.add({ line: row.line, handle: row.handle, code, detail, at: place });
      return false;
    }
  }

  /** What was gathered is on disk on return. */
  end(verdict: Verdict): Verdict {
    if (!this.#gatherer.isEmpty && verdict === 'finished') this.#writeRun();
    this.#problems.close();
    if (verdict !== 'finished' && verdict !== 'refused') return verdict;
    this.#run.saveCheckpoint({
      stage: 'checking',
      runs: this.#runs,
      plainRows: this.#plainRows,
      parentRows: this.#parentRows,
      round: 0,
      position: 0,
      sequence: 0,
      problemBytes: this.#problems.length,
      deferredBytes: 0,
      deferredRows: 0,
      settledInRound: 0,
      counts: this.counts,
      types: this.#types.all,
    });
    return verdict;
  }

  #keep({ handle: spelled, line, json, parent, registration }: GoodRow): void {
    const handle = parseHandle(spelled, this.#run.context.foldsCase);
    if (this.#gatherer.isFull) this.#writeRun();
    const packed = registration === undefined ? null : packRow(registration, this.#types);
    const flags = (parent === null ? 0 : HAS_PARENT) | (packed === null ? 0 : IS_PACKED);
    this.#gatherer.add({ handle, line, flags, text: packed ?? json });
    if (parent === null) this.#plainRows++;
    else {
      this.#parentRows++;
      this.#parents.add(parent);
    }
  }

  #writeRun(): void {
    const name = this.#nextName();
    this.#gatherer.writeTo(this.#run.path(name));
    this.#runs.push(name);
    if (this.#runs.length < MAX_MERGED_RUNS) return;
    const merged = this.#nextName();
    const before = this.#runs.splice(0);
    mergeInto(
      this.#run.path(merged),
      before.map((each) => this.#run.path(each)),
    );
    for (const each of before) rmSync(this.#run.path(each), { force: true });
    this.#runs.push(merged);
  }

  #nextName(): string {
    this.#runNumber++;
    return `run.${this.#runNumber}`;
  }
}

/** Of a job whose files are not what its checkpoint says. */
export function lostCheckpoint(): HandleError {
  return new HandleError('INTERNAL', 'The files of this import are not complete: import the file again.', {
    zh: '此次导入的文件不完整：请重新导入该文件。',
  });
}
