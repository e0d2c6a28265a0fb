// How any store finds records by searchable values and by state.

import { describe, expect, it } from 'vitest';
import { bytesFromText } from '../../src/domain/bytes.ts';
import type { Change } from '../../src/domain/change.ts';
import type { Handle } from '../../src/domain/handle.ts';
import type { HandleValue } from '../../src/domain/handle-value.ts';
import type { RegistryStore, SearchedState, ValueHit, ValueQuestion } from '../../src/store/registry-store.ts';
import { foldText } from '../../src/store/search-terms.ts';
import type { OpenStore } from './contract.ts';
import { apply, commit, h, NOON, P, put, remove, request, text, words } from './world.ts';

const sku = (data: string, index = 2000): HandleValue => text(index, data, { type: bytesFromText('SKU') });

/** A record whose values at these indexes can be searched. */
function searchable(suffix: string, values: readonly HandleValue[], more: object = {}): Change {
  const { expectedRevision = 0, ...draft } = more as { expectedRevision?: number };
  const marks = values.map(({ index }) => index);
  return { ...put(h(suffix), expectedRevision, { values, ...draft }), searchable: marks } as Change;
}

async function found(store: RegistryStore, value: string, more: Partial<ValueQuestion> = {}): Promise<string[]> {
  const question = { prefix: P, type: bytesFromText('SKU'), match: 'exact', after: null, limit: 100 } as const;
  const hits = await store.findByValue({ ...question, value: foldText(bytesFromText(value)), ...more });
  return hits.map(({ handle }) => handle.slice(P.length + 1));
}

async function inState(store: RegistryStore, state: SearchedState, rows = 3): Promise<string[]> {
  const all: string[] = [];
  for (let after: Handle | null = null; ; ) {
    const page = await store.findByState({ prefix: P, state, after, limit: 2, rows });
    expect(page.handles.length).toBeLessThanOrEqual(2);
    all.push(...page.handles.map((handle) => handle.slice(P.length + 1)));
    after = page.next;
    if (after === null) return all;
  }
}

