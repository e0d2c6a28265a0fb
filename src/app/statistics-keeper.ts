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
  #adding: Promise<void> = Promise.resolve();
  #isClosed = false;
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
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#receiving;
    await this.#add();
  }

  async #merge(tallies: readonly ResolutionTally[]): Promise<void> {
    for (const { day, prefix: asked, counts } of tallies) {
      const prefix = asked !== null && (await this.#exists(asked)) ? asked : null;
      const key = `${day} ${prefix ?? ''}`;
      this.#gather(key, { day, prefix, counts });
    }
  }

  /** Whether anything was ever registered under the prefix, or an enterprise has it. */
  async #exists(prefix: Prefix): Promise<boolean> {
    const { store } = this.#options;
    return (await store.enterprise(prefix)) !== null || (await store.counts(prefix)).days.length > 0;
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#add();
    }, GATHERED_MS).unref();
  }

  /** One after another; what the store does not take waits for the next time. */
  #add(): Promise<void> {
    this.#adding = this.#adding.then(async () => {
      if (this.#waiting.size === 0) return;
      const taken = [...this.#waiting];
      this.#waiting.clear();
      try {
        await this.#options.store.addResolutions(taken.map(([, tally]) => tally));
        this.#isTroubled = false;
      } catch (error) {
        this.#warn(error as Error);
        for (const [key, tally] of taken) this.#gather(key, tally);
        this.#schedule();
      }
    });
    return this.#adding;
  }

  #gather(key: string, { day, prefix, counts }: ResolutionTally): void {
    this.#waiting.set(key, { day, prefix, counts: addCounts(this.#waiting.get(key)?.counts ?? [], counts) });
  }

  /** Once for as long as it lasts. */
  #warn(error: Error): void {
    if (!this.#isTroubled) this.#options.log.warn({ reason: error.message }, 'counts of resolutions have to wait');
    this.#isTroubled = true;
  }
}
