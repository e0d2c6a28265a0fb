// Sees to it that import jobs are run: starts the thread that does it when there is something to do, starts another when
// it dies, ends it when the node stops. It knows nothing of what a job does.

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { EpochBuffers } from '../cache/epoch-table.ts';
import { hasOpenJobs, noteCrash, sweepJobs } from '../imports/import-runner.ts';
import { JobFiles } from '../imports/job-files.ts';
import type { Config } from './config.ts';
import { Counters } from './counters.ts';
import type { Log } from './logs.ts';

/** What the thread that runs jobs is born with. */
export interface ImportStart {
  readonly config: Config;
  /** Of the jobs. */
  readonly directory: string;
  readonly epochs: EpochBuffers;
  readonly counters: SharedArrayBuffer;
  /** Its region of the counters. */
  readonly index: number;
  readonly commitPort: MessagePort;
}

export interface ImportKeeperOptions extends Omit<ImportStart, 'commitPort'> {
  readonly serveCommits: (port: MessagePort) => void;
  readonly clock: () => number;
  readonly log: Log;
}

/** Before a thread that died is followed by another. */
const PAUSE_MS = 1000;
/** How long it may take to leave off; what it had not noted it finds again. */
const GRACE_MS = 5000;
const SWEEP_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Rows sorted in memory and calls under way fit; more than that is a mistake, which must not take the node along. */
const HEAP_MB = 384;
/** A third of it is filled between two collections: most rows on their way do not grow old. It stays resident. */
const YOUNG_GENERATION_MB = 96;

export class ImportKeeper {
  readonly #options: ImportKeeperOptions;
  readonly #files: JobFiles;
  readonly #sweeper: NodeJS.Timeout;
  #worker: Worker | null = null;
  #ended: Promise<void> = Promise.resolve();
  #pause: NodeJS.Timeout | null = null;
  #isClosing = false;

  /** Goes on with what an earlier node left. Call before anybody can send a file. */
  constructor(options: ImportKeeperOptions) {
    this.#options = options;
    this.#files = new JobFiles(options.directory);
    // Another node may be taking a file in.
    const isShared = options.config.store.kind === 'postgres';
    this.#files.removeBeginnings(isShared ? options.clock() - DAY_MS : Number.MAX_SAFE_INTEGER);
    this.#sweep();
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
    this.wake();
  }

  /** Something is to be done, perhaps. */
  wake(): void {
    if (this.#worker !== null || this.#pause !== null || this.#isClosing) return;
    if (hasOpenJobs(this.#files)) this.#start();
  }

  /** A second call waits for the first. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#sweeper);
    if (this.#pause !== null) clearTimeout(this.#pause);
    this.#worker?.postMessage('stop');
    const patience = setTimeout(() => void this.#worker?.terminate(), GRACE_MS);
    await this.#ended;
    clearTimeout(patience);
  }

  #start(): void {
    const { serveCommits, clock: _clock, log, ...birth } = this.#options;
    const { port1, port2 } = new MessageChannel();
    serveCommits(port1);
    const worker = new Worker(new URL('./import-worker.ts', import.meta.url), {
      name: 'import',
      workerData: { ...birth, commitPort: port2 } satisfies ImportStart,
      transferList: [port2],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB, maxOldGenerationSizeMb: HEAP_MB },
    });
    this.#worker = worker;
    let failure: Error | null = null;
    worker.on('error', (error: Error) => {
      failure = error;
    });
    this.#ended = new Promise((resolve) => {
      worker.on('exit', (exitCode) => {
        port1.close();
        this.#worker = null;
        new Counters(birth.counters, birth.index).clearGauges();
        const died = failure !== null || exitCode !== 0;
        if (died && !this.#isClosing) {
          noteCrash(this.#files);
          log.error(
            { err: failure, exitCode, pauseMs: PAUSE_MS },
            'the thread of imports died; another takes its place',
          );
        }
        resolve();
        this.#again(died ? PAUSE_MS : 0);
      });
    });
  }

  /** A file may have come while the thread was ending. */
  #again(pauseMs: number): void {
    if (this.#isClosing) return;
    this.#pause = setTimeout(() => {
      this.#pause = null;
      this.wake();
    }, pauseMs);
  }

  #sweep(): void {
    const { clock, config } = this.#options;
    sweepJobs(this.#files, clock() - config.imports.keptDays * DAY_MS);
  }
}
