// Which of an upstream's endpoints is asked next. One that failed rests, longer each time, and is tried again after that.
// It sends nothing.

const FIRST_REST_MS = 1000;
const LONGEST_REST_MS = 30_000;

interface Endpoint {
  readonly base: string;
  failuresInARow: number;
  restsUntil: number;
}

export class Endpoints {
  readonly #endpoints: readonly Endpoint[];
  readonly #clock: () => number;
  #turn = 0;

  constructor(bases: readonly string[], clock: () => number) {
    this.#endpoints = bases.map((base) => ({ base, failuresInARow: 0, restsUntil: 0 }));
    this.#clock = clock;
  }

  get count(): number {
    return this.#endpoints.length;
  }

  /**
   * The next by turns of those that do not rest, else the one whose rest ends first; never `except`, unless there is no
   * other. A rest that is over lets one question through and is prolonged for the others, until that one tells.
   */
  next(except: string | null): string {
    const now = this.#clock();
    let best: Endpoint | undefined;
    for (let i = 0; i < this.#endpoints.length; i++) {
      const one = this.#endpoints[(this.#turn + i) % this.#endpoints.length] as Endpoint;
      if (one.base === except && this.#endpoints.length > 1) continue;
      if (best === undefined || restOf(one, now) < restOf(best, now)) best = one;
    }
    this.#turn = (this.#turn + 1) % this.#endpoints.length;
    const chosen = best as Endpoint;
    if (chosen.failuresInARow > 0) chosen.restsUntil = now + FIRST_REST_MS;
    return chosen.base;
  }

  succeeded(base: string): void {
    const one = this.#at(base);
    one.failuresInARow = 0;
    one.restsUntil = 0;
  }

  failed(base: string): void {
    const one = this.#at(base);
    one.restsUntil = this.#clock() + Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** one.failuresInARow);
    one.failuresInARow++;
  }

  #at(base: string): Endpoint {
    return this.#endpoints.find((one) => one.base === base) as Endpoint;
  }
}

function restOf(endpoint: Endpoint, now: number): number {
  return Math.max(0, endpoint.restsUntil - now);
}
