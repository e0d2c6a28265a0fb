// Counts resolutions by prefix and China day in one serving thread, and hands the numbers over every few seconds. What a
// crash loses is what was counted since.

import { OUTCOMES, type Outcome } from '../domain/answer.ts';
import { chinaDayBegins, chinaDayOf } from '../domain/china-day.ts';
import { type Handle, responsiblePrefixOf } from '../domain/handle.ts';
import { MAX_TALLIED_PREFIXES, MAX_TALLIED_UNKNOWN } from '../domain/limits.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { ResolutionTally } from '../domain/statistics.ts';
import type { Report } from './log-files.ts';

const HANDED_OVER_MS = 5000;
/** Prefixes that are compared with before one is cut out of a handle and looked up: the first that come after each handing over. */
const COMPARED = 8;
const PLACE = Object.fromEntries(OUTCOMES.map((outcome, i) => [outcome, i])) as Readonly<Record<Outcome, number>>;

export interface ResolutionTalliesOptions {
  readonly clock: () => number;
  readonly report: (report: Report) => void;
}

export class ResolutionTallies {
  readonly #options: ResolutionTalliesOptions;
  readonly #counts = new Map<Prefix | null, number[]>();
  /** Some of the prefixes, each with its slash, and their counts. */
  readonly #compared: { readonly start: string; readonly counts: number[] }[] = [];
  #unknown = 0;
  #day: number;
  #timer: NodeJS.Timeout;

  constructor(options: ResolutionTalliesOptions) {
    this.#options = options;
    this.#day = chinaDayOf(options.clock());
    this.#timer = this.#schedule();
  }

  /** On the hot path. */
  count(handle: Handle, outcome: Outcome): void {
    const counts = this.#comparedCountsOf(handle) ?? this.#countsFor(handle, outcome);
    const place = PLACE[outcome];
    counts[place] = (counts[place] as number) + 1;
  }

  /** Hands over what was counted, then counts no more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#handOver();
  }

  #comparedCountsOf(handle: Handle): number[] | null {
    const compared = this.#compared;
    for (let i = 0; i < compared.length; i++) {
      const { start, counts } = compared[i] as { readonly start: string; readonly counts: number[] };
      if (handle.startsWith(start)) return counts;
    }
    return null;
  }

  #countsFor(handle: Handle, outcome: Outcome): number[] {
    const prefix = responsiblePrefixOf(handle);
    const known = this.#counts.get(prefix) ?? this.#begin(prefix, outcome);
    // A prefix handle, 0.NA/P, does not begin with the prefix it is counted for.
    if (this.#compared.length < COMPARED && handle.startsWith(`${prefix}/`)) {
      this.#compared.push({ start: `${prefix}/`, counts: known });
    }
    return known;
  }

  #begin(prefix: Prefix, outcome: Outcome): number[] {
    const isUnknown = outcome === 'not-found' || outcome === 'error';
    const hasRoom = this.#counts.size < MAX_TALLIED_PREFIXES && (!isUnknown || this.#unknown < MAX_TALLIED_UNKNOWN);
    if (hasRoom && isUnknown) this.#unknown += 1;
    const name = hasRoom ? prefix : null;
    const counts = this.#counts.get(name) ?? OUTCOMES.map(() => 0);
    this.#counts.set(name, counts);
    return counts;
  }

  /** At midnight in China too, so that no resolution is counted on the next day. */
  #schedule(): NodeJS.Timeout {
    const toMidnightMs = chinaDayBegins(this.#day + 1) - this.#options.clock();
    const waitMs = Math.min(HANDED_OVER_MS, Math.max(1, toMidnightMs));
    return setTimeout(() => {
      this.#handOver();
      this.#timer = this.#schedule();
    }, waitMs).unref();
  }

  #handOver(): void {
    const tallies: ResolutionTally[] = [];
    for (const [prefix, counts] of this.#counts) tallies.push({ day: this.#day, prefix, counts });
    if (tallies.length > 0) this.#options.report({ kind: 'resolutions', tallies });
    this.#counts.clear();
    this.#compared.length = 0;
    this.#unknown = 0;
    this.#day = chinaDayOf(this.#options.clock());
  }
}
