// Who knocked before, and for how long that is remembered.

import { expect, test } from 'vitest';
import { Doorkeeper } from '../../src/cache/doorkeeper.ts';
import { hashOf } from '../../src/cache/hash.ts';

const NOW = 1_700_000_000_000;
const INTERVAL_MS = 30_000;
const HASH = hashOf('88.118.1/ITEM');

test('the second knock was before, the first was not', () => {
  const door = new Doorkeeper(1000, INTERVAL_MS);
  expect([1, 2, 3].map(() => door.knock(HASH, NOW))).toEqual([false, true, true]);
});

test('a knock is remembered for one interval and forgotten after two', () => {
  for (const [laterMs, known] of [
    [INTERVAL_MS, true],
    [2 * INTERVAL_MS, false],
    [86_400_000, false],
  ] as const) {
    const door = new Doorkeeper(1000, INTERVAL_MS);
    door.knock(HASH, NOW);
    expect(door.knock(HASH, NOW + laterMs)).toBe(known);
  }
});

test('a clock that steps back forgets rather than mistakes', () => {
  const door = new Doorkeeper(1000, INTERVAL_MS);
  door.knock(HASH, NOW);
  expect(door.knock(HASH, NOW - 10 * INTERVAL_MS)).toBe(false);
});

test('strangers are hardly ever taken for one another', () => {
  const door = new Doorkeeper(100_000, INTERVAL_MS);
  let mistaken = 0;
  for (let i = 0; i < 100_000; i++) if (door.knock(hashOf(`88.118.1/I-${i}`), NOW)) mistaken++;
  expect(mistaken).toBeLessThan(50);
});

test('most of those who come back within its places are known', () => {
  const door = new Doorkeeper(10_000, INTERVAL_MS);
  const names = Array.from({ length: 5000 }, (_, i) => hashOf(`88.118.1/I-${i}`));
  for (const name of names) door.knock(name, NOW);
  expect(names.filter((name) => door.knock(name, NOW)).length).toBeGreaterThan(3000);
});
