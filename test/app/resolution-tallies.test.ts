// How one thread counts resolutions by prefix, and how what it counted gets into the store.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Report } from '../../src/app/log-files.ts';
import { ResolutionTallies } from '../../src/app/resolution-tallies.ts';
import { StatisticsKeeper } from '../../src/app/statistics-keeper.ts';
import { chinaDayBegins, chinaDayOf } from '../../src/domain/china-day.ts';
import { HandleError } from '../../src/domain/error.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { MAX_TALLIED_PREFIXES, MAX_TALLIED_UNKNOWN } from '../../src/domain/limits.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import type { ResolutionTally } from '../../src/domain/statistics.ts';
import { openMemoryStore } from '../../src/store/memory-store.ts';
import { apply, h, NOON, P, put } from '../store/world.ts';

const DAY = chinaDayOf(NOON);
const handed: ResolutionTally[] = [];
const report = (each: Report): void => {
  if (each.kind === 'resolutions') handed.push(...each.tallies);
};

beforeEach(() => {
  vi.useFakeTimers({ now: NOON, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  handed.length = 0;
});
afterEach(() => vi.useRealTimers());

describe('what a thread counts', () => {
  it('is handed over every few seconds, by prefix and outcome', () => {
    const tallies = new ResolutionTallies({ clock: Date.now, report });
    for (const suffix of ['A', 'B']) tallies.count(h(suffix), 'found');
    tallies.count(h('C', '88.118.1002'), 'not-found');
    tallies.count(h('D'), 'not-found');
    tallies.count(`0.NA/${P}` as Handle, 'error');
    vi.advanceTimersByTime(5000);
    expect(handed).toEqual([
      { day: DAY, prefix: P, counts: [2, 1, 0, 0, 1] },
      { day: DAY, prefix: '88.118.1002', counts: [0, 1, 0, 0, 0] },
    ]);
    vi.advanceTimersByTime(60_000);
    expect(handed).toHaveLength(2);
    tallies.count(h('A'), 'revoked');
    tallies.close();
    expect(handed[2]).toEqual({ day: DAY, prefix: P, counts: [0, 0, 1, 0, 0] });
    vi.advanceTimersByTime(60_000);
    expect(handed).toHaveLength(3);
  });

  it('belongs to the day in China on which it was asked', () => {
    vi.setSystemTime(chinaDayBegins(DAY + 1) - 1200);
    const tallies = new ResolutionTallies({ clock: Date.now, report });
    tallies.count(h('A'), 'found');
    vi.advanceTimersByTime(1200);
    tallies.count(h('A'), 'found');
    tallies.close();
    expect(handed.map(({ day, counts }) => [day, counts[0]])).toEqual([
      [DAY, 1],
      [DAY + 1, 1],
    ]);
  });

  it('stays bounded whatever is asked for, and none of it is lost', () => {
    const tallies = new ResolutionTallies({ clock: Date.now, report });
    for (let i = 0; i < 20_000; i++) tallies.count(h('X', `88.7.${i}`), 'not-found');
    for (let i = 0; i < 20_000; i++) tallies.count(h('X', `88.8.${i}`), 'found');
    tallies.count(h('X', '88.8.1'), 'not-found');
    tallies.close();
    const own = handed.filter(({ prefix }) => prefix !== null);
    expect(own.length).toBeLessThanOrEqual(MAX_TALLIED_PREFIXES);
    expect(own.filter(({ counts }) => counts[0] === 0)).toHaveLength(MAX_TALLIED_UNKNOWN);
    expect(handed.flatMap(({ counts }) => counts).reduce((sum, count) => sum + count)).toBe(40_001);
  });
});

describe('what all threads counted', () => {
  /** `isAway`: a fault concerns reads too, as where the store is on another machine. */
  async function openKeeper({ isAway = false } = {}) {
    const store = openMemoryStore({ clock: () => NOON, onVisible: () => {} });
    await apply(store, put(h('A')));
    const fault: { current: Error | null } = { current: null };
    const warned: unknown[] = [];
    const unless = <A extends unknown[], R>(work: (...args: A) => R) => {
      return (...args: A): R => {
        if (fault.current !== null) throw fault.current;
        return work(...args);
      };
    };
    const keeper = new StatisticsKeeper({
      store: {
        ...store,
        addResolutions: unless((tallies: readonly ResolutionTally[]) => store.addResolutions(tallies)),
        ...(isAway ? { enterprise: unless(store.enterprise), counts: unless(store.counts) } : {}),
      },
      log: { warn: (e: unknown) => warned.push(e) },
    });
    const read = async () =>
      (await store.statistics({ prefix: null, fromDay: '2026', toDay: '2027', after: null, limit: 100 })).rows.map(
        ({ prefix, resolutions }) => [prefix, resolutions.found, resolutions['not-found']],
      );
    return { keeper, fault, warned, read };
  }
  const tally = (prefix: string | null, ...counts: number[]) => ({ day: DAY, prefix: prefix as Prefix | null, counts });

  it('is added together, under prefixes that exist; all others share one row', async () => {
    const { keeper, read } = await openKeeper();
    keeper.receive([tally(P, 2, 1), tally('88.118.404', 0, 3)]);
    keeper.receive([tally(P, 5, 0), tally('88.118.405', 0, 4), tally(null, 0, 1)]);
    await keeper.close();
    expect(await read()).toEqual([
      [P, 7, 1],
      [null, 0, 8],
    ]);
  });

  it('waits while the store takes nothing, is told once, and is added when it does', async () => {
    const { keeper, fault, warned, read } = await openKeeper();
    fault.current = new HandleError('STORE_READ_ONLY', 'The disk is full.');
    keeper.receive([tally(P, 2)]);
    await vi.advanceTimersByTimeAsync(3500);
    keeper.receive([tally(P, 3)]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(warned).toEqual([{ reason: 'The disk is full.' }]);
    expect(await read()).toEqual([[P, 0, 0]]);
    fault.current = null;
    await vi.advanceTimersByTimeAsync(1000);
    expect(await read()).toEqual([[P, 5, 0]]);
    await keeper.close();
    expect(await read()).toEqual([[P, 5, 0]]);
  });

  it('waits while the store is away altogether, under the same prefixes as without that', async () => {
    const { keeper, fault, warned, read } = await openKeeper({ isAway: true });
    fault.current = new HandleError('STORE_UNAVAILABLE', 'The database cannot be reached.');
    keeper.receive([tally(P, 2), tally('88.118.404', 0, 3)]);
    await vi.advanceTimersByTimeAsync(3500);
    keeper.receive([tally(P, 3)]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(warned).toEqual([{ reason: 'The database cannot be reached.' }]);
    fault.current = null;
    await vi.advanceTimersByTimeAsync(1000);
    expect(await read()).toEqual([
      [P, 5, 0],
      [null, 0, 3],
    ]);
    await keeper.close();
  });

  it('stays bounded however long the store is away, and no count is lost', async () => {
    const { keeper, fault, read } = await openKeeper({ isAway: true });
    fault.current = new HandleError('STORE_UNAVAILABLE', 'The database cannot be reached.');
    keeper.receive(Array.from({ length: MAX_TALLIED_PREFIXES }, (_, i) => tally(`88.9.${i}`, 0, 1)));
    await vi.advanceTimersByTimeAsync(1000);
    keeper.receive([tally(P, 1), tally('88.9.7', 0, 1)]);
    fault.current = null;
    await keeper.close();
    // What came last counts without its prefix.
    expect(await read()).toEqual([
      [P, 0, 0],
      [null, 1, MAX_TALLIED_PREFIXES + 1],
    ]);
  });
});
