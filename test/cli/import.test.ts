// `jiabiao import` against a running node: files handed over, followed, listed and reported.

import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { run } from './command-line.ts';
import { servedHere } from './served.ts';

const prefix = '88.118.1';
const { directory, jiabiao, fileOf, node } = servedHere('--store', 'memory');

beforeAll(async () => {
  await jiabiao('enterprise', 'create', '--prefix', prefix, '--name', 'Works', '--state', 'active');
});

describe('import', () => {
  const row = (serial: string, name = '椅子') =>
    `{"handle":"${prefix}/${serial}","values":[{"index":2000,"type":"PRODUCT_NAME","data":"${name}"}]}`;

  test('registers every row of a file, and the same file again changes nothing', async () => {
    const file = fileOf('products.ndjson', `${row('P1')}\n${row('P2')}\n`);
    expect(await jiabiao('import', file)).toMatchObject({ code: 0, stdout: '2 created\n' });
    expect(await jiabiao('import', file)).toMatchObject({ code: 0, stdout: '2 unchanged\n' });
  });

  test('reads CSV through a mapping', async () => {
    const mapping = fileOf(
      'map.json',
      JSON.stringify({ handle: `${prefix}/{编号}`, values: [{ column: '名称', index: 2000, type: 'PRODUCT_NAME' }] }),
    );
    const file = fileOf('products.csv', '编号,名称\nC1,灯\nC2,桌\n');
    expect((await jiabiao('import', file, '--mapping', mapping, '--json')).stdout).toContain('"created":2');
    expect(await jiabiao('import', file)).toMatchObject({ code: 2, stderr: expect.stringContaining('--mapping') });
  });

  test('says why a file could not be read at all, also where there is no report to save', async () => {
    const mapping = fileOf(
      'map16.json',
      JSON.stringify({ handle: `${prefix}/{编号}`, values: [{ column: '编号', index: 2030, type: 'SERIAL' }] }),
    );
    writeFileSync(directory.file('wide.csv'), Buffer.from('\uFEFF编号\r\nW1\r\n', 'utf16le'));
    const args = [directory.file('wide.csv'), '--mapping', mapping, '--report', directory.file('wide-report.csv')];
    expect(await jiabiao('import', ...args)).toMatchObject({ code: 1, stderr: expect.stringContaining('UTF-16') });
  });

  test('goes on past bad rows, names each, and ends with code 3', async () => {
    const file = fileOf(
      'mixed.ndjson',
      `${row('M1')}\n{"handle":\n${row('M2').replace(prefix, '77.7')}\n${row('M3')}\n`,
    );
    const report = directory.file('report.csv');
    const done = await jiabiao('import', file, '--report', report);
    expect(done).toMatchObject({ code: 3, stdout: '2 created, 2 refused\n' });
    expect(done.stderr).toContain('line 2, column');
    expect(done.stderr).toContain('line 3');
    const lines = readFileSync(report, 'utf8').trim().split('\r\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/^2,.*INVALID_REQUEST,该行格式有误/);
    expect(lines[2]).toContain(',77.7/M2,NOT_RESPONSIBLE,');
  });

  test('reads a table through a saved mapping, and lists, shows and reports what was handed over', async () => {
    const mapping = fileOf('saved.json', JSON.stringify({ handle: `${prefix}/{编号}`, values: [] }));
    expect((await jiabiao('import', 'profile', 'save', '灯具', mapping)).stdout).toBe('灯具  saved\n');
    expect((await jiabiao('import', 'profile', 'list')).stdout).toBe('灯具\n');
    expect(JSON.parse((await jiabiao('import', 'profile', 'show', '灯具')).stdout)).toMatchObject({ values: [] });
    const file = fileOf('saved.csv', '编号\nV1\n\nV1\n');
    const handed = await jiabiao('import', file, '--profile', '灯具', '--no-wait');
    const id = handed.stdout.trim();
    expect(id).toMatch(/^[0-9a-z]{18}$/);
    await vi.waitFor(async () =>
      expect((await jiabiao('import', 'show', id)).stdout).toMatch(/state +done\nrows +1 created, 1 refused\n/),
    );
    expect((await jiabiao('import', 'list', '--limit', '1')).stdout).toContain('saved.csv');
    expect((await jiabiao('import', 'report', id)).stdout).toContain('\n4,');
    expect(await jiabiao('import', 'cancel', id)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is over'),
    });
    expect((await jiabiao('import', 'profile', 'delete', '灯具')).code).toBe(0);
    expect((await jiabiao('import', 'profile', 'show', '灯具')).code).toBe(4);
  });

  test('keeps everything out for one refused row, when told to stop', async () => {
    const file = fileOf('stop.ndjson', `${row('T1')}\n${row('T2').replace(prefix, '77.7')}\n`);
    const done = await jiabiao('import', file, '--on-error', 'stop');
    expect(done).toMatchObject({ code: 3, stdout: '1 refused (stopped)\n' });
    expect((await jiabiao('resolve', `${prefix}/T1`)).code).toBe(4);
  });

  test('changes nothing in a dry run', async () => {
    const file = fileOf('dry.ndjson', `${row('D1')}\n`);
    expect((await jiabiao('import', file, '--dry-run')).stdout).toBe('1 created (dry run: nothing was changed)\n');
    expect((await jiabiao('resolve', `${prefix}/D1`)).code).toBe(4);
  });

  test('reads standard input when told the format', async () => {
    const flags = ['--url', node().url, '--key-file', node().operatorKeyFile];
    const done = await run(['import', '-', '--format', 'ndjson', ...flags], { input: `${row('S1')}\n` });
    expect(done).toMatchObject({ code: 0, stdout: '1 created\n' });
    expect((await run(['import', '-', ...flags])).code).toBe(2);
  });

  test.each([
    ['a file that is not there', ['import', 'nowhere.ndjson'], 'nowhere.ndjson cannot be read'],
    ['a format that the name does not tell', ['import', 'products.xls'], '--format'],
    ['two mappings', ['import', 'p.csv', '--mapping', 'a.json', '--profile', 'b'], 'one of --mapping and --profile'],
    ['a mapping for what needs none', ['import', 'p.ndjson', '--profile', 'b'], 'needs no mapping'],
    ['a sheet of what has none', ['import', 'p.csv', '--profile', 'b', '--sheet', 'c'], 'Only a workbook (xlsx)'],
    ['a mapping that is not there', ['import', 'p.csv', '--mapping', 'nowhere.json'], 'The mapping nowhere.json'],
  ])('refuses %s', async (_, args, reason) => {
    const done = await jiabiao(...args);
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toContain(reason);
  });
});
