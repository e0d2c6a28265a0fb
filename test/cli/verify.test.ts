// What `verify` says of a sound store: every identifier that was issued, codes of lots among them.

import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openLmdb } from '../store/lmdb-world.ts';
import { apply, h, lot, put, temporaryDirectory } from '../store/world.ts';
import { runHere } from './command-line.ts';

const place = temporaryDirectory();
afterAll(() => place.remove());

test('identifiers are counted with the codes of lots, once each', async () => {
  const path = join(place.path, 'store');
  const { store, close } = await openLmdb(path);
  await apply(store, lot('a', { from: 1, to: 1000 }), put(h('SOFA-0002')), put(h('CHAIR')));
  await close();
  const { code, stdout } = await runHere(['verify', '--store', path]);
  expect(code).toBe(0);
  expect(stdout).toContain('is sound: 1001 identifiers, 999 of them only in lots, 1 log rows');
  const { stdout: told } = await runHere(['verify', '--store', path, '--json']);
  expect(JSON.parse(told)).toMatchObject({ isSound: true, issued: 1001, records: 2 });
});
