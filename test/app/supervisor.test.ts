// Real nodes on loopback, with real worker threads and a real store in a temporary directory.

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadConfig } from '../../src/app/config.ts';
import { createLog } from '../../src/app/logs.ts';
import { type RunningNode, startNode } from '../../src/app/supervisor.ts';
import { isHandleError } from '../../src/domain/error.ts';

// Processes and threads start slowly when all tests run at once.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const directories: string[] = [];
const nodes: RunningNode[] = [];
const log = createLog({ level: 'silent' }, 'main');

afterEach(async () => {
  for (const node of nodes.splice(0)) await node.close();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'jiabiao-node-'));
  directories.push(directory);
  return directory;
}

type Settings = Readonly<Record<string, string>>;

async function start(path: string, settings: Settings = {}): Promise<RunningNode> {
  const flags = Object.entries({
    'http.port': '0',
    'store.path': path,
    workers: '2',
    'log.level': 'silent',
    ...settings,
  });
  const config = loadConfig({ environment: {}, flags: flags.map(([name, text]) => [name, text, 'test']) });
  const node = await startNode({ config, version: '0.0.0', log, operatorKeyFile: null });
  nodes.push(node);
  return node;
}

function urlOf({ address }: RunningNode): string {
  return `http://${address.host}:${address.port}`;
}

