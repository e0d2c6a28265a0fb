// How long an upstream is waited for, learned from how long it has been taking: a hang is noticed in the time it is
// unusual, not in the longest time allowed. Pure arithmetic over durations.

/** Answers seen before anything is concluded from them. */
const MIN_SAMPLES = 20;
/** No deadline below: a pause for garbage collection over there is not a failure. */
const MIN_DEADLINE_MS = 400;
/** RFC 6298 §2 with a wider margin: mean + 8 × mean deviation, since a false alarm costs more than a late one. */
const DEVIATIONS = 8;

export class AdaptiveDeadline {
  readonly #longestMs: number;
  #samples = 0;
  #meanMs = 0;
  #deviationMs = 0;

  constructor(longestMs: number) {
    this.#longestMs = longestMs;
  }

  get currentMs(): number {
    if (this.#samples < MIN_SAMPLES) return this.#longestMs;
    return Math.min(this.#longestMs, Math.max(MIN_DEADLINE_MS, this.#meanMs + DEVIATIONS * this.#deviationMs));
  }

  answered(durationMs: number): void {
    if (this.#samples === 0) {
      this.#meanMs = durationMs;
      this.#deviationMs = durationMs / 2;
    } else {
      this.#deviationMs += (Math.abs(durationMs - this.#meanMs) - this.#deviationMs) / 4;
      this.#meanMs += (durationMs - this.#meanMs) / 8;
    }
    this.#samples++;
  }

  /** It was too short, or the upstream is gone: in both cases the next wait is longer. */
  timedOut(): void {
    this.#deviationMs = Math.min(this.#longestMs, this.#deviationMs * 2 + 1);
  }
}
