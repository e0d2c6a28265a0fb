// How any store tells what a record was at an instant.

import { describe, expect, it } from 'vitest';
import { recordsAt } from '../../src/store/past-records.ts';
import type { RegistryStore } from '../../src/store/registry-store.ts';
import type { OpenStore } from './contract.ts';
import { apply, h, NOON, put, remove, text } from './world.ts';

/** The text of the value that stood at the instant, counted from noon; null without a record. */
async function then(store: RegistryStore, afterNoonMs: number, suffix = 'A'): Promise<string | null> {
  const record = await recordsAt(store, NOON + afterNoonMs).get(h(suffix));
  return record === null ? null : `${record.status} ${record.values.map((value) => value.data).join()}`;
}

export function describePast(open: OpenStore): void {
  describe('the past of a record', () => {
    it('is each of its states from the instant it came about to that of the next', async () => {
      const { store, clock, close } = await open();
      await apply(store, put(h('A'), 0, { values: [text(1, 'one')] }));
      clock.nowMs += 10;
      await apply(store, put(h('A'), 1, { values: [text(1, 'two')] }));
      clock.nowMs += 10;
      await apply(store, put(h('A'), 2, { status: 'revoked', reason: 'x', values: [text(1, 'two')] }));
      clock.nowMs += 10;
      await apply(store, remove(h('A'), 3));
      clock.nowMs += 10;
      await apply(store, put(h('A'), 0, { values: [text(1, 'five')] }));
      const states = await Promise.all([-1, 0, 9, 10, 19, 20, 29, 30, 39, 40, 9999].map((at) => then(store, at)));
      expect(states).toEqual([
        null,
        'active one',
        'active one',
        'active two',
        'active two',
        'revoked two',
        'revoked two',
        null,
        null,
        'active five',
        'active five',
      ]);
      expect(await then(store, 5, 'NEVER')).toBeNull();
      await close();
    });

    it('is there after a deletion, and ends with it', async () => {
      const { store, clock, close } = await open();
      await apply(store, put(h('A'), 0, { values: [text(1, 'one')] }));
      clock.nowMs += 10;
      await apply(store, remove(h('A'), 1));
      expect([await then(store, 9), await then(store, 10), await then(store, -1)]).toEqual(['active one', null, null]);
      await close();
    });

    it('has every one of many states, also while the clock is set back', async () => {
      const { store, clock, close } = await open();
      for (let i = 0; i < 40; i++) {
        await apply(store, put(h('A'), i, { values: [text(1, `state ${i}`)] }));
        clock.nowMs += i === 20 ? -3_600_000 : 7;
      }
      const instants: number[] = [];
      for (let revision = 1; revision < 40; revision++) {
        const [entry] = await store.history(h('A'), revision + 1, 1);
        instants.push((entry?.record?.updatedAt ?? 0) - NOON);
      }
      expect(instants).toEqual([...new Set(instants)].sort((a, b) => a - b));
      for (const [i, at] of instants.entries()) {
        expect(await then(store, at)).toBe(`active state ${i}`);
        if (i > 0) expect(await then(store, at - 1)).toBe(`active state ${i - 1}`);
      }
      await close();
    });
  });
}
