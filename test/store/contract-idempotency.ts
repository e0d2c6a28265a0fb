// How any store keeps the results of idempotent requests.

import { describe, expect, it } from 'vitest';
import { IDEMPOTENCY_TTL_MS, MAX_IDEMPOTENCY_RESULTS } from '../../src/domain/limits.ts';
import type { Idempotency } from '../../src/store/registry-store.ts';
import type { OpenStore } from './contract.ts';
import { apply, h, NOON, put, request, words } from './world.ts';

function keyed(key: string): Idempotency {
  return { key, bodyHash: `hash of ${key}`, note: '{"记":1}' };
}

export function describeIdempotency(open: OpenStore): void {
  describe('idempotent requests', () => {
    it('are applied once; a repeat gets the first outcomes', async () => {
      const { store, clock, close } = await open();
      const once = request([put(h('A')), put(h('B'), 0, { parent: h('NONE') })], { idempotency: keyed('k1') });
      const first = await store.commit(once);
      clock.nowMs += 1000;
      const again = await store.commit(once);
      expect(words(first.outcomes)).toEqual([1, 'INVALID_PARENT']);
      expect(first.repeated).toBeNull();
      expect(again).toEqual({
        outcomes: [],
        repeated: { bodyHash: 'hash of k1', note: '{"记":1}', outcomes: first.outcomes, at: NOON },
      });
      expect(await store.idempotencyResult('k1', clock.nowMs)).toEqual(again.repeated);
      expect(await store.idempotencyResult('k2', clock.nowMs)).toBeNull();
      expect(store.stats().sequence).toBe(1);
      await close();
    });

    it('that come together are applied once', async () => {
      const { store, close } = await open();
      const results = await Promise.all(
        Array.from({ length: 5 }, () => store.commit(request([put(h('A'))], { idempotency: keyed('k1') }))),
      );
      expect(results.map(({ repeated }) => repeated === null).sort()).toEqual([false, false, false, false, true]);
      expect(store.stats().sequence).toBe(1);
      await close();
    });

    it('that meet a conflict apply and keep nothing, so that they can be repeated under the same key', async () => {
      const { store, visible, close } = await open();
      await apply(store, put(h('A')), put(h('P')));
      visible.length = 0;
      const changes = [
        put(h('B'), 0, { parent: h('P') }),
        put(h('P'), 1, { template: h('META_1') }),
        put(h('A')),
        put(h('C')),
      ];
      const { outcomes } = await store.commit(request(changes, { idempotency: keyed('k1') }));
      expect(outcomes.map((outcome) => !outcome.ok && [outcome.code, outcome.currentRevision])).toEqual([
        ['REVISION_CONFLICT', 0],
        ['REVISION_CONFLICT', 1],
        ['REVISION_CONFLICT', 1],
        ['REVISION_CONFLICT', 0],
      ]);
      expect(visible).toEqual([]);
      expect(await store.getMany([h('B'), h('C')])).toEqual([null, null]);
      expect((await store.get(h('P')))?.revision).toBe(1);
      expect(await store.children(h('P'), null, 10)).toEqual([]);
      expect(await store.history(h('P'), 10, 10)).toEqual([]);
      expect(store.stats()).toMatchObject({ records: 2, sequence: 1 });
      expect(await store.idempotencyResult('k1', NOON)).toBeNull();
      const repaired = request([put(h('B'), 0, { parent: h('P') }), put(h('A'), 1)], { idempotency: keyed('k1') });
      expect(words((await store.commit(repaired)).outcomes)).toEqual([1, 2]);
      expect(await store.children(h('P'), null, 10)).toEqual([h('B')]);
      await close();
    });

    it('are forgotten after a day, not before', async () => {
      const { store, clock, close } = await open();
      await store.commit(request([put(h('A'))], { idempotency: keyed('k1') }));
      clock.nowMs += IDEMPOTENCY_TTL_MS - 1;
      expect(await store.idempotencyResult('k1', clock.nowMs)).not.toBeNull();
      clock.nowMs += 1;
      expect(await store.idempotencyResult('k1', clock.nowMs)).toBeNull();
      const again = await store.commit(request([put(h('A'), 1)], { idempotency: keyed('k1') }));
      expect(words(again.outcomes)).toEqual([2]);
      expect((await store.idempotencyResult('k1', clock.nowMs))?.at).toBe(clock.nowMs);
      await close();
    });

    it('are bounded for each principal, the oldest giving way', async () => {
      const { store, close } = await open();
      await store.commit(request([], { principalId: 'other', idempotency: keyed('other') }));
      const keys = Array.from({ length: MAX_IDEMPOTENCY_RESULTS + 3 }, (_, i) => `k${i}`);
      await Promise.all(keys.map((key) => store.commit(request([], { idempotency: keyed(key) }))));
      const isKept = async (key: string): Promise<boolean> => (await store.idempotencyResult(key, NOON)) !== null;
      expect(await Promise.all(['k0', 'k1', 'k2', 'k3', keys.at(-1) as string, 'other'].map(isKept))).toEqual([
        false,
        false,
        false,
        true,
        true,
        true,
      ]);
      await close();
    });
  });
}
