// What an import job is: what was asked for, how far it is, what came of it. The vocabulary of its thread and of the doors.

import type { ErrorCode } from '../domain/error.ts';
import type { RegistrationOutcome } from '../domain/observer.ts';

export const IMPORT_FORMATS = ['ndjson', 'csv', 'xlsx', 'handle-batch', 'handle-json', 'snms'] as const;
export type JobFormat = (typeof IMPORT_FORMATS)[number];

export const ERROR_CHOICES = ['continue', 'stop'] as const;

export interface JobSettings {
  readonly format: JobFormat;
  /** For rows that name no mode of their own. */
  readonly mode: 'create' | 'update' | 'upsert';
  /** Says what would happen, changes nothing. */
  readonly dryRun: boolean;
  /** `stop`: every row is looked at before the first is written, and one refusal keeps all of them out. */
  readonly onError: (typeof ERROR_CHOICES)[number];
  /** For rows that name none; null for none. */
  readonly parent: string | null;
  readonly template: string | null;
  /** Of a workbook: a sheet's name; null for the first. */
  readonly sheet: string | null;
  /** What the columns mean, as the mapping's JSON; null for formats whose rows say it themselves. */
  readonly mapping: unknown;
  /** Under which name the mapping was saved, and what the file was called: for who reads the list. */
  readonly profile: string | null;
  readonly fileName: string | null;
}

/** `waiting`: the store takes no writes at present; it goes on by itself. The last four are ends. */
export const JOB_STATES = [
  'queued',
  'checking',
  'rehearsing',
  'writing',
  'waiting',
  'done',
  'stopped',
  'cancelled',
  'failed',
] as const;
export type JobState = (typeof JOB_STATES)[number];
export const JOB_ENDS = ['done', 'stopped', 'cancelled', 'failed'] as const satisfies readonly JobState[];
export type JobEnd = (typeof JOB_ENDS)[number];
const ENDS: ReadonlySet<JobState> = new Set(JOB_ENDS);

export function isOver(state: JobState): boolean {
  return ENDS.has(state);
}

export type JobCounts = { readonly [outcome in RegistrationOutcome]: number } & { readonly rows: number };

export const NO_COUNTS: JobCounts = {
  rows: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  revoked: 0,
  deleted: 0,
  refused: 0,
};

/** Where a stage stands: enough to go on after the power went. */
export interface Checkpoint {
  readonly stage: 'checking' | 'rehearsing' | 'writing';
  /** Sorted runs on disk. */
  readonly runs: readonly string[];
  /** Rows of the runs without a parent, and with one. */
  readonly plainRows: number;
  readonly parentRows: number;
  /** Round through the rows, and how many rows of it are settled. */
  readonly round: number;
  readonly position: number;
  /** The newest log row before the first call that is not settled: what this job did after it is in later ones. */
  readonly sequence: number;
  /** Bytes of the files of problems and of rows put off that belong to what is settled. */
  readonly problemBytes: number;
  readonly deferredBytes: number;
  /** Rows put off in this round so far, and rows that were registered in it. */
  readonly deferredRows: number;
  readonly settledInRound: number;
  readonly counts: JobCounts;
  /** Types that packed rows name by number; left out by versions that packed none. */
  readonly types?: readonly string[];
}

export interface ImportJob {
  readonly id: string;
  readonly principalId: string;
  /** The prefix its principal was bound to; null for none. */
  readonly scope: string | null;
  readonly settings: JobSettings;
  readonly state: JobState;
  /** Bytes of the file. */
  readonly bytes: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Of the encoding a text was found to have; null while unknown and for workbooks. */
  readonly encoding: string | null;
  readonly counts: JobCounts;
  /** Why it waits, stopped or failed; null otherwise. */
  readonly reason: string | null;
  readonly code: ErrorCode | null;
  readonly checkpoint: Checkpoint | null;
  /** How often its thread died of it. */
  readonly crashes: number;
}

/** How far the running stage is. */
export interface JobProgress {
  readonly stage: Checkpoint['stage'];
  /** 0 … 1, of the whole job. */
  readonly share: number;
  readonly rows: number;
  readonly rowsPerSecond: number;
  /** Null while it cannot be told. */
  readonly secondsLeft: number | null;
}

/** A job as it is shown. */
export interface JobView extends Omit<ImportJob, 'checkpoint' | 'crashes'> {
  /** Null unless it runs. */
  readonly progress: JobProgress | null;
}
