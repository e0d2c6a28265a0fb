// Runs import jobs at one of the nodes that share a store and the directory of jobs: at the one that leads. What it had
// begun the next leader goes on with.

import { Leadership } from '../peers/leadership.ts';
import type { Connect } from '../peers/session.ts';
import type { Counters } from './counters.ts';
import type { Imports } from './import-directory.ts';
import type { ImportPlace } from './import-place.ts';
import type { Log } from './logs.ts';

export interface LedImportsOptions {
  readonly connect: Connect;
  /** Begins to run jobs. */
  readonly start: () => Imports & { close(): Promise<void> };
  /** Tells the other nodes that there is something to do. */
  readonly wakeOthers: () => void;
  /** Whether all nodes see one directory. */
  readonly place: Pick<ImportPlace, 'declare' | 'compare'>;
  readonly counters: Pick<Counters, 'set'>;
  readonly log: Pick<Log, 'info'>;
}

/**
 * A leader whose session is lost knows it after a second and a half, and leaves off then: until that has passed the
 * next one touches no file.
 */
const TERM_BEGINS_MS = 1500;
/** A wake that went lost is made good. */
const LOOK_EVERY_MS = 30_000;
/** How soon a node that does not lead finds out that it looks elsewhere. */
const COMPARE_EVERY_MS = 10_000;

export class LedImports implements Imports {
  readonly #options: LedImportsOptions;
  readonly #leadership: Leadership;
  readonly #looking: NodeJS.Timeout;
  readonly #comparing: NodeJS.Timeout;
  #begins: NodeJS.Timeout | null = null;
  #running: (Imports & { close(): Promise<void> }) | null = null;
  /** One after another: what was begun ends before it is begun again. */
  #turns: Promise<void> = Promise.resolve();

  constructor(options: LedImportsOptions) {
    this.#options = options;
    this.#leadership = new Leadership({
      connect: options.connect,
      name: 'jobs',
      onChange: (leads) => this.#change(leads),
    });
    this.#looking = setInterval(() => this.#running?.wake(), LOOK_EVERY_MS).unref();
    this.#comparing = setInterval(() => this.#compare(), COMPARE_EVERY_MS).unref();
  }

  wake(): void {
    if (this.#running === null) this.#options.wakeOthers();
    else this.#running.wake();
  }

  /** Of another node. */
  heard(): void {
    this.#running?.wake();
  }

  async close(): Promise<void> {
    clearInterval(this.#looking);
    clearInterval(this.#comparing);
    // What runs leaves off first: whoever leads next begins at once.
    this.#leaveOff();
    await this.#turns;
    await this.#leadership.close();
    await this.#turns;
  }

  #change(leads: boolean): void {
    const { counters, log } = this.#options;
    counters.set('leads', leads ? 1 : 0);
    log.info(leads ? 'this node leads: it runs the imports of all' : 'this node leads no more');
    if (leads) this.#begins = setTimeout(() => this.#begin(), TERM_BEGINS_MS).unref();
    else this.#leaveOff();
  }

  #begin(): void {
    this.#turns = this.#turns.then(() => {
      if (this.#leadership.leads) this.#running ??= this.#options.start();
      this.#compare();
    });
  }

  /** What cannot be found out now is asked again. */
  #compare(): void {
    const { place } = this.#options;
    (this.#running === null ? place.compare() : place.declare()).catch(() => {});
  }

  #leaveOff(): void {
    if (this.#begins !== null) clearTimeout(this.#begins);
    this.#begins = null;
    this.#turns = this.#turns.then(async () => {
      const running = this.#running;
      this.#running = null;
      await running?.close();
    });
  }
}