export function describeSearch(open: OpenStore): void {
  describe('searchable values', () => {
    it('are found whole or by their beginning, whatever their ASCII case', async () => {
      const { store, close } = await open();
      await apply(
        store,
        searchable('B', [sku('Oak-10')]),
        searchable('A', [sku('OAK-1')]),
        searchable('C', [sku('oak-1')]),
      );
      expect(await found(store, 'oAk-1')).toEqual(['A', 'C']);
      expect(await found(store, 'oak-1', { match: 'prefix' })).toEqual(['A', 'C', 'B']);
      expect(await found(store, 'oak', { match: 'exact' })).toEqual([]);
      expect(await found(store, 'oak-1', { type: bytesFromText('GTIN') })).toEqual([]);
      await apply(store, searchable('Z', [sku('橡木'), text(2001, '橡木椅')]));
      expect(await found(store, '橡', { match: 'prefix' })).toEqual(['Z']);
      await close();
    });

    it('are of one prefix, and found only if they are marked', async () => {
      const { store, close } = await open();
      const elsewhere = { ...put(h('A', '88.118.1002'), 0, { values: [sku('X')] }), searchable: [2000] } as Change;
      const unmarked = put(h('PLAIN'), 0, { values: [sku('X')] });
      const half = { ...put(h('HALF'), 0, { values: [sku('X'), sku('Y', 2001)] }), searchable: [2001] } as Change;
      await apply(store, elsewhere, unmarked, half);
      expect(await found(store, 'X')).toEqual([]);
      expect(await found(store, 'Y')).toEqual(['HALF']);
      await close();
    });

    it('follow their record through changes, deletion and creation again', async () => {
      const { store, close } = await open();
      await apply(store, searchable('A', [sku('one'), sku('two', 2001)]));
      await apply(store, searchable('A', [sku('two', 2001), sku('three', 2002)], { expectedRevision: 1 }));
      expect([await found(store, 'one'), await found(store, 'two'), await found(store, 'three')]).toEqual([
        [],
        ['A'],
        ['A'],
      ]);
      await apply(store, searchable('A', [sku('two')], { expectedRevision: 2, status: 'revoked', reason: 'r' }));
      expect([await found(store, 'two'), await found(store, 'three')]).toEqual([['A'], []]);
      await apply(store, remove(h('A'), 3));
      expect(await found(store, 'two')).toEqual([]);
      await apply(store, searchable('A', [sku('four')]));
      expect(await found(store, 'four')).toEqual(['A']);
      await apply(store, put(h('A'), 5, { values: [sku('four')] }));
      expect(await found(store, 'four')).toEqual([]);
      await close();
    });

    it('stay what they are when their record becomes a parent', async () => {
      const { store, close } = await open();
      await apply(store, searchable('MODEL', [sku('M-1')]));
      await apply(store, put(h('ITEM'), 0, { parent: h('MODEL') }));
      await apply(store, put(h('MODEL'), 1, { values: [sku('M-1')] }));
      expect(await found(store, 'm-1')).toEqual([]);
      await close();
    });

    it('of a request that is taken back leave no trace', async () => {
      const { store, close } = await open();
      await apply(store, put(h('B')));
      const idempotency = { key: 'k', bodyHash: 'b', note: '' };
      const changes = [searchable('A', [sku('x')]), put(h('B'), 7)];
      const { outcomes } = await store.commit(request(changes, { idempotency }));
      expect(words(outcomes)).toEqual(['REVISION_CONFLICT', 'REVISION_CONFLICT']);
      expect(await found(store, 'x')).toEqual([]);
      const refused = await commit(store, searchable('A', [sku('x')], { expectedRevision: 3 }));
      expect(words(refused.outcomes)).toEqual(['REVISION_CONFLICT']);
      expect(await found(store, 'x')).toEqual([]);
      await close();
    });

    it('come along with a record of another node, those of its last state', async () => {
      const { store, close } = await open();
      const state = (revision: number, data: string) => ({
        revision,
        createdAt: NOON,
        updatedAt: NOON + revision,
        draft: {
          status: 'active',
          parent: null,
          template: null,
          reason: null,
          recall: null,
          values: [sku(data)],
        } as const,
      });
      const states = [state(1, 'old'), state(2, 'new')];
      await apply(store, { kind: 'preserve-record', handle: h('A'), states, searchable: [2000] });
      expect([await found(store, 'old'), await found(store, 'new')]).toEqual([[], ['A']]);
      await close();
    });

    it('beyond what a key can bear are candidates by their beginning', async () => {
      const { store, close } = await open();
      const long = 'x'.repeat(100);
      await apply(store, searchable('A', [sku(`${long}1`)]), searchable('B', [sku(`${long}2`)]));
      expect(await found(store, `${long}1`)).toEqual(['A', 'B']);
      expect(await found(store, 'xx', { match: 'prefix' })).toEqual(['A', 'B']);
      await apply(store, remove(h('A'), 1));
      expect(await found(store, `${long}1`)).toEqual(['B']);
      await close();
    });

    it('are listed in pages that join without a gap', async () => {
      const { store, close } = await open();
      const changes = Array.from({ length: 60 }, (_, i) =>
        searchable(`N${String(i).padStart(2, '0')}`, [sku(`v${i % 7}`)]),
      );
      await apply(store, ...changes);
      const all: string[] = [];
      for (let after: ValueHit | null = null; ; ) {
        const question = { prefix: P, type: bytesFromText('SKU'), value: bytesFromText('v'), match: 'prefix' } as const;
        const page: readonly ValueHit[] = await store.findByValue({ ...question, after, limit: 7 });
        all.push(...page.map(({ handle }) => handle));
        after = page.at(-1) ?? null;
        if (page.length < 7) break;
      }
      expect(new Set(all).size).toBe(60);
      expect(all).toHaveLength(60);
      await close();
    });
  });

  describe('records by state', () => {
    it('are found in steps that look at a bounded number of rows', async () => {
      const { store, close } = await open();
      const recall = { reason: 'r', notice: 'n', timestamp: 0 };
      const plain = Array.from({ length: 20 }, (_, i) => put(h(`P${String(i).padStart(2, '0')}`)));
      await apply(store, ...plain, put(h('A-R'), 0, { status: 'reserved' }), put(h('Z-R'), 0, { status: 'reserved' }));
      await apply(store, put(h('M-X'), 0, { status: 'revoked', reason: 'gone', recall }), put(h('P20'), 0, { recall }));
      await apply(store, remove(h('P05'), 1));
      expect(await inState(store, 'reserved')).toEqual(['A-R', 'Z-R']);
      expect(await inState(store, 'revoked')).toEqual(['M-X']);
      expect(await inState(store, 'recalled')).toEqual(['M-X', 'P20']);
      expect(await inState(store, 'active', 1)).toHaveLength(20);
      await close();
    });
  });
}
