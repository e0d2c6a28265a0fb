// `jiabiao recall`, `recall lift`, `children` and `search` against a node.

import { beforeAll, describe, expect, test } from 'vitest';
import { servedHere } from './served.ts';

const { jiabiao, enterprise } = servedHere('--store', 'memory');
let prefix: string;

beforeAll(async () => {
  prefix = await enterprise();
});

describe('recall, and children', () => {
  test('show on what inherits, until the recall is lifted', async () => {
    const [batch, item] = [`${prefix}/R-BATCH`, `${prefix}/R 1?`];
    await jiabiao('register', batch, '--value', '2000:BATCH=7');
    await jiabiao('register', item, '--parent', batch);
    const words = ['--reason', '报告 118', '--notice', '请停止使用 stop'];
    expect(await jiabiao('recall', batch, ...words)).toMatchObject({
      code: 0,
      stdout: `${batch}  updated  revision 2\n`,
    });
    expect((await jiabiao('recall', batch, ...words)).stdout).toContain('unchanged  revision 2');
    expect((await jiabiao('resolve', item)).stdout).toContain('RECALL  请停止使用 stop');
    expect(await jiabiao('children', batch)).toMatchObject({ code: 0, stdout: `${item}  active\n`, stderr: '' });
    expect(await jiabiao('children', item)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining(`Nothing inherits from ${item} directly.`),
    });
    expect((await jiabiao('history', batch)).stdout).toContain('recalled  by');
    expect((await jiabiao('recall', 'lift', batch, '--if-match', '1')).code).toBe(1);
    expect((await jiabiao('recall', 'lift', batch, '--dry-run')).stdout).toContain('updated');
    expect((await jiabiao('resolve', item)).stdout).toContain('RECALL');
    expect((await jiabiao('recall', 'lift', batch)).stdout).toContain('updated  revision 3');
    expect((await jiabiao('resolve', item)).stdout).not.toContain('RECALL');
    expect((await jiabiao('recall', batch, '--reason', 'no notice')).code).toBe(2);
  });
});

describe('search', () => {
  test('finds by code and by time, in lines or as JSON', async () => {
    for (const suffix of ['S-1', 'S-10', 'T-1']) await jiabiao('register', `${prefix}/${suffix}`);
    const asked = ['search', '--prefix', prefix];
    expect((await jiabiao(...asked, '--code', 'S-1')).stdout).toBe(`${prefix}/S-1  active\n`);
    expect((await jiabiao(...asked, '--code', 'S-', '--begins', '--limit', '1')).stdout).toBe(
      `${prefix}/S-1  active\n`,
    );
    const json = JSON.parse((await jiabiao(...asked, '--code', 'S-', '--begins', '--json')).stdout);
    expect(json.map(({ handle }: { handle: string }) => handle)).toEqual([`${prefix}/S-1`, `${prefix}/S-10`]);
    const none = await jiabiao(...asked, '--created-to', '2020-01-01T00:00:00Z');
    expect(none).toMatchObject({ code: 0, stdout: '', stderr: 'Nothing is found.\n' });
    expect((await jiabiao(...asked, '--element', 'NO_SUCH=x')).stderr).toContain(
      'their template marks them searchable',
    );
    expect((await jiabiao(...asked, '--element', 'SKU')).code).toBe(2);
    // The operator's key is bound to no prefix.
    expect((await jiabiao('search', '--code', 'S-1')).stderr).toContain('name the prefix');
  });
});
