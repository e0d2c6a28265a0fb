// Lines travel together, in order, none too late and no piece too long.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GatheredLines } from '../../src/app/gathered-lines.ts';

let pieces: { readonly text: string; readonly lines: number }[];
let gathered: GatheredLines;

beforeEach(() => {
  vi.useFakeTimers();
  pieces = [];
  const take = (text: string, lines: number): void => void pieces.push({ text, lines });
  gathered = new GatheredLines({ maxLength: 10, maxWaitMs: 100, take });
});
afterEach(() => vi.useRealTimers());

test('lines wait for each other, the first of them for as long as is allowed', () => {
  gathered.add('one\n');
  vi.advanceTimersByTime(60);
  gathered.add('two\n');
  vi.advanceTimersByTime(39);
  expect(pieces).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(pieces).toEqual([{ text: 'one\ntwo\n', lines: 2 }]);
});

test('a line that does not fit beside the others sends them ahead', () => {
  for (const line of ['one\n', 'two\n', 'three\n']) gathered.add(line);
  expect(pieces).toEqual([{ text: 'one\ntwo\n', lines: 2 }]);
  gathered.handOver();
  expect(pieces[1]).toEqual({ text: 'three\n', lines: 1 });
});

test('a line longer than a piece is a piece of its own', () => {
  gathered.add('a long line\n');
  gathered.add('one\n');
  expect(pieces).toEqual([{ text: 'a long line\n', lines: 1 }]);
});

test('nothing is handed over where there is nothing', () => {
  gathered.handOver();
  gathered.add('one\n');
  gathered.handOver();
  vi.advanceTimersByTime(1000);
  expect(pieces).toHaveLength(1);
});
