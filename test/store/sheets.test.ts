// Many creations in the order of their handles travel to the committing thread as one sheet. Nobody can tell: a store that
// takes sheets says the same as one that was given changes, whatever stands there or comes beside them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesFromText } from '../../src/domain/bytes.ts';
import type { Change, VisibleChange } from '../../src/domain/change.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { RequestPacker, unpackRequests } from '../../src/store/commit-packing.ts';
import { openMemoryStore } from '../../src/store/memory-store.ts';
import type { CommitRequest, RegistryStore } from '../../src/store/registry-store.ts';
import { verifyStore } from '../../src/store/verify-store.ts';
import { openLmdbWithReader } from './lmdb-world.ts';
import { h, LOT_TAGS, lot, NOON, P, put, remove, request, temporaryDirectory, text, words } from './world.ts';

const SUFFIXES = Array.from({ length: 60 }, (_, i) => `${'ABC'[i % 3]}${i % 7 === 0 ? '桌' : ''}${i}`).sort((a, b) =>
  Buffer.compare(Buffer.from(a), Buffer.from(b)),
);
const HANDLES = SUFFIXES.map((suffix) => h(suffix));

interface Wish {
  readonly parent: number | null;
  readonly template: boolean;
  readonly searchable: boolean;
  readonly data: string;
}

const anyParent = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0, 1, 2) }, fc.nat({ max: HANDLES.length - 1 }));
const anyWish: fc.Arbitrary<Wish> = fc.record({
  parent: fc.option(anyParent, { freq: 3 }),
  template: fc.boolean(),
  searchable: fc.boolean(),
  data: fc.constantFrom('', 'x', '桌子', 'y'.repeat(200)),
});

function creation(handle: Handle, { parent, template, searchable, data }: Wish): Change {
  const values = [text(2000, data, { permissions: data === 'x' ? 0b1100 : 0b1110 }), text(2, data, { ttl: 5 })];
  const draft = { parent: parent === null ? null : (HANDLES[parent] as Handle), values };
  const change = put(handle, 0, { ...draft, template: template ? h('META_A') : null });
  return searchable ? ({ ...change, searchable: [2000] } as Change) : change;
}

/** Some of the handles, in order; all within one quota, or none of them. */
const anySheet: fc.Arbitrary<readonly Change[]> = fc
  .tuple(
    fc.array(fc.tuple(fc.nat({ max: HANDLES.length - 1 }), anyWish), { minLength: 16, maxLength: 60 }),
    fc.option(fc.nat({ max: 80 })),
  )
  .map(([pairs, quota]) => {
    const byPlace = new Map(pairs);
    const places = [...byPlace.keys()].sort((a, b) => a - b);
    return places
      .map((i) => creation(HANDLES[i] as Handle, byPlace.get(i) as Wish))
      .map((change) => (quota === null ? change : ({ ...change, quota } as Change)));
  });
const anyOther: fc.Arbitrary<readonly Change[]> = fc
  .array(fc.tuple(fc.nat({ max: HANDLES.length - 1 }), fc.constantFrom('create', 'update', 'delete', 'lot'), anyWish), {
    minLength: 1,
    maxLength: 3,
  })
  .map((wishes) =>
    wishes.map(([i, what, wish]) => {
      const handle = HANDLES[i] as Handle;
      if (what === 'delete') return remove(handle, 1);
      if (what === 'lot') return lot('L', { head: 'ZZ', parent: handle });
      return { ...creation(handle, wish), expectedRevision: what === 'create' ? 0 : 1 } as Change;
    }),
  );
/** Requests that are made at once. */
const anyTurn = fc.array(fc.oneof({ weight: 2, arbitrary: anySheet }, anyOther), { minLength: 1, maxLength: 4 });

