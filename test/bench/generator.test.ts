import { describe, expect, it } from 'vitest';
import {
  itemHandle,
  itemRows,
  newRow,
  parentRows,
  prefixesOf,
  type Sector,
  unknownHandle,
} from '../../bench/generator.ts';
import { seededRandom, shuffled, zipfRank } from '../../bench/random.ts';
import { parseHandle, prefixOf } from '../../src/domain/handle.ts';
import { parseRegistration } from '../../src/registry/registration-json.ts';

const FULL: Sector = { shape: 'full', items: 5000, seed: 7 };
const SLIM: Sector = { ...FULL, shape: 'slim' };

describe.each([
  ['full', FULL, 8, 4],
  ['slim', SLIM, 3, 1],
] as const)('a %s sector', (_, sector, all, inherited) => {
  const rows = new Map([...parentRows(sector), ...itemRows(sector)].map((row) => [row.handle, row]));

  it('is the same again for the same seed, and another for another', () => {
    expect([...itemRows(sector)]).toEqual([...itemRows({ ...sector })]);
    expect([...itemRows(sector)]).not.toEqual([...itemRows({ ...sector, seed: 8 })]);
  });

  it('gives every item a handle of its own under one of its prefixes', () => {
    const handles = Array.from({ length: sector.items }, (_, item) => itemHandle(sector, item));
    expect(new Set(handles).size).toBe(sector.items);
    const prefixes = new Set(handles.map((text) => prefixOf(parseHandle(text, () => false))));
    expect([...prefixes]).toEqual(prefixesOf(sector));
  });

  it('registers parents before children, and rows that the node can read', () => {
    const seen = new Set<string>();
    for (const row of rows.values()) {
      if (row.parent !== undefined) expect(seen).toContain(row.parent);
      seen.add(row.handle);
    }
    const operations = [...rows.values()].map((row) => parseRegistration(row, '', { mode: 'create' }).operation);
    expect(new Set(operations)).toEqual(new Set(['put']));
  });

  it(`answers with ${all} values, ${inherited} of them inherited`, () => {
    let row = rows.get(itemHandle(sector, 4321));
    const own = row?.values.length ?? 0;
    const indexes = new Set<number>();
    for (; row !== undefined; row = row.parent === undefined ? undefined : rows.get(row.parent)) {
      for (const value of row.values) indexes.add(value.index);
    }
    expect([indexes.size, indexes.size - own]).toEqual([all, inherited]);
  });

  it('makes guesses that look like handles and were never registered', () => {
    const guesses = Array.from({ length: 3 * sector.items }, (_, number) => unknownHandle(sector, number));
    expect(new Set(guesses).size).toBe(guesses.length);
    expect(guesses.filter((guess) => rows.has(guess))).toEqual([]);
    for (const guess of guesses.slice(0, 10)) expect(parseHandle(guess, () => false)).toBe(guess);
  });
});

describe('new rows', () => {
  it('never repeat a handle', () => {
    const handles = Array.from({ length: 1000 }, (_, number) => newRow('88.118.30000', number).handle);
    expect(new Set(handles).size).toBe(1000);
  });
});

describe('choices', () => {
  it('in shuffled order meet everything once', () => {
    const order = shuffled(1000, 3);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect([...order]).toEqual([...shuffled(1000, 3)]);
    expect([...order]).not.toEqual([...shuffled(1000, 4)]);
  });

  it('after Zipf favour the first ranks by their share and stay in range', () => {
    const random = seededRandom(1);
    const ranks = Array.from({ length: 100_000 }, () => zipfRank(1000, random));
    expect(Math.min(...ranks)).toBe(0);
    expect(Math.max(...ranks)).toBeLessThan(1000);
    const share = ranks.filter((rank) => rank < 10).length / ranks.length;
    expect(share).toBeGreaterThan(0.32); // ln 11 ÷ ln 1001 = 0.347
    expect(share).toBeLessThan(0.37);
  });
});
