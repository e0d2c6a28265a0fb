// Remembers who knocked lately, so that only what is asked for twice takes a place in a cache. Forgets by itself.

const TAG_SHIFT = 18;
const MIN_PLACES_BITS = 10;
const INTERVAL_MASK = (1 << TAG_SHIFT) - 1;

/**
 * A place is chosen by the low bits of a hash, at most 18, and holds the other 14 beside the interval of the knock.
 * Where two meet, the later one stays. A mistaken "before" costs a place in the cache, nothing else.
 */
export class Doorkeeper {
  readonly #places: Uint32Array;
  readonly #intervalMs: number;

  /**
   * `places` is about what the cache behind the door holds: who comes back after more others than that would not have
   * found its entry anyway. A knock is remembered for one to two intervals.
   */
  constructor(places: number, intervalMs: number) {
    const bits = Math.ceil(Math.log2(Math.max(1, places)));
    this.#places = new Uint32Array(1 << Math.min(TAG_SHIFT, Math.max(MIN_PLACES_BITS, bits)));
    this.#intervalMs = Math.max(1, intervalMs);
  }

  /** Notes the knock; true if there was one before. */
  knock(hash: number, now: number): boolean {
    const place = hash & (this.#places.length - 1);
    const tag = hash >>> TAG_SHIFT;
    const interval = Math.floor(now / this.#intervalMs) & INTERVAL_MASK;
    const before = this.#places[place] as number;
    this.#places[place] = (tag << TAG_SHIFT) | interval;
    return before !== 0 && before >>> TAG_SHIFT === tag && ((interval - before) & INTERVAL_MASK) <= 1;
  }
}
