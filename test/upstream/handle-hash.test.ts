// Which server of a site has a handle: the arithmetic of RFC 3651 §3.2.2, worked out by hand.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Handle } from '../../src/domain/handle.ts';
import { serverPlaceOf } from '../../src/upstream/handle-hash.ts';

const placeIn = (text: string, count: number): number => {
  const last = createHash('md5').update(text).digest().subarray(-4);
  return Math.abs(new DataView(last.buffer, last.byteOffset, 4).getInt32(0)) % count;
};

describe('the server of a handle', () => {
  it.each([
    ['its prefix', 0, '10.500'],
    ['its suffix', 1, 'ABC/木'],
    ['the whole', 2, '10.500/ABC/木'],
  ])('follows from %s, in capitals', (_, option, part) => {
    for (const count of [2, 3, 7, 100]) {
      expect(serverPlaceOf('10.500/abc/木' as Handle, option, count)).toBe(placeIn(part, count));
    }
  });

  it('is one of those there are, whichever sign its number has, and each has its share', () => {
    const shares = [0, 0, 0, 0, 0];
    for (let i = 0; i < 5000; i++) {
      const place = serverPlaceOf(`10.500/${i}` as Handle, 2, 5);
      shares[place] = (shares[place] ?? Number.NaN) + 1;
    }
    expect(shares).toHaveLength(5);
    for (const share of shares) expect(share).toBeGreaterThan(800);
  });

  it('is the only one where there is one', () => {
    expect(serverPlaceOf('10.500/X' as Handle, 2, 1)).toBe(0);
  });
});
