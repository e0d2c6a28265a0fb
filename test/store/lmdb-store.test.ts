// The LMDB store keeps the contract of stores: in the thread that writes, and as another thread has it.

import { open } from 'lmdb';
import { describe, expect, it } from 'vitest';
import { chinaDayOf } from '../../src/domain/china-day.ts';
import { MAX_STATISTICS_PREFIXES } from '../../src/domain/limits.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import { openLmdbReader } from '../../src/store/lmdb-reader.ts';
import type { StatisticsCursor, StatisticsPage } from '../../src/store/registry-store.ts';
import { describeStore } from './contract.ts';
import { openLmdb, openLmdbWithReader } from './lmdb-world.ts';
import { apply, h, NOON, P, put, temporaryDirectory, text } from './world.ts';

describeStore('the LMDB store', openLmdb);
describeStore('the LMDB store of a thread that reads', openLmdbWithReader);

describe('an LMDB store that is opened again', () => {
  it('has everything, and goes on counting where it stopped', async () => {
    const directory = temporaryDirectory();
    const first = await openLmdb(directory.path);
    const values = [text(2000, '一'), text(2001, 'x')];
    await apply(first.store, put(h('A'), 0, { values }), put(h('B'), 0, { parent: h('A'), template: h('META_1') }));
    const before = await first.store.getMany([h('A'), h('B')]);
    await first.store.close();

    const { store } = await openLmdb(directory.path);
    expect(await store.getMany([h('A'), h('B')])).toEqual(before);
    expect(await apply(store, put(h('A'), 1), put(h('C'), 0, { parent: h('B') }))).toEqual([2, 1]);
    expect(await store.children(h('B'), null, 10)).toEqual([h('C')]);
    expect((await store.changes(0, 10)).map((row) => row.sequence)).toEqual([1, 2]);
    expect(await store.counts(P)).toMatchObject({ live: 3 });
    expect(store.stats()).toMatchObject({ records: 3, sequence: 2, readOnlyReason: null });
    await store.close();
    directory.remove();
  });

  it('does not let the log step back in time while the clock has', async () => {
    const directory = temporaryDirectory();
    const first = await openLmdb(directory.path);
    await apply(first.store, put(h('A')));
    await first.store.close();
    const second = await openLmdb(directory.path);
    second.clock.nowMs -= 3_600_000;
    await apply(second.store, put(h('B')));
    const [before, after] = await second.store.changes(0, 10);
    expect(after?.at).toBe(before?.at);
    await second.store.close();
    directory.remove();
  });

  it('reads an enterprise that was stored before prefixes had holders', async () => {
    const { path, store, close } = await openLmdb();
    const root = open({ path, noSubdir: false, maxDbs: 20, encoding: 'binary', keyEncoding: 'binary' });
    const enterprises = root.openDB({ name: 'enterprises', encoding: 'binary', keyEncoding: 'binary' });
    const old = { version: 1, prefix: '88.118.1', name: '中山家具', state: 'active', hosting: 'here', revision: 1 };
    await enterprises.put(Buffer.from('88.118.1') as never, Buffer.from(JSON.stringify(old)));
    await root.close();
    expect(await store.enterprise('88.118.1' as Prefix)).toMatchObject({ name: '中山家具', holder: null });
    expect(await store.enterprises(null, 10)).toMatchObject([{ holder: null }]);
    await close();
  });

  it('finishes what was begun before it closes', async () => {
    const directory = temporaryDirectory();
    const first = await openLmdb(directory.path);
    const begun = Promise.all(Array.from({ length: 50 }, (_, i) => apply(first.store, put(h(`A${i}`)))));
    await first.store.close();
    await begun;
    const second = await openLmdb(directory.path);
    expect(second.store.stats().records).toBe(50);
    await second.store.close();
    directory.remove();
  });
});

describe('a damaged record', () => {
  it('is refused to those who read or write it, and harms nobody else', async () => {
    const { path, store, visibleEpoch, close } = await openLmdb();
    await apply(store, put(h('A')), put(h('B')));
    // Past the store: another handle on the same file, in the same process.
    const root = open({ path, noSubdir: false, maxDbs: 20, encoding: 'binary', keyEncoding: 'binary' });
    const records = root.openDB({ name: 'records', encoding: 'binary', keyEncoding: 'binary' });
    await records.put(Buffer.from('\x00\x00\x00\x01A', 'latin1') as never, Buffer.from('\x09damaged'));
    await root.close();

    const damaged = { code: 'STORE_FORMAT', message: expect.stringMatching(/damaged/) };
    const waiting = ['A', 'B', 'C'].map((name) => apply(store, put(h(name), name === 'C' ? 0 : 1)));
    const [a, b, c] = await Promise.allSettled(waiting);
    expect(a).toMatchObject({ status: 'rejected', reason: damaged });
    expect([b, c]).toMatchObject([{ value: [2] }, { value: [1] }]);
    const reader = openLmdbReader({ path, visibleEpoch, committer: store });
    expect(() => reader.get(h('A'))).toThrow(expect.objectContaining(damaged));
    expect((await reader.get(h('B')))?.revision).toBe(2);
    expect(await apply(store, put(h('D')))).toEqual([1]);
    expect((await store.changes(0, 10)).map((row) => row.sequence)).toEqual([1, 2, 3, 4]);
    await reader.close();
    await close();
  });
});

it('shows statistics of more prefixes than a page looks at, each row once', async () => {
  const { store, writer, close } = await openLmdb();
  const prefixes = Array.from({ length: MAX_STATISTICS_PREFIXES + 500 }, (_, i) => `88.118.${10_000 + i}` as Prefix);
  const day = chinaDayOf(NOON);
  const counts = [1, 0, 0, 0, 0];
  await writer.addResolutions(
    prefixes.map((prefix) => ({ day: prefix.endsWith('0') ? day : day - 400, prefix, counts })),
  );
  const seen: (string | null)[] = [];
  let pages = 0;
  for (let after: StatisticsCursor | null = null; pages === 0 || after !== null; pages++) {
    const query = { prefix: null, fromDay: '2026-03-01', toDay: '2026-03-01', after, limit: 1000 };
    const page: StatisticsPage = await store.statistics(query);
    seen.push(...page.rows.map(({ prefix }) => prefix));
    after = page.next;
  }
  expect(seen).toEqual(prefixes.filter((prefix) => prefix.endsWith('0')));
  expect(pages).toBe(2);
  await close();
});
