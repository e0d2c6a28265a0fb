// The stage that registers: sorted rows go to the registry call by call, a few calls ahead of the committing thread; what
// came of each is counted in order, and kept with its place. Also the rehearsal, which changes nothing.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ByteString, textFromBytes } from '../domain/bytes.ts';
import {
  MAX_CALLS_AHEAD_STANDING_BACK,
  MAX_IMPORT_BATCH_BYTES,
  MAX_IMPORT_CALLS_AHEAD,
  MAX_JOB_CALL_ROWS,
  MAX_PARENT_ROUNDS,
} from '../domain/import-limits.ts';
import type { RegistrationOutcome } from '../domain/observer.ts';
import { type ImportResult, type ImportTarget, registerPatiently } from '../registry/import-loop.ts';
import type { ImportItem } from '../registry/import-registry.ts';
import { lostCheckpoint, PROBLEMS } from './check-stage.ts';
import { withoutReason, withReason } from './deferred-row.ts';
import type { Checkpoint, JobCounts } from './job.ts';
import { type JobRun, settledIn, type Verdict } from './job-run.ts';
import { MergedRows } from './merged-rows.ts';
import { RowItems, RowTypes } from './packed-row.ts';
import { ProblemWriter, type RowProblem } from './problems.ts';
import { placeInFile } from './row-places.ts';
import { HAS_PARENT, IS_PACKED, RowFileWriter, type RunRow, rowBytes } from './sorted-runs.ts';

/** A crash costs as much work again. */
const CHECKPOINT_MS = 1000;

export interface WriteOptions {
  readonly stage: 'rehearsing' | 'writing';
  readonly target: ImportTarget<ImportItem>;
  /** What this job did in calls that its checkpoint does not know of, by handle. */
  readonly done: ReadonlyMap<string, RegistrationOutcome>;
  /** Whether a refused row ends it. */
  readonly stops: boolean;
  /** False if a row that lacks its parent may be right: a rehearsal that could not remember every parent. */
  readonly judgesParents: boolean;
}

/** Rows on their way, in order, and what is known already of others between them. */
interface Call {
  readonly rows: RunRow[];
  readonly done: RegistrationOutcome[];
  readonly refused: RowProblem[];
  bytes: number;
  /** Rows of the round behind it. */
  position: number;
  sequence: number;
  results: Promise<readonly ImportResult[]>;
}

/** Begins, or goes on where the checkpoint says. Throws what the registry threw: the checkpoint then stands. */
export async function writeRows(run: JobRun, options: WriteOptions): Promise<Verdict> {
  const { checkpoint } = run.job;
  if (checkpoint === null) throw lostCheckpoint();
  const stage = new WriteStage(run, options, checkpoint);
  try {
    return await stage.run();
  } finally {
    stage.close();
  }
}

class WriteStage {
  readonly #run: JobRun;
  readonly #options: WriteOptions;
  readonly #problems: ProblemWriter;
  readonly #items: RowItems;
  #deferred: RowFileWriter;
  #mark: Checkpoint;
  #counts: { -readonly [K in keyof JobCounts]: number };
  #calls: Call[] = [];
  #savedAt = performance.now();
  #hasRefused = false;

  constructor(run: JobRun, options: WriteOptions, checkpoint: Checkpoint) {
    this.#run = run;
    this.#options = options;
    this.#mark = checkpoint;
    this.#items = new RowItems(new RowTypes(checkpoint.types));
    this.#counts = { ...checkpoint.counts };
    this.#problems = new ProblemWriter(run.path(PROBLEMS), checkpoint.problemBytes);
    this.#deferred = new RowFileWriter(this.#deferredPath(checkpoint.round), checkpoint.deferredBytes);
  }

  async run(): Promise<Verdict> {
    this.#run.beginStage(this.#share());
    for (;;) {
      const verdict = await this.#runRound();
      if (verdict !== 'finished') return verdict;
      const { round, deferredRows, settledInRound } = this.#mark;
      // Another round makes sense as long as a parent may have come with this one.
      const goesOn = round === 0 || (deferredRows > 0 && settledInRound > 0 && round <= MAX_PARENT_ROUNDS);
      if (!goesOn) break;
      this.#nextRound(round + 1);
    }
    return this.#refuseDeferred();
  }

