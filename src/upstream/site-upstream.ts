// The site of a delegated prefix that is spoken to over HTTP and over the Handle protocol: over HTTP first, and where that
// cannot find out, over the other in the time that is left. It asks nobody itself.

import { isHandleError } from '../domain/error.ts';
import type { ForeignAnswer } from '../domain/foreign-answer.ts';
import type { Handle } from '../domain/handle.ts';

/** One way to it. Milliseconds of `performance.now()` for the end; without one, the deadline of its settings. */
export interface Way {
  fetch(handle: Handle, via: string, endsAt?: number): Promise<ForeignAnswer>;
}

export interface SiteUpstreamOptions {
  readonly first: Way;
  readonly second: Way;
  /** For both. */
  readonly deadlineMs: number;
}

/** Share of the deadline that the first way may take, the second being there. */
const FIRST_SHARE = 0.6;
/** Less than that is no time to ask anyone. */
const MIN_TRY_MS = 20;

export class SiteUpstream {
  readonly #options: SiteUpstreamOptions;

  constructor(options: SiteUpstreamOptions) {
    this.#options = options;
  }

  /** Throws `UPSTREAM_UNAVAILABLE`, of the first way, or `OVERLOADED` if enough is on its way. */
  async fetch(handle: Handle, via: string): Promise<ForeignAnswer> {
    const { first, second, deadlineMs } = this.#options;
    const startedAt = performance.now();
    try {
      return await first.fetch(handle, via, startedAt + deadlineMs * FIRST_SHARE);
    } catch (error) {
      const endsAt = startedAt + deadlineMs;
      if (!isHandleError(error, 'UPSTREAM_UNAVAILABLE') || endsAt - performance.now() < MIN_TRY_MS) throw error;
      return second.fetch(handle, via, endsAt).catch(() => Promise.reject(error)); // it has said why, in the log
    }
  }
}
