// `jiabiao lot` against a real node: from the range to the label, and to a code that a scan finds or does not.

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { servedHere } from './served.ts';

const { directory, jiabiao, enterprise } = servedHere();
let prefix: string;

beforeAll(async () => {
  prefix = await enterprise();
});

const numbers = ['--width', '8', '--from', '1', '--to', '5000'] as const;

test('the key of lots is made with the store, beside it, for its owner alone', () => {
  const file = directory.file('lot.key');
  expect(readFileSync(file, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a lot is registered, its codes are printed, scanned, cut short, divided and revoked', async () => {
  const values = directory.file('lot.json');
  writeFileSync(values, JSON.stringify({ values: [{ index: 2010, type: 'SERIAL', data: 'SN {serial}' }] }));
  const created = await jiabiao('lot', 'create', '--prefix', prefix, '--head', 'N301-', ...numbers, '--file', values);
  expect(created).toMatchObject({ code: 0, stderr: '' });
  expect(created.stdout).toContain(`serials     ${prefix}/N301-00000001–00005000\n`);
  expect(created.stdout).toMatch(/tag {9}9 characters, one guess in 2,641,807,540,224 is right \(41\.2 bits\)\n/);
  expect(created.stdout).toMatch(/2010 {3}SERIAL {2}SN \{serial\}\n/);
  const id = /lot +(\S+)/.exec(created.stdout)?.[1] as string;

  const labels = directory.file('labels.csv');
  expect(await jiabiao('lot', 'codes', id, '--out', labels)).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('genuine labels'),
  });
  const lines = readFileSync(labels, 'utf8').trimEnd().split('\r\n');
  expect(lines).toHaveLength(5001);
  const code = lines[4001]?.split(',')[1] as string;
  expect((await jiabiao('resolve', code)).stdout).toContain('SN 00004001');
  expect((await jiabiao('resolve', `${code.slice(0, -1)}${code.endsWith('3') ? '4' : '3'}`)).code).toBe(4);
  expect(await jiabiao('lot', 'codes', id, '--out', labels)).toMatchObject({ code: 2 });
  expect(await jiabiao('lot', 'codes', id, '--format', 'xml')).toMatchObject({ code: 2 });

  expect((await jiabiao('lot', 'close', id, '--to', '4000')).stdout).toContain('state       closed\n');
  expect((await jiabiao('resolve', code)).code).toBe(4);
  const divided = JSON.parse((await jiabiao('lot', 'split', id, '--at', '2001', '--json')).stdout);
  expect(divided).toMatchObject({ id, to: 2000, part: { from: 2001, to: 4000, splitFrom: id } });
  const revoked = await jiabiao('lot', 'revoke', divided.part.id, '--reason', 'Wrong board');
  expect(revoked.stdout).toContain('state       revoked: Wrong board\n');
  const listed = (await jiabiao('lot', 'list', '--prefix', prefix)).stdout.split('\n');
  expect(listed.map((line) => line.replaceAll(/ {2,}/g, ' ')).slice(1, 3)).toEqual([
    `${id} ${prefix}/N301-00000001–00002000 2000 9 closed -`,
    `${divided.part.id} ${prefix}/N301-00002001–00004000 2000 9 revoked -`,
  ]);
});

test('what cannot be is refused in the words of the node', async () => {
  const bare = ['lot', 'create', '--prefix', prefix, '--head', 'B-', ...numbers, '--tag-length', '0'] as const;
  const created = await jiabiao(...bare);
  expect(created.stdout).toContain('tag         none: whoever knows one code knows all\n');
  expect(await jiabiao(...bare)).toMatchObject({ code: 1, stderr: expect.stringContaining('takes room that lot') });
  expect(await jiabiao('lot', 'create', '--prefix', prefix)).toMatchObject({ code: 2 });
  const id = /lot +(\S+)/.exec(created.stdout)?.[1] as string;
  expect((await jiabiao('lot', 'extend', id, '--to', '6000', '--if-match', '7')).stderr).toContain(
    'at revision 1, not 7',
  );
  expect((await jiabiao('lot', 'extend', id, '--to', '6000')).stdout).toContain('codes       6000\n');
  expect(await jiabiao('lot', 'show', `${prefix}:none`)).toMatchObject({ code: 4 });
  const there = join(import.meta.dirname, 'lot.test.ts');
  const over = await jiabiao('lot', 'codes', id, '--out', there);
  expect(over).toMatchObject({ code: 2, stderr: expect.stringContaining('name another file') });
});
