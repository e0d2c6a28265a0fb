// Gathers what the serving threads have counted and adds it to the store, in the thread that writes. While the store is away
// the numbers wait: by their prefixes, or, when these become too many, together.

import { MAX_TALLIED_PREFIXES } from '../domain/limits.ts';
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
  #waiting = new Map<string, ResolutionTally>();
  #adding: Promise<void> = Promise.resolve();
  #isClosed = false;
  #timer: NodeJS.Timeout | null = null;
  #isTroubled = false;

  constructor(options: StatisticsKeeperOptions) {
    this.#options = options;
  }

  receive(tallies: readonly ResolutionTally[]): void {
    for (const tally of tallies) this.#gather(tally);
    this.#schedule();
  }

  /** Adds what waits. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#add();
  }

  /** Under its prefix if anything was ever registered there, or an enterprise has it; else under none. */
  async #placed(tally: ResolutionTally): Promise<ResolutionTally> {
    const { store } = this.#options;
    const { prefix } = tally;
    if (prefix === null) return tally;
    const exists = (await store.enterprise(prefix)) !== null || (await store.counts(prefix)).days.length > 0;
    return exists ? tally : { ...tally, prefix: null };
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
      const taken = [...this.#waiting.values()];
      this.#waiting = new Map();
      try {
        const placed: ResolutionTally[] = [];
        for (const tally of taken) placed.push(await this.#placed(tally));
        await this.#options.store.addResolutions(placed);
        this.#isTroubled = false;
      } catch (error) {
        this.#warn(error as Error);
        for (const tally of taken) this.#gather(tally);
        this.#schedule();
      }
    });
    return this.#adding;
  }

  /** In the order of their coming: when there are too many, those that come last lose their prefix, and no count. */
  #gather(tally: ResolutionTally): void {
    const isKnown = this.#waiting.has(keyOf(tally));
    const { day, counts } = tally;
    const prefix = isKnown || this.#waiting.size < MAX_TALLIED_PREFIXES ? tally.prefix : null;
    const key = keyOf({ day, prefix });
    this.#waiting.set(key, { day, prefix, counts: addCounts(this.#waiting.get(key)?.counts ?? [], counts) });
  }

  /** Once for as long as it lasts. */
  #warn(error: Error): void {
    if (!this.#isTroubled) this.#options.log.warn({ reason: error.message }, 'counts of resolutions have to wait');
    this.#isTroubled = true;
  }
}

function keyOf({ day, prefix }: Pick<ResolutionTally, 'day' | 'prefix'>): string {
  return `${day} ${prefix ?? ''}`;
}
