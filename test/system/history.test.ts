// Clients at several nodes over one PostgreSQL, which are killed, cut off and left without it meanwhile: what they were told
// is held against what nodes promise. `npm run history` does the same for longer.

import { expect, it } from 'vitest';
import { judge } from '../history/checker.ts';
import { runHistory } from '../history/harness.ts';
import { rollDice } from './seed.ts';

const OPERATIONS = 5000;

it('nothing acknowledged is lost or goes back, and the log tells just what was done', {
  timeout: 120_000,
}, async () => {
  const { history, recorder, disagreements, operations, seconds } = await runHistory({
    ...{ nodes: ['a', 'b', 'c'], clients: 12, operations: OPERATIONS, dice: rollDice(), say() {} },
    happenings: ['node', 'primary and node', 'sessions'],
    repeats: false,
    pauseMs: [300, 1500],
    withRedis: false,
  });
  const verdict = judge(history);
  const { own, others, disturbed } = verdict;
  const worst = [own, others, disturbed].map(({ worstMs }) => `${worstMs.toFixed(0)} ms`).join(', ');
  console.log(`${operations} operations in ${seconds.toFixed(1)} s; late at own node, others, disturbed: ${worst}`);
  expect(verdict.objections).toEqual([]);
  expect(disagreements).toEqual([]);
  expect(recorder.unexpected).toEqual([]);
  expect(operations).toBeGreaterThan(OPERATIONS);
});
