// A worker thread: opens the doors over a reading store, and closes them when told. What goes wrong in between
// ends the thread; the supervisor logs it and starts another.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { EpochTable } from '../cache/epoch-table.ts';
import { HandleError, isHandleError } from '../domain/error.ts';
import { partsOf } from '../domain/error-parts.ts';
import type { ForeignReader } from '../domain/foreign-answer.ts';
import { connectCommitter } from '../store/commit-channel.ts';
import { LotSecrets } from '../store/lot-secrets.ts';
import { systemClock } from './clock.ts';
import { Counters } from './counters.ts';
import type { Report } from './log-files.ts';
import { createLog } from './logs.ts';
import { openDoors } from './node.ts';
import { openReader } from './open-store.ts';
import { createRequestFacts } from './request-facts.ts';
import { reportVitals } from './vitals.ts';
import type { WorkerMessage, WorkerOrder, WorkerStart } from './worker-messages.ts';

interface Supervisor {
  readonly tell: (message: WorkerMessage) => void;
  /** Called last, as the end has something to report. */
  readonly ended: () => void;
}

/** Returns what is to be called with each order. */
async function run(start: WorkerStart, { tell, ended }: Supervisor): Promise<(order: WorkerOrder) => void> {
  const { config, counters: countersBuffer, version, reusePort, tls } = start;
  const epochs = new EpochTable(start.epochs);
  const counters = new Counters(countersBuffer, start.index);
  const log = createLog(config.log, `worker-${start.index}`);
  const committer = connectCommitter(start.commitPort);
  const foreign = start.foreignPort === null ? null : await connectForeign(start.foreignPort);
  const store = await openReader({ config, epochs, counters, committer });
  const report = (report: Report): void => tell({ kind: 'report', report });
  const facts = createRequestFacts({ config, log, counters, clock: systemClock, clientKey: start.clientKey, report });
  const wakeImports = (): void => tell({ kind: 'imports' });
  const lotSecrets = new LotSecrets(start.lotKeys.map((key) => Buffer.from(key)));
  const shared = {
    config,
    lotSecrets,
    store,
    epochs,
    counters,
    countersBuffer,
    version,
    reusePort,
    handle: start.handle,
    runId: start.runId,
    thread: start.index,
  };
  const doors = await openDoors({ ...shared, foreign, facts, tls, wakeImports });
  const endVitals = reportVitals(counters, () => facts.sweep());
  tell({ kind: 'listening', address: doors.address });
  const stop = async (): Promise<void> => {
    await doors.close();
    committer.close();
    foreign?.close();
    await store.close();
    endVitals();
    facts.close();
    log.flush();
  };
  return (order) => {
    if (order.kind === 'renew-tls') doors.renewTls(order.material);
    else if (order.kind === 'drain') doors.drain();
    else if (order.kind === 'renew-site') doors.renewSite(order.site);
    // A failure to stop is an unhandled rejection: it ends the thread, and the supervisor logs it.
    else void stop().then(ended);
  };
}

/** Loaded only where other nodes are asked. */
async function connectForeign(port: MessagePort): Promise<ForeignReader & { close(): void }> {
  const { connectForeignReader } = await import('../upstream/foreign-channel.ts');
  return connectForeignReader(port);
}

const port = parentPort;
if (port === null) throw new Error('worker-thread.ts runs only as a worker thread: start the node with `npm start`.');
try {
  const obey = await run(workerData as WorkerStart, {
    tell: (message) => port.postMessage(message),
    ended: () => port.close(),
  });
  port.on('message', obey);
} catch (error) {
  // Told rather than thrown: the code decides what the supervisor advises.
  const failure = isHandleError(error) ? error : new HandleError('INTERNAL', String((error as Error).stack ?? error));
  port.postMessage({ kind: 'failed', error: partsOf(failure) } satisfies WorkerMessage);
  port.close();
}