/** A client with the first operator's key; each call has a connection of its own, so that workers take turns. */
function clientOf(node: RunningNode, token = node.firstKey?.token ?? '') {
  return (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${urlOf(node)}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, connection: 'close', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}

/** On a connection of its own: a kept one may lead to a worker that is gone. */
function getAnew(node: RunningNode, path: string): Promise<Response> {
  return fetch(`${urlOf(node)}${path}`, { headers: { connection: 'close' } });
}

async function sample(node: RunningNode, name: string): Promise<number> {
  const text = await (await getAnew(node, '/metrics')).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

/** Waits until the node says something, by asking it again and again; the test's timeout is the limit. */
async function until(question: () => Promise<boolean>): Promise<void> {
  while (!(await question())) await new Promise((resolve) => setImmediate(resolve));
}

const values = [{ index: 2000, type: 'PRODUCT_NAME', data: { format: 'string', value: '椅子' } }];

describe.each([['lmdb'], ['memory']])('a node on the %s store', (kind) => {
  test('is ready as soon as it is started, registers and resolves', async () => {
    const node = await start(newDirectory(), { 'store.kind': kind });
    const call = clientOf(node);
    expect((await call('GET', '/readyz')).status).toBe(200);
    expect((await call('GET', '/healthz')).status).toBe(200);
    const enterprise = (await (await call('POST', '/v1/enterprises', { name: '家具', state: 'active' })).json()) as {
      prefix: string;
    };
    const handle = `${enterprise.prefix}/A`;
    expect((await call('PUT', `/v1/identifiers/${handle}`, { values })).status).toBe(201);
    for (let i = 0; i < 8; i++) {
      const answer = await call('GET', `/api/handles/${handle}`);
      expect(await answer.json()).toMatchObject({ responseCode: 1, values: [{ index: 2000 }] });
    }
    expect(await sample(node, 'jiabiao_registrations_total{outcome="created"}')).toBe(1);
    expect(await sample(node, 'jiabiao_workers_listening')).toBeGreaterThan(0);
    expect(await sample(node, 'jiabiao_store_records')).toBe(1);
  });

  test('puts the first operator key into a file that only its owner reads', async () => {
    const directory = newDirectory();
    const node = await start(directory, { 'store.kind': kind });
    expect(node.firstKey?.token).toMatch(/^jb_/);
    expect(statSync(node.operatorKeyFile).mode & 0o777).toBe(0o600);
  });
});

describe('a node with workers', () => {
  test('replaces a worker that dies while the others go on answering', async () => {
    const born: Worker[] = [];
    const watch = (worker: Worker): void => void born.push(worker);
    process.on('worker', watch);
    const node = await start(newDirectory());
    await until(async () => (await sample(node, 'jiabiao_workers_listening')) === 2);
    expect(born).toHaveLength(2);
    await born[0]?.terminate();
    expect((await getAnew(node, '/readyz')).status).toBe(200);
    await until(async () => (await sample(node, 'jiabiao_worker_restarts_total')) === 1);
    await until(async () => (await sample(node, 'jiabiao_workers_listening')) === 2);
    expect(born).toHaveLength(3);
    process.off('worker', watch);
  });

  test('keeps everything it acknowledged when it is stopped in the middle of writes', async () => {
    const directory = newDirectory();
    const node = await start(directory);
    const call = clientOf(node);
    const { prefix } = (await (await call('POST', '/v1/enterprises', { name: 'x', state: 'active' })).json()) as {
      prefix: string;
    };
    const acknowledged: string[] = [];
    let stopping: Promise<void> | null = null;
    const writer = async (name: string): Promise<void> => {
      for (let i = 0; ; i++) {
        const handle = `${prefix}/${name}-${i}`;
        const answer = await call('PUT', `/v1/identifiers/${handle}`, { values }).catch(() => null);
        if (answer?.status !== 201) return;
        acknowledged.push(handle);
        if (acknowledged.length === 200) stopping = node.close();
      }
    };
    await Promise.all(['a', 'b', 'c', 'd'].map(writer));
    await stopping;
    expect(acknowledged.length).toBeGreaterThanOrEqual(200);

    const again = await start(directory);
    expect(again.firstKey).toBeNull();
    const asked = await fetch(`${urlOf(again)}/v1/resolve`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(acknowledged),
    });
    const answers = (await asked.json()) as { responseCode: number }[];
    expect(answers.map((answer) => answer.responseCode)).toEqual(acknowledged.map(() => 1));
  });

  test('gives back its port and its store when it is stopped, and once is enough', async () => {
    const directory = newDirectory();
    const node = await start(directory);
    await Promise.all([node.close(), node.close()]);
    await node.close();
    const next = await start(directory, { 'http.port': String(node.address.port) });
    expect((await fetch(`${urlOf(next)}/readyz`)).status).toBe(200);
  });
});

test('metrics can have a port of their own, and then are nowhere else', async () => {
  const node = await start(newDirectory(), { 'http.metricsPort': '0', workers: '1' });
  const apart = `http://${node.metricsAddress?.host}:${node.metricsAddress?.port}`;
  expect(await (await fetch(`${apart}/metrics`)).text()).toContain('jiabiao_workers_listening 1');
  expect((await fetch(`${apart}/readyz`)).status).toBe(200);
  expect((await fetch(`${apart}/healthz`)).status).toBe(200);
  expect((await fetch(`${apart}/api/handles/88.118.1/A`)).status).toBe(404);
  expect((await fetch(`${urlOf(node)}/metrics`)).status).toBe(404);
});

describe('a node that cannot start', () => {
  async function refusal(starting: Promise<RunningNode>): Promise<string> {
    try {
      await starting;
    } catch (error) {
      if (isHandleError(error)) return `${error.code}: ${error.message}`;
      throw error;
    }
    throw new Error('the node started');
  }

  test('because another one has its store says so, and leaves that one alone', async () => {
    const directory = newDirectory();
    const node = await start(directory);
    expect(await refusal(start(directory))).toMatch(/^STORE_UNAVAILABLE: /);
    expect((await fetch(`${urlOf(node)}/readyz`)).status).toBe(200);
  });

  test('because another program has its port says so', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
    });
    expect(await refusal(start(newDirectory(), { 'http.port': String(port) }))).toContain(`port ${port}`);
    await new Promise((resolve) => other.close(resolve));
  });

  test('because another node has its port says so, although nodes share ports among their workers', async () => {
    const node = await start(newDirectory());
    const port = String(node.address.port);
    expect(await refusal(start(newDirectory(), { 'http.port': port }))).toContain('another program has it');
  });
});
