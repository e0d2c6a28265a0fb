// Files of other systems through the ordinary import command: into a node, with a report, again without a change.

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { servedHere } from './served.ts';

const { directory, jiabiao, fileOf } = servedHere('--store', 'memory');

beforeAll(async () => {
  await jiabiao('enterprise', 'create', '--prefix', '88.118.1', '--name', 'Works', '--state', 'active');
});

const value = { index: 2000, type: 'NAME', data: { format: 'string', value: '椅子' } };

describe('a file of another system', () => {
  test.each([
    [
      'handle-batch',
      '88.118.1/BATCH',
      'CREATE 88.118.1/BATCH\n100 HS_ADMIN 86400 1110 ADMIN 300:111111111111:0.NA/88.118\n2000 NAME 86400 1110 UTF8 椅子\n',
    ],
    [
      'handle-json',
      '88.118.1/JSON',
      JSON.stringify({
        responseCode: 1,
        handle: '88.118.1/JSON',
        values: [{ ...value, ttl: 60, timestamp: '2020-01-01T00:00:00Z' }],
      }),
    ],
    [
      'snms',
      '88.118.1/SNMS',
      JSON.stringify({
        status: 1,
        message: 'success',
        data: { handle: '88.118.1/SNMS', templateVersion: 'V1', value: [value] },
      }),
    ],
  ])('is registered, and again changes nothing: %s', async (format, handle, content) => {
    const file = fileOf(`${format}.txt`, content);
    expect(await jiabiao('import', file, '--format', format, '--dry-run')).toMatchObject({ code: 0 });
    expect(await jiabiao('import', file, '--format', format)).toMatchObject({ code: 0, stdout: '1 created\n' });
    expect(await jiabiao('import', file, '--format', format)).toMatchObject({ code: 0, stdout: '1 unchanged\n' });
    expect((await jiabiao('resolve', handle)).stdout).toContain('椅子');
  });

  test('has its faults in the report, each with its line', async () => {
    const file = fileOf(
      'faults.txt',
      'CREATE 88.118.1/OK\n1 URL 86400 1110 UTF8 x\n\nCREATE 88.118.1/BAD\n2 KEY 86400 1110 FILE k.bin\n',
    );
    const done = await jiabiao('import', file, '--format', 'handle-batch', '--report', directory.file('report.csv'));
    expect(done).toMatchObject({ code: 3, stdout: '1 created, 1 refused\n' });
    const [, bad] = readFileSync(directory.file('report.csv'), 'utf8').split('\r\n');
    expect(bad).toMatch(/^4,line 5,88\.118\.1\/BAD,INVALID_VALUE,/);
  });

  test('keeps its instants where it has them, and says so where it has none', async () => {
    const line = { handle: '88.118.1/KEPT', values: [{ ...value, ttl: 60, timestamp: '2020-01-01T00:00:00Z' }] };
    const file = fileOf('kept.txt', JSON.stringify(line));
    expect(await jiabiao('import', file, '--format', 'handle-json', '--preserve')).toMatchObject({
      code: 0,
      stdout: '1 created\n',
    });
    expect(await jiabiao('import', file, '--format', 'handle-json', '--preserve')).toMatchObject({
      code: 0,
      stdout: '1 unchanged\n',
    });
    const resolved = await jiabiao('resolve', '88.118.1/KEPT', '--json');
    expect(JSON.parse(resolved.stdout)).toMatchObject({ values: [{ timestamp: '2020-01-01T00:00:00Z' }] });
    const snms = await jiabiao('import', file, '--format', 'snms', '--preserve');
    expect(snms).toMatchObject({ code: 2, stderr: expect.stringContaining('carries no instants') });
    expect((await jiabiao('import', file, '--preserve', '--dry-run')).code).toBe(2);
  });
});
