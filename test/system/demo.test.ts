// The first minute of a new user: what `npm start -- --demo` prints works when it is pasted into a shell.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { freePort, type RunningNode, startNode, temporaryDirectory } from './node.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const INTRODUCED = 'Stop it with Ctrl-C';
const READMES = ['README.md', 'README.zh-CN.md'].map((name) => readFileSync(join(ROOT, name), 'utf8'));
const run = promisify(execFile);

it('prints curl lines that work when pasted', { timeout: 60_000 }, async () => {
  const directory = temporaryDirectory();
  const node = await startNode({ directory: directory.path, port: await freePort(), arguments: ['--demo'] });
  const lines = await curlLinesOf(node);
  expect(lines.length).toBeGreaterThanOrEqual(3);
  for (const line of lines) {
    const { stdout } = await run('bash', ['-c', line], { cwd: ROOT });
    expect(stdout, line).not.toBe('');
    expect(stdout, line).not.toMatch(/"code":/);
    const responseCodes = Array.from(stdout.matchAll(/"responseCode":\s*(\d+)/g), ([, code]) => code);
    expect(responseCodes.filter((code) => code !== '1' && code !== '100')).toEqual([]);
    const asAtHome = line.replaceAll(node.url, 'http://127.0.0.1:8000').replaceAll(directory.path, 'data');
    for (const readme of READMES) expect(readme).toContain(asAtHome);
  }
  expect(await node.stop()).toBe(0);

  const metricsPort = String(await freePort());
  const again = await startNode({
    directory: directory.path,
    port: await freePort(),
    arguments: ['--demo'],
    settings: { HTTP__METRICS_PORT: metricsPort },
  });
  expect((await curlLinesOf(again)).at(-1)).toContain(`http://127.0.0.1:${metricsPort}/metrics`);
  expect(again.output()).toContain(`browse    ${again.url}/docs`);
  expect(again.output()).toContain(`watch     http://127.0.0.1:${metricsPort}/metrics`);
  expect(again.output()).toMatch(/0 created, 0 changed/);
  expect(await again.stop()).toBe(0);
  directory.remove();
});

async function curlLinesOf(node: RunningNode): Promise<readonly string[]> {
  await node.says(INTRODUCED);
  return node
    .output()
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('curl '));
}
