// Imports behind a door that a test opens: in a directory of their own, run at once in the same thread.

import { createHash, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runJobs } from '../../src/imports/import-runner.ts';
import { ImportService } from '../../src/imports/import-service.ts';
import { JobFiles } from '../../src/imports/job-files.ts';
import type { JobContext } from '../../src/imports/job-run.ts';

export function openImports(parts: Pick<JobContext, 'store' | 'clock' | 'identifiers'>): {
  readonly imports: ImportService;
  readonly removeImports: () => void;
} {
  const directory = join(tmpdir(), `jiabiao-door-${randomUUID()}`);
  const context: JobContext = {
    ...parts,
    files: new JobFiles(directory),
    foldsCase: () => false,
    maxUnpackedBytes: 30_000_000,
    observer: { importRunning() {}, importEnded() {}, importedRows() {} },
    sleep: async () => {},
    random: () => 0.5,
    isStopping: () => false,
  };
  let calls = 0;
  /** One runner at a time, as a node has. */
  let running = Promise.resolve();
  const imports = new ImportService({
    directory,
    limits: { fileBytes: 1_000_000, freeBytes: 0 },
    clock: parts.clock,
    randomBytes: (size) => createHash('shake256', { outputLength: size }).update(`job ${calls++}`).digest(),
    wake: () => {
      running = running.then(() => runJobs(context));
    },
  });
  return { imports, removeImports: () => rmSync(directory, { recursive: true, force: true }) };
}
