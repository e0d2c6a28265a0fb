// How any store counts identifiers where lots and records are under one prefix: none twice.

import { describe, expect, it } from 'vitest';
import { type Lot, lotIdOf, suffixAt } from '../../src/domain/lot.ts';
import type { RegistryStore } from '../../src/store/registry-store.ts';
import type { OpenStore } from './contract.ts';
import { apply, DAY_MS, h, LOT_TAGS, lot, lotAgain, NOON, P, put, remove, request } from './world.ts';

const standing = async (store: RegistryStore, name: string): Promise<Lot> => (await store.lot(lotIdOf(P, name))) as Lot;
const DAY = '2026-03-01';

export function describeLotCounts(open: OpenStore): void {
  describe('counts of identifiers', () => {
    it('rise by a lot’s size at once, and not again when its codes become records', async () => {
      const { store, close } = await open();
      await apply(store, put(h('X')), lot('a'));
      expect(await store.counts(P)).toEqual({
        live: 1001,
        days: [{ day: DAY, created: 1001, updated: 0, revoked: 0, deleted: 0 }],
      });
      await apply(store, put(h('SOFA-0001')), put(h('SOFA-0002')));
      await apply(store, remove(h('SOFA-0002'), 1));
      expect(await store.counts(P)).toEqual({
        live: 1001,
        days: [{ day: DAY, created: 1001, updated: 3, revoked: 0, deleted: 0 }],
      });
      expect(store.stats()).toMatchObject({ records: 2, issued: 1001 });
      await close();
    });

    it('do not count records that stood there before, which join the lot', async () => {
      const { store, close } = await open();
      await apply(store, put(h('SOFA-0001')), put(h('SOFA-0002')), put(h('SOFA-00X3')), put(h('SOFA-1000')));
      await apply(store, remove(h('SOFA-0002'), 1), lot('a'));
      expect((await store.counts(P)).live).toBe(1002);
      await apply(store, put(h('SOFA-0002')));
      expect((await store.counts(P)).live).toBe(1002);
      await close();
    });

    it('count records beside a lot with check tags whose tags are not right', async () => {
      const { store, close } = await open();
      const tagged = { tagLength: 9, sealedSecret: 'good 1' };
      const right = suffixAt({ ...lot('a', tagged).lot } as Lot, 5, LOT_TAGS);
      await apply(store, put(h(right)), put(h('SOFA-0005AAAAAAAAA')), lot('a', tagged));
      expect((await store.counts(P)).live).toBe(1001);
      await apply(store, remove(h('SOFA-0005AAAAAAAAA'), 1));
      expect((await store.counts(P)).live).toBe(1000);
      await close();
    });

    it('rise and fall with the range, and stay when it is divided or revoked', async () => {
      const { store, clock, close } = await open();
      await apply(store, lot('a', { to: 99 }), put(h('SOFA-0100')), put(h('SOFA-0150')));
      const next = async (more: Partial<Lot>) => apply(store, lotAgain(await standing(store, 'a'), more));
      await next({ to: 199 });
      expect((await store.counts(P)).live).toBe(200);
      clock.nowMs += DAY_MS;
      await next({ to: 120, state: 'closed' });
      // 0150 is a record of its own again.
      expect(await store.counts(P)).toMatchObject({ live: 122, days: [{}, { created: 0, deleted: 78 }] });
      clock.nowMs += DAY_MS;
      const parts = [
        { ...lotAgain(await standing(store, 'a'), { to: 50 }), isSplit: true },
        { ...lot('b', { from: 51, to: 120 }), isSplit: true },
      ];
      await store.commit(request(parts));
      expect(await store.counts(P)).toMatchObject({
        live: 122,
        days: [{}, {}, { created: 0, updated: 2, deleted: 0 }],
      });
      clock.nowMs += DAY_MS;
      await next({ state: 'revoked', reason: 'r' });
      expect(await store.counts(P)).toMatchObject({ live: 122, days: [{}, {}, {}, { revoked: 51, updated: 0 }] });
      await close();
    });

    it('stand on the day on which a lot was made at another node', async () => {
      const { store, close } = await open();
      const at = NOON - 5 * DAY_MS;
      await apply(store, { ...lot('a'), preserved: { revision: 1, createdAt: at, updatedAt: at } });
      expect(await store.counts(P)).toMatchObject({ live: 1000, days: [{ day: '2026-02-24', created: 1000 }] });
      await close();
    });

    it('are not raised by a request that was taken back', async () => {
      const { store, close } = await open();
      await store.commit(request([lot('a'), put(h('X'), 5)], { idempotency: { key: 'k', bodyHash: 'b', note: '' } }));
      expect(await store.counts(P)).toEqual({ live: 0, days: [] });
      expect(store.stats()).toMatchObject({ records: 0, issued: 0 });
      await close();
    });
  });
}
