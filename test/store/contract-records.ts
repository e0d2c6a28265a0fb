// How any store keeps and lists records.

import { describe, expect, it } from 'vitest';
import { bytesFromText } from '../../src/domain/bytes.ts';
import type { Handle } from '../../src/domain/handle.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import type { OpenStore } from './contract.ts';
import { apply, h, NOON, P, put, remove, text } from './world.ts';

const SECOND = NOON / 1000;

export function describeRecords(open: OpenStore): void {
  describe('records', () => {
    it('gives back what was put, with revision, instants and the second of the commit in its values', async () => {
      const { store, close } = await open();
      const values = [text(2000, '桌子'), text(1, 'x', { ttl: 60, permissions: 12, timestamp: 5 })];
      await apply(store, put(h('A'), 0, { values, template: h('META_1') }));
      expect(await store.get(h('A'))).toEqual({
        handle: h('A'),
        status: 'active',
        parent: null,
        template: h('META_1'),
        reason: null,
        recall: null,
        values: [{ ...values[0], timestamp: SECOND }, values[1]],
        revision: 1,
        createdAt: NOON,
        updatedAt: NOON,
      });
      await close();
    });

    it('keeps a recall with the second of its commit, tells it in the log, and counts it as an update', async () => {
      const { store, clock, close } = await open();
      const recall = { reason: '供应商报告', notice: '铰链可能断裂', timestamp: 0 };
      await apply(store, put(h('B')));
      clock.nowMs += 2000;
      await apply(store, put(h('B'), 1, { recall }));
      const began = { ...recall, timestamp: SECOND + 2 };
      expect((await store.get(h('B')))?.recall).toEqual(began);
      clock.nowMs += 5000;
      await apply(
        store,
        put(h('B'), 2, { recall: { ...began, notice: '请停止使用' } }),
        put(h('C'), 0, { parent: h('B') }),
      );
      expect((await store.get(h('B')))?.recall).toEqual({ ...began, notice: '请停止使用' });
      await apply(store, put(h('B'), 3));
      const earlier = await store.history(h('B'), 4, 10);
      expect(earlier.map(({ record }) => record?.recall?.notice ?? null)).toEqual(['请停止使用', '铰链可能断裂', null]);
      const actions = (await store.changes(0, 10)).flatMap(({ entries }) => entries.map(({ action }) => action));
      expect(actions).toEqual(['created', 'recalled', 'updated', 'created', 'recall-lifted']);
      expect(await store.counts(P)).toMatchObject({ live: 2, days: [{ created: 2, updated: 3, revoked: 0 }] });
      await close();
    });

    it('keeps every field of a value', async () => {
      const { store, close } = await open();
      const odd = text(2 ** 31 - 1, '', {
        type: bytesFromText('HS_产品'),
        data: '\x00\xff\x80' as never,
        ttl: 4_000_000_000,
        ttlIsAbsolute: true,
        timestamp: 4_000_000_001,
        permissions: 0,
        references: [
          { handle: '0.NA/0.NA', index: 300 },
          { handle: '88.118/管理', index: 0 },
        ],
      });
      await apply(store, put(h('ODD'), 0, { values: [odd, text(1, 'first in index, second in order')] }));
      const record = await store.get(h('ODD'));
      expect(record?.values[0]).toEqual(odd);
      expect(record?.values.map((value) => value.index)).toEqual([2 ** 31 - 1, 1]);
      await close();
    });

    it('knows handles by their exact suffix', async () => {
      const { store, close } = await open();
      await apply(store, put(h('a/b')), put(h('é')), put(h('A')));
      expect(await store.get(h('a'))).toBeNull();
      expect(await store.get(h('A/b'))).toBeNull();
      expect(await store.get(h('e\u0301'))).toBeNull();
      expect((await store.get(h('é')))?.handle).toBe(h('é'));
      expect(await store.get(h('A', '88.118.1002'))).toBeNull();
      expect(await store.get('88.999/A' as Handle)).toBeNull();
      await close();
    });

    it('finds nothing under a handle longer than can be stored', async () => {
      const { store, close } = await open();
      await apply(store, put(h('A')));
      expect(await store.get(h('A'.repeat(2000)))).toBeNull();
      expect(await store.children(h('A'.repeat(2000)), null, 10)).toEqual([]);
      expect(await store.history(h('A'.repeat(2000)), 10, 10)).toEqual([]);
      await close();
    });

    it('gets many in the order asked, null where there is none', async () => {
      const { store, close } = await open();
      await apply(store, put(h('A')), put(h('B')));
      const found = await store.getMany([h('B'), h('NONE'), h('A'), h('B')]);
      expect(found.map((record) => record?.handle ?? null)).toEqual([h('B'), null, h('A'), h('B')]);
      await close();
    });

    it('lists exactly one prefix in the byte order of suffixes, page by page', async () => {
      const { store, close } = await open();
      const other = '88.118.1002' as Prefix;
      // U+FF01 is before U+1F600 in UTF-8 and after it in UTF-16.
      const suffixes = ['😀', '！', 'z', 'B', 'A/1', 'A'];
      await apply(store, ...suffixes.map((suffix) => put(h(suffix))), put(h('A', other)), put(h('A', `${P}.1`)));
      await apply(store, remove(h('B'), 1));
      const all = await store.list(P, null, 100);
      expect(all.map((record) => record.handle)).toEqual([h('A'), h('A/1'), h('z'), h('！'), h('😀')]);
      expect((await store.list(P, null, 2)).map((record) => record.handle)).toEqual([h('A'), h('A/1')]);
      expect((await store.list(P, h('A/1'), 2)).map((record) => record.handle)).toEqual([h('z'), h('！')]);
      expect((await store.list(P, h('A/0'), 1)).map((record) => record.handle)).toEqual([h('A/1')]);
      expect(await store.list(P, h('😀'), 10)).toEqual([]);
      expect(await store.list('88.999' as Prefix, null, 10)).toEqual([]);
      expect(await store.list(P, null, 0)).toEqual([]);
      await close();
    });

    it('lists the handles alone, without those passed over and those deleted', async () => {
      const { store, close } = await open();
      await apply(store, ...['a', 'b', 'c', 'd', 'é'].map((suffix) => put(h(suffix))), put(h('a', '88.118.1002')));
      await apply(store, put(h('e'), 0, { status: 'reserved' }), remove(h('b'), 1));
      const page = async (after: string | null, skip: number, limit: number) =>
        store.handles(P, { after: after === null ? null : h(after), skip, limit });
      expect(await page(null, 0, 10)).toEqual([h('a'), h('c'), h('d'), h('e'), h('é')]);
      expect(await page(null, 1, 2)).toEqual([h('c'), h('d')]);
      expect(await page('a', 1, 1)).toEqual([h('d')]);
      expect(await page('b', 0, 1)).toEqual([h('c')]);
      expect(await page(null, 5, 1)).toEqual([]);
      expect(await page('é', 0, 1)).toEqual([]);
      expect(await page(null, 0, 0)).toEqual([]);
      expect(await store.handles('88.999' as Prefix, { after: null, skip: 0, limit: 1 })).toEqual([]);
      await close();
    });

    it('keeps large records whole', async () => {
      const { store, close } = await open();
      const values = Array.from({ length: 4 }, (_, i) => text(i + 1, String(i).repeat(60_000)));
      await apply(store, put(h('BIG'), 0, { values }), put(h('SMALL'), 0, { values: [text(1, 'x')] }));
      expect((await store.get(h('BIG')))?.values.map((value) => value.data)).toEqual(values.map((value) => value.data));
      expect((await store.get(h('SMALL')))?.values[0]?.data).toBe('x');
      await close();
    });
  });
}
