// Pages by number over many rows: how far a page may be, and what it costs to get there.

import { describe, expect, it } from 'vitest';
import type { Handle } from '../../src/domain/handle.ts';
import { MAX_ROWS_PASSED, ROWS_PASSED_AT_ONCE } from '../../src/domain/limits.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import { HandleListing } from '../../src/registry/handle-listing.ts';
import type { HandlePage } from '../../src/store/registry-store.ts';

const PREFIX = '88.118.1' as Prefix;
const handleOf = (row: number): Handle => `${PREFIX}/${String(row).padStart(9, '0')}` as Handle;

/** Rows numbered from 0, without keeping them; notes how many were passed over at one go. */
function listingOf(total: number) {
  const passed: number[] = [];
  const clock = { nowMs: 0 };
  const handles = (_: Prefix, { after, skip, limit }: HandlePage): Handle[] => {
    if (skip > 0) passed.push(skip);
    const first = (after === null ? 0 : Number(after.slice(PREFIX.length + 1)) + 1) + skip;
    return Array.from({ length: Math.max(0, Math.min(limit, total - first)) }, (_, i) => handleOf(first + i));
  };
  const listing = new HandleListing({ store: { handles }, clock: () => clock.nowMs });
  const page = (first: number, size: number) => listing.page({ prefix: PREFIX, first, size, total });
  return { page, passed, clock };
}

describe('a page', () => {
  it('that follows another passes no row', async () => {
    const { page, passed } = listingOf(10_000);
    for (let first = 0; first < 10_000; first += 1000) expect((await page(first, 1000))[0]).toBe(handleOf(first));
    expect(passed).toEqual([]);
  });

  it('that is far is reached in steps, and the next from there', async () => {
    const { page, passed } = listingOf(1_000_000);
    expect(await page(100_000, 2)).toEqual([handleOf(100_000), handleOf(100_001)]);
    expect(Math.max(...passed)).toBeLessThan(ROWS_PASSED_AT_ONCE);
    const steps = passed.length;
    expect(await page(100_002, 1)).toEqual([handleOf(100_002)]);
    expect(await page(101_000, 1)).toEqual([handleOf(101_000)]);
    expect(passed.length).toBe(steps + 1);
  });

  it('that is too far is refused, and can be come closer to', async () => {
    const { page } = listingOf(10_000_000);
    const far = MAX_ROWS_PASSED + 1000;
    await expect(page(far, 1000)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining(`page ${MAX_ROWS_PASSED / 1000} at most`),
    });
    expect(await page(MAX_ROWS_PASSED, 1)).toEqual([handleOf(MAX_ROWS_PASSED)]);
    expect((await page(far, 1000))[0]).toBe(handleOf(far));
  });

  it('begins anew when where the last one ended is long ago', async () => {
    const { page, passed, clock } = listingOf(100);
    await page(0, 10);
    clock.nowMs += 3_600_000;
    expect((await page(10, 10))[0]).toBe(handleOf(10));
    expect(passed).toEqual([9]);
  });
});
