// How any store keeps lots, and what it lets stand in their room.

import { describe, expect, it } from 'vitest';
import type { ChangeOutcome } from '../../src/domain/change.ts';
import { type Lot, type LotId, lotIdOf, suffixAt } from '../../src/domain/lot.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import type { RegistryStore } from '../../src/store/registry-store.ts';
import type { OpenStore } from './contract.ts';
import { apply, commit, h, LOT_TAGS, lot, lotAgain, NOON, P, put, remove, request, text, words } from './world.ts';

const TAGGED = { tagLength: 9, sealedSecret: 'good 1' } as const;

const id = (name: string): LotId => lotIdOf(P, name);

async function standing(store: RegistryStore, name: string): Promise<Lot> {
  const found = await store.lot(id(name));
  if (found === null) throw new Error(`there is no lot ${name}`);
  return found;
}

function message(outcome: ChangeOutcome | undefined): string {
  return outcome === undefined || outcome.ok ? '' : outcome.message;
}

export function describeLots(open: OpenStore): void {
  describe('lots', () => {
    it('are kept with revision, instants and every state', async () => {
      const { store, clock, close } = await open();
      await apply(store, lot('a', { values: [text(2000, 'sofa {serial}')] }));
      clock.nowMs += 5000;
      const first = await standing(store, 'a');
      expect(first).toMatchObject({ id: id('a'), from: 0, to: 999, revision: 1, createdAt: NOON, updatedAt: NOON });
      expect(first.values[0]).toMatchObject({ data: 'sofa {serial}', timestamp: NOON / 1000 });
      await apply(store, lotAgain(first, { state: 'revoked', reason: 'recalled' }));
      const second = await standing(store, 'a');
      expect(second).toMatchObject({ revision: 2, state: 'revoked', createdAt: NOON, updatedAt: NOON + 5000 });
      expect(await store.lotVersions(id('a'), 0, 10)).toEqual([first, second]);
      expect(await store.lotVersions(id('a'), 1, 10)).toEqual([second]);
      expect(await store.lotVersions(id('b'), 0, 10)).toEqual([]);
      expect(await store.lot(id('b'))).toBe(null);
      await close();
    });

    it('are changed only by who saw the revision that stands', async () => {
      const { store, close } = await open();
      await apply(store, lot('a'));
      const { outcomes } = await commit(store, lot('a'), lot('a', { to: 99 }, 2), lot('b', { head: 'B' }, 1));
      expect(words(outcomes)).toEqual(['REVISION_CONFLICT', 'REVISION_CONFLICT', 'REVISION_CONFLICT']);
      await close();
    });

    it('are listed by prefix and altogether, page by page', async () => {
      const { store, close } = await open();
      const other = '88.118.2' as Prefix;
      const colon = `${P}:X` as Prefix;
      await apply(store, lot('c'), lot('a', { head: 'A' }), lot('b', { prefix: other }), lot('d', { prefix: colon }));
      const names = async (...question: Parameters<RegistryStore['lots']>) =>
        (await store.lots(...question)).map((each) => each.id);
      expect(await names(P, null, 10)).toEqual([id('a'), id('c')]);
      expect(await names(P, null, 1)).toEqual([id('a')]);
      expect(await names(P, id('a'), 10)).toEqual([id('c')]);
      expect(await names(other, null, 10)).toEqual([lotIdOf(other, 'b')]);
      expect(await names(null, null, 10)).toEqual([id('X:d'), id('a'), id('c'), lotIdOf(other, 'b')]);
      expect(await names('88.118' as Prefix, null, 10)).toEqual([]);
      await close();
    });

    it('are found by what lies in their room, and by nothing beside it', async () => {
      const { store, close } = await open();
      const lots = [lot('a', { from: 10, to: 19 }), lot('b', { from: 20, to: 20 }), lot('c', { from: 22, to: 999 })];
      await apply(store, ...lots, lot('t', { head: 'T', ...TAGGED }), lot('zh', { head: '沙发', from: 5, to: 7 }));
      const found = async (suffix: string): Promise<string | null> =>
        (await store.findLot(h(suffix)))?.id.split(':')[1] ?? null;
      const of = async (...suffixes: string[]) => Promise.all(suffixes.map(found));
      expect(await of('SOFA-0009', 'SOFA-0010', 'SOFA-0019')).toEqual([null, 'a', 'a']);
      expect(await of('SOFA-0020', 'SOFA-0021', 'SOFA-0022', 'SOFA-0999', 'SOFA-1000')).toEqual([
        'b',
        null,
        'c',
        'c',
        null,
      ]);
      expect(await of('SOFA-010', 'SOFA-00010', 'SOFA-', 'SOEA-9999', 'SOFA-00')).toEqual([
        null,
        null,
        null,
        null,
        null,
      ]);
      expect(await of('T0000AAAAAAAAA', 'T0999999999999', 'T1000AAAAAAAAA')).toEqual(['t', 't', null]);
      expect(await of('沙发0005', '沙发0008', '沙发000')).toEqual(['zh', null, null]);
      expect(await store.findLot(h('SOFA-0010', '88.118.2'))).toBe(null);
      expect(await store.findLot(h('SOFA-0010', '88.118.100234'))).toBe(null);
      await close();
    });

    it('never take room that another has', async () => {
      const { store, close } = await open();
      await apply(store, lot('a', { from: 100, to: 199 }), lot('t', { head: 'T', ...TAGGED }));
      const { outcomes } = await commit(
        store,
        lot('b', { from: 199, to: 300 }),
        lot('b', { from: 0, to: 100 }),
        lot('b', { from: 0, to: 999 }),
        lot('b', { from: 150, to: 150 }),
        lot('b', { head: 'SOFA-0', width: 3, from: 150, to: 160 }),
        lot('b', { head: 'SOFA', width: 5, from: 0 }),
        lot('b1', { head: 'T1', width: 12, from: 0, to: 5 }),
        lot('b2', { head: 'T00', width: 11, from: 0, to: 5 }),
        lot('b3', { from: 0, to: 99 }),
        lot('c', { from: 200, to: 300 }),
        lot('d', { from: 150, to: 160, width: 5 }),
        lot('e', { from: 150, to: 160, prefix: '88.118.2' as Prefix }),
      );
      expect(words(outcomes)).toEqual([...Array(5).fill('LOT_OVERLAP'), 1, 1, 'LOT_OVERLAP', 1, 1, 1, 1]);
      expect(message(outcomes[0])).toContain(id('a'));
      await close();
    });

    it('never take the room of one that came in the same commit', async () => {
      const { store, close } = await open();
      const { outcomes } = await commit(
        store,
        lot('a'),
        lot('b', { from: 5, to: 5 }),
        lot('c', { from: 1000, to: 1001 }),
      );
      expect(words(outcomes)).toEqual([1, 'LOT_OVERLAP', 1]);
      await close();
    });

    it('are widened as far as the next one, and what is cut off is free again', async () => {
      const { store, close } = await open();
      await apply(store, lot('a', { to: 99 }), lot('b', { from: 200, to: 299 }));
      const a = await standing(store, 'a');
      expect(words((await commit(store, lotAgain(a, { to: 200 }))).outcomes)).toEqual(['LOT_OVERLAP']);
      expect(words((await commit(store, lotAgain(a, { to: 199 }))).outcomes)).toEqual([2]);
      const wide = await standing(store, 'a');
      await apply(store, lotAgain(wide, { to: 49, state: 'closed' }), lot('c', { from: 50, to: 199 }));
      expect((await store.findLot(h('SOFA-0049')))?.id).toBe(id('a'));
      expect((await store.findLot(h('SOFA-0050')))?.id).toBe(id('c'));
      await close();
    });

    it('keep what is on their labels', async () => {
      const { store, close } = await open();
      await apply(store, lot('a', { from: 10, ...TAGGED }));
      const a = await standing(store, 'a');
      for (const more of [{ head: 'S' }, { width: 5 }, { from: 9 }, { tagLength: 8 }, { sealedSecret: 'good 2' }]) {
        const { outcomes } = await commit(store, lotAgain(a, more));
        expect(message(outcomes[0]), JSON.stringify(more)).toContain('never change');
      }
      await close();
    });

    it('are divided without a moment between', async () => {
      const { store, close } = await open();
      await apply(store, lot('a'));
      const a = await standing(store, 'a');
      const parts = [
        { ...lotAgain(a, { to: 499 }), isSplit: true },
        { ...lot('b', { from: 500, splitFrom: id('a') }), isSplit: true },
      ];
      await store.commit(request(parts, { idempotency: { key: 'k', bodyHash: 'b', note: '' } }));
      expect((await store.findLot(h('SOFA-0499')))?.id).toBe(id('a'));
      expect(await store.findLot(h('SOFA-0500'))).toMatchObject({ id: id('b'), splitFrom: id('a'), revision: 1 });
      await close();
    });

    it('are all taken back with a request that met a conflict', async () => {
      const { store, close } = await open();
      const changes = [lot('a'), lot('b', { from: 2000, to: 3000 }), put(h('X'), 7)];
      const idempotency = { key: 'k', bodyHash: 'b', note: '' };
      const { outcomes } = await store.commit(request(changes, { idempotency }));
      expect(words(outcomes)).toEqual(Array(3).fill('REVISION_CONFLICT'));
      expect(await store.findLot(h('SOFA-0000'))).toBe(null);
      expect(await store.lots(P, null, 10)).toEqual([]);
      expect(words((await commit(store, lot('c'))).outcomes)).toEqual([1]);
      await close();
    });

    it('are announced with their prefix and stand in its log', async () => {
      const { store, visible, close } = await open();
      await apply(store, lot('a'));
      await apply(store, lotAgain(await standing(store, 'a'), { state: 'revoked', reason: 'r' }));
      expect(visible).toEqual(Array(2).fill({ subject: 'lot', id: id('a'), prefix: P }));
      const rows = await store.changes(0, 10, P);
      expect(rows.flatMap(({ entries }) => entries)).toEqual([
        { subject: 'lot', action: 'created', name: id('a'), revision: 1 },
        { subject: 'lot', action: 'revoked', name: id('a'), revision: 2 },
      ]);
      await close();
    });

    it('come from another node with revision, instants and earlier states', async () => {
      const { store, close } = await open();
      const [createdAt, updatedAt] = [NOON - 9000, NOON - 5000];
      const change = lot('a', { parent: h('LATER'), values: [text(1, 'v', { timestamp: 5 })] });
      const first = { ...change.lot, to: 99, revision: 1, createdAt, updatedAt: createdAt } as Lot;
      await apply(store, { ...change, preserved: { revision: 2, createdAt, updatedAt }, earlier: [first] });
      expect(await standing(store, 'a')).toMatchObject({ revision: 2, createdAt, updatedAt, parent: h('LATER') });
      expect((await store.lotVersions(id('a'), 0, 10)).map(({ revision }) => revision)).toEqual([1, 2]);
      await close();
    });
  });

  describe('parents of lots', () => {
    it('live under the same prefix and leave room for an item below them', async () => {
      const { store, close } = await open();
      const chain = ['1', '2', '3', '4'].map((name, i) => put(h(name), 0, { parent: i === 0 ? null : h(String(i)) }));
      await apply(store, ...chain, put(h('X', '88.118.1')));
      const parents = [h('NONE'), h('X', '88.118.1'), h('4'), h('3')];
      const { outcomes } = await commit(store, ...parents.map((parent) => lot('a', { parent })));
      expect(words(outcomes)).toEqual(['INVALID_PARENT', 'INVALID_PARENT', 'INVALID_PARENT', 1]);
      await close();
    });

    it('may not move so deep that their lots’ items would stand too deep', async () => {
      const { store, close } = await open();
      const chain = ['1', '2', '3'].map((name, i) => put(h(name), 0, { parent: i === 0 ? null : h(String(i)) }));
      await apply(store, ...chain, put(h('BATCH')), put(h('FREE')), lot('a', { parent: h('BATCH') }));
      const deep = [put(h('BATCH'), 1, { parent: h('3') }), put(h('FREE'), 1, { parent: h('3') })];
      expect(words((await commit(store, ...deep)).outcomes)).toEqual(['INVALID_PARENT', 2]);
      expect(words((await commit(store, put(h('BATCH'), 1, { parent: h('2') }))).outcomes)).toEqual([2]);
      await apply(store, lotAgain(await standing(store, 'a'), { parent: null }));
      expect(words((await commit(store, put(h('BATCH'), 2, { parent: h('3') }))).outcomes)).toEqual([3]);
      await close();
    });

    it('are never codes of a lot, nor become some', async () => {
      const { store, close } = await open();
      await apply(store, put(h('SOFA-0007')), put(h('ITEM'), 0, { parent: h('SOFA-0007') }));
      const { outcomes } = await commit(
        store,
        lot('a'),
        lot('b', { from: 8 }),
        put(h('SOFA-0008')),
        put(h('PART'), 0, { parent: h('SOFA-0008') }),
        lot('c', { head: 'C', parent: h('SOFA-0008') }),
      );
      expect(words(outcomes)).toEqual(['LOT_OVERLAP', 1, 1, 'INVALID_PARENT', 'INVALID_PARENT']);
      expect(message(outcomes[0])).toContain(h('SOFA-0007'));
      await close();
    });
  });

  describe('records in the room of a lot', () => {
    it('are codes of it, or are not created', async () => {
      const { store, close } = await open();
      await apply(store, lot('a'), lot('t', { head: 'T', ...TAGGED, from: 5 }));
      const t = await standing(store, 't');
      const code = suffixAt(t, 6, LOT_TAGS);
      const { outcomes } = await commit(
        store,
        put(h('SOFA-0001')),
        put(h('SOFA-00X1')),
        put(h(code)),
        put(h(`${code.slice(0, -1)}${code.at(-1) === '3' ? '4' : '3'}`)),
        put(h('T0004AAAAAAAAA')),
        put(h('SOFA-1000')),
      );
      expect(words(outcomes)).toEqual([1, 'INVALID_LOT_CODE', 1, 'INVALID_LOT_CODE', 1, 1]);
      expect(message(outcomes[1])).toContain(id('a'));
      await close();
    });

    it('cannot come or go while the key of the lot is missing, and others can', async () => {
      const { store, close } = await open();
      const code = suffixAt({ ...lot('t', TAGGED).lot, ...TAGGED } as Lot, 6, LOT_TAGS);
      const lost = lot('t', { ...TAGGED, sealedSecret: 'lost' });
      await apply(store, put(h(code)), put(h('SOFA-0001')));
      expect(words((await commit(store, lost)).outcomes)).toEqual(['LOT_KEY_MISSING']);
      await apply(store, { ...lost, isSplit: true });
      const { outcomes } = await commit(store, put(h(code.replace('0006', '0007'))), remove(h(code), 1), put(h('X')));
      expect(words(outcomes)).toEqual(['LOT_KEY_MISSING', 'LOT_KEY_MISSING', 1]);
      expect(words((await commit(store, put(h(code), 1, { values: [text(1, 'v')] }))).outcomes)).toEqual([2]);
      await close();
    });

    it('announce that a code answers with a record of its own, and no longer', async () => {
      const { store, visible, close } = await open();
      await apply(store, lot('a'));
      visible.length = 0;
      await apply(store, put(h('SOFA-0001')), put(h('X')));
      await apply(store, remove(h('SOFA-0001'), 1));
      expect(visible).toEqual([
        { subject: 'record', handle: h('SOFA-0001'), appeared: true, replaced: true },
        { subject: 'record', handle: h('X'), appeared: true, replaced: false },
        { subject: 'record', handle: h('SOFA-0001'), appeared: false, replaced: true },
      ]);
      await close();
    });
  });
}
