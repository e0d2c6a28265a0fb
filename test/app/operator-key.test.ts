import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writeOperatorKey } from '../../src/app/operator-key.ts';

const directory = mkdtempSync(join(tmpdir(), 'jiabiao-key-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const now = Date.UTC(2026, 5, 1, 8, 30);

test('the first operator key is readable by its owner alone, in directories made on the way', () => {
  const file = join(directory, 'new', 'deep', 'operator.key');
  expect(writeOperatorKey(file, 'jb_secret', now)).toBeNull();
  expect(readFileSync(file, 'utf8')).toBe('jb_secret\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a key that stands there is kept under another name', () => {
  const file = join(directory, 'operator.key');
  writeFileSync(file, 'jb_older\n');
  const kept = writeOperatorKey(file, 'jb_newer', now);
  expect(kept).toBe(`${file}.2026-06-01T08-30-00-000Z`);
  expect(readFileSync(kept ?? '', 'utf8')).toBe('jb_older\n');
  expect(readFileSync(file, 'utf8')).toBe('jb_newer\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a place that cannot be written is named', () => {
  const blocked = join(directory, 'file');
  writeFileSync(blocked, '');
  expect(() => writeOperatorKey(join(blocked, 'operator.key'), 'jb_x', now)).toThrow(/operator\.key: /);
  expect(readdirSync(directory)).toContain('file');
});
