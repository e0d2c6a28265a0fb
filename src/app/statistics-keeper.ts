// Gathers what the serving threads have counted and adds it to the store, in the thread that writes. While the store takes
// nothing the numbers wait: under prefixes that exist here, and one for all others, so that they stay few.

import type { Prefix } from '../domain/prefix.ts';
import { addCounts, type ResolutionTally } from '../domain/statistics.ts';
import type { RegistryStore, TallyKeeper } from '../store/registry-store.ts';
import type { Log } from './logs.ts';

/** How long numbers wait for those of other threads. */
const GATHERED_MS = 1000;

export interface StatisticsKeeperOptions {
  readonly store: RegistryStore & TallyKeeper;
  readonly log: Pick<Log, 'warn'>;
}

export class StatisticsKeeper {
  readonly #options: StatisticsKeeperOptions;
  readonly #waiting = new Map<string, ResolutionTally>();
  #receiving: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #isTroubled = false;

  constructor(options: StatisticsKeeperOptions) {
    this.#options = options;
  }

  receive(tallies: readonly ResolutionTally[]): void {
    this.#receiving = this.#receiving.then(() => this.#merge(tallies)).catch((error: Error) => this.#warn(error));
    this.#schedule();
  }

  /** Adds what waits. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#receiving;
    this.#add();
  }

  async #merge(tallies: readonly ResolutionTally[]): Promise<void> {
    for (const { day, prefix: asked, counts } of tallies) {
      const prefix = asked !== null && (await this.#exists(asked)) ? asked : null;
      const key = `${day} ${prefix ?? ''}`;
      this.#waiting.set(key, { day, prefix, counts: addCounts(this.#waiting.get(key)?.counts ?? [], counts) });
    }
  }

  /** Whether anything was ever registered under the prefix, or an enterprise has it. */
  async #exists(prefix: Prefix): Promise<boolean> {
    const { store } = this.#options;
    return (await store.enterprise(prefix)) !== null || (await store.counts(prefix)).days.length > 0;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      if (!this.#add()) this.#schedule();
    }, GATHERED_MS).unref();
  }

  #add(): boolean {
    if (this.#waiting.size === 0) return true;
    try {
      this.#options.store.addResolutions([...this.#waiting.values()]);
    } catch (error) {
      this.#warn(error as Error);
      return false;
    }
    this.#waiting.clear();
    this.#isTroubled = false;
    return true;
  }

  /** Once for as long as it lasts. */
  #warn(error: Error): void {
    if (!this.#isTroubled) this.#options.log.warn({ reason: error.message }, 'counts of resolutions have to wait');
    this.#isTroubled = true;
  }
}
