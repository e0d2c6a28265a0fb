// One job while it runs: its state on disk, its clock and pace, and whether it is to go on. It reads and writes no row.

import type { MessagePort } from 'node:worker_threads';
import { HandleError } from '../domain/error.ts';
import type { CaseRule } from '../domain/handle.ts';
import type { RegistrationOutcome } from '../domain/observer.ts';
import type { Principal } from '../domain/principal.ts';
import type { IdentifierRegistry } from '../registry/registry.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import { Courtesy, type ServingTimes } from './courtesy.ts';
import type { Checkpoint, ImportJob, JobCounts, JobEnd } from './job.ts';
import type { JobFiles } from './job-files.ts';
import type { CheckTask } from './second-checker.ts';

/** What imports tell about themselves, beside what the registry tells. */
export interface ImportObserver {
  importRunning(running: boolean): void;
  importEnded(state: JobEnd, seconds: number): void;
  importedRows(outcome: RegistrationOutcome, count: number): void;
}

export interface JobContext {
  readonly files: JobFiles;
  readonly store: RegistryStore;
  readonly identifiers: IdentifierRegistry;
  readonly foldsCase: CaseRule;
  /** Another thread that serves checks (second-checker.ts), if a file of so many bytes is worth one. */
  readonly startChecker?: (task: CheckTask, bytes: number) => MessagePort | null;
  /** Bytes that a workbook may unpack to. */
  readonly maxUnpackedBytes: number;
  readonly clock: () => number;
  /** How the threads that serve fare; null, or left out, if nobody knows. */
  readonly serving?: () => ServingTimes | null;
  /** Milliseconds of a clock that does not step, by which an import stands back; left out: the system's. */
  readonly stopwatch?: () => number;
  readonly observer: ImportObserver;
  readonly sleep: (ms: number) => Promise<void>;
  /** 0 … 1. */
  readonly random: () => number;
  /** Whether the node is stopping: a job then leaves off where it stands. */
  readonly isStopping: () => boolean;
}

/** `refused`: a row was refused and the job is to stop at that. */
export type Verdict = 'finished' | 'refused' | 'cancelled' | 'interrupted';

/** Between two looks at what is asked of the job, and two notes of how far it is. */
const LOOK_MS = 250;

export class JobRun {
  readonly context: JobContext;
  #job: ImportJob;
  #principal: Principal | null = null;
  readonly #courtesy: Courtesy;
  #lookAt = 0;
  #stageBeganAt = performance.now();
  #stageFrom = 0;
  /** Rows that were settled when this run took the stage up. */
  #settledBefore = 0;

  constructor(context: JobContext, job: ImportJob) {
    this.context = context;
    this.#job = job;
    const { serving = () => null, stopwatch = () => performance.now() } = context;
    this.#courtesy = new Courtesy({ serving, now: stopwatch });
  }

  get job(): ImportJob {
    return this.#job;
  }

  get principal(): Principal {
    if (this.#principal === null) throw new HandleError('INTERNAL', 'The principal of an import was not looked up.');
    return this.#principal;
  }

  path(file: string): string {
    return this.context.files.path(this.#job.id, file);
  }

  /** On disk on return. */
  save(change: Partial<ImportJob>): void {
    this.#job = { ...this.#job, ...change };
    this.context.files.save(this.#job);
  }

  saveCheckpoint(checkpoint: Checkpoint): void {
    this.save({ checkpoint, counts: checkpoint.counts, crashes: 0 });
  }

  /** Throws `FORBIDDEN` if whoever began the job may act no more. */
  async findPrincipal(): Promise<void> {
    const principal = await this.context.store.principal(this.#job.principalId);
    if (principal?.state !== 'active') {
      throw new HandleError(
        'FORBIDDEN',
        'Who began this import may not act any more: begin it again with another key.',
        { zh: '开始此次导入的密钥已失效：请用其他密钥重新导入。' },
      );
    }
    this.#principal = principal;
  }

  /** Whether others are kept waiting, so that this is to take no more of the machine than it must. */
  get standsBack(): boolean {
    return this.#courtesy.isAsked;
  }

  /** Called between pieces of work; takes a while where others are kept waiting. */
  async giveWay(): Promise<void> {
    const restMs = this.#courtesy.restMs();
    if (restMs >= 1) await this.context.sleep(restMs);
  }

  beginStage(from: number): void {
    this.#stageBeganAt = performance.now();
    this.#stageFrom = from;
    this.#settledBefore = settledIn(this.#job.counts);
  }

  /** Called often; looks now and then. Null to go on. `share`: of this stage. */
  async look(share: number, counts: JobCounts): Promise<Extract<Verdict, 'cancelled' | 'interrupted'> | null> {
    const { files, isStopping } = this.context;
    if (isStopping()) return 'interrupted';
    const now = performance.now();
    if (now < this.#lookAt) return null;
    this.#lookAt = now + LOOK_MS;
    if (files.isCancelled(this.#job.id)) return 'cancelled';
    await this.findPrincipal();
    this.#showProgress(share, counts, now);
    return null;
  }

  #showProgress(share: number, counts: JobCounts, now: number): void {
    const stage = this.#job.checkpoint?.stage ?? 'checking';
    const [begin, end] = shareOfStage(this.#job, stage);
    const seconds = (now - this.#stageBeganAt) / 1000;
    const done = share - this.#stageFrom;
    const ofStage = end - begin;
    const secondsLeft =
      done > 0.01 && seconds > 0.5 ? ((1 - begin - share * ofStage) / ofStage / done) * seconds : null;
    const settled = stage === 'checking' ? counts.rows : settledIn(counts);
    const before = stage === 'checking' ? 0 : this.#settledBefore;
    this.context.files.showProgress(this.#job.id, {
      stage,
      share: round(begin + share * ofStage, 4),
      rows: settled,
      rowsPerSecond: seconds > 0 ? Math.round((settled - before) / seconds) : 0,
      secondsLeft: secondsLeft === null ? null : Math.ceil(secondsLeft),
    });
  }
}

/** What share of a job a stage is, about: sorting and judging takes as long as writing. */
function shareOfStage({ settings }: ImportJob, stage: Checkpoint['stage']): readonly [begin: number, end: number] {
  const rehearses = settings.dryRun || settings.onError === 'stop';
  if (stage === 'checking') return [0, rehearses && !settings.dryRun ? 0.25 : 0.4];
  if (stage === 'rehearsing') return settings.dryRun ? [0.4, 1] : [0.25, 0.55];
  return rehearses ? [0.55, 1] : [0.4, 1];
}

export function settledIn(counts: JobCounts): number {
  return counts.created + counts.updated + counts.unchanged + counts.revoked + counts.deleted + counts.refused;
}

function round(number: number, digits: number): number {
  return Math.round(number * 10 ** digits) / 10 ** digits;
}
