// The files of import jobs, a directory for each: what was asked for, the upload, the sorted runs, what was refused. Each
// file has one writer at a time; what is on disk is what a restart finds. Decides nothing.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ImportJob, JobProgress, JobView } from './job.ts';

const JOB_ID = /^[0-9a-z]{18}$/;
const CANCEL_MARK = 'cancel';

/** An id that sorts by time. `random`: six characters of 0–9 and a–z. */
export function newJobId(nowMs: number, random: string): string {
  return `${Math.floor(nowMs).toString(36).padStart(12, '0')}${random}`;
}

export class JobFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Of one job; made if it is missing. */
  make(id: string): void {
    mkdirSync(join(this.#directory, id), { recursive: true });
  }

  directoryOf(id: string): string {
    return join(this.#directory, id);
  }

  path(id: string, file: string): string {
    return join(this.#directory, id, file);
  }

  uploadPath(id: string): string {
    return this.path(id, 'upload');
  }

  reportPath(id: string): string {
    return this.path(id, 'report.csv');
  }

  /** On disk on return: what was saved before is replaced whole or not at all. */
  save(job: ImportJob): void {
    const path = this.path(job.id, 'job.json');
    const file = openSync(`${path}.new`, 'w');
    try {
      writeSync(file, JSON.stringify(job));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(`${path}.new`, path);
    syncDirectory(join(this.#directory, job.id));
  }

  /** Null if there is no such job, or only the beginning of one. */
  load(id: string): ImportJob | null {
    if (!JOB_ID.test(id)) return null;
    return readJson<ImportJob>(this.path(id, 'job.json'));
  }

  /** Oldest first. */
  ids(): readonly string[] {
    if (!existsSync(this.#directory)) return [];
    return readdirSync(this.#directory)
      .filter((name) => JOB_ID.test(name))
      .sort();
  }

  showProgress(id: string, progress: JobProgress): void {
    const path = this.path(id, 'progress.json');
    writeFileSync(`${path}.new`, JSON.stringify(progress));
    renameSync(`${path}.new`, path);
  }

  view(job: ImportJob): JobView {
    const { checkpoint: _checkpoint, crashes: _crashes, ...shown } = job;
    const runs = job.state === 'checking' || job.state === 'rehearsing' || job.state === 'writing';
    return { ...shown, progress: runs ? readJson<JobProgress>(this.path(job.id, 'progress.json')) : null };
  }

  /** Asks whoever runs the job to end it. */
  markCancelled(id: string): void {
    writeFileSync(this.path(id, CANCEL_MARK), '');
  }

  isCancelled(id: string): boolean {
    return existsSync(this.path(id, CANCEL_MARK));
  }

  /** Everything but what its list and its report need. */
  removeWork(id: string): void {
    for (const name of readdirSync(join(this.#directory, id))) {
      if (name !== 'job.json' && name !== 'report.csv') rmSync(this.path(id, name), { force: true });
    }
  }

  /** Files that were on their way when a node ended, begun before an instant: nobody was told that they had come. */
  removeBeginnings(beforeMs: number): void {
    const before = newJobId(beforeMs, '');
    for (const id of this.ids()) if (id < before && this.load(id) === null) this.remove(id);
  }

  remove(id: string): void {
    rmSync(join(this.#directory, id), { recursive: true, force: true });
  }
}

/** The names in a directory reach the disk with it. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function readJson<T>(path: string): T | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