async function everything(store: RegistryStore): Promise<unknown> {
  const { records, issued, sequence } = store.stats();
  const question = { prefix: P, type: bytesFromText('NAME'), value: bytesFromText(''), match: 'prefix' } as const;
  return {
    totals: { records, issued, sequence },
    states: await store.states(P, null, 1000),
    children: await Promise.all(HANDLES.map((handle) => store.children(handle, null, 100))),
    history: await Promise.all(HANDLES.map((handle) => store.history(handle, 1000, 1000))),
    changes: await store.changes(0, 1000),
    changesByPrefix: await store.changes(0, 1000, P),
    found: await store.findByValue({ ...question, after: null, limit: 1000 }),
    counts: await store.counts(P),
  };
}

describe('sheets of creations', () => {
  it('come out as the changes they were made of do', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyTurn, { minLength: 1, maxLength: 5 }), async (turns) => {
        const lmdb = await openLmdbWithReader();
        const announced: VisibleChange[] = [];
        const memory = openMemoryStore({
          lotTags: LOT_TAGS,
          clock: () => lmdb.clock.nowMs,
          onVisible: (changes) => announced.push(...changes),
        });
        lmdb.clock.nowMs = NOON;
        for (const turn of turns) {
          lmdb.clock.nowMs += 1000;
          const requests = turn.map((changes, i) => request(changes, { requestId: `r${i}` }));
          const got = await Promise.all(requests.map((one) => lmdb.store.commit(one)));
          for (const [i, one] of requests.entries()) expect(got[i]).toEqual(await memory.commit(one));
        }
        expect(lmdb.visible).toEqual(announced);
        expect(await everything(lmdb.store)).toEqual(await everything(memory));
        await lmdb.close();
      }),
      { numRuns: 60 },
    );
  });

  it('leave a sound store behind', async () => {
    const directory = temporaryDirectory();
    const { store, close } = await openLmdbWithReader(directory.path);
    const items = (from: number): Change[] =>
      Array.from({ length: 400 }, (_, i) => put(h(`ITEM-${1000 + from + 2 * i}`), 0, { parent: h('MODEL') }));
    expect(words((await store.commit(request([put(h('MODEL'))]))).outcomes)).toEqual([1]);
    // The second sheet goes between the rows of the first.
    for (const from of [0, 1]) {
      const { outcomes } = await store.commit(request(items(from)));
      expect(new Set(words(outcomes))).toEqual(new Set([1]));
    }
    expect(await store.children(h('MODEL'), null, 1000)).toHaveLength(800);
    await close();
    const report = await verifyStore({ path: directory.path, lotTags: LOT_TAGS, maxGrowthBytes: null, progress() {} });
    expect(report.findings).toEqual([]);
    directory.remove();
  });

  it('are made of creations in order, and of nothing else', () => {
    const rows = HANDLES.slice(0, 20).map((handle) => put(handle));
    const sent = (changes: readonly Change[], more: Partial<CommitRequest> = {}): boolean => {
      const packer = new RequestPacker();
      packer.add(1, request(changes, more));
      const [received] = unpackRequests(packer.take());
      expect(received?.request.changes).toEqual(changes);
      return received?.request.sheet !== undefined;
    };
    expect(sent(rows)).toBe(true);
    expect(sent(rows.slice(0, 3))).toBe(false);
    expect(sent(rows.toReversed())).toBe(false);
    expect(sent([...rows.slice(1), rows[0] as Change])).toBe(false);
    expect(sent([...rows, rows.at(-1) as Change])).toBe(false);
    const within = rows.map((change) => ({ ...change, quota: 7 }) as Change);
    expect(sent(within)).toBe(true);
    expect(sent([...rows, within.at(-1) as Change])).toBe(false);
    expect(sent([...within.slice(0, -1), rows.at(-1) as Change])).toBe(false);
    expect(sent([...rows, put(h('Z'), 1)])).toBe(false);
    expect(sent([...rows, put(h('Z'), 0, { status: 'reserved' })])).toBe(false);
    expect(sent([...rows, put(h('Z'), 0, { values: [text(1, 'x', { timestamp: 1_700_000_000 })] })])).toBe(false);
    expect(sent([...rows, put(h('Z', '88.118.10024'))])).toBe(false);
    expect(sent([...rows, remove(h('Z'), 1)])).toBe(false);
    expect(sent(rows, { idempotency: { key: 'k', bodyHash: 'b', note: 'n' } })).toBe(false);
  });
});
