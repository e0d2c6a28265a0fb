import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, expect, test } from 'vitest';
import { keepLotKeys, readLotKeys } from '../../src/app/lot-key.ts';
import type { Lot } from '../../src/domain/lot.ts';
import { lotDraft } from '../store/world.ts';

const directory = mkdtempSync(join(tmpdir(), 'jiabiao-lot-key-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const lines: string[] = [];
const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
const withLots = (...secrets: (string | null)[]) => ({
  lots: () => secrets.map((sealedSecret) => ({ ...lotDraft('a'), sealedSecret }) as Lot),
});
const keep = (name: string, more: Partial<Parameters<typeof keepLotKeys>[0]> = {}) =>
  keepLotKeys({
    file: join(directory, name),
    store: withLots(),
    isReadOnly: false,
    othersHaveOne: false,
    log,
    ...more,
  });

test('the first start makes a key that its owner alone reads, and later ones keep it', async () => {
  const [key] = await keep('deep/lot.key');
  const file = join(directory, 'deep/lot.key');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).toBe(`${key?.toString('hex')}\n`);
  expect(await keep('deep/lot.key')).toEqual([key]);
  expect(await keep('other.key', { store: withLots(null) })).not.toEqual([key]);
});

test('no key is made while lots wait for the one that is missing, which the log says', async () => {
  expect(await keep('lost.key', { store: withLots(null, 'sealed') })).toEqual([]);
  expect(() => statSync(join(directory, 'lost.key'))).toThrow();
  expect(lines.join('')).toContain('the key of lots is missing');
});

test('no key is made for a store that takes no writes', async () => {
  expect(await keep('read-only.key', { isReadOnly: true })).toEqual([]);
  expect(() => statSync(join(directory, 'read-only.key'))).toThrow();
});

test('a file may hold several keys, in order, with remarks', () => {
  const file = join(directory, 'several.key');
  writeFileSync(file, `${'ab'.repeat(32)}\n# of the node in Guzhen\n\n${'cd'.repeat(32)}\n`);
  expect(readLotKeys(file).map((key) => key.toString('hex'))).toEqual(['ab'.repeat(32), 'cd'.repeat(32)]);
  expect(readLotKeys(join(directory, 'none'))).toEqual([]);
});

test.each([
  ['', /holds no key/],
  ['abc', /key 1 is not 64/],
  [`${'ab'.repeat(32)}\nxyz`, /key 2 is not 64/],
])('a file with %j is refused, and its keys are not shown', (text, expected) => {
  const file = join(directory, 'bad.key');
  writeFileSync(file, text);
  expect(() => readLotKeys(file)).toThrow(expected);
  expect(() => readLotKeys(file)).not.toThrow(/abab/);
});
