// Remembers which counters of a session have come, so that no message counts twice. Counters may overtake each other by a
// little.

const WINDOW = 256;

export class CounterWindow {
  #highest = 0;
  /** Counters that have come, none of them lower than the window. */
  readonly #seen = new Set<number>();

  /** False if the counter has come before, is too old to tell, or is none. */
  take(counter: number): boolean {
    if (counter <= 0 || counter <= this.#highest - WINDOW || this.#seen.has(counter)) return false;
    this.#seen.add(counter);
    if (counter > this.#highest) {
      this.#highest = counter;
      if (this.#seen.size > 2 * WINDOW)
        for (const one of this.#seen) if (one <= counter - WINDOW) this.#seen.delete(one);
    }
    return true;
  }
}
