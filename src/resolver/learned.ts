// What an answer of others is worth: its TTL, and the instants until which it is fresh and may stand in. One policy for
// every tier that holds it. Pure.

import { judgeLearned, learnedFreshness } from '../cache/freshness.ts';
import { hashOf } from '../cache/hash.ts';
import type { Learned } from '../domain/answer.ts';
import type { ForeignAnswer } from '../domain/foreign-answer.ts';
import type { Handle } from '../domain/handle.ts';
import { ttlSecondsOf } from '../domain/inheritance.ts';
import { DEFAULT_TTL_SECONDS, NEGATIVE_TTL_SECONDS } from '../domain/limits.ts';

export interface LearnedPolicy {
  /** How long an answer is fresh at most, and for how long after that it may stand in. */
  readonly maxAgeSeconds: number;
  readonly staleSeconds: number;
}

/** Seconds that others may keep it. */
export function learnedTtlOf(told: ForeignAnswer, { maxAgeSeconds }: LearnedPolicy): number {
  if (told.kind === 'not-found') return Math.min(NEGATIVE_TTL_SECONDS, maxAgeSeconds);
  const ttlSeconds = told.digest?.ttlSeconds ?? ttlSecondsOf(told.values, told.learnedAt, DEFAULT_TTL_SECONDS);
  return Math.min(ttlSeconds, maxAgeSeconds);
}

/** Absence never stands in: it may have ended with the next registration over there. */
export function learnedOf(handle: Handle, told: ForeignAnswer, policy: LearnedPolicy): Learned {
  const spread = (hashOf(handle) >>> 16) / 0xffff;
  const staleSeconds = told.kind === 'found' ? policy.staleSeconds : 0;
  return learnedFreshness(learnedTtlOf(told, policy), staleSeconds, told.learnedAt, spread);
}

export function isFreshAt(learned: Learned, now: number): boolean {
  return judgeLearned(learned, now) === 'fresh';
}

/** Whether it may be given in place of one that cannot be had. */
export function mayStandIn(learned: Learned, now: number): boolean {
  return judgeLearned(learned, now) === 'stale';
}
