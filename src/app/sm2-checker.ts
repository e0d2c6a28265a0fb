// Starts, when it is first needed, the thread that checks SM2 signatures for this one. It ends with this one.

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { type CheckSm2, connectSm2Checks } from '../registry/sm2-checks.ts';

/** Curves and hashes, and one signature at a time. */
const HEAP_MB = 64;

export function startSm2Checker(): CheckSm2 {
  return connectSm2Checks(openThread);
}

function openThread(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL('./sm2-checker-worker.ts', import.meta.url), {
    workerData: port2,
    transferList: [port2],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  worker.on('error', () => port1.close());
  worker.on('exit', () => port1.close());
  worker.unref();
  return port1;
}
