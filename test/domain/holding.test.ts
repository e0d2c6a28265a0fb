import { describe, expect, it } from 'vitest';
import { NO_TRANSFERS, reaches, rootsOf, seatsOf } from '../../src/domain/holding.ts';
import type { Prefix } from '../../src/domain/prefix.ts';

const p = (text: string) => text as Prefix;
const moved = (...pairs: [string, string][]) => new Map(pairs.map(([from, to]) => [from, p(to)]));

describe('who reaches a prefix', () => {
  it('is whoever is bound to it or to something above it, by whole segments', () => {
    expect(seatsOf('88.118.100.7', NO_TRANSFERS)).toEqual(['88.118.100.7', '88.118.100', '88.118', '88']);
    expect(reaches(p('88.118.100'), '88.118.100.7', NO_TRANSFERS)).toBe(true);
    expect(reaches(p('88.118.10'), '88.118.100', NO_TRANSFERS)).toBe(false);
  });

  it('changes with a transfer, for what is below the prefix too', () => {
    const transfers = moved(['88.118.1', '88.118.2']);
    expect(seatsOf('88.118.1.7', transfers)).toEqual(['88.118.1.7', '88.118.2', '88.118', '88']);
    for (const prefix of ['88.118.1', '88.118.1.7']) {
      expect(reaches(p('88.118.2'), prefix, transfers)).toBe(true);
      expect(reaches(p('88.118.1'), prefix, transfers)).toBe(false);
    }
    expect(reaches(p('88.118.1'), '88.118.10', transfers)).toBe(false);
    expect(reaches(p('88.118'), '88.118.1', transfers)).toBe(true);
    expect(reaches(p('88.118.1.7'), '88.118.1.7', transfers)).toBe(true);
  });

  it('ends after some steps where transfers run in a circle', () => {
    expect(seatsOf('88.1', moved(['88.1', '88.2'], ['88.2', '88.1']))).toEqual([]);
  });

  it('leads from a holder to everything it reaches', () => {
    const transfers = moved(['88.118.1', '88.118.2'], ['88.118.3', '88.118.4'], ['20.500', '88.118.2']);
    expect(rootsOf(p('88.118.2'), transfers)).toEqual(['88.118.2', '88.118.1', '20.500']);
    expect(rootsOf(p('88.118.1'), transfers)).toEqual(['88.118.1']);
    expect(rootsOf(p('88.118.5'), transfers)).toEqual(['88.118.5']);
  });
});
