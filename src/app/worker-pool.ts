// Keeps N workers running: starts them, replaces one that dies, stops them all. It knows nothing of what they serve.

import v8 from 'node:v8';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { HandleError } from '../domain/error.ts';
import { errorOf } from '../domain/error-parts.ts';
import type { TlsMaterial } from '../http-server/tls.ts';
import { Counters } from './counters.ts';
import { doorName } from './door-times.ts';
import type { HandleSite } from './handle-site.ts';
import type { Report } from './log-files.ts';
import type { Log } from './logs.ts';
import type { Address, WorkerMessage, WorkerOrder, WorkerStart } from './worker-messages.ts';

/** Pause before a dead worker's successor; doubles with every death in a row. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** A worker that lived this long died of something new. */
const SETTLED_MS = 60_000;
/**
 * Answers are short-lived garbage, and V8 would let each worker's nursery grow to 48 MB. Kept small it costs no CPU that
 * could be measured (16.3 s instead of 17.4 s for 450,000 resolutions), and two workers with full caches and the main
 * thread take 248 MB instead of 341 MB.
 */
const YOUNG_GENERATION_MB = 16;
/**
 * How far a heap may grow over what was in use at the last collection before the next one, in percent. V8 would let it
 * double or more, and what a cache gave up lies there as garbage. Costs first touches about 5 % of CPU (bench/README.md).
 */
const HEAP_GROWTH_PERCENT = 30;

export interface WorkerPoolOptions {
  readonly count: number;
  /** What every worker is born with; the pool adds index and port. */
  readonly birth: Omit<WorkerStart, 'index' | 'commitPort' | 'foreignPort' | 'tls' | 'handle'>;
  /** The certificate of the moment. */
  readonly tls: () => TlsMaterial | null;
  /** The site of the Handle protocol at the moment; null if that is off. */
  readonly site: () => HandleSite | null;
  /** Called for each worker, with its end of the commit channel. */
  readonly serveCommits: (port: MessagePort) => void;
  /** Called for each worker too, with its end of the channel to other nodes; null if none are asked. */
  readonly serveForeign: ((port: MessagePort) => void) | null;
  /** Takes what workers report for the record. */
  readonly receive: (report: Report) => void;
  /** Called when import jobs are to be looked at. */
  readonly wakeImports: () => void;
  readonly counters: Counters;
  readonly clock: () => number;
  readonly log: Log;
  /** How long workers may take to finish what is in flight. */
  readonly graceMs: number;
}

