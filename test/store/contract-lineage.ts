// How any store keeps parents and children.

import { describe, expect, it } from 'vitest';
import type { OpenStore } from './contract.ts';
import { apply, commit, h, put, remove, text, words } from './world.ts';

export function describeLineage(open: OpenStore): void {
  describe('parents', () => {
    it('are kept by handle and listed from the other side', async () => {
      const { store, close } = await open();
      await apply(store, put(h('MODEL')), put(h('BATCH'), 0, { parent: h('MODEL') }));
      await apply(store, put(h('ITEM'), 0, { parent: h('BATCH') }));
      expect((await store.get(h('ITEM')))?.parent).toBe(h('BATCH'));
      expect((await store.get(h('BATCH')))?.parent).toBe(h('MODEL'));
      expect(await store.children(h('MODEL'), null, 10)).toEqual([h('BATCH')]);
      expect(await store.children(h('BATCH'), null, 10)).toEqual([h('ITEM')]);
      expect(await store.children(h('ITEM'), null, 10)).toEqual([]);
      await close();
    });

    it('keep revision and content when they get their first child', async () => {
      const { store, close } = await open();
      await apply(store, put(h('MODEL'), 0, { values: [text(1, 'chair')], template: h('META_1') }));
      const before = await store.get(h('MODEL'));
      await apply(store, put(h('ITEM'), 0, { parent: h('MODEL') }));
      expect(await store.get(h('MODEL'))).toEqual(before);
      await close();
    });

    it('must live, under the same prefix, and not below their child', async () => {
      const { store, close } = await open();
      await apply(store, put(h('A')), put(h('B'), 0, { parent: h('A') }), put(h('X', '88.118.1')), put(h('GONE')));
      await apply(store, remove(h('GONE'), 1));
      const { outcomes } = await commit(
        store,
        put(h('C'), 0, { parent: h('NONE') }),
        put(h('C'), 0, { parent: h('GONE') }),
        put(h('C'), 0, { parent: h('X', '88.118.1') }),
        put(h('A'), 1, { parent: h('B') }),
        put(h('A'), 1, { parent: h('A') }),
        put(h('C'), 0, { parent: h('B') }),
      );
      expect(words(outcomes)).toEqual([...Array(5).fill('INVALID_PARENT'), 1]);
      expect((await store.get(h('A')))?.revision).toBe(1);
      await close();
    });

    it('make chains of four records and no more, from either end', async () => {
      const { store, close } = await open();
      const chain = ['1', '2', '3', '4'].map((name, i) => put(h(name), 0, { parent: i === 0 ? null : h(String(i)) }));
      await apply(store, ...chain, put(h('TOP')), put(h('LEAF')));
      const { outcomes } = await commit(
        store,
        put(h('5'), 0, { parent: h('4') }),
        put(h('1'), 1, { parent: h('TOP') }),
        put(h('2'), 1, { parent: h('TOP') }),
        put(h('LEAF'), 1, { parent: h('3') }),
      );
      expect(words(outcomes)).toEqual(['INVALID_PARENT', 'INVALID_PARENT', 2, 2]);
      await close();
    });

    it('may be anything that stays as it was, even gone', async () => {
      const { store, close } = await open();
      await apply(store, put(h('A')), put(h('B'), 0, { parent: h('A') }));
      await apply(store, remove(h('A'), 1));
      expect(await apply(store, put(h('B'), 1, { parent: h('A'), status: 'revoked', reason: 'r' }))).toEqual([2]);
      expect((await store.get(h('B')))?.parent).toBe(h('A'));
      expect(await store.children(h('A'), null, 10)).toEqual([h('B')]);
      await close();
    });

    it('that come back after a deletion have their children, and may not stand too deep for them', async () => {
      const { store, close } = await open();
      await apply(store, put(h('A')), put(h('B'), 0, { parent: h('A') }), put(h('C'), 0, { parent: h('B') }));
      await apply(store, remove(h('A'), 1), put(h('1')), put(h('2'), 0, { parent: h('1') }));
      expect(words((await commit(store, put(h('A'), 0, { parent: h('2') }))).outcomes)).toEqual(['INVALID_PARENT']);
      expect(words((await commit(store, put(h('A'), 0, { parent: h('1') }))).outcomes)).toEqual([3]);
      expect(await store.children(h('A'), null, 10)).toEqual([h('B')]);
      await close();
    });
  });

  describe('children', () => {
    it('are listed in byte order, page by page, as they come, move and go', async () => {
      const { store, close } = await open();
      const names = Array.from({ length: 700 }, (_, i) => `SN-${String((i * 389) % 700).padStart(5, '0')}-${i % 7}`);
      const sorted = [...names].sort();
      await apply(store, put(h('A')), put(h('B')));
      for (let i = 0; i < names.length; i += 70) {
        await apply(store, ...names.slice(i, i + 70).map((name) => put(h(name), 0, { parent: h('A') })));
      }
      const listed = await store.children(h('A'), null, 1000);
      expect(listed).toEqual(sorted.map((name) => h(name)));
      expect(await store.children(h('A'), h(sorted[333] as string), 3)).toEqual(
        sorted.slice(334, 337).map((name) => h(name)),
      );
      expect(await store.children(h('A'), h('SN-00001'), 1)).toEqual([h(sorted[1] as string)]);
      const [moved, gone, freed] = [sorted.slice(0, 200), sorted.slice(200, 600), sorted.slice(600, 650)];
      await apply(store, ...moved.map((name) => put(h(name), 1, { parent: h('B') })));
      await apply(store, ...gone.map((name) => remove(h(name), 1)), ...freed.map((name) => put(h(name), 1)));
      expect(await store.children(h('B'), null, 1000)).toEqual(moved.map((name) => h(name)));
      expect(await store.children(h('A'), null, 1000)).toEqual(sorted.slice(650).map((name) => h(name)));
      await close();
    });

    it('fill up again after all have gone', async () => {
      const { store, close } = await open();
      const names = Array.from({ length: 300 }, (_, i) => h(`ITEM-NUMBER-${1000 + i}`));
      await apply(store, put(h('A')), ...names.map((name) => put(name, 0, { parent: h('A') })));
      await apply(store, ...names.map((name) => remove(name, 1)));
      expect(await store.children(h('A'), null, 10)).toEqual([]);
      await apply(store, put(h('Z'), 0, { parent: h('A') }), put(h('!'), 0, { parent: h('A') }));
      expect(await store.children(h('A'), null, 10)).toEqual([h('!'), h('Z')]);
      await close();
    });
  });
}
