// How any store logs and counts what happened.

import { describe, expect, it } from 'vitest';
import type { Prefix } from '../../src/domain/prefix.ts';
import type { OpenStore } from './contract.ts';
import { apply, commit, DAY_MS, h, NOON, P, put, remove, request } from './world.ts';

const OTHER = '88.118.7' as Prefix;

export function describeJournal(open: OpenStore): void {
  describe('the change log', () => {
    it('has a row for each commit, gap-free from 1, with what was applied', async () => {
      const { store, clock, close } = await open();
      await store.commit(
        request([put(h('A')), put(h('桌')), put(h('B'), 9)], { principalId: 'p-1', requestId: 'r-1' }),
      );
      await commit(store, put(h('A'), 9));
      clock.nowMs += 7;
      const second = [put(h('A'), 1, { status: 'revoked', reason: 'x' }), put(h('桌'), 1), remove(h('桌'), 2)];
      await store.commit(request(second, { principalId: 'p-2', requestId: 'r-2' }));
      expect(await store.changes(0, 10)).toEqual([
        {
          sequence: 1,
          at: NOON,
          principalId: 'p-1',
          requestId: 'r-1',
          entries: [
            { subject: 'record', action: 'created', name: h('A'), revision: 1 },
            { subject: 'record', action: 'created', name: h('桌'), revision: 1 },
          ],
        },
        {
          sequence: 2,
          at: NOON + 7,
          principalId: 'p-2',
          requestId: 'r-2',
          entries: [
            { subject: 'record', action: 'revoked', name: h('A'), revision: 2 },
            { subject: 'record', action: 'updated', name: h('桌'), revision: 2 },
            { subject: 'record', action: 'deleted', name: h('桌'), revision: 3 },
          ],
        },
      ]);
      expect(store.stats().sequence).toBe(2);
      await close();
    });

    it('is read page by page, whole or for one prefix', async () => {
      const { store, close } = await open();
      const put1 = (i: number): Promise<unknown> => apply(store, put(h(`A${i}`, i % 2 === 0 ? P : OTHER)));
      for (let i = 0; i < 6; i++) await put1(i);
      await apply(store, put(h('B', P)), put(h('B', OTHER)), put(h('C', P)));
      const sequences = async (after: number, limit: number, prefix?: Prefix): Promise<number[]> =>
        (await store.changes(after, limit, prefix)).map((row) => row.sequence);
      expect(await sequences(0, 3)).toEqual([1, 2, 3]);
      expect(await sequences(3, 100)).toEqual([4, 5, 6, 7]);
      expect(await sequences(7, 100)).toEqual([]);
      expect(await sequences(0, 0)).toEqual([]);
      expect(await sequences(0, 100, P)).toEqual([1, 3, 5, 7]);
      expect(await sequences(1, 2, P)).toEqual([3, 5]);
      expect(await sequences(0, 100, OTHER)).toEqual([2, 4, 6, 7]);
      expect(await sequences(0, 100, '88.118' as Prefix)).toEqual([]);
      const [last] = await store.changes(6, 1, P);
      expect(last?.entries.map((entry) => entry.name)).toEqual([h('B', P), h('B', OTHER), h('C', P)]);
      await close();
    });
  });

  describe('the change log of several prefixes', () => {
    it('has the rows that touch them or anything below, once each and in order', async () => {
      const { store, close } = await open();
      const below = (segment: string) => `${P}.${segment}` as Prefix;
      await apply(store, put(h('1')));
      await apply(store, put(h('2', below('7'))));
      await apply(store, put(h('3', OTHER)));
      await apply(store, put(h('4', `${P}9`)));
      await apply(store, put(h('5')), put(h('5', below('8'))), put(h('5', OTHER)));
      await apply(store, put(h('6', '88.999')));
      const within = async (scopes: readonly string[], after = 0, limit = 100): Promise<number[]> =>
        (await store.changesWithin(scopes as Prefix[], after, limit)).map((row) => row.sequence);
      expect(await within([P])).toEqual([1, 2, 5]);
      expect(await within([P], 1, 1)).toEqual([2]);
      expect(await within([below('8')])).toEqual([5]);
      expect(await within([OTHER, P])).toEqual([1, 2, 3, 5]);
      expect(await within([OTHER, P], 0, 3)).toEqual([1, 2, 3]);
      expect(await within([OTHER, P, P, below('7')], 2, 2)).toEqual([3, 5]);
      expect(await within(['88.118'])).toEqual([1, 2, 3, 4, 5]);
      expect(await within([P], 5)).toEqual([]);
      expect(await within([P], 0, 0)).toEqual([]);
      expect(await within([])).toEqual([]);
      await close();
    });

    it('tells the head of a row without its entries', async () => {
      const { store, close } = await open();
      await store.commit(request([put(h('A')), put(h('B'))], { principalId: 'p-1', requestId: 'r-1' }));
      expect(await store.changeHead(1)).toMatchObject({ at: NOON, principalId: 'p-1', requestId: 'r-1' });
      expect([await store.changeHead(2), await store.changeHead(0), await store.changeHead(-1)]).toEqual([
        null,
        null,
        null,
      ]);
      await close();
    });
  });

  describe('a clock that is set back by an hour', () => {
    it('stands still in the log and in new records, and goes on rising in those that change', async () => {
      const { store, clock, close } = await open();
      await apply(store, put(h('A')));
      clock.nowMs -= 3_600_000;
      await apply(store, put(h('A'), 1), put(h('B')));
      await apply(store, remove(h('A'), 2));
      clock.nowMs += 3_600_000 + 5;
      await apply(store, put(h('C')));
      expect((await store.changes(0, 10)).map((row) => row.at - NOON)).toEqual([0, 0, 0, 5]);
      expect((await store.history(h('A'), 9, 9)).map((entry) => entry.replacedAt - NOON)).toEqual([2, 1]);
      const born = [await store.get(h('B')), await store.get(h('C'))].map((record) => (record?.createdAt ?? 0) - NOON);
      expect(born).toEqual([0, 5]);
      await close();
    });
  });

  describe('registration counts', () => {
    it('are kept by prefix and China day, with the live total', async () => {
      const { store, clock, close } = await open();
      await apply(store, put(h('A')), put(h('B')), put(h('C', OTHER)));
      // 2026-03-01 23:59:59.999 in China is still the first day, a millisecond later is not.
      clock.nowMs = Date.UTC(2026, 2, 1, 15, 59, 59, 999);
      await apply(store, put(h('A'), 1), put(h('D'), 0, { status: 'reserved' }));
      clock.nowMs += 1;
      await apply(store, put(h('B'), 1, { status: 'revoked', reason: 'x' }), remove(h('A'), 2));
      expect(await store.counts(P)).toEqual({
        live: 2,
        days: [
          { day: '2026-03-01', created: 3, updated: 1, revoked: 0, deleted: 0 },
          { day: '2026-03-02', created: 0, updated: 0, revoked: 1, deleted: 1 },
        ],
      });
      expect((await store.counts(OTHER)).live).toBe(1);
      expect(await store.counts('88.999' as Prefix)).toEqual({ live: 0, days: [] });
      expect(store.stats().records).toBe(3);
      clock.nowMs += DAY_MS;
      await apply(store, put(h('A')));
      expect((await store.counts(P)).days.at(-1)).toMatchObject({
        day: '2026-03-03',
        created: 1,
        updated: 0,
        deleted: 0,
      });
      await close();
    });

    it('do not count what was refused', async () => {
      const { store, close } = await open();
      await apply(store, put(h('A')));
      await commit(store, put(h('A')), put(h('B'), 1), put(h('C'), 0, { parent: h('NONE') }));
      expect(await store.counts(P)).toMatchObject({ live: 1, days: [{ created: 1, updated: 0, deleted: 0 }] });
      await close();
    });
  });
}
