// Transactions are kept short, however much is to be written: a small write waits for one of them at most 50 ms.

import { expect, it } from 'vitest';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import { openLmdbStore } from '../../src/store/lmdb-store.ts';
import { h, NOON, put, request, temporaryDirectory } from './world.ts';

interface Transaction {
  readonly changes: number;
  readonly durationMs: number;
}

/** Writes as many requests, handed over at once, with a stopwatch that moves on by `stepMs` whenever it is looked at. */
async function transactionsOf(requests: number, stepMs: number): Promise<readonly Transaction[]> {
  const directory = temporaryDirectory();
  const transactions: Transaction[] = [];
  let nowMs = 0;
  const store = await openLmdbStore({
    path: directory.path,
    clock: () => NOON,
    visibleEpoch: () => transactions.length,
    onVisible: () => {},
    observer: {
      ...SILENT_OBSERVER,
      committed: (changes, durationMs) => void transactions.push({ changes, durationMs }),
    },
    stopwatch: () => {
      nowMs += stepMs;
      return nowMs;
    },
  });
  try {
    await Promise.all(Array.from({ length: requests }, (_, i) => store.commit(request([put(h(`ITEM-${i}`))]))));
  } finally {
    await store.close();
    directory.remove();
  }
  return transactions;
}

function longest(transactions: readonly Transaction[]): number {
  return Math.max(...transactions.map(({ durationMs }) => durationMs));
}

it('divides what takes long among transactions of 50 ms at most', async () => {
  const transactions = await transactionsOf(100, 6);
  expect(transactions.reduce((sum, { changes }) => sum + changes, 0)).toBe(100);
  expect(longest(transactions)).toBeLessThanOrEqual(50);
});

it('takes all that waits into one transaction if that is done at once', async () => {
  expect((await transactionsOf(100, 0.01)).map(({ changes }) => changes)).toEqual([100]);
});

it('gathers less where it takes longer to reach the disk than to gather', async () => {
  // 13 ms for every request, and twice that around them.
  const transactions = await transactionsOf(40, 13);
  expect(longest(transactions.slice(0, 1))).toBeGreaterThan(50);
  expect(longest(transactions.slice(1, 6))).toBeLessThanOrEqual(50);
});
