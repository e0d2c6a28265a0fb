import { expect, it } from 'vitest';
import { Pace } from '../../src/registry/pace.ts';

it('lets a burst through, then holds long readings together to their share of the time', () => {
  let nowMs = 0;
  const pace = new Pace({ share: 0.1, burstMs: 50, now: () => nowMs });
  for (let i = 0; i < 10; i++) expect(pace.pauseAfter(5)).toBe(0);
  expect(pace.pauseAfter(5)).toBe(50);
  let workMs = 0;
  for (nowMs = 50; nowMs < 100_000; workMs += 5) nowMs += 5 + pace.pauseAfter(5);
  expect(workMs / nowMs).toBeCloseTo(0.1, 2);
});

it('forgives what was not used, but no more than a burst', () => {
  let nowMs = 0;
  const pace = new Pace({ share: 0.1, burstMs: 50, now: () => nowMs });
  expect(pace.pauseAfter(60)).toBe(100);
  nowMs = 1_000_000;
  expect(pace.pauseAfter(50)).toBe(0);
  expect(pace.pauseAfter(1)).toBe(10);
});
