// How any store holds creations against the quota that their writer names: exactly, whatever comes at the same moment.

import { describe, expect, it } from 'vitest';
import type { Change, ChangeOutcome } from '../../src/domain/change.ts';
import { type Lot, lotIdOf } from '../../src/domain/lot.ts';
import type { RegistryStore } from '../../src/store/registry-store.ts';
import type { OpenStore } from './contract.ts';
import { commit, h, lot, lotAgain, P, put, remove, request } from './world.ts';

const within = (quota: number, change: Change): Change => ({ ...change, quota }) as Change;

async function outcomesOf(store: RegistryStore, ...changes: Change[]): Promise<readonly ChangeOutcome[]> {
  return (await commit(store, ...changes)).outcomes;
}

export function describeQuotas(open: OpenStore): void {
  describe('quotas', () => {
    it('end a commit’s creations where the quota does, and what goes makes room', async () => {
      const { store, close } = await open();
      const outcomes = await outcomesOf(store, ...[1, 2, 3, 4].map((i) => within(3, put(h(`A${i}`)))));
      expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, true, false]);
      expect(outcomes[3]).toMatchObject({
        code: 'INVALID_STATE',
        message: expect.stringContaining('quota of 3'),
        zh: expect.stringContaining('配额为 3'),
      });
      expect(await outcomesOf(store, within(3, put(h('A4'))))).toMatchObject([{ code: 'INVALID_STATE' }]);
      const moved = await outcomesOf(store, remove(h('A1'), 1), within(3, put(h('A4'))), within(3, put(h('A5'))));
      expect(moved.map(({ ok }) => ok)).toEqual([true, true, false]);
      const free = Array.from({ length: 20 }, (_, i) =>
        within(Number.MAX_SAFE_INTEGER, put(h(`B${100 + i}`, '88.118.10025'))),
      );
      expect((await outcomesOf(store, ...free)).every(({ ok }) => ok)).toBe(true);
      // What stands may change, and other prefixes have room of their own.
      expect(await outcomesOf(store, within(3, put(h('A2'), 1)))).toMatchObject([{ ok: true }]);
      expect(await outcomesOf(store, within(1, put(h('A1', '88.118.10024'))))).toMatchObject([{ ok: true }]);
      expect((await store.counts(P)).live).toBe(3);
      await close();
    });

    it('hold between commits that are on their way together', async () => {
      const { store, close } = await open();
      const callOf = (call: number): Change[] =>
        Array.from({ length: 20 }, (_, i) => within(155, put(h(`C${call}-${100 + i}`))));
      const calls = Array.from({ length: 20 }, (_, call) => store.commit(request(callOf(call))));
      const results = await Promise.all(calls);
      expect(results.flatMap(({ outcomes }) => outcomes).filter(({ ok }) => ok)).toHaveLength(155);
      expect((await store.counts(P)).live).toBe(155);
      await close();
    });

    it('count a lot’s codes, and none of them again as a record', async () => {
      const { store, close } = await open();
      expect(await outcomesOf(store, within(999, lot('a')))).toMatchObject([{ code: 'INVALID_STATE' }]);
      expect(await outcomesOf(store, within(1000, lot('a')), within(1000, put(h('X'))))).toMatchObject([
        { ok: true },
        { code: 'INVALID_STATE' },
      ]);
      expect(await outcomesOf(store, within(1000, put(h('SOFA-0007'))))).toMatchObject([{ ok: true }]);
      const stands = (await store.lot(lotIdOf(P, 'a'))) as Lot;
      expect(await outcomesOf(store, within(1000, lotAgain(stands, { to: 1000 })))).toMatchObject([{ ok: false }]);
      expect(await outcomesOf(store, within(1000, lotAgain(stands, { to: 899 })))).toMatchObject([{ ok: true }]);
      expect(await outcomesOf(store, within(1000, put(h('X'))))).toMatchObject([{ ok: true }]);
      await close();
    });
  });
}
