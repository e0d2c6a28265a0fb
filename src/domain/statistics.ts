// What happened under each prefix on each China day: counts of registrations and of resolutions. Pure.

import { OUTCOMES, type Outcome } from './answer.ts';
import type { Prefix } from './prefix.ts';

/** How resolutions ended, each number under its outcome. */
export type ResolutionCounts = Readonly<Record<Outcome, number>>;

/** Resolutions counted in one thread for a while. */
export interface ResolutionTally {
  /** Days since 1970-01-01 in China. */
  readonly day: number;
  /** Null for what was asked under prefixes of which nothing is known here. */
  readonly prefix: Prefix | null;
  /** In the order of OUTCOMES. */
  readonly counts: readonly number[];
}

/** Registrations of one day. A revocation is no update. */
export interface RegistrationDay {
  /** `yyyy-MM-dd`. */
  readonly day: string;
  readonly created: number;
  readonly updated: number;
  readonly revoked: number;
  readonly deleted: number;
}

export interface StatisticsRow extends RegistrationDay {
  readonly prefix: Prefix | null;
  /** Records that were live at the end of the day, revoked ones included. */
  readonly live: number;
  readonly resolutions: ResolutionCounts;
}

export function resolutionCounts(counts: readonly number[]): ResolutionCounts {
  return Object.fromEntries(OUTCOMES.map((outcome, i) => [outcome, counts[i] ?? 0])) as Record<Outcome, number>;
}

export function addCounts(a: readonly number[], b: readonly number[]): number[] {
  return OUTCOMES.map((_, i) => (a[i] ?? 0) + (b[i] ?? 0));
}
