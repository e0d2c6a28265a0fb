// What a load needs, by the formulas of the capacity page: they are redone here by hand.

import { expect, it } from 'vitest';
import { type Figures, figuresIn } from '../../bench/capacity/figures.ts';
import { needsOf } from '../../bench/capacity/needs.ts';

const figure = (value: number) => ({ value, unit: '', what: '', from: '' });
const FIGURES: Figures = {
  ...{ a: figure(14), b: figure(84), d: figure(42), e: figure(1250) },
  ...{ g: figure(200), m: figure(256), n: figure(100), w: figure(3000) },
};
const WANTED = { identifiers: 1e9, rate: 100_000, cores: 4, databaseCores: 16, databaseGiB: 128 };

it('nodes and lookups follow from the share that is remembered', () => {
  const { byShare } = needsOf(FIGURES, WANTED);
  expect(
    byShare.map(({ share, nodes, lookups, reads }) => [share, nodes, Math.round(lookups), Math.round(reads)]),
  ).toEqual([
    [0.9, 2, 10_000, 20_000], // 3 cores, and one node to spare
    [0.5, 3, 50_000, 100_000],
    [0, 4, 100_000, 200_000],
  ]);
  expect(byShare.map(({ nodeCores }) => nodeCores)).toEqual([3, 7, 12].map((cores) => expect.closeTo(cores, 6)));
  expect(byShare.map(({ databaseCores }) => databaseCores)).toEqual(
    [0.6, 3, 6].map((cores) => expect.closeTo(cores, 6)),
  );
});

it('disk, memory and network follow from the bytes of an identifier and of an answer', () => {
  const values = needsOf(FIGURES, WANTED).store.map(({ value }) => value);
  expect(values.slice(0, 3)).toEqual([200, 400, 2]);
  expect(values).toContain(100); // GB in LMDB
  expect(values.at(-1)).toBeCloseTo(3.858, 3); // days of registering one by one
  expect(values).toContainEqual(expect.closeTo(1, 6)); // Gbit/s, and GiB of a node
});

it('a figure that was never measured is asked for, by the case that gives it', () => {
  expect(() => figuresIn(() => null)).toThrow(/npm run bench -- --case pg-first-touch/);
});
