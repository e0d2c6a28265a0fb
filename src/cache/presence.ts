// Tells at once of most names that they are in no cache: one look at a small table in place of a search in each. Exact in
// that direction: "no" is never wrong.

const PLACES = 1 << 18;
const LAST_PLACE = PLACES - 1;
/** A place that ever held so many is never emptied: it has lost count. */
const FULL = 255;

export class Presence {
  readonly #counts = new Uint8Array(PLACES);

  mayHold(hash: number): boolean {
    return this.#counts[hash & LAST_PLACE] !== 0;
  }

  add(hash: number): void {
    const place = hash & LAST_PLACE;
    const count = this.#counts[place] as number;
    if (count < FULL) this.#counts[place] = count + 1;
  }

  /** For each `add`, once. */
  remove(hash: number): void {
    const place = hash & LAST_PLACE;
    const count = this.#counts[place] as number;
    if (count < FULL) this.#counts[place] = count - 1;
  }
}
