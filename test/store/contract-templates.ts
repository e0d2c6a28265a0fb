// How any store keeps templates and their versions.

import { describe, expect, it } from 'vitest';
import type { Handle } from '../../src/domain/handle.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import type { OpenStore } from './contract.ts';
import { apply, commit, element, h, NOON, P, request, template, words } from './world.ts';

const META = h('META_1');

export function describeTemplates(open: OpenStore): void {
  describe('templates', () => {
    it('are kept with every version', async () => {
      const { store, clock, close } = await open();
      await apply(store, template(META));
      clock.nowMs += 1000;
      const elements = [element(2000, { disabled: true }), element(2001, { kind: 'number', minimum: 0.5 })];
      await apply(store, template(META, 1, elements));
      expect(await store.template(META)).toEqual({
        ...template(META, 1, elements).template,
        revision: 2,
        createdAt: NOON,
        updatedAt: NOON + 1000,
      });
      const versions = await store.templateVersions(META, 0, 10);
      expect(versions.map(({ revision, elements: { length } }) => [revision, length])).toEqual([
        [1, 1],
        [2, 2],
      ]);
      expect(versions[1]).toEqual(await store.template(META));
      expect((await store.templateVersions(META, 1, 1)).map(({ revision }) => revision)).toEqual([2]);
      expect(await store.templateVersions(META, 2, 10)).toEqual([]);
      expect(await store.templateVersions(META, 0, 0)).toEqual([]);
      expect([await store.template(h('META_2')), await store.templateVersions(h('META'), 0, 10)]).toEqual([null, []]);
      await close();
    });

    it('are no records, and may share a handle with one', async () => {
      const { store, close } = await open();
      await apply(store, template(META));
      expect(await store.get(META)).toBeNull();
      expect(await store.counts(P)).toMatchObject({ live: 0 });
      await close();
    });

    it('compare and swap, and are taken back with their request', async () => {
      const { store, close } = await open();
      const { outcomes } = await commit(store, template(META), template(META), template(META, 1));
      expect(words(outcomes)).toEqual([1, 'REVISION_CONFLICT', 2]);
      const idempotency = { key: 'a'.repeat(64), bodyHash: 'b', note: '' };
      const held = await store.commit(request([template(META, 2), template(h('META_2'), 7)], { idempotency }));
      expect(words(held.outcomes)).toEqual(['REVISION_CONFLICT', 'REVISION_CONFLICT']);
      expect((await store.template(META))?.revision).toBe(2);
      expect((await store.templateVersions(META, 0, 10)).map(({ revision }) => revision)).toEqual([1, 2]);
      await close();
    });

    it('are listed in order, all of them or those of one prefix', async () => {
      const { store, close } = await open();
      const node = '88.118' as Prefix;
      const handles = [h('META_B'), h('META_A'), h('META_C', '88.118'), h('META_D', '88.118.1')];
      await apply(store, ...handles.map((handle) => template(handle)));
      const page = async (prefix: Prefix | null, after: Handle | null, limit: number): Promise<string[]> =>
        (await store.templates(prefix, after, limit)).map(({ handle }) => handle);
      const all = ['88.118.1/META_D', '88.118.10023/META_A', '88.118.10023/META_B', '88.118/META_C'];
      expect(await page(null, null, 10)).toEqual(all);
      expect(await page(null, all[1] as Handle, 1)).toEqual([all[2]]);
      expect(await page(P, null, 10)).toEqual([all[1], all[2]]);
      expect(await page(P, null, 1)).toEqual([all[1]]);
      expect(await page(P, all[1] as Handle, 10)).toEqual([all[2]]);
      expect(await page(node, null, 10)).toEqual([all[3]]);
      expect(await page('88.11' as Prefix, null, 10)).toEqual([]);
      expect(await page(P, null, 0)).toEqual([]);
      await close();
    });

    it('are in the log of their prefix, and announced', async () => {
      const { store, visible, close } = await open();
      await apply(store, template(META), template(META, 1));
      expect((await store.changes(0, 10, P)).flatMap((row) => row.entries)).toEqual([
        { subject: 'template', action: 'created', name: META, revision: 1 },
        { subject: 'template', action: 'updated', name: META, revision: 2 },
      ]);
      expect(visible.at(-1)).toEqual({ subject: 'template', handle: META });
      await close();
    });

    it('come from another node with their versions', async () => {
      const { store, close } = await open();
      const { template: content } = template(META);
      const [third, fourth] = [
        { revision: 3, createdAt: 5, updatedAt: 6 },
        { revision: 4, createdAt: 5, updatedAt: 7 },
      ];
      await apply(store, { ...template(META), preserved: third }, { ...template(META, 3), preserved: fourth });
      expect(await store.template(META)).toEqual({ ...content, ...fourth });
      expect(await store.templateVersions(META, 0, 10)).toEqual([
        { ...content, ...third },
        { ...content, ...fourth },
      ]);
      await close();
    });
  });
}
