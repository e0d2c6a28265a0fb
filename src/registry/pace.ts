// How much of a thread's time long readings may take, all of them together, so that whoever resolves is not kept waiting.
// It only reckons: the pause itself is its caller's.

export interface PaceOptions {
  /** Between 0 and 1. */
  readonly share: number;
  /** Work that may be done at once before the share counts. */
  readonly burstMs: number;
  /** Milliseconds of any clock that does not step. */
  readonly now: () => number;
}

export class Pace {
  readonly #options: PaceOptions;
  /** When the work done so far is paid off. */
  #paidAt = Number.NEGATIVE_INFINITY;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Notes work that was done; how long to wait before the next, in milliseconds, 0 while within the burst. */
  pauseAfter(workMs: number): number {
    const { share, burstMs, now } = this.#options;
    const at = now();
    this.#paidAt = Math.max(this.#paidAt, at) + workMs / share;
    return Math.max(0, this.#paidAt - at - burstMs / share);
  }
}
