// An import stands back for whom the node serves, and goes on all the same.

import { expect, it } from 'vitest';
import { Courtesy } from '../../src/imports/courtesy.ts';

/** Works 5 ms at a time for a second, while others wait for a share of the time; says which share it worked itself. */
function shareOfWork(courtesy: Courtesy, time: { nowMs: number; waitedMs: number }, waiting: number): number {
  const end = time.nowMs + 1000;
  const from = time.nowMs;
  let worked = 0;
  while (time.nowMs < end) {
    time.nowMs += 5;
    worked += 5;
    time.waitedMs += 5 * waiting;
    const restMs = courtesy.restMs();
    time.nowMs += restMs;
    time.waitedMs += restMs * waiting;
  }
  return worked / (time.nowMs - from);
}

function atWork() {
  const time = { nowMs: 1000, waitedMs: 0 };
  return { time, courtesy: new Courtesy({ waitedMs: () => time.waitedMs, now: () => time.nowMs }) };
}

it('takes all of its time while nobody is kept waiting', () => {
  const { courtesy, time } = atWork();
  expect(shareOfWork(courtesy, time, 0.15)).toBe(1);
  expect(courtesy.isAsked).toBe(false);
});

it('rests while threads that serve wait for a processor, and never works less than a quarter of the time', () => {
  const { courtesy, time } = atWork();
  shareOfWork(courtesy, time, 0.5);
  const share = shareOfWork(courtesy, time, 0.5);
  expect(share).toBeLessThan(0.3);
  expect(share).toBeGreaterThanOrEqual(0.24);
  expect(courtesy.isAsked).toBe(true);
});

it('goes on at full speed when nobody waits any more', () => {
  const { courtesy, time } = atWork();
  shareOfWork(courtesy, time, 0.5);
  shareOfWork(courtesy, time, 0);
  expect(shareOfWork(courtesy, time, 0)).toBe(1);
});

it('does not rest where nobody knows who waits', () => {
  let nowMs = 0;
  const courtesy = new Courtesy({ waitedMs: () => null, now: () => (nowMs += 30) });
  expect([1, 2, 3].map(() => courtesy.restMs())).toEqual([0, 0, 0]);
});
