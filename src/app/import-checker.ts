// Starts the thread that checks a file beside the thread of imports. It ends when the port to it is closed.

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { CheckerStart } from '../imports/second-checker.ts';

/** What the second checker is born with. */
export interface CheckerBirth {
  readonly start: CheckerStart;
  readonly port: MessagePort;
}

/** Rows sorted in memory fit. */
const HEAP_MB = 256;
const YOUNG_GENERATION_MB = 24;

export function startImportChecker(start: CheckerStart): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL('./import-checker-worker.ts', import.meta.url), {
    name: 'import check',
    workerData: { start, port: port2 } satisfies CheckerBirth,
    transferList: [port2],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB, maxOldGenerationSizeMb: HEAP_MB },
  });
  // What goes wrong in it before it can tell is seen at the port, which closes.
  worker.on('error', () => port1.close());
  worker.on('exit', () => port1.close());
  return port1;
}
