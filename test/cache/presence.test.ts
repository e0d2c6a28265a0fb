import { expect, test } from 'vitest';
import { Presence } from '../../src/cache/presence.ts';

test('what was added may be there, what was not is not, and what was removed is no longer', () => {
  const presence = new Presence();
  presence.add(-7);
  presence.add(-7);
  expect(presence.mayHold(-7)).toBe(true);
  expect(presence.mayHold(8)).toBe(false);
  presence.remove(-7);
  expect(presence.mayHold(-7)).toBe(true);
  presence.remove(-7);
  expect(presence.mayHold(-7)).toBe(false);
});

test('a place that lost count goes on saying "maybe"', () => {
  const presence = new Presence();
  for (let i = 0; i < 300; i++) presence.add(1);
  for (let i = 0; i < 300; i++) presence.remove(1);
  expect(presence.mayHold(1)).toBe(true);
});
