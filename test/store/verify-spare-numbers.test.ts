// What a request that was taken back leaves in the dictionary is no damage.

import { expect, it } from 'vitest';
import type { Change } from '../../src/domain/change.ts';
import { verifyStore } from '../../src/store/verify-store.ts';
import { openLmdb } from './lmdb-world.ts';
import { apply, draft, h, NOON, put, request } from './world.ts';

it('the check does not mind a parent that was numbered in a refused request and numbered again in the next', async () => {
  const { path, store, close } = await openLmdb();
  const states = [{ revision: 1, createdAt: NOON, updatedAt: NOON, draft: draft({ parent: h('LATER') }) }];
  const child: Change = { kind: 'preserve-record', handle: h('CHILD'), states };
  const idempotency = { key: 'k', bodyHash: 'b', note: '' };
  const { outcomes } = await store.commit(request([child, put(h('CHILD'))], { idempotency }));
  expect(outcomes.some(({ ok }) => ok)).toBe(false);
  await apply(store, child);
  await store.close();
  const { findings } = await verifyStore({ path, maxGrowthBytes: null, progress() {} });
  expect(findings).toEqual([]);
  await close();
});
