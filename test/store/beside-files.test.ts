// Files that go into a backup beside a store: none leads out of the place where it belongs, whatever a backup says.

import { expect, it } from 'vitest';
import { decodeBeside, encodeBeside } from '../../src/store/beside-files.ts';

const content = Buffer.from('{}');
const again = (path: string): string | null => decodeBeside(encodeBeside({ path, content }))?.path ?? null;

it('come back as they were', () => {
  const file = { path: 'imports/profiles/88.118.10001/灯具 2026.json', content };
  expect(decodeBeside(encodeBeside(file))).toEqual(file);
  expect(again('imports/profiles/node/a.json')).toBe('imports/profiles/node/a.json');
});

it.each([
  'imports/profiles/../../lot.json',
  'imports/profiles/../a.json',
  'imports/profiles/./a.json',
  'imports/profiles/a.json',
  'imports/profiles/a/b/c.json',
  'imports/0mfz3k1x09f2c4a71x/job.json',
  '/imports/profiles/a/b.json',
  'imports/profiles/a/b.txt',
  'lot.key',
  '',
])('are none of another place: %s', (path) => {
  expect(again(path)).toBeNull();
});

it('are none if they end too early', () => {
  expect(decodeBeside(Buffer.alloc(0))).toBeNull();
  expect(decodeBeside(Buffer.from([0, 9, 0x61]))).toBeNull();
});
