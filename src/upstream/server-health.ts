// How servers have been answering: which is asked first, and which is left alone for a while. It remembers, and asks nobody.

import { MAX_KNOWN_SERVERS } from '../domain/handle-client-limits.ts';
import { setNewest } from '../domain/newest.ts';

interface Health {
  /** Null until it has answered. */
  readonly meanMs: number | null;
  readonly measuredAt: number;
  readonly failuresInARow: number;
  readonly restsUntil: number;
}

const FIRST_REST_MS = 1000;
const LONGEST_REST_MS = 30_000;
/** After that a measure is old, and one question goes to see how it is now. */
const MEASURE_TTL_MS = 60_000;
/** Times below that are one: what is this near needs no order. */
const NEAR_MS = 10;
/** More than any time to answer, so that who rests comes last. */
const RESTING_COST = 1000;
const UNKNOWN: Health = { meanMs: null, measuredAt: 0, failuresInARow: 0, restsUntil: 0 };

export class ServerHealth {
  readonly #clock: () => number;
  readonly #known = new Map<string, Health>();

  /** `clock`: milliseconds that only rise. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** The lower is asked first. Times within a factor of two of each other cost the same, so that a near one gets not all. */
  costOf(server: string): number {
    const { meanMs, measuredAt, restsUntil } = this.#known.get(server) ?? UNKNOWN;
    const now = this.#clock();
    if (restsUntil > now) return RESTING_COST + restsUntil - now;
    if (meanMs === null || now - measuredAt > MEASURE_TTL_MS) return 0;
    return Math.ceil(Math.log2(Math.max(1, meanMs / NEAR_MS)));
  }

  /** It is asked: an old measure sends one question there, not all, and so does a rest that is over. */
  asked(server: string): void {
    const known = this.#known.get(server);
    if (known === undefined) return;
    const now = this.#clock();
    const restsUntil = known.failuresInARow > 0 ? now + FIRST_REST_MS : 0;
    this.#set(server, { ...known, measuredAt: now, restsUntil });
  }

  answered(server: string, durationMs: number): void {
    const before = this.#known.get(server)?.meanMs ?? durationMs;
    const meanMs = before + (durationMs - before) / 4;
    this.#set(server, { meanMs, measuredAt: this.#clock(), failuresInARow: 0, restsUntil: 0 });
  }

  failed(server: string): void {
    const before = this.#known.get(server) ?? UNKNOWN;
    const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** before.failuresInARow);
    const failuresInARow = before.failuresInARow + 1;
    this.#set(server, { ...before, failuresInARow, restsUntil: this.#clock() + restMs });
  }

  #set(server: string, health: Health): void {
    setNewest(this.#known, server, health, MAX_KNOWN_SERVERS);
  }
}
