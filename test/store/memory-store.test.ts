// The store in memory keeps the contract of stores.

import type { VisibleChange } from '../../src/domain/change.ts';
import { openMemoryStore } from '../../src/store/memory-store.ts';
import { describeStore } from './contract.ts';
import { LOT_TAGS, NOON } from './world.ts';

describeStore('the store in memory', async () => {
  const clock = { nowMs: NOON };
  const visible: VisibleChange[] = [];
  const store = openMemoryStore({
    lotTags: LOT_TAGS,
    clock: () => clock.nowMs,
    onVisible: (changes) => visible.push(...changes),
  });
  return { store, writer: store, clock, visible, close: () => store.close() };
});
