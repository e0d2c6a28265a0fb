// How long an answer may be kept, and what a kept answer is worth now. Pure: policy as a function of (answer, now).

import type { Learned } from '../domain/answer.ts';

/** The three instants of a kept answer, in epoch milliseconds, set when it is stored. */
export interface Freshness {
  /** Until then it answers at once. */
  readonly freshUntil: number;
  /** Until then it may stand in if nothing newer can be had. */
  readonly staleUntil: number;
  /** From then on its place is free, and the next question about it counts as the first. */
  readonly deletedAt: number;
}

export type Verdict = 'fresh' | 'stale' | 'expired' | 'deleted';

/** A lifetime is its limit ÷ 1.1, ± 10 %: entries stored together end apart, and none outlives its limit. */
const JITTER = 0.1;

/**
 * Freshness of an answer out of our own store, which is as near as any cache: it never stands in as stale, and an
 * expired one keeps its place for as long again, so that a handle in use is renewed without starting over.
 * `spread` is 0 … 1, evenly spread over handles.
 */
export function freshnessOf(ttlSeconds: number, maxAgeSeconds: number, now: number, spread: number): Freshness {
  const lifetime = lifetimeMs(Math.min(ttlSeconds, maxAgeSeconds), spread);
  const freshUntil = now + lifetime;
  return { freshUntil, staleUntil: freshUntil, deletedAt: freshUntil + lifetime };
}

export function judge(entry: Freshness, now: number): Verdict {
  if (now < entry.freshUntil) return 'fresh';
  if (now < entry.staleUntil) return 'stale';
  return now < entry.deletedAt ? 'expired' : 'deleted';
}

/** Share of its lifetime in which an answer of others that is in use is renewed in the background. */
const REFRESH_SHARE = 0.1;

/**
 * Freshness of an answer that another node gave: fresh for its lifetime, ± 10 %, to be renewed in the last tenth of it,
 * and after it one that may stand in for `staleSeconds` while nothing newer can be had.
 */
export function learnedFreshness(ttlSeconds: number, staleSeconds: number, learnedAt: number, spread: number): Learned {
  const lifetime = lifetimeMs(ttlSeconds, spread);
  const freshUntil = learnedAt + lifetime;
  return {
    learnedAt,
    refreshFrom: freshUntil - REFRESH_SHARE * lifetime,
    freshUntil,
    staleUntil: freshUntil + staleSeconds * 1000,
  };
}

/** How far a clock may have stepped back before what was learned "later" is no longer believed to be fresh. */
const CLOCK_STEP_MS = 60_000;

/** As `judge`, of what others told. An instant in the future means that the clock was set back: its age is not known. */
export function judgeLearned(learned: Learned, now: number): Verdict {
  const { learnedAt, freshUntil, staleUntil } = learned;
  if (now < freshUntil) return now < learnedAt - CLOCK_STEP_MS ? 'stale' : 'fresh';
  return now < staleUntil ? 'stale' : 'deleted';
}

function lifetimeMs(limitSeconds: number, spread: number): number {
  return ((limitSeconds * 1000) / (1 + JITTER)) * (1 - JITTER + 2 * JITTER * spread);
}
