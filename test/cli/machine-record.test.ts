// Commands on a store leave a line for the audit trail, which the node takes in whether or not it ran meanwhile.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { newDirectory, runHere, serve } from './command-line.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

function trailOf(store: string): { kind: string; subject: string; detail: Record<string, unknown> }[] {
  const logs = join(store, 'logs');
  const names = readdirSync(logs).filter((name) => name.startsWith('audit-'));
  const text = names.map((name) => readFileSync(join(logs, name), 'utf8')).join('');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('backup, export and restore are in the trail of the store they concern', async () => {
  const directory = newDirectory();
  const store = directory.file('store');
  const node = await serve(['--data', store]);
  const key = directory.file('backup.key');
  const copy = directory.file('copy.backup');
  await runHere(['backup-key', key]);
  expect((await runHere(['backup', copy, '--backup-key', key, '--store', store])).code).toBe(0);
  await node.end('SIGTERM');
  expect(trailOf(store).at(-1)).toMatchObject({
    kind: 'backup-made',
    subject: copy,
    detail: { records: 0, user: expect.stringMatching(/./) },
  });

  const lines = directory.file('lines.ndjson');
  expect((await runHere(['export', '--out', lines, '--store', store])).code).toBe(0);
  // What fails leaves no file that could be taken for an export, or be in the way of the next.
  const future = directory.file('future.ndjson');
  const failed = await runHere(['export', '--since', '99', '--out', future, '--store', store]);
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('begin with a full export') });
  expect(existsSync(future)).toBe(false);
  // Nor is what stands under its name touched.
  const before = readFileSync(lines);
  expect((await runHere(['export', '--out', lines, '--store', store])).code).toBe(2);
  expect(readFileSync(lines)).toEqual(before);
  const into = directory.file('restored');
  expect((await runHere(['restore', copy, '--into', into, '--backup-key', key])).code).toBe(0);
  expect(existsSync(join(into, 'logs'))).toBe(true);
  for (const path of [store, into]) await (await serve(['--data', path])).end('SIGTERM');
  expect(trailOf(store).filter(({ kind }) => kind === 'registry-exported')).toMatchObject([{ subject: lines }]);
  expect(trailOf(into).filter(({ kind }) => kind === 'registry-restored')).toMatchObject([{ subject: copy }]);
  for (const path of [store, into]) {
    expect((await runHere(['audit', 'verify', '--directory', join(path, 'logs')])).code).toBe(0);
  }
  directory.remove();
});
