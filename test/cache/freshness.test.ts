// How long an answer is fresh, and what the three instants mean to who asks now.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { freshnessOf, judge } from '../../src/cache/freshness.ts';

const NOW = 1_700_000_000_000;
const seconds = fc.integer({ min: 0, max: 172_800 });
const spread = fc.double({ min: 0, max: 1, noNaN: true });

describe('freshness', () => {
  test('never outlasts the TTL or the cap, and is at most a fifth shorter', () => {
    fc.assert(
      fc.property(seconds, seconds, spread, (ttl, cap, at) => {
        const limit = Math.min(ttl, cap) * 1000;
        const lifetime = freshnessOf(ttl, cap, NOW, at).freshUntil - NOW;
        expect(lifetime).toBeLessThanOrEqual(limit + 1);
        expect(lifetime).toBeGreaterThanOrEqual(Math.floor(limit * 0.8));
      }),
    );
  });

  test('ends apart for answers stored together: ± 10 %', () => {
    const [first, middle, last] = [0, 0.5, 1].map((at) => freshnessOf(86_400, 30, NOW, at).freshUntil - NOW);
    expect(Number(first) / Number(middle)).toBeCloseTo(0.9, 3);
    expect(Number(last) / Number(middle)).toBeCloseTo(1.1, 3);
    expect(last).toBeCloseTo(30_000, 0);
  });

  test('of our own answers goes over into expiry without a stale time', () => {
    const entry = freshnessOf(60, 30, NOW, 1);
    expect(judge(entry, NOW)).toBe('fresh');
    expect(judge(entry, entry.freshUntil - 1)).toBe('fresh');
    expect(judge(entry, entry.freshUntil)).toBe('expired');
    expect(judge(entry, entry.deletedAt - 1)).toBe('expired');
    expect(judge(entry, entry.deletedAt)).toBe('deleted');
  });

  test('knows a stale time where there is one', () => {
    const entry = { freshUntil: 10, staleUntil: 20, deletedAt: 30 };
    expect([9, 10, 19, 20, 29, 30].map((now) => judge(entry, now))).toEqual([
      'fresh',
      'stale',
      'stale',
      'expired',
      'expired',
      'deleted',
    ]);
  });

  test('of an answer without lifetime is none', () => {
    expect(judge(freshnessOf(0, 30, NOW, 0.5), NOW)).toBe('deleted');
  });
});
