// The reference server's process: takes its task over IPC, runs it in worker threads that share a port, says which.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { HandleReferenceTask } from './handle-worker.ts';
import type { ReferenceTask } from './worker.ts';

export interface ReferenceStart {
  readonly workers: number;
  readonly task: ReferenceTask | HandleReferenceTask;
}

async function start({ workers, task }: ReferenceStart): Promise<void> {
  let port = 0;
  for (let i = 0; i < workers; i++) {
    const file = 'kind' in task ? './handle-worker.ts' : './worker.ts';
    const worker = new Worker(new URL(file, import.meta.url), { workerData: { task, port } });
    const [listening] = (await once(worker, 'message')) as [number];
    port = listening;
  }
  process.send?.({ port });
}

process.once('message', (message: ReferenceStart) => {
  start(message).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit(0));
