// The audit trail and the request log of a real node: what is in them, that they can be trusted after a kill, and that a full
// or unwritable directory stops nothing else.

import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runHere } from '../cli/command-line.ts';
import { CANNOT_MOUNT, fillUp, onDisk } from './disk.ts';
import { identifierPath, newEnterprise, recordOf } from './enterprise.ts';
import { Connection, freePort, operatorToken, type RunningNode, startNode, temporaryDirectory } from './node.ts';

const MENDED_WITHIN_MS = 20_000;

async function until<T>(ask: () => Promise<T>, isIt: (answer: T) => boolean): Promise<T> {
  const deadline = performance.now() + MENDED_WITHIN_MS;
  for (;;) {
    const answer = await ask();
    if (isIt(answer) || performance.now() > deadline) return answer;
    await delay(50);
  }
}

async function metric(node: RunningNode, name: string): Promise<number> {
  const text = await (await fetch(`${node.url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.split(' ').at(-1));
}

function linesOf(directory: string, stem: string): Record<string, unknown>[] {
  const names = readdirSync(directory).filter((name) => name.startsWith(`${stem}-`));
  const text = names.sort().map((name) => readFileSync(join(directory, name), 'utf8'));
  const lines = text
    .join('')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line));
}

const kindsOf = (directory: string): unknown[] => linesOf(directory, 'audit').map(({ kind }) => kind);

describe('the logs of a node', () => {
  it('tell acts, denials and requests, are found by request id, and hold after a kill', {
    timeout: 60_000,
  }, async () => {
    const directory = temporaryDirectory();
    const logs = join(directory.path, 'logs');
    const port = await freePort();
    let node = await startNode({ directory: directory.path, port });
    const token = operatorToken(directory.path);
    const operator = new Connection(node.url, token);
    const prefix = await newEnterprise(operator);
    const handle = `${prefix}/A`;
    await operator.ask('PUT', identifierPath(handle), recordOf('x'));
    const name = { zh: '椅', en: 'Chair' };
    const elements = [{ index: 2000, type: 'NAME', kind: 'string', name }];
    await operator.ask('PUT', `/v1/templates/${prefix}/META_CHAIR`, { name, elements });
    const revoked = await operator.ask('DELETE', `${identifierPath(handle)}?reason=x`);
    const requestId = String(revoked.headers['x-request-id']);
    const bad = new Connection(node.url, `jb_${'x'.repeat(43)}`);
    for (let i = 0; i < 15; i++) await bad.ask('GET', '/v1/keys');
    const headers = { 'x-request-id': 'mine-1', connection: 'close' };
    expect((await fetch(`${node.url}/api/handles/${prefix}/B`, { headers })).status).toBe(404);
    const listed = () => operator.ask('GET', '/v1/audit?kind=access-denied');
    const denials = await until(listed, ({ body }) => (body?.items as unknown[]).length > 0);
    expect(denials.body?.items).toEqual([
      expect.objectContaining({ subject: 'GET /v1/keys', client: '127.0.0.1', principalId: null }),
    ]);
    // Lines of requests wait in their thread for a quarter of a second.
    const named = () => linesOf(logs, 'requests').map((line) => line.requestId);
    await until(
      async () => named(),
      (ids) => ids.includes('mine-1') && ids.includes(requestId),
    );
    await Promise.all([operator.close(), bad.close()]);
    await node.kill();

    const search = async (id: string) => runHere(['log', 'search', '--request-id', id, '--directory', logs]);
    const resolution = JSON.parse((await search('mine-1')).stdout);
    expect(resolution).toMatchObject({ path: `/api/handles/${prefix}/B`, status: 404, client: '127.0.0.1' });
    const both = (await search(requestId)).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(both).toEqual([
      expect.objectContaining({ kind: 'identifiers-revoked', subject: handle, principalId: 'operator' }),
      expect.objectContaining({ method: 'DELETE', principalId: 'operator', client: '127.0.0.1', status: 200 }),
    ]);
    expect((await search('nobody')).code).toBe(4);

    node = await startNode({ directory: directory.path, port });
    expect(await node.stop()).toBe(0);
    const verified = await runHere(['audit', 'verify', '--directory', logs]);
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('The chain holds') });
    expect(kindsOf(logs)).toEqual([
      ...['prefix-homed', 'principal-created', 'key-created', 'node-started', 'enterprise-created'],
      ...['template-changed', 'identifiers-revoked'],
      ...['access-denied', 'node-started', 'node-stopped'],
    ]);
    expect(JSON.stringify([linesOf(logs, 'audit'), linesOf(logs, 'requests')])).not.toContain(token.slice(3));
    directory.remove();
  });

  it('tell the repeats of a denial at the end of the node at the latest', { timeout: 60_000 }, async () => {
    const directory = temporaryDirectory();
    const node = await startNode({ directory: directory.path, port: await freePort(), workers: 1 });
    const nobody = new Connection(node.url, null);
    for (let i = 0; i < 300; i++) await nobody.ask('GET', '/v1/keys');
    await nobody.close();
    expect(await node.stop()).toBe(0);
    const denials = linesOf(join(directory.path, 'logs'), 'audit').filter(({ kind }) => kind === 'access-denied');
    expect(denials.map(({ detail }) => (detail as { count: number }).count)).toEqual([1, 299]);
    directory.remove();
  });
});

describe.skipIf(CANNOT_MOUNT)('a full log directory (left out where nobody may mount one: unshare -rm)', () => {
  it('stops nothing, is told, and mends itself without a gap', { timeout: 60_000 }, async () => {
    const directory = temporaryDirectory();
    const logs = join(directory.path, 'logs');
    mkdirSync(logs);
    const node = await startNode({
      directory: join(directory.path, 'store'),
      port: await freePort(),
      settings: { LOG__DIRECTORY: logs },
      wrapper: onDisk(logs, 'size=1m'),
    });
    const disk = `/proc/${node.pid}/root${logs}`;
    const operator = new Connection(node.url, operatorToken(join(directory.path, 'store')));
    const readiness = async () => (await operator.ask('GET', '/readyz')).body;
    const prefix = await newEnterprise(operator);
    expect((await operator.ask('PUT', identifierPath(`${prefix}/A`), recordOf('x'))).status).toBe(201);
    const isReady = (body: { status?: unknown } | null): boolean => body?.status === 'ready';
    expect(await until(readiness, isReady)).toMatchObject({ status: 'ready' });

    fillUp(join(disk, 'ballast'));
    const during = await newEnterprise(operator);
    const degraded = await until(readiness, (body) => body?.status === 'degraded');
    expect(degraded).toEqual({ status: 'degraded', reasons: [expect.stringContaining('log cannot be written')] });
    expect(await metric(node, 'jiabiao_logs_failing')).toBeGreaterThan(0);
    for (let i = 0; i < 50; i++) expect((await operator.ask('GET', `/api/handles/${prefix}/A`)).status).toBe(200);
    expect((await operator.ask('PUT', identifierPath(`${prefix}/B`), recordOf('x'))).status).toBe(201);

    rmSync(join(disk, 'ballast'));
    expect(await until(readiness, isReady)).toEqual({ status: 'ready', reasons: [] });
    const after = await newEnterprise(operator);
    const made = async () => linesOf(disk, 'audit').filter(({ kind }) => kind === 'enterprise-created');
    const subjects = (await until(made, (lines) => lines.length === 3)).map(({ subject }) => subject);
    expect(subjects).toEqual([prefix, during, after]);
    expect((await runHere(['audit', 'verify', '--directory', disk])).code).toBe(0);
    expect(await metric(node, 'jiabiao_log_lines_total{log="audit",outcome="lost"}')).toBe(0);
    await operator.close();
    expect(await node.stop()).toBe(0);
    directory.remove();
  });
});

it('a node whose log directory cannot be made starts, and says so', { timeout: 60_000 }, async () => {
  const directory = temporaryDirectory();
  const node = await startNode({
    directory: directory.path,
    port: await freePort(),
    settings: { LOG__DIRECTORY: '/dev/null/logs' },
  });
  const readiness = async () => (await fetch(`${node.url}/readyz`)).json() as Promise<{ status: string }>;
  expect(await until(readiness, ({ status }) => status === 'degraded')).toMatchObject({ status: 'degraded' });
  await node.says('the log cannot be written');
  expect(await node.stop()).toBe(0);
  directory.remove();
});
