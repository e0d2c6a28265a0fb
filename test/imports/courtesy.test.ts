// An import stands back for whom the node serves, and goes on all the same.

import { expect, it } from 'vitest';
import { Courtesy } from '../../src/imports/courtesy.ts';

interface Time {
  nowMs: number;
  workedMs: number;
  waitedMs: number;
}

/** Works 5 ms at a time for a second, while others wait and work for shares of the time; says which it worked itself. */
function shareOfWork(courtesy: Courtesy, time: Time, waiting: number, working = 0.5): number {
  const end = time.nowMs + 1000;
  const from = time.nowMs;
  let worked = 0;
  while (time.nowMs < end) {
    time.nowMs += 5;
    worked += 5;
    const restMs = courtesy.restMs();
    time.nowMs += restMs;
    time.waitedMs += (5 + restMs) * waiting;
    time.workedMs += (5 + restMs) * working;
  }
  return worked / (time.nowMs - from);
}

function atWork() {
  const time = { nowMs: 1000, workedMs: 0, waitedMs: 0 };
  return { time, courtesy: new Courtesy({ serving: () => ({ ...time }), now: () => time.nowMs }) };
}

it('takes all of its time while nobody is kept waiting', () => {
  const { courtesy, time } = atWork();
  expect(shareOfWork(courtesy, time, 0.1)).toBe(1);
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

it('takes all of its time where others crowd the machine, and hardly anybody asks the node', () => {
  const { courtesy, time } = atWork();
  expect(shareOfWork(courtesy, time, 0.5, 0.01)).toBe(1);
});

it('does not rest where nobody knows who waits', () => {
  let nowMs = 0;
  const courtesy = new Courtesy({ serving: () => null, now: () => (nowMs += 30) });
  expect([1, 2, 3].map(() => courtesy.restMs())).toEqual([0, 0, 0]);
});
