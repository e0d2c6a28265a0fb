// How far an import stands back for whom the node serves: the longer those threads have to wait for a processor, the longer
// it rests between its pieces of work, and it always goes on. It only reckons: the rest itself is its caller's.

/** Milliseconds by now, in the mean of the threads that serve. */
export interface ServingTimes {
  /** On a processor. */
  readonly workedMs: number;
  /** For one. */
  readonly waitedMs: number;
}

export interface CourtesyOptions {
  /** Null if nobody knows. */
  readonly serving: () => ServingTimes | null;
  /** Milliseconds of any clock that does not step. */
  readonly now: () => number;
}

/** Between two looks: long enough for one late thread not to count as a late node. */
const LOOK_MS = 50;
/**
 * The share of the time for which a thread may wait, above which it is kept waiting. Two that answer 20,000 requests a
 * second on two processors wait for 0.1 of it, without an import, and for 0.5 beside one that takes what it can.
 */
const KEPT_WAITING = 0.15;
/** And the share for which it must have worked: others may crowd a machine on which hardly anybody asks this node. */
const AT_WORK = 0.02;
/** How many times as long as it works an import rests at most: a quarter of its speed is left. */
const MAX_REST = 3;
const FIRST_REST = 0.5;
const GROWTH = 2;
const DECAY = 0.8;
/** At once: whoever watches the import sees it go on. */
const MAX_REST_MS = 100;

export class Courtesy {
  readonly #options: CourtesyOptions;
  #lookedAt: number;
  #times: ServingTimes | null;
  #workingSince: number;
  #rest = 0;

  constructor(options: CourtesyOptions) {
    this.#options = options;
    this.#workingSince = options.now();
    this.#lookedAt = this.#workingSince;
    this.#times = options.serving();
  }

  /** Whether it has to stand back at present. */
  get isAsked(): boolean {
    return this.#rest > 0;
  }

  /** Call between pieces of work; how long to rest before the next, in milliseconds. */
  restMs(): number {
    const now = this.#options.now();
    if (now - this.#lookedAt >= LOOK_MS) this.#look(now);
    const restMs = Math.min(MAX_REST_MS, this.#rest * (now - this.#workingSince));
    this.#workingSince = now + restMs;
    return restMs;
  }

  #look(now: number): void {
    const times = this.#options.serving();
    const areKeptWaiting = times !== null && this.#times !== null && areKept(this.#times, times, now - this.#lookedAt);
    this.#times = times;
    this.#lookedAt = now;
    if (areKeptWaiting) this.#rest = Math.min(MAX_REST, Math.max(FIRST_REST, this.#rest * GROWTH));
    else this.#rest = this.#rest * DECAY < FIRST_REST / 2 ? 0 : this.#rest * DECAY;
  }
}

function areKept(before: ServingTimes, now: ServingTimes, withinMs: number): boolean {
  const [worked, waited] = [now.workedMs - before.workedMs, now.waitedMs - before.waitedMs];
  return waited > KEPT_WAITING * withinMs && worked > AT_WORK * withinMs;
}
