// Records that are asked for one by one and read many at a time: each answer goes to who asked for it.

import { describe, expect, it } from 'vitest';
import { openPostgres, postgres } from './postgres-world.ts';
import { apply, h, P, put, remove, text } from './world.ts';

describe('records asked for in one turn', () => {
  it('come each to who asked for it, whatever their prefix, some of them twice and some of them nowhere', async () => {
    const { store, close } = await openPostgres();
    const other = h('A', '88.118.2');
    await apply(store, put(h('A'), 0, { values: [text(1, 'ours')] }), put(other, 0, { values: [text(1, 'theirs')] }));
    await apply(store, put(h('M')), put(h('GONE')));
    await apply(store, put(h('CHILD'), 0, { parent: h('M') }), remove(h('GONE'), 1));
    const asked = [h('A'), h('NEVER'), other, h('CHILD'), h('GONE'), h('A')];
    const found = await Promise.all(asked.map((handle) => store.get(handle)));
    expect(found.map((record) => record?.handle ?? null)).toEqual([h('A'), null, other, h('CHILD'), null, h('A')]);
    expect(found.map((record) => record?.values[0]?.data ?? null)).toEqual([
      'ours',
      null,
      'theirs',
      null,
      null,
      'ours',
    ]);
    expect(found[3]?.parent).toBe(h('M'));
    await close();
  });

  it('are found under names that a list of texts cannot hold as they are', async () => {
    const { store, close } = await openPostgres();
    const names = ['say "A"', '{1,2},NULL', 'C:\\x41', '\\x41', "it's", '红木椅', '%s', 'a'.repeat(900)].map((name) =>
      h(name),
    );
    await apply(store, ...names.map((name) => put(name, 0, { values: [text(1, name)] })));
    const found = await Promise.all([...names, h('A'), h('C:A')].map((name) => store.get(name)));
    expect(found.map((record) => record?.handle ?? null)).toEqual([...names, null, null]);
    const many = await store.getMany(names);
    expect(many.map((record) => record?.handle)).toEqual(names);
    await close();
  });

  it('fail alone where what is stored cannot be read', async () => {
    const { store, schema, close } = await openPostgres();
    await apply(store, put(h('A')), put(h('B')));
    const { query } = await postgres();
    const damage = `UPDATE ${schema}.records SET body = '\\x7f' WHERE prefix = $1 AND suffix = $2`;
    await query(damage, [P, Buffer.from('B')]);
    const [sound, damaged] = await Promise.allSettled([store.get(h('A')), store.get(h('B'))]);
    expect(sound).toMatchObject({ status: 'fulfilled', value: { handle: h('A') } });
    expect(damaged).toMatchObject({ status: 'rejected', reason: { code: 'STORE_FORMAT' } });
    await close();
  });
});
