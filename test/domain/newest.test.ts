import { describe, expect, it } from 'vitest';
import { setNewest } from '../../src/domain/newest.ts';

describe('A map of the newest', () => {
  it('lets go of what was put longest ago, and only beyond its limit', () => {
    const entries = new Map<string, number>();
    for (const [at, key] of ['a', 'b', 'c'].entries()) setNewest(entries, key, at, 3);
    expect([...entries.keys()]).toEqual(['a', 'b', 'c']);
    setNewest(entries, 'd', 3, 3);
    expect([...entries.keys()]).toEqual(['b', 'c', 'd']);
  });

  it('counts an entry that is put again as new, and lets nobody go for it', () => {
    const entries = new Map([
      ['a', 1],
      ['b', 2],
    ]);
    setNewest(entries, 'a', 3, 2);
    expect([...entries]).toEqual([
      ['b', 2],
      ['a', 3],
    ]);
    setNewest(entries, 'c', 4, 2);
    expect([...entries.keys()]).toEqual(['a', 'c']);
  });
});
