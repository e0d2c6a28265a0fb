// How any store applies changes: compare-and-swap, revisions, history, announcements.

import { describe, expect, it } from 'vitest';
import { MAX_CHANGES_PER_COMMIT } from '../../src/domain/limits.ts';
import type { OpenStore } from './contract.ts';
import { apply, commit, h, NOON, put, remove, text, words } from './world.ts';

export function describeCommits(open: OpenStore): void {
  describe('compare-and-swap', () => {
    it('applies each change whose revision stands, and refuses its neighbours alone', async () => {
      const { store, close } = await open();
      await apply(store, put(h('A')), put(h('B')));
      const { outcomes } = await commit(store, put(h('A'), 1), put(h('B')), put(h('C'), 1), put(h('D')));
      expect(words(outcomes)).toEqual([2, 'REVISION_CONFLICT', 'REVISION_CONFLICT', 1]);
      expect(outcomes[1]).toMatchObject({ currentRevision: 1 });
      expect(outcomes[2]).toMatchObject({ currentRevision: 0 });
      expect((await store.get(h('B')))?.revision).toBe(1);
      expect(await store.get(h('C'))).toBeNull();
      await close();
    });

    it('lets a later change of a request see the earlier ones', async () => {
      const { store, close } = await open();
      const { outcomes } = await commit(store, put(h('A')), put(h('A'), 1), remove(h('A'), 2), put(h('A')));
      expect(words(outcomes)).toEqual([1, 2, 3, 4]);
      expect((await store.history(h('A'), 9, 9)).map((entry) => entry.revision)).toEqual([3, 2, 1]);
      await close();
    });

    it('goes on counting revisions after a deletion', async () => {
      const { store, clock, close } = await open();
      await apply(store, put(h('A')));
      await apply(store, remove(h('A'), 1));
      expect(await store.get(h('A'))).toBeNull();
      expect(words((await commit(store, put(h('A'), 2), remove(h('A'), 0), remove(h('A'), 2))).outcomes)).toEqual([
        'REVISION_CONFLICT',
        'REVISION_CONFLICT',
        'REVISION_CONFLICT',
      ]);
      clock.nowMs += 5000;
      expect(await apply(store, put(h('A')))).toEqual([3]);
      expect(await store.get(h('A'))).toMatchObject({ revision: 3, createdAt: NOON + 5000, updatedAt: NOON + 5000 });
      await close();
    });

    it('lets instants rise strictly even if the clock steps back', async () => {
      const { store, clock, close } = await open();
      await apply(store, put(h('A')));
      clock.nowMs -= 60_000;
      const { outcomes } = await commit(store, put(h('A'), 1));
      expect(outcomes[0]).toEqual({ ok: true, revision: 2, at: NOON + 1 });
      expect(await store.get(h('A'))).toMatchObject({ createdAt: NOON, updatedAt: NOON + 1 });
      await close();
    });

    it('refuses more changes than one log row takes, and names that cannot be stored, as a whole', async () => {
      const { store, close } = await open();
      const many = Array.from({ length: MAX_CHANGES_PER_COMMIT + 1 }, (_, i) => put(h(`M-${i}`)));
      await expect(commit(store, ...many)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
      await expect(commit(store, put(h('A')), put(h('L'.repeat(1100))))).rejects.toMatchObject({
        code: 'INVALID_HANDLE',
      });
      expect(await store.get(h('A'))).toBeNull();
      expect(await apply(store, put(h('L'.repeat(1000))))).toEqual([1]);
      expect((await store.get(h('L'.repeat(1000))))?.revision).toBe(1);
      expect(store.stats()).toMatchObject({ records: 1, sequence: 1 });
      await close();
    });

    it('lets one of many win the same compare-and-swap', async () => {
      const { store, close } = await open();
      const tries = await Promise.all(Array.from({ length: 20 }, () => commit(store, put(h('A')))));
      expect(tries.filter(({ outcomes }) => outcomes[0]?.ok)).toHaveLength(1);
      await close();
    });

    it('refuses everything once it is closed, and may be closed twice', async () => {
      const { store, close } = await open();
      await store.close();
      await store.close();
      await expect(commit(store, put(h('A')))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await close();
    });
  });

  describe('history', () => {
    it('keeps what was replaced, newest first, deletions as null', async () => {
      const { store, clock, close } = await open();
      await apply(store, put(h('A'), 0, { values: [text(1, 'one')] }));
      clock.nowMs += 1000;
      await apply(store, put(h('A'), 1, { values: [text(1, 'two')] }));
      await apply(store, remove(h('A'), 2));
      await apply(store, put(h('A'), 0, { values: [text(1, 'four')] }));
      const history = await store.history(h('A'), 10, 10);
      expect(history).toMatchObject([
        { revision: 3, sequence: 4, replacedAt: NOON + 1002, record: null },
        { revision: 2, sequence: 3, replacedAt: NOON + 1001, record: { revision: 2, values: [{ data: 'two' }] } },
        { revision: 1, sequence: 2, replacedAt: NOON + 1000, record: { revision: 1, values: [{ data: 'one' }] } },
      ]);
      await close();
    });

    it('reads on below a revision, of one handle only', async () => {
      const { store, close } = await open();
      await apply(store, put(h('A')), put(h('A'), 1), put(h('A'), 2), put(h('A'), 3), put(h('A1')), put(h('A1'), 1));
      expect((await store.history(h('A'), 4, 2)).map((entry) => entry.revision)).toEqual([3, 2]);
      expect((await store.history(h('A'), 2, 2)).map((entry) => entry.revision)).toEqual([1]);
      expect(await store.history(h('A'), 1, 2)).toEqual([]);
      expect(await store.history(h('A'), 4, 0)).toEqual([]);
      expect(await store.history(h('NONE'), 4, 2)).toEqual([]);
      expect(await store.history(h('A'), Number.MAX_SAFE_INTEGER, 1)).toMatchObject([{ revision: 3 }]);
      await close();
    });
  });

  describe('announcements', () => {
    it('tell what appeared and what was replaced, before the acknowledgement', async () => {
      const { store, visible, close } = await open();
      const announced = async (...changes: Parameters<typeof put>[]): Promise<unknown> => {
        visible.length = 0;
        await apply(store, ...changes.map((change) => put(...change)));
        return visible.map((change) => change.subject === 'record' && [change.appeared, change.replaced]);
      };
      expect(await announced([h('A'), 0, { status: 'reserved' }])).toEqual([[true, false]]);
      expect(await announced([h('A'), 1])).toEqual([[true, true]]);
      expect(await announced([h('A'), 2, { status: 'revoked', reason: 'recall' }])).toEqual([[false, true]]);
      visible.length = 0;
      await apply(store, remove(h('A'), 3));
      expect(visible).toEqual([{ subject: 'record', handle: h('A'), appeared: false, replaced: true }]);
      expect(await announced([h('A'), 0], [h('B'), 0])).toEqual([
        [true, false],
        [true, false],
      ]);
      await close();
    });

    it('leave out what was refused', async () => {
      const { store, visible, close } = await open();
      await commit(store, put(h('A'), 7));
      expect(visible).toEqual([]);
      await close();
    });
  });
}
