// The thread that runs import jobs: opens a reading store, runs what waits, and ends. What goes wrong in between ends it;
// the supervisor logs that and starts another.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { EpochTable } from '../cache/epoch-table.ts';
import { runJobs } from '../imports/import-runner.ts';
import { connectCommitter } from '../store/commit-channel.ts';
import { systemClock } from './clock.ts';
import { Counters } from './counters.ts';
import type { ImportStart } from './import-keeper.ts';
import { jobContextOf } from './job-context.ts';
import { openReader } from './open-store.ts';
import { givePrecedence } from './precedence.ts';
import { reportVitals } from './vitals.ts';

const start = workerData as ImportStart;
const port = parentPort;
if (port === null) throw new Error('import-thread.ts runs only as a worker thread: start the node with `npm start`.');

givePrecedence();
const stopping = new AbortController();
port.on('message', () => stopping.abort());
// It is no reason to stay: this thread ends when no job is left.
port.unref();
const epochs = new EpochTable(start.epochs);
const counters = new Counters(start.counters, start.index);
const committer = connectCommitter(start.commitPort);
const store = await openReader({ config: start.config, epochs, counters, committer });
const endVitals = reportVitals(counters);
try {
  const context = jobContextOf({
    config: start.config,
    directory: start.directory,
    store,
    epochs,
    counters,
    clock: systemClock,
    randomBytes,
    sleep: (ms) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {}), // woken early: that is all
    isStopping: () => stopping.signal.aborted,
  });
  await runJobs(context);
} finally {
  endVitals();
  committer.close();
  await store.close();
}
