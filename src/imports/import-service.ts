// What doors ask of imports: a file taken in, jobs shown, a job ended. It runs none; it tells who does that there is one.

import { createReadStream, existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { HandleError } from '../domain/error.ts';
import { MAX_FILE_NAME_LENGTH, MAX_OPEN_IMPORTS } from '../domain/import-limits.ts';
import type { Principal } from '../domain/principal.ts';
import { seesEveryone } from '../registry/authorization.ts';
import { parseMapping } from '../registry/import-mapping.ts';
import type { Actor } from '../registry/registration.ts';
import { type ImportJob, isOver, type JobFormat, type JobSettings, type JobView, NO_COUNTS } from './job.ts';
import { JobFiles, newJobId } from './job-files.ts';
import { ImportProfiles } from './profiles.ts';
import { formatOfBytes, type SpoolLimits, spool } from './spool.ts';

export interface ImportServiceOptions {
  /** Of the jobs and profiles; shared by every thread of the node. */
  readonly directory: string;
  readonly limits: SpoolLimits;
  readonly clock: () => number;
  readonly randomBytes: (size: number) => Buffer;
  /** Tells whoever runs jobs that something is to be done. */
  readonly wake: () => void;
}

/** What comes with a file; what is missing is found out, or a default. */
export interface NewImport extends Omit<JobSettings, 'format' | 'mapping'> {
  readonly format: JobFormat | null;
  /** JSON of a mapping; null if a profile, or nothing, says what columns mean. */
  readonly mapping: unknown;
}

export interface UploadBody {
  readonly chunks: AsyncIterable<Buffer>;
  /** What the sender said; null if it did not. */
  readonly declaredBytes: number | null;
}

const RANDOM_LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz';

export class ImportService {
  readonly profiles: ImportProfiles;
  readonly #options: ImportServiceOptions;
  readonly #files: JobFiles;

  constructor(options: ImportServiceOptions) {
    this.#options = options;
    this.#files = new JobFiles(options.directory);
    this.profiles = new ImportProfiles(options.directory);
  }

  /**
   * Takes a file in; it is on disk when the job is returned, and nothing of it is kept if it does not come whole.
   * Throws `FORBIDDEN`, `INVALID_REQUEST`, `PAYLOAD_TOO_LARGE`, `OVERLOADED`, `STORE_READ_ONLY` (disk full).
   */
  async submit({ principal }: Actor, asked: NewImport, body: UploadBody): Promise<JobView> {
    assertMayImport(principal);
    const mapping = asked.mapping ?? this.#mappingOf(principal, asked.profile);
    if (mapping !== null) parseMapping(mapping);
    this.#assertRoom();
    const nowMs = this.#options.clock();
    const id = newJobId(nowMs, this.#randomLetters());
    this.#files.make(id);
    try {
      const path = this.#files.uploadPath(id);
      const { bytes, head } = await spool(path, body, this.#options.limits);
      const settings = settingsOf(asked, mapping, head);
      const job: ImportJob = {
        id,
        principalId: principal.id,
        scope: principal.scope,
        settings,
        state: 'queued',
        bytes,
        createdAt: nowMs,
        startedAt: null,
        endedAt: null,
        encoding: null,
        counts: NO_COUNTS,
        reason: null,
        code: null,
        checkpoint: null,
        crashes: 0,
      };
      this.#files.save(job);
      this.#options.wake();
      return this.#files.view(job);
    } catch (error) {
      this.#files.remove(id);
      throw error;
    }
  }

  /** Newest first, those before `before` (an id; null: from the newest). */
  list({ principal }: Actor, before: string | null, limit: number): readonly JobView[] {
    const found: JobView[] = [];
    for (const id of this.#files.ids().toReversed()) {
      if (found.length >= limit) break;
      if (before !== null && id >= before) continue;
      const job = this.#files.load(id);
      if (job !== null && mayRead(principal, job)) found.push(this.#files.view(job));
    }
    return found;
  }

  /** Throws `NOT_FOUND`, of others' jobs too. */
  read({ principal }: Actor, id: string): JobView {
    return this.#files.view(this.#find(principal, id));
  }

  /** What it has written stands. Throws `NOT_FOUND`, `FORBIDDEN`, `INVALID_STATE` if it is over. */
  cancel({ principal }: Actor, id: string): JobView {
    const job = this.#find(principal, id);
    assertMayImport(principal);
    if (isOver(job.state)) {
      throw new HandleError('INVALID_STATE', `This import is over (${job.state}): there is nothing to cancel.`);
    }
    this.#files.markCancelled(id);
    this.#options.wake();
    return this.#files.view(job);
  }

  /** CSV. Throws `NOT_FOUND`, `INVALID_STATE` while it is not written. */
  report({ principal }: Actor, id: string): Readable {
    const job = this.#find(principal, id);
    if (!isOver(job.state)) {
      throw new HandleError('INVALID_STATE', 'The report is written when the import is over: ask again then.');
    }
    const path = this.#files.reportPath(id);
    if (!existsSync(path)) {
      throw new HandleError(
        'NOT_FOUND',
        'This import ended before any row was looked at, so it has no report: its "reason" says why.',
      );
    }
    return createReadStream(path);
  }

  #mappingOf(principal: Principal, profile: string | null): unknown {
    return profile === null ? null : this.profiles.read(principal, profile).mapping;
  }

  #find(principal: Principal, id: string): ImportJob {
    const job = this.#files.load(id);
    if (job === null || !mayRead(principal, job)) throw new HandleError('NOT_FOUND', 'There is no such import.');
    return job;
  }

  #assertRoom(): void {
    let open = 0;
    for (const id of this.#files.ids()) {
      const job = this.#files.load(id);
      if (job === null || !isOver(job.state)) open += 1;
    }
    if (open < MAX_OPEN_IMPORTS) return;
    throw new HandleError('OVERLOADED', `${open} imports are waiting: send this one when some of them are done.`, {
      retryAfterSeconds: 60,
    });
  }

  #randomLetters(): string {
    return Array.from(this.#options.randomBytes(6), (byte) => RANDOM_LETTERS[byte % 36]).join('');
  }
}

function settingsOf(asked: NewImport, mapping: unknown, head: Buffer): JobSettings {
  const format = asked.format ?? formatOfBytes(head);
  const isTable = format === 'csv' || format === 'xlsx';
  if (isTable && mapping === null) {
    throw new HandleError(
      'INVALID_REQUEST',
      'A table needs a mapping, which says what its columns mean: name a profile, or send the mapping with the file.',
    );
  }
  if (!isTable && mapping !== null)
    throw new HandleError('INVALID_REQUEST', `${format} needs no mapping, as its rows say everything: leave it out.`);
  const { mode, dryRun, onError, parent, template, sheet, profile } = asked;
  if (sheet !== null && format !== 'xlsx')
    throw new HandleError('INVALID_REQUEST', `Only a workbook (xlsx) has sheets, and this is ${format}: leave it out.`);
  const fileName = asked.fileName?.slice(0, MAX_FILE_NAME_LENGTH) ?? null;
  return {
    format,
    mode,
    dryRun,
    onError,
    parent,
    template,
    sheet,
    profile,
    fileName,
    mapping,
  };
}

/** What may be written is judged row by row; who may write nothing need not send a file. */
function assertMayImport({ role }: Principal): void {
  if (role === 'operator' || role === 'enterprise') return;
  throw new HandleError(
    'FORBIDDEN',
    `A ${role}'s key may not import: use the key of the enterprise, or an operator's.`,
  );
}

/** One's own, those of the same enterprise, or all of them. */
function mayRead(principal: Principal, job: ImportJob): boolean {
  if (job.principalId === principal.id || seesEveryone(principal)) return true;
  return principal.scope !== null && principal.scope === job.scope;
}
