// `jiabiao serve` as an operator runs it: a process on a store in a directory, ended by signals.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { start as command, newDirectory, run, type ServingNode, serve } from './command-line.ts';

// Processes and threads start slowly when all tests run at once.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const directories: ReturnType<typeof newDirectory>[] = [];
const running: ServingNode[] = [];

afterEach(async () => {
  for (const node of running.splice(0)) await node.end('SIGKILL');
  for (const directory of directories.splice(0)) directory.remove();
});

function emptyDirectory(): string {
  const directory = newDirectory();
  directories.push(directory);
  return directory.path;
}

async function start(data: string, ...args: string[]): Promise<ServingNode> {
  const node = await serve(['--data', data, '--workers', '2', ...args]);
  running.push(node);
  return node;
}

test('the demo loads once, and a second start finds it unchanged', async () => {
  const data = emptyDirectory();
  const first = await start(data, '--demo');
  const demo = first.introduction.demo as { enterprises: unknown[]; created: number; unchanged: number };
  expect(demo.enterprises).toHaveLength(3);
  expect(demo.created).toBeGreaterThan(900);
  const resolved = await run(['resolve', '88.118.10001/SOFA-N301.2608A.0001', '--url', first.url]);
  expect(resolved.stdout).toContain('北欧三人布艺沙发');
  expect((await first.end('SIGTERM')).code).toBe(0);

  const second = await start(data, '--demo');
  expect(second.introduction.demo).toMatchObject({ created: 0, changed: 0 });
  expect((await second.end('SIGINT')).code).toBe(0);
});

test('the first operator key goes to a file and, without a terminal, nowhere else', async () => {
  const data = emptyDirectory();
  const node = await start(data);
  const token = readFileSync(node.operatorKeyFile, 'utf8').trim();
  expect(token).toMatch(/^jb_/);
  expect(statSync(node.operatorKeyFile).mode & 0o777).toBe(0o600);
  const { stdout, stderr } = await node.end('SIGTERM');
  expect(stdout + stderr).not.toContain(token);
});

test('a later start says where that key is, or that it is not there', async () => {
  const data = emptyDirectory();
  const introduction = async (): Promise<string> => {
    const node = command(['serve', '--port', '0', '--workers', '1', '--data', data]);
    let text = '';
    for await (const chunk of node.stdout ?? []) {
      text += chunk;
      if (text.includes('Stop it')) node.kill('SIGTERM');
    }
    return text;
  };
  const file = join(data, 'operator.key');
  expect(await introduction()).toContain(`The first operator key is in ${file}.`);
  expect(await introduction()).toContain(`The operator key of the first start is in ${file}.`);
  rmSync(file);
  expect(await introduction()).toContain(`is not in ${file}: it is where that was`);
});

test('a node that is started without the key of its lots answers, and says what it lacks', async () => {
  const data = emptyDirectory();
  const node = await start(data);
  const ask = (...args: string[]) => run(['--url', node.url, '--key-file', node.operatorKeyFile, ...args]);
  await ask('enterprise', 'create', '--name', 'Oak', '--prefix', '88.118.10004', '--state', 'active');
  const shape = ['--head', 'OAK-', '--width', '4', '--from', '1', '--to', '9'];
  expect(await ask('lot', 'create', '--prefix', '88.118.10004', ...shape)).toMatchObject({ code: 0 });
  await node.end('SIGTERM');
  rmSync(join(data, 'lot.key'));
  const later = await start(data);
  const readiness = (await (await fetch(`${later.url}/readyz`)).json()) as { status: string; reasons: string[] };
  expect(readiness.status).toBe('degraded');
  expect(readiness.reasons.join()).toContain('The key of lots is missing');
});

test('a second node on the same directory or port is refused with a sentence and no stack', async () => {
  const data = emptyDirectory();
  const node = await start(data);
  const onStore = await run(['serve', '--port', '0', '--data', data]);
  expect(onStore).toMatchObject({ code: 1, stdout: '' });
  expect(onStore.stderr).toContain(data);
  expect(onStore.stderr).not.toContain('    at ');
  const onPort = await run(['serve', '--port', new URL(node.url).port, '--data', emptyDirectory()]);
  expect(onPort).toMatchObject({ code: 2, stdout: '' });
  expect(onPort.stderr).toContain('another program has it');
  expect((await fetch(`${node.url}/readyz`)).status).toBe(200);
});

test('wrong settings are refused before anything is opened', async () => {
  const data = emptyDirectory();
  const done = await run(['serve', '--data', data, '--port', 'eighty', '--workers', '0', '--host', '0.0.0.0']);
  expect(done.code).toBe(2);
  for (const flag of ['--port', '--workers']) expect(done.stderr).toContain(flag);
  expect((await run(['serve', '--data', data, '--host', '0.0.0.0'])).stderr).toContain('allowPlainHttp');
  expect((await run(['serve', '--config', '/nowhere/x.json'])).stderr).toContain('/nowhere/x.json');
});

test('a node that npm started stops when the shell between them is ended', async () => {
  const data = emptyDirectory();
  const script = `"${process.execPath}" src/cli/main.ts serve --json --port 0 --data "${data}" --log-level info; :`;
  const environment = { ...process.env, npm_lifecycle_event: 'start' };
  const shell = spawn('sh', ['-c', script], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  shell.stderr.on('data', (chunk) => {
    log += chunk;
  });
  await once(shell.stdout, 'data');
  shell.kill('SIGTERM');
  // The pipe closes when its last writer, the node, has ended.
  await once(shell.stderr, 'close');
  expect(log).toContain('"stopped"');
});
