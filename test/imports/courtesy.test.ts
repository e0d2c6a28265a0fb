// An import stands back for whom the node serves, and goes on all the same.

import { describe, expect, it } from 'vitest';
import { Courtesy } from '../../src/imports/courtesy.ts';
import { line, linesOf, openWorld } from './world.ts';

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

describe('an import job', () => {
  /** Runs one of three calls, while threads that serve wait for a share of the time; returns its rests. */
  async function restsOf(waiting: number): Promise<readonly number[]> {
    let nowMs = 0;
    const rests: number[] = [];
    const world = await openWorld({
      stopwatch: () => (nowMs += 60),
      serving: () => ({ workedMs: nowMs / 2, waitedMs: nowMs * waiting }),
      sleep: async (ms) => void rests.push(ms),
    });
    try {
      const job = await world.run(linesOf(...Array.from({ length: 1500 }, (_, i) => line(`item-${i}`))));
      expect(job).toMatchObject({ state: 'done', counts: { created: 1500, refused: 0 } });
    } finally {
      world.remove();
    }
    return rests;
  }

  it('rests between its pieces of work while others are kept waiting, and ends all the same', async () => {
    const rests = await restsOf(0.5);
    expect(rests.length).toBeGreaterThanOrEqual(3);
    expect(Math.min(...rests)).toBeGreaterThan(0);
  });

  it('never rests while they are not', async () => {
    expect(await restsOf(0.1)).toEqual([]);
  });
});
