// Rows that are registered between others, as items are whose batches came first, take hardly more room than in order.

import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import type { Change } from '../../src/domain/change.ts';
import { openEnvironment } from '../../src/store/lmdb-environment.ts';
import { verifyStore } from '../../src/store/verify-store.ts';
import { damage } from './damage.ts';
import { openLmdbWithReader } from './lmdb-world.ts';
import { h, LOT_TAGS, put, request, temporaryDirectory, text, words } from './world.ts';

const ITEMS = 12_000;
const directories: { remove(): void }[] = [];
let path: string;
beforeEach(() => {
  const directory = temporaryDirectory();
  directories.push(directory);
  path = directory.path;
});
afterAll(() => {
  for (const directory of directories) directory.remove();
});

const batch = (i: number): Change => put(h(`B${1000 + i}`), 0, { values: [text(2000, 'batch')] });
const item = (i: number, size: number): Change => {
  const parent = h(`B${1000 + Math.floor(i / size)}`);
  return put(h(`${parent.slice(parent.indexOf('/') + 1)}.${100_000 + i}`), 0, {
    parent,
    values: [text(2001, `SN${i}`)],
  });
};

/** Commits of a thousand rows, as an import's calls are. */
async function load(changes: readonly Change[]): Promise<number> {
  const { store, close } = await openLmdbWithReader(path);
  for (let at = 0; at < changes.length; at += 1000) {
    const { outcomes } = await store.commit(request(changes.slice(at, at + 1000)));
    expect(new Set(words(outcomes))).toEqual(new Set([1]));
  }
  await close();
  const environment = openEnvironment(path);
  const bytes = environment.tables.records.pageBytes();
  await environment.close();
  const report = await verifyStore({ path, lotTags: LOT_TAGS, maxGrowthBytes: null, progress() {} });
  expect(report.findings).toEqual([]);
  return bytes / changes.length;
}

describe('items between batches that were registered before them', () => {
  it.each([
    ['large', ITEMS / 3],
    ['small', 100],
  ])('take hardly more room than in order, in %s batches', async (_, size) => {
    const batches = Array.from({ length: Math.ceil(ITEMS / size) }, (_batch, i) => batch(i));
    const items = Array.from({ length: ITEMS }, (_item, i) => item(i, size));
    const between = await load([...batches, ...items]);
    path = `${path}/sorted`;
    const sorted = await load(batches.flatMap((one, i) => [one, ...items.slice(i * size, (i + 1) * size)]));
    expect(between / sorted).toBeLessThan(1.35);
  });

  it('are registered beside a damaged record, which stays as it is', async () => {
    await load([batch(0), batch(1)]);
    const broken = '\x09broken' as ByteString;
    await damage(path, (d) => d.edit('records', d.record('B1001'), () => broken));
    const { store, close } = await openLmdbWithReader(path);
    const changes = Array.from({ length: 20 }, (_, i) => item(i, 100));
    expect(new Set(words((await store.commit(request(changes))).outcomes))).toEqual(new Set([1]));
    await close();
    await damage(path, (d) => expect(d.tables.records.get(d.record('B1001'))).toBe(broken));
  });
});
