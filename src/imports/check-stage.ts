// The first stage of a job: the file is read once, every row's form is judged, and what is well-formed goes sorted into
// runs on disk, with the help of another thread where rows are lines. Begun again after an interruption, it begins anew.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { HandleError } from '../domain/error.ts';
import type { ImportRow } from '../registry/import-rows.ts';
import { CheckLane } from './check-lane.ts';
import { type JobCounts, NO_COUNTS } from './job.ts';
import type { JobRun, Verdict } from './job-run.ts';
import { readPieces } from './line-pieces.ts';
import type { NamedParents } from './named-parents.ts';
import { RowTypes } from './packed-row.ts';
import { ProblemWriter, type RowProblem } from './problems.ts';
import { type CheckerShare, type CheckTask, checkPiece, isLineFormat, SecondChecker } from './second-checker.ts';
import { defaultsOf, openUpload } from './upload-rows.ts';

export const PROBLEMS = 'problems.ndjson';

/** Throws what makes the file unreadable as a whole. */
export async function checkFile(run: JobRun, parents: NamedParents): Promise<Verdict> {
  run.save({ state: 'checking', checkpoint: null, counts: NO_COUNTS });
  run.beginStage(0);
  const stage = new CheckStage(run, parents);
  try {
    return await stage.end(await stage.run());
  } catch (error) {
    await stage.end('interrupted');
    throw error;
  } finally {
    stage.close();
  }
}

class CheckStage {
  readonly #run: JobRun;
  readonly #problems: ProblemWriter;
  readonly #types: RowTypes;
  readonly #lane: CheckLane;
  readonly #task: CheckTask | null;
  readonly #second: SecondChecker | null;
  #share: CheckerShare | null = null;

  constructor(run: JobRun, parents: NamedParents) {
    this.#run = run;
    this.#problems = new ProblemWriter(run.path(PROBLEMS), 0);
    const listener = {
      refused: (problem: RowProblem) => this.#problems.add(problem),
      named: (parent: string) => parents.add(parent),
    };
    this.#task = taskOf(run);
    const port = this.#task === null ? null : (run.context.startChecker?.(this.#task, run.job.bytes) ?? null);
    this.#second = port === null ? null : new SecondChecker(port, listener);
    this.#types = port === null ? new RowTypes() : new RowTypes([], 1, 2);
    const path = (file: string): string => run.path(file);
    this.#lane = new CheckLane({
      ...{ path, name: 'run', types: this.#types, foldsCase: run.context.foldsCase },
      ...listener,
    });
  }

  run(): Promise<Verdict> {
    return this.#second === null || this.#task === null ? this.#runAlone() : this.#runBeside(this.#second, this.#task);
  }

  close(): void {
    this.#second?.close();
  }

  async #runAlone(): Promise<Verdict> {
    const { job, context } = this.#run;
    const upload = await openUpload(job, this.#run.path('upload'), context.maxUnpackedBytes);
    this.#run.save({ encoding: upload.encoding });
    const stops = job.settings.onError === 'stop';
    const isRefused = (row: ImportRow): boolean => !this.#lane.take(row) && stops;
    for await (const rows of upload.lots) {
      for (const row of rows) if (isRefused(row)) return 'refused';
      await this.#run.giveWay();
      const verdict = await this.#run.look(upload.share(), this.#counts);
      if (verdict !== null) return verdict;
    }
    return 'finished';
  }

  /** Pieces go to the second checker while it has too little to do and nobody is kept waiting, else are checked here. */
  async #runBeside(second: SecondChecker, task: CheckTask): Promise<Verdict> {
    this.#run.save({ encoding: 'utf-8' });
    for await (const piece of readPieces(this.#run.path('upload'))) {
      if (second.isBusy || this.#run.standsBack) await checkPiece(this.#lane, task, piece);
      else second.give(piece);
      await this.#run.giveWay();
      await nextTurn(); // what the second checker tells comes in between turns alone
      const verdict = await this.#run.look(piece.end / this.#run.job.bytes, this.#counts);
      if (verdict !== null) return verdict;
    }
    this.#share = await second.finish();
    return 'finished';
  }

  get #counts(): JobCounts {
    const [own, other] = [this.#lane.counts, this.#second?.counts];
    const rows = own.rows + (other?.rows ?? 0);
    return { ...NO_COUNTS, rows, refused: own.refused + (other?.refused ?? 0) };
  }

  /** What was kept is on disk on return. */
  async end(verdict: Verdict): Promise<Verdict> {
    const runs = verdict === 'finished' ? await this.#lane.finish() : [];
    this.#problems.close();
    if (verdict !== 'finished' && verdict !== 'refused') return verdict;
    if (this.#share !== null) this.#types.add(this.#share.types);
    const { plainRows, parentRows } = this.#lane.counts;
    this.#run.saveCheckpoint({
      stage: 'checking',
      runs: [...runs, ...(this.#share?.runs ?? [])],
      plainRows: plainRows + (this.#share?.counts.plainRows ?? 0),
      parentRows: parentRows + (this.#share?.counts.parentRows ?? 0),
      round: 0,
      position: 0,
      sequence: 0,
      problemBytes: this.#problems.length,
      deferredBytes: 0,
      deferredRows: 0,
      settledInRound: 0,
      counts: this.#counts,
      types: this.#types.all,
    });
    return verdict;
  }
}

/** Null where rows are no lines, or the first one that is refused is to end it. */
function taskOf(run: JobRun): CheckTask | null {
  const { settings, id } = run.job;
  const { format, onError } = settings;
  if (!isLineFormat(format) || onError === 'stop') return null;
  return { format, defaults: defaultsOf(settings), directory: run.context.files.directoryOf(id) };
}

/** Of a job whose files are not what its checkpoint says. */
export function lostCheckpoint(): HandleError {
  return new HandleError('INTERNAL', 'The files of this import are not complete: import the file again.');
}
