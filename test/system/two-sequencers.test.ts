// The node that orders the change log stands still while its session is ended, another takes over, and the first goes on as if
// it still held the office: the log is in one order all the same.

import { expect, it } from 'vitest';
import { judge } from '../history/checker.ts';
import { runHistory } from '../history/harness.ts';
import { rollDice } from './seed.ts';

const TIMES = 5;

it('two that order the log for a moment leave no gap, nothing twice and one order', { timeout: 120_000 }, async () => {
  const { history, recorder, disagreements, happened } = await runHistory({
    ...{ nodes: ['a', 'b'], clients: 8, operations: 1000, dice: rollDice(), say() {} },
    happenings: Array.from({ length: TIMES }, () => 'sequencer' as const),
    repeats: false,
    pauseMs: [0, 500],
    withRedis: false,
  });
  expect(happened.sequencer).toBe(TIMES);
  expect(history.log.length).toBeGreaterThan(100);
  expect(judge(history).objections).toEqual([]);
  expect(disagreements).toEqual([]);
  expect(recorder.unexpected).toEqual([]);
});
