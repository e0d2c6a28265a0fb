// How long an answer may be kept, and what a kept answer is worth now. Pure: policy as a function of (answer, now).

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
  const limitMs = Math.min(ttlSeconds, maxAgeSeconds) * 1000;
  const lifetimeMs = (limitMs / (1 + JITTER)) * (1 - JITTER + 2 * JITTER * spread);
  const freshUntil = now + lifetimeMs;
  return { freshUntil, staleUntil: freshUntil, deletedAt: freshUntil + lifetimeMs };
}

export function judge(entry: Freshness, now: number): Verdict {
  if (now < entry.freshUntil) return 'fresh';
  if (now < entry.staleUntil) return 'stale';
  return now < entry.deletedAt ? 'expired' : 'deleted';
}
