// Runs import jobs one after another, each from where it stands to its end. What it does survives a crash: a job is begun
// again at its checkpoint, and what it did behind that is read from the change log, so nothing is done or counted twice.

import { statSync } from 'node:fs';
import type { ChangeAction } from '../domain/change.ts';
import { type HandleError, inBothLanguages, isHandleError } from '../domain/error.ts';
import { MAX_IMPORT_CRASHES } from '../domain/import-limits.ts';
import type { RegistrationOutcome } from '../domain/observer.ts';
import { dryRunTarget } from '../registry/import-dry-run.ts';
import type { ImportTarget } from '../registry/import-loop.ts';
import { type ImportItem, registryTarget } from '../registry/import-registry.ts';
import type { JournalReader } from '../store/registry-store.ts';
import { checkFile, lostCheckpoint, PROBLEMS } from './check-stage.ts';
import { type ImportJob, isOver, type JobEnd, NO_COUNTS } from './job.ts';
import type { JobFiles } from './job-files.ts';
import { type JobContext, JobRun, type Verdict } from './job-run.ts';
import { NamedParents } from './named-parents.ts';
import { writeReport } from './problems.ts';
import { writeRows } from './write-stage.ts';

/** Between two attempts while the store takes no writes. */
const WAIT_MS = 2000;
/** Log rows read at once: each may hold a whole call. */
const LOG_ROWS_AT_ONCE = 20;

/** Under which request id a job's changes stand in the change log. */
function requestIdOf(id: string): string {
  return `import-${id}`;
}

/** Runs what waits, until nothing does or the node stops. */
export async function runJobs(context: JobContext): Promise<void> {
  for (;;) {
    const next = nextJob(context);
    if (next === null || context.isStopping()) return;
    context.observer.importRunning(true);
    try {
      if (await runJob(new JobRun(context, next))) continue;
    } finally {
      context.observer.importRunning(false);
    }
    if (context.isStopping()) return;
    await context.sleep(WAIT_MS);
  }
}

/** After the thread that runs jobs has died: the job it was at is given up when that happens again and again. */
export function noteCrash(files: JobFiles): void {
  const job = nextJob({ files });
  if (job !== null && job.state !== 'queued') files.save({ ...job, crashes: job.crashes + 1 });
}

/** The oldest that is not over. */
function nextJob({ files }: Pick<JobContext, 'files'>): ImportJob | null {
  for (const id of files.ids()) {
    const job = files.load(id);
    if (job !== null && !isOver(job.state)) return job;
  }
  return null;
}

/** False if it is to be gone on with later. */
async function runJob(run: JobRun): Promise<boolean> {
  const { clock } = run.context;
  try {
    if (run.job.crashes >= MAX_IMPORT_CRASHES) throw lostCheckpoint();
    run.save({ startedAt: run.job.startedAt ?? clock(), reason: null, code: null });
    await run.findPrincipal();
    const verdict = await runStages(run);
    if (verdict === 'interrupted') return false;
    await endJob(run, verdict === 'finished' ? 'done' : verdict === 'refused' ? 'stopped' : 'cancelled', null);
    return true;
  } catch (error) {
    if (!isHandleError(error)) throw error;
    if (!isPassing(error)) {
      await endJob(run, 'failed', error);
      return true;
    }
    run.save({ state: 'waiting', reason: inBothLanguages(error), code: error.code });
    return false;
  }
}

async function runStages(run: JobRun): Promise<Verdict> {
  const { dryRun, onError } = run.job.settings;
  const stops = onError === 'stop';
  if (run.job.checkpoint?.stage !== 'writing') {
    const verdict = await checkAndRehearse(run, dryRun || stops);
    if (verdict !== 'finished' || dryRun) return verdict;
    if (run.job.checkpoint === null) throw lostCheckpoint();
  }
  run.save({ state: 'writing' });
  const { checkpoint } = run.job;
  const done = checkpoint === null ? new Map() : await doneSince(run, checkpoint.sequence);
  return writeRows(run, { stage: 'writing', target: targetOf(run, false), done, stops, judgesParents: true });
}

