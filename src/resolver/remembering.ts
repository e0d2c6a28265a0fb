// Asks others for what this node does not remember, on behalf of all its threads: so what one thread learned, another need
// not ask for, and may give while nobody can be asked.

import type { SecondTier } from '../cache/second-tier.ts';
import { isUnavailable } from '../domain/error.ts';
import type { ForeignAnswer, ForeignQuestion, ForeignReader } from '../domain/foreign-answer.ts';
import type { Handle } from '../domain/handle.ts';
import { setNewest } from '../domain/newest.ts';
import { isFreshAt, type LearnedPolicy, learnedOf, mayStandIn } from './learned.ts';

export interface RememberingOptions extends LearnedPolicy {
  readonly reader: ForeignReader;
  readonly tier: SecondTier;
  readonly clock: () => number;
  /** Whether what was learned at that instant may still count as fresh. */
  readonly trusts: (learnedAt: number) => boolean;
}

/** Invalidations remembered, so that what was on its way is not kept after one; older ones have landed long ago. */
const MAX_FORGOTTEN = 100_000;

export class RememberingReader implements ForeignReader {
  readonly #options: RememberingOptions;
  readonly #forgotten = new Map<Handle, number>();
  #turn = 0;

  constructor(options: RememberingOptions) {
    this.#options = options;
  }

  async fetch(question: ForeignQuestion): Promise<ForeignAnswer> {
    const { reader, tier, clock, trusts } = this.#options;
    const { handle, site, isRenewal } = question;
    const kept = await tier.get({ handle, site });
    const learned = kept === null ? null : learnedOf(handle, kept, this.#options);
    if (kept !== null && learned !== null && !isRenewal && isFreshAt(learned, clock()) && trusts(learned.learnedAt))
      return kept;
    const turn = ++this.#turn;
    try {
      const told = await reader.fetch(question);
      if ((this.#forgotten.get(handle) ?? 0) < turn) {
        tier.set({ handle, site }, told, learnedOf(handle, told, this.#options).staleUntil - clock());
      }
      return told;
    } catch (error) {
      if (kept === null || learned === null || isRenewal || !isUnavailable(error)) throw error;
      if (!isFreshAt(learned, clock()) && !mayStandIn(learned, clock())) throw error;
      return kept;
    }
  }

  held(handle: Handle): Promise<ForeignAnswer | null> {
    return this.#options.tier.held(handle);
  }

  async forget(handle: Handle | null): Promise<void> {
    const { reader, tier } = this.#options;
    // Of all handles what is remembered stays: `trusts` says that it is old, and it may stand in.
    if (handle === null) return reader.forget(null);
    setNewest(this.#forgotten, handle, ++this.#turn, MAX_FORGOTTEN);
    await Promise.all([reader.forget(handle), tier.forget(handle)]);
  }
}