  close(): void {
    this.#problems.close();
    this.#deferred.close();
  }

  async #runRound(): Promise<Verdict> {
    const { round, position: from } = this.#mark;
    const rows = new MergedRows(this.#filesOf(round));
    let position = 0;
    let call = newCall();
    try {
      while (rows.next()) {
        position++;
        if (position <= from) continue;
        this.#gather(rows, round, call);
        call.position = position;
        if (!isFull(call)) continue;
        const verdict = await this.#send(call);
        if (verdict !== null) return verdict;
        call = newCall();
      }
      return (await this.#send(call)) ?? (await this.#settleTo(0)) ?? 'finished';
    } finally {
      rows.close();
      await Promise.allSettled(this.#calls.map(({ results }) => results));
      this.#calls = [];
    }
  }

  /** Rows of another round are passed over; those that say again what another line said are refused. */
  #gather(rows: MergedRows, round: number, call: Call): void {
    const { flags, line } = rows;
    if (round < 2 && (flags & HAS_PARENT) !== round) return;
    const { handle, firstLine } = rows;
    if (line !== firstLine) {
      const detail = `本文件第 ${firstLine} 行是同一标识，以先出现的为准：请只保留一行。 / Line ${firstLine} of this file has the same identifier, and the first one counts: keep one of them.`;
      call.refused.push({ line, handle, code: 'ALREADY_EXISTS', detail, at: `line ${line}` });
      return;
    }
    const done = this.#options.done.size === 0 ? undefined : this.#options.done.get(handle);
    if (done !== undefined) {
      call.done.push(done);
      return;
    }
    const text = round < 2 ? rows.text : withoutReason(rows.text).text;
    call.rows.push({ handle, line, flags, text });
    call.bytes += text.length;
  }

  async #send(call: Call): Promise<Verdict | null> {
    const { store, sleep, random } = this.#run.context;
    call.sequence = store.stats().sequence;
    const items = call.rows.map((row) => this.#items.of(row));
    const { target } = this.#options;
    call.results = items.length === 0 ? Promise.resolve([]) : registerPatiently(items, target, { sleep, random });
    call.results.catch(() => {}); // thrown where it is awaited; until then it must not count as unhandled
    this.#calls.push(call);
    // The call leaves this thread, and answers come in, only between turns of its event loop: planned in one turn, every
    // call would wait for the last, and the committing thread with them. The first turn plans, the second sends.
    await nextTurn();
    await nextTurn();
    const mayWait = this.#run.standsBack ? MAX_CALLS_AHEAD_STANDING_BACK : MAX_IMPORT_CALLS_AHEAD;
    const settled = await this.#settleTo(mayWait - 1);
    await this.#run.giveWay();
    return settled ?? (await this.#run.look(this.#share(), this.#counts));
  }

  /** Until so many calls are on their way. */
  async #settleTo(ahead: number): Promise<Verdict | null> {
    while (this.#calls.length > ahead) {
      const verdict = await this.#settleFirst();
      if (verdict !== null) return verdict;
    }
    return null;
  }

  async #settleFirst(): Promise<Verdict | null> {
    const call = this.#calls[0] as Call;
    const results = await call.results;
    this.#calls.shift();
    let { deferredRows, settledInRound } = this.#mark;
    for (let i = 0; i < call.rows.length; i++) {
      const row = call.rows[i] as RunRow;
      const result = results[i] as ImportResult;
      if (result.outcome !== 'refused') {
        this.#counts[result.outcome]++;
        settledInRound++;
      } else if (result.code === 'INVALID_PARENT' && this.#mark.round > 0) {
        this.#deferred.write(rowBytes({ ...row, text: withReason(result.detail, row) }));
        deferredRows++;
      } else {
        const { code, detail } = result;
        const at = this.#placeOf(row, result.at ?? '');
        this.#refuse({ line: row.line, handle: row.handle, code, detail, at });
      }
    }
    for (const outcome of call.done) this.#counts[outcome]++;
    settledInRound += call.done.length;
    for (const problem of call.refused) this.#refuse(problem);
    this.#observe(call, results);
    const { sequence } = this.#calls[0] ?? call;
    this.#mark = { ...this.#mark, position: call.position, sequence, deferredRows, settledInRound };
    const ends = this.#hasRefused && this.#options.stops;
    if (ends || performance.now() - this.#savedAt >= CHECKPOINT_MS) this.#save();
    return ends ? 'refused' : null;
  }

  #refuse(problem: RowProblem): void {
    this.#hasRefused = true;
    this.#counts.refused++;
    this.#problems.add(problem);
  }