/** Leaves a checkpoint from which writing begins. */
async function checkAndRehearse(run: JobRun, rehearses: boolean): Promise<Verdict> {
  const stops = run.job.settings.onError === 'stop';
  const parents = new NamedParents();
  const checked = await checkFile(run, parents);
  const { checkpoint } = run.job;
  if (checked !== 'finished' || checkpoint === null) return checked;
  if (rehearses) {
    run.save({ state: 'rehearsing', checkpoint: { ...checkpoint, stage: 'rehearsing' } });
    const target = dryRunTarget(targetOf(run, true), (handle) => parents.has(handle));
    const options = { stage: 'rehearsing', target, done: new Map(), stops, judgesParents: parents.areAll } as const;
    const rehearsed = await writeRows(run, options);
    if (run.job.settings.dryRun) return rehearsed;
    if (rehearsed !== 'finished') {
      // What would have been registered was not.
      const { rows, refused } = run.job.counts;
      run.save({ counts: { ...NO_COUNTS, rows, refused } });
      return rehearsed;
    }
  }
  const { sequence } = run.context.store.stats();
  run.saveCheckpoint({ ...checkpoint, stage: 'writing', sequence });
  return 'finished';
}

function targetOf(run: JobRun, dryRun: boolean): ImportTarget<ImportItem> {
  const { identifiers } = run.context;
  const { id, settings } = run.job;
  const { mode } = settings;
  return {
    // The principal of the moment: what it may do can change while a job runs.
    register: (items) => {
      const actor = { principal: run.principal, requestId: requestIdOf(id) };
      return registryTarget({ identifiers, actor, dryRun, mode }).register(items);
    },
  };
}

/** What this job did after a log row, by handle: calls that were on disk when it ended, and unknown to its checkpoint. */
async function doneSince(run: JobRun, sequence: number): Promise<ReadonlyMap<string, RegistrationOutcome>> {
  const store: JournalReader = run.context.store;
  const requestId = requestIdOf(run.job.id);
  const done = new Map<string, RegistrationOutcome>();
  for (let after = sequence; ; ) {
    const rows = await store.changes(after, LOG_ROWS_AT_ONCE);
    for (const row of rows) {
      if (row.requestId !== requestId || row.principalId !== run.job.principalId) continue;
      for (const { name, action } of row.entries) done.set(name, outcomeOf(action));
    }
    const last = rows.at(-1);
    if (last === undefined) return done;
    after = last.sequence;
  }
}

/** Rows create, change and revoke; anything else is another's, and would be a change. */
function outcomeOf(action: ChangeAction): RegistrationOutcome {
  return action === 'created' || action === 'revoked' || action === 'deleted' ? action : 'updated';
}

async function endJob(run: JobRun, state: JobEnd, error: HandleError | null): Promise<void> {
  const { clock, files, observer } = run.context;
  const { job } = run;
  const place = error?.at === undefined ? '' : ` (${error.at})`;
  const reason = error === null ? reasonOf(state, job) : `${inBothLanguages(error)}${place}`;
  if (hasFile(run.path(PROBLEMS))) {
    await writeReport(run.path(PROBLEMS), files.reportPath(job.id), (number) => run.path(`sorted.${number}`));
  }
  const endedAt = clock();
  run.save({ state, endedAt, reason, code: error?.code ?? null, checkpoint: null });
  files.removeWork(job.id);
  observer.importEnded(state, (endedAt - (job.startedAt ?? endedAt)) / 1000);
}

function reasonOf(state: JobEnd, { counts, settings }: ImportJob): string | null {
  if (state !== 'stopped') return null;
  const written = counts.created + counts.updated + counts.revoked + counts.deleted;
  const isWritten = written > 0 && !settings.dryRun;
  const en = isWritten
    ? `${written} identifiers were written before it; the same file again goes on`
    : 'nothing was written';
  const zh = isWritten ? `此前已写入 ${written} 个标识，再次导入同一文件会继续` : '没有写入任何标识';
  return (
    `有一行被拒绝，按要求就此停止：${zh}。请看报告中的该行。 / ` +
    `A row was refused, and the import was to stop at that: ${en}. The report names the row.`
  );
}

/** What the store cannot take at present. */
function isPassing(error: HandleError): boolean {
  return error.code === 'STORE_READ_ONLY' || error.code === 'STORE_UNAVAILABLE' || error.code === 'OVERLOADED';
}

function hasFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Forgets jobs that were over before an instant, with their reports. */
export function sweepJobs(files: JobFiles, beforeMs: number): void {
  for (const id of files.ids()) {
    const job = files.load(id);
    if (job !== null && isOver(job.state) && (job.endedAt ?? job.createdAt) < beforeMs) files.remove(id);
  }
}

export function hasOpenJobs(files: JobFiles): boolean {
  return nextJob({ files }) !== null;
}
