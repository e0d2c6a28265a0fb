// How any store takes in records from another node, with everything they were, and shows all there is.

import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/domain/change.ts';
import type { Handle } from '../../src/domain/handle.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import type { PreservedState } from '../../src/domain/preserved.ts';
import type { OpenStore } from './contract.ts';
import { apply, commit, DAY_MS, draft, h, NOON, P, put, remove, text, words } from './world.ts';

const LONG_AGO = NOON - 1000 * DAY_MS;

/** A state of some days after the beginning. */
function state(revision: number, more: Parameters<typeof draft>[0] | null = {}): PreservedState {
  const content = more === null ? null : draft({ values: [text(1, `r${revision}`, { timestamp: 5 })], ...more });
  return { revision, createdAt: LONG_AGO, updatedAt: LONG_AGO + revision * DAY_MS, draft: content };
}

function preserve(handle: Handle, ...states: PreservedState[]): Change {
  return { kind: 'preserve-record', handle, states };
}

export function describePreserved(open: OpenStore): void {
  describe('a record from another node', () => {
    it('keeps its revision, instants, status and values', async () => {
      const { store, visible, close } = await open();
      await apply(store, preserve(h('OLD'), state(7, { status: 'revoked', reason: 'recalled' })));
      expect(await store.get(h('OLD'))).toEqual({
        handle: h('OLD'),
        ...draft({ status: 'revoked', reason: 'recalled', values: [text(1, 'r7', { timestamp: 5 })] }),
        revision: 7,
        createdAt: LONG_AGO,
        updatedAt: LONG_AGO + 7 * DAY_MS,
      });
      expect(await store.history(h('OLD'), 100, 10)).toEqual([]);
      expect(visible).toEqual([{ subject: 'record', handle: h('OLD'), appeared: true, replaced: false }]);
      await close();
    });

    it('keeps its history, deletions in it too, and goes on from there', async () => {
      const { store, close } = await open();
      await apply(store, preserve(h('OLD'), state(1), state(2), state(3, null), state(4)));
      const history = await store.history(h('OLD'), 100, 10);
      expect(history.map(({ revision, record }) => [revision, record?.revision ?? null])).toEqual([
        [3, null],
        [2, 2],
        [1, 1],
      ]);
      expect(history.map(({ replacedAt }) => replacedAt)).toEqual([4, 3, 2].map((day) => LONG_AGO + day * DAY_MS));
      expect(await apply(store, put(h('OLD'), 4))).toEqual([5]);
      expect(await store.get(h('OLD'))).toMatchObject({ revision: 5, createdAt: LONG_AGO, updatedAt: NOON });
      await close();
    });

    it('can be a deleted one, which goes on counting', async () => {
      const { store, close } = await open();
      await apply(store, preserve(h('GONE'), state(1), state(2, null)));
      expect(await store.get(h('GONE'))).toBe(null);
      expect(await store.state(h('GONE'))).toEqual({
        handle: h('GONE'),
        revision: 2,
        updatedAt: LONG_AGO + 2 * DAY_MS,
        record: null,
      });
      expect(await apply(store, put(h('GONE')))).toEqual([3]);
      await close();
    });

    it('is in the log with every state, and counted on the days it says', async () => {
      const { store, close } = await open();
      await apply(
        store,
        preserve(h('OLD'), state(1), state(2, { status: 'revoked', reason: 'x' }), state(3, null)),
        preserve(h('B'), state(9)),
      );
      const [row] = await store.changes(0, 10);
      expect(row?.at).toBe(NOON);
      expect(row?.entries.map(({ name, action, revision }) => [name, action, revision])).toEqual([
        [h('OLD'), 'created', 1],
        [h('OLD'), 'revoked', 2],
        [h('OLD'), 'deleted', 3],
        [h('B'), 'created', 9],
      ]);
      const { live, days } = await store.counts(P);
      expect(live).toBe(1);
      expect(days.map(({ created, revoked, deleted }) => [created, revoked, deleted])).toEqual([
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
        [1, 0, 0],
      ]);
      expect(store.stats().records).toBe(1);
      await close();
    });

    it('is refused where anything was ever registered', async () => {
      const { store, close } = await open();
      await apply(store, put(h('HERE')), put(h('GONE')));
      await apply(store, remove(h('GONE'), 1), preserve(h('OLD'), state(1)));
      const { outcomes } = await commit(
        store,
        ...['HERE', 'GONE', 'OLD'].map((suffix) => preserve(h(suffix), state(1))),
      );
      expect(words(outcomes)).toEqual(['ALREADY_EXISTS', 'ALREADY_EXISTS', 'ALREADY_EXISTS']);
      expect(store.stats().records).toBe(2);
      await close();
    });

    it('goes on from the state that stands, a deleted one too, and from no other', async () => {
      const { store, visible, close } = await open();
      await apply(store, preserve(h('OLD'), state(1), state(2)));
      const next = (suffix: string, after: number, ...states: PreservedState[]): Change =>
        ({ kind: 'preserve-record', handle: h(suffix), states, after }) as Change;
      const { outcomes } = await commit(store, next('OLD', 1, state(2), state(3)), next('NONE', 1, state(2)));
      expect(words(outcomes)).toEqual(['REVISION_CONFLICT', 'REVISION_CONFLICT']);
      visible.length = 0;
      await apply(store, next('OLD', 2, state(3, { parent: h('M') }), state(4, null)));
      expect(visible).toEqual([{ subject: 'record', handle: h('OLD'), appeared: false, replaced: true }]);
      expect([await store.get(h('OLD')), store.stats().records]).toEqual([null, 0]);
      await apply(store, next('OLD', 4, state(5, { parent: h('M') })));
      expect(await store.get(h('OLD'))).toMatchObject({ revision: 5, createdAt: LONG_AGO, parent: h('M') });
      expect(await store.children(h('M'), null, 10)).toEqual([h('OLD')]);
      const history = await store.history(h('OLD'), 100, 10);
      expect(history.map(({ revision, record }) => [revision, record?.revision ?? null])).toEqual([
        [4, null],
        [3, 3],
        [2, 2],
        [1, 1],
      ]);
      expect(history.map(({ replacedAt }) => replacedAt)).toEqual([5, 4, 3, 2].map((day) => LONG_AGO + day * DAY_MS));
      const entries = (await store.changes(1, 10)).flatMap((row) => row.entries.map(({ action }) => action));
      expect(entries).toEqual(['updated', 'deleted', 'created']);
      await close();
    });

    it('may come before its parent, and inherits when that has come', async () => {
      const { store, close } = await open();
      await apply(store, preserve(h('ITEM'), state(1, { parent: h('MODEL') })));
      expect(await store.get(h('ITEM'))).toMatchObject({ parent: h('MODEL') });
      expect([await store.get(h('MODEL')), await store.state(h('MODEL'))]).toEqual([null, null]);
      expect((await store.states(P, null, 10)).map(({ handle }) => handle)).toEqual([h('ITEM')]);
      await apply(store, preserve(h('MODEL'), state(2)));
      expect(await store.get(h('MODEL'))).toMatchObject({ revision: 2 });
      expect(await store.children(h('MODEL'), null, 10)).toEqual([h('ITEM')]);
      await close();
    });

    it('is refused if its chain of parents is too long, goes round or leaves the prefix', async () => {
      const { store, close } = await open();
      const chain = ['D1', 'D2', 'D3', 'D4'].map((suffix, i) =>
        preserve(h(suffix), state(1, { parent: i === 0 ? null : h(`D${i}`) })),
      );
      await apply(store, ...chain);
      const { outcomes } = await commit(
        store,
        preserve(h('D5'), state(1, { parent: h('D4') })),
        preserve(h('X'), state(1, { parent: h('X') })),
        preserve(h('Y'), state(1, { parent: h('Z', '88.118.9') })),
      );
      expect(words(outcomes)).toEqual(['INVALID_PARENT', 'INVALID_PARENT', 'INVALID_PARENT']);
      await close();
    });
  });

  describe('everything there is', () => {
    it('is listed by prefix and suffix, whatever came first, deleted ones too', async () => {
      const { store, close } = await open();
      await apply(store, put(h('B', '88.118.2')), put(h('Z')), put(h('A')), put(h('桌')));
      await apply(store, remove(h('A'), 1));
      expect(await store.prefixes()).toEqual(['88.118.10023', '88.118.2']);
      const states = await store.states(P, null, 10);
      expect(states.map(({ handle, revision, record }) => [handle, revision, record === null])).toEqual([
        [h('A'), 2, true],
        [h('Z'), 1, false],
        [h('桌'), 1, false],
      ]);
      expect((await store.states(P, h('A'), 1)).map(({ handle }) => handle)).toEqual([h('Z')]);
      expect(await store.states('88.118.3' as Prefix, null, 10)).toEqual([]);
      await close();
    });
  });

  describe('an enterprise, principal or key from another node', () => {
    it('keeps its revision and instants, and goes on from there', async () => {
      const { store, close } = await open();
      const preserved = { revision: 4, createdAt: LONG_AGO, updatedAt: LONG_AGO + 5 };
      const enterprise = {
        prefix: P,
        name: 'Works',
        state: 'active',
        hosting: 'here',
        contact: null,
        quota: null,
        holder: null,
      } as const;
      await apply(store, { kind: 'put-enterprise', expectedRevision: 0, enterprise, preserved });
      expect(await store.enterprise(P)).toEqual({ ...enterprise, ...preserved });
      expect(await apply(store, { kind: 'put-enterprise', expectedRevision: 4, enterprise })).toEqual([5]);
      expect(await store.enterprise(P)).toMatchObject({ createdAt: LONG_AGO, updatedAt: NOON });
      await close();
    });
  });
}