  #save(): void {
    this.#problems.sync();
    this.#deferred.sync();
    this.#mark = {
      ...this.#mark,
      stage: this.#options.stage,
      problemBytes: this.#problems.length,
      deferredBytes: this.#deferred.length,
      counts: { ...this.#counts },
    };
    this.#run.saveCheckpoint(this.#mark);
    this.#savedAt = performance.now();
  }

  #nextRound(round: number): void {
    this.#deferred.close();
    this.#deferred = new RowFileWriter(this.#deferredPath(round));
    this.#mark = { ...this.#mark, round, position: 0, deferredBytes: 0, deferredRows: 0, settledInRound: 0 };
    this.#save();
  }

  /** What lacks its parent after every round. */
  #refuseDeferred(): Verdict {
    const { deferredRows, round } = this.#mark;
    this.#deferred.sync();
    const rows = new MergedRows(deferredRows === 0 ? [] : [this.#deferredPath(round)]);
    try {
      while (rows.next()) {
        const { line, handle, flags } = rows;
        const { reason, text } = withoutReason(rows.text);
        const detail = (flags & IS_PACKED) === 0 ? reason : textFromBytes(reason as ByteString);
        const at = this.#placeOf({ handle, line, flags, text }, '/parent');
        if (this.#options.judgesParents) this.#refuse({ line, handle, code: 'INVALID_PARENT', detail, at });
        else this.#counts.created++;
      }
    } finally {
      rows.close();
    }
    this.#mark = { ...this.#mark, deferredRows: 0 };
    this.#deferred.close();
    this.#deferred = new RowFileWriter(this.#deferredPath(round));
    this.#save();
    return this.#hasRefused && this.#options.stops ? 'refused' : 'finished';
  }

  #observe({ done, refused }: Call, results: readonly ImportResult[]): void {
    if (this.#options.stage === 'rehearsing') return;
    const counts = new Map<RegistrationOutcome, number>();
    const add = (outcome: RegistrationOutcome, more = 1): void =>
      void counts.set(outcome, (counts.get(outcome) ?? 0) + more);
    let created = 0;
    for (const { outcome } of results) {
      if (outcome === 'created') created += 1;
      else add(outcome);
    }
    if (created > 0) add('created', created);
    for (const outcome of done) add(outcome);
    for (const _ of refused) add('refused');
    for (const [outcome, count] of counts) this.#run.context.observer.importedRows(outcome, count);
  }

  #placeOf(row: RunRow, pointer: string): string {
    return placeInFile(row.line, pointer, this.#run.job.settings, () => this.#items.valueIndexesOf(row));
  }

  #share(): number {
    const { plainRows, parentRows } = this.#mark;
    return Math.min(1, settledIn(this.#counts) / Math.max(1, plainRows + parentRows));
  }

  #filesOf(round: number): readonly string[] {
    const { runs, plainRows, parentRows } = this.#mark;
    if (round >= 2) return [this.#deferredPath(round - 1)];
    return (round === 0 ? plainRows : parentRows) === 0 ? [] : runs.map((name) => this.#run.path(name));
  }

  #deferredPath(round: number): string {
    return this.#run.path(`${this.#options.stage}.deferred.${round}`);
  }
}

function isFull({ rows, done, refused, bytes }: Call): boolean {
  return rows.length + done.length + refused.length >= MAX_JOB_CALL_ROWS || bytes >= MAX_IMPORT_BATCH_BYTES;
}

function newCall(): Call {
  return { rows: [], done: [], refused: [], bytes: 0, position: 0, sequence: 0, results: Promise.resolve([]) };
}
