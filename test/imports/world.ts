// Imports over a registry in memory and a directory of their own: files go in, jobs run when a test says so.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { RegistrationOutcome } from '../../src/domain/observer.ts';
import { runJobs } from '../../src/imports/import-runner.ts';
import { ImportService, type NewImport } from '../../src/imports/import-service.ts';
import type { JobView } from '../../src/imports/job.ts';
import { JobFiles } from '../../src/imports/job-files.ts';
import type { JobContext } from '../../src/imports/job-run.ts';
import type { Actor } from '../../src/registry/registration.ts';
import { CHAIRS, type Fixture, openFixture, seededBytes } from '../registry/fixture.ts';

export { CHAIRS };

export interface World {
  readonly fixture: Fixture;
  readonly service: ImportService;
  readonly files: JobFiles;
  readonly context: JobContext;
  /** Principals as the store knows them, so that their jobs may run. */
  readonly operator: Actor;
  readonly enterprise: Actor;
  readonly observed: Map<RegistrationOutcome, number>;
  readonly woken: { count: number };
  /** Takes a file in and runs it to its end. */
  run(content: string | Buffer, asked?: Partial<NewImport>): Promise<JobView>;
  submit(content: string | Buffer, asked?: Partial<NewImport>): Promise<JobView>;
  /** Lines of the report behind its heading. */
  report(id: string): Promise<readonly string[]>;
  remove(): void;
}

export const PLAIN: NewImport = {
  format: null,
  mode: 'upsert',
  dryRun: false,
  onError: 'continue',
  parent: null,
  template: null,
  sheet: null,
  profile: null,
  fileName: null,
  mapping: null,
};

export async function openWorld(more: Partial<JobContext> = {}): Promise<World> {
  const fixture = await openFixture();
  const directory = mkdtempSync(join(tmpdir(), 'jiabiao-imports-'));
  const files = new JobFiles(directory);
  const woken = { count: 0 };
  const service = new ImportService({
    directory,
    limits: { fileBytes: 50_000_000, freeBytes: 0 },
    clock: () => fixture.clock.nowMs++,
    randomBytes: seededBytes(),
    wake: () => {
      woken.count++;
    },
  });
  const observed = new Map<RegistrationOutcome, number>();
  const context: JobContext = {
    files,
    store: fixture.store,
    identifiers: fixture.identifiers,
    foldsCase: () => false,
    maxUnpackedBytes: 30_000_000,
    clock: () => fixture.clock.nowMs,
    observer: {
      importRunning() {},
      importEnded() {},
      importedRows: (outcome, count) => observed.set(outcome, (observed.get(outcome) ?? 0) + count),
    },
    sleep: async () => {},
    random: () => 0.5,
    isStopping: () => false,
    ...more,
  };
  const principalOf = async (role: 'operator' | 'enterprise', scope: string | null): Promise<Actor> => {
    const principal = await fixture.directory.createPrincipal(fixture.operator, { name: role, role, scope });
    return { principal, requestId: 'request-1' };
  };
  const operator = await principalOf('operator', null);
  const enterprise = await principalOf('enterprise', CHAIRS);
  const submit = (content: string | Buffer, asked: Partial<NewImport> = {}) =>
    service.submit(enterprise, { ...PLAIN, ...asked }, { chunks: inPieces(content), declaredBytes: null });
  return {
    fixture,
    service,
    files,
    context,
    operator,
    enterprise,
    observed,
    woken,
    submit,
    async run(content, asked) {
      const { id } = await submit(content, asked);
      await runJobs(context);
      return service.read(enterprise, id);
    },
    async report(id) {
      const lines = (await text(service.report(enterprise, id))).split('\r\n');
      return lines.slice(1, -1);
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Cut anywhere, as a network does. */
export async function* inPieces(content: string | Buffer, size = 1000): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(content as string);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export function line(suffix: string, more: object = {}): string {
  const values = [{ index: 2000, type: 'NAME', data: `name of ${suffix}` }];
  return JSON.stringify({ handle: `${CHAIRS}/${suffix}`, values, ...more });
}

export function linesOf(...rows: readonly string[]): string {
  return rows.map((row) => `${row}\n`).join('');
}

/** Every record of the chairs' prefix, without what differs from run to run. */
export async function recordsOf({ fixture }: World): Promise<readonly object[]> {
  const records = await fixture.store.list(CHAIRS as never, null, 100_000);
  return records.map(({ handle, parent, status, revision, values }) => ({
    handle,
    parent,
    status,
    revision,
    values: values.map(({ index, type, data }) => [index, type, data]),
  }));
}
