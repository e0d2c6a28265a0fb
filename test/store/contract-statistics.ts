// How any store keeps statistics: by prefix and China day, page by page.

import { describe, expect, it } from 'vitest';
import { chinaDayOf } from '../../src/domain/china-day.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import type { StatisticsRow } from '../../src/domain/statistics.ts';
import type { StatisticsCursor, StatisticsQuery } from '../../src/store/registry-store.ts';
import type { OpenStore } from './contract.ts';
import { apply, DAY_MS, h, NOON, P, put, remove } from './world.ts';

const OTHER = '88.118.7' as Prefix;
const ALL: StatisticsQuery = { prefix: null, fromDay: '2026-01-01', toDay: '2026-12-31', after: null, limit: 1000 };
const TODAY = chinaDayOf(NOON);
/** In the order of OUTCOMES: found, not found, revoked, referral, error. */
const tally = (prefix: Prefix | null, day: number, ...counts: number[]) => ({ prefix, day, counts });

export function describeStatistics(open: OpenStore): void {
  describe('statistics', () => {
    it('tell registrations, live records and resolutions of each day', async () => {
      const { store, writer, clock, close } = await open();
      await apply(store, put(h('A')), put(h('B')), put(h('C', OTHER)));
      await writer.addResolutions([tally(P, TODAY, 5, 1), tally(null, TODAY, 0, 7)]);
      clock.nowMs += DAY_MS;
      await apply(store, put(h('A'), 1), put(h('B'), 1, { status: 'revoked', reason: 'x' }), remove(h('A'), 2));
      await writer.addResolutions([tally(P, TODAY + 1, 0, 0, 2), tally(P, TODAY, 1, 0, 0, 3, 4)]);
      const none = { found: 0, 'not-found': 0, revoked: 0, referral: 0, error: 0 };
      const { rows, next } = await store.statistics(ALL);
      expect(next).toBeNull();
      expect(rows).toEqual([
        {
          prefix: P,
          day: '2026-03-01',
          ...{ created: 2, updated: 0, revoked: 0, deleted: 0, live: 2 },
          resolutions: { found: 6, 'not-found': 1, revoked: 0, referral: 3, error: 4 },
        },
        {
          prefix: P,
          day: '2026-03-02',
          ...{ created: 0, updated: 1, revoked: 1, deleted: 1, live: 1 },
          resolutions: { ...none, revoked: 2 },
        },
        {
          prefix: OTHER,
          day: '2026-03-01',
          ...{ created: 1, updated: 0, revoked: 0, deleted: 0, live: 1 },
          resolutions: none,
        },
        {
          prefix: null,
          day: '2026-03-01',
          ...{ created: 0, updated: 0, revoked: 0, deleted: 0, live: 0 },
          resolutions: { ...none, 'not-found': 7 },
        },
      ]);
      await close();
    });

    it('are of one prefix, and of some days, if that is asked', async () => {
      const { store, writer, close } = await open();
      await writer.addResolutions([TODAY - 1, TODAY, TODAY + 1].map((day) => tally(P, day, 1)));
      await writer.addResolutions([tally(OTHER, TODAY, 1), tally(null, TODAY, 1)]);
      const days = async (query: Partial<StatisticsQuery>): Promise<string[]> =>
        (await store.statistics({ ...ALL, ...query })).rows.map((row) => `${row.prefix} ${row.day.slice(8)}`);
      expect(await days({ prefix: P })).toEqual([`${P} 28`, `${P} 01`, `${P} 02`]);
      expect(await days({ prefix: P, fromDay: '2026-03-01', toDay: '2026-03-01' })).toEqual([`${P} 01`]);
      expect(await days({ prefix: '88.118' as Prefix })).toEqual([]);
      expect(await days({ toDay: '2026-02-27' })).toEqual([]);
      await close();
    });

    it('come by pages of any size, each row once', async () => {
      const { store, writer, close } = await open();
      const prefixes = ['88.118.1', '88.118.10', '88.118.2', null] as (Prefix | null)[];
      await writer.addResolutions(prefixes.flatMap((prefix) => [0, 1, 2].map((day) => tally(prefix, TODAY + day, 1))));
      const whole = (await store.statistics(ALL)).rows;
      expect(whole.map((row) => row.prefix)).toEqual(prefixes.flatMap((prefix) => [prefix, prefix, prefix]));
      for (const limit of [1, 2, 3, 5, 11, 12]) {
        const rows: StatisticsRow[] = [];
        let after: StatisticsCursor | null = null;
        do {
          const page = await store.statistics({ ...ALL, after, limit });
          expect(page.rows.length).toBeLessThanOrEqual(limit);
          rows.push(...page.rows);
          after = page.next;
        } while (after !== null);
        expect(rows).toEqual(whole);
      }
      await close();
    });
  });
}