interface Place {
  readonly index: number;
  worker: Worker | null;
  listening: boolean;
  deathsInARow: number;
  bornAt: number;
  pause: NodeJS.Timeout | null;
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #places: readonly Place[];
  #address: Address | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    v8.setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`); // read at every collection, by every thread
    this.#places = Array.from({ length: options.count }, (_, i) => ({
      index: i + 1,
      worker: null,
      listening: false,
      deathsInARow: 0,
      bornAt: 0,
      pause: null,
    }));
    options.counters.set('workers', options.count);
  }

  /** Starts all workers; done when the first listens. Throws what kept it from listening, with all workers ended. */
  async start(): Promise<Address> {
    const [first, ...others] = this.#places as [Place, ...Place[]];
    // A port of 0 is decided by the first worker, so the others wait for it; else all start at once.
    const decided = this.#options.birth.config.http.port !== 0;
    const started = [first, ...(decided ? others : [])].map((place) => this.#start(place));
    try {
      this.#address = await Promise.any(started);
    } catch (error) {
      await this.close();
      throw (error as AggregateError).errors[0];
    }
    for (const place of this.#places) if (place.worker === null) this.#retry(place);
    return this.#address;
  }

  /** A worker that is just being born, with the certificate before, takes this one when it listens. */
  renewTls(material: TlsMaterial): void {
    for (const { worker } of this.#places) if (worker !== null) order(worker, { kind: 'renew-tls', material });
  }

  /** Every worker goes on answering, and keeps no connection. */
  drain(): void {
    for (const { worker } of this.#places) if (worker !== null) order(worker, { kind: 'drain' });
  }

  /** Likewise. */
  renewSite(site: HandleSite): void {
    for (const { worker } of this.#places) if (worker !== null) order(worker, { kind: 'renew-site', site });
  }

  /** Asks every worker to finish and ends those that take too long. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const ends = this.#places.map(async ({ worker, pause }) => {
      if (pause !== null) clearTimeout(pause);
      if (worker === null) return;
      const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      order(worker, { kind: 'stop' });
      const patience = setTimeout(() => {
        this.#options.log.warn({ graceMs: this.#options.graceMs }, 'a worker took too long to stop and is ended');
        void worker.terminate();
      }, this.#options.graceMs);
      await ended;
      clearTimeout(patience);
    });
    await Promise.all(ends);
  }

  /** Resolves when the worker listens, rejects when it ends before that. */
  #start(place: Place): Promise<Address> {
    const { birth, serveCommits, serveForeign, clock } = this.#options;
    const { port1, port2 } = new MessageChannel();
    serveCommits(port1);
    const foreign = serveForeign === null ? null : new MessageChannel();
    if (foreign !== null) serveForeign?.(foreign.port1);
    const port = this.#address?.port ?? birth.config.http.port;
    const config = { ...birth.config, http: { ...birth.config.http, port } };
    const tls = this.#options.tls();
    const handle = this.#options.site();
    const foreignPort = foreign?.port2 ?? null;
    const workerData: WorkerStart = {
      ...birth,
      config,
      index: place.index,
      commitPort: port2,
      foreignPort,
      tls,
      handle,
    };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      name: doorName(place.index),
      workerData,
      transferList: foreignPort === null ? [port2] : [port2, foreignPort],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    place.worker = worker;
    place.bornAt = clock();
    return new Promise((resolve, reject) => {
      let cause: Error | null = null;
      worker.on('message', (message: WorkerMessage) => {
        if (message.kind === 'report') this.#options.receive(message.report);
        else if (message.kind === 'imports') this.#options.wakeImports();
        else if (message.kind === 'failed') {
          cause = errorOf(message.error);
          // What it had opened by then would keep it alive, and its successor from being born.
          void worker.terminate();
        } else {
          this.#setListening(place, true);
          resolve(message.address);
        }
      });
      worker.on('error', (error: Error) => {
        cause = error;
      });
      worker.on('exit', (exitCode) => {
        cause ??= new HandleError('INTERNAL', `A worker ended with exit code ${exitCode}.`);
        reject(cause);
        port1.close();
        foreign?.port1.close();
        this.#ended(place, cause);
      });
    });
  }

  #setListening(place: Place, listening: boolean): void {
    place.listening = listening;
    const { counters, log } = this.#options;
    counters.set('workersListening', this.#places.filter((each) => each.listening).length);
    if (listening) log.debug({ worker: place.index }, 'a worker listens');
  }

  /** A worker is gone: its successor starts after a pause, unless the node stops or never got ready. */
  #ended(place: Place, cause: Error): void {
    const { birth, clock, log } = this.#options;
    place.worker = null;
    this.#setListening(place, false);
    new Counters(birth.counters, place.index).clearGauges();
    if (this.#closing !== null || this.#address === null) return;
    if (clock() - place.bornAt > SETTLED_MS) place.deathsInARow = 0;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** place.deathsInARow);
    place.deathsInARow++;
    log.error({ worker: place.index, err: cause, pauseMs }, 'a worker died; another takes its place');
    place.pause = setTimeout(() => {
      place.pause = null;
      this.#options.counters.workerRestarted();
      this.#retry(place);
    }, pauseMs);
  }

  /** Starts a worker that nobody waits for. */
  #retry(place: Place): void {
    this.#start(place).catch(() => {
      // It ended before it listened: #ended has logged it and tries again.
    });
  }
}

function order(worker: Worker, what: WorkerOrder): void {
  worker.postMessage(what);
}
