// The statistics of a real node with several workers, after a load that is known: they agree with the metrics.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { loadConfig } from '../../src/app/config.ts';
import { createLog } from '../../src/app/logs.ts';
import { type RunningNode, startNode } from '../../src/app/supervisor.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const directory = mkdtempSync(join(tmpdir(), 'jiabiao-statistics-'));
const log = createLog({ level: 'silent' }, 'main');
let node: RunningNode;

async function start(): Promise<string> {
  const flags = { 'http.port': '0', 'store.path': directory, workers: '3', 'log.level': 'silent' };
  const texts = Object.entries(flags).map(([name, text]): [string, string, string] => [name, text, 'test']);
  const config = loadConfig({ environment: {}, flags: texts });
  node = await startNode({ config, version: '0.0.0', log, operatorKeyFile: null });
  return `http://${node.address.host}:${node.address.port}`;
}

afterEach(async () => {
  await node.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Each call has a connection of its own, so that workers take turns. */
function caller(url: string, token: string) {
  return async (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, connection: 'close', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}

interface Row {
  readonly prefix: string | null;
  readonly live: number;
  readonly registrations: Record<string, number>;
  readonly resolutions: Record<string, number>;
}

/** Summed over days, as the test may run at midnight. */
async function totals(call: ReturnType<typeof caller>): Promise<Record<string, Record<string, number>>> {
  const { items } = (await (await call('GET', '/v1/statistics')).json()) as { items: Row[] };
  const sums: Record<string, Record<string, number>> = {};
  for (const { prefix, live, registrations, resolutions } of items) {
    const sum = sums[String(prefix)] ?? {};
    sums[String(prefix)] = sum;
    for (const [name, count] of Object.entries({ ...registrations, ...rename(resolutions) })) {
      sum[name] = (sum[name] ?? 0) + count;
    }
    sum.live = live;
  }
  return sums;
}

/** `revoked` is the name of a registration too. */
function rename({ revoked = 0, ...others }: Record<string, number>): Record<string, number> {
  return { ...others, askedRevoked: revoked };
}

async function metric(call: ReturnType<typeof caller>, pattern: RegExp): Promise<number> {
  const text = await (await call('GET', '/metrics')).text();
  return text
    .split('\n')
    .filter((line) => pattern.test(line))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

test('agree with the metrics, over all workers and over a stop', async () => {
  const url = await start();
  const token = node.firstKey?.token ?? '';
  const call = caller(url, token);
  const { prefix } = (await (await call('POST', '/v1/enterprises', { name: 'x', state: 'active' })).json()) as Row;
  const registrations = Array.from({ length: 40 }, (_, i) => ({ handle: `${prefix}/N-${i}`, values: [] }));
  await call('POST', '/v1/identifiers', registrations);
  for (let i = 0; i < 3; i++) {
    const value = { index: 1, type: 'A', data: 'b' };
    expect((await call('PATCH', `/v1/identifiers/${prefix}/N-${i}`, { values: [value] })).status).toBe(200);
  }
  await call('DELETE', `/v1/identifiers/${prefix}/N-39?reason=x`);

  for (let i = 0; i < 30; i++) {
    await call('GET', `/api/handles/${prefix}/N-${i}`);
    await fetch(`${url}/api/handles/${prefix}/NONE-${i}`, { headers: { connection: 'close' } });
  }
  await call('POST', '/v1/resolve', [...registrations.map(({ handle }) => handle), `${prefix}/NONE`, '88.118.999/X']);
  await fetch(`${url}/api/handles/88.118.998/X`, { headers: { connection: 'close' } });

  const own = { created: 40, updated: 3, revoked: 1, deleted: 0, live: 40 };
  const asked = { requests: 101, found: 69, notFound: 31, askedRevoked: 1, referred: 0, failed: 0 };
  const expected = {
    [String(prefix)]: { ...own, ...asked },
    null: expect.objectContaining({ notFound: 2, requests: 2 }),
  };
  await expect.poll(() => totals(call), { timeout: 15_000, interval: 200 }).toEqual(expected);
  for (const [outcome, count] of Object.entries({ found: 69, 'not-found': 33, revoked: 1, error: 0 })) {
    const series = new RegExp(`^jiabiao_resolutions_total\\{.*outcome="${outcome}"`);
    expect(await metric(call, series), outcome).toBe(count);
  }
  for (const outcome of ['created', 'updated', 'revoked'] as const) {
    expect(await metric(call, new RegExp(`^jiabiao_registrations_total\\{outcome="${outcome}"`)), outcome).toBe(
      own[outcome],
    );
  }

  // A stop in order loses nothing of what was counted just before.
  for (let i = 0; i < 7; i++) await call('GET', `/api/handles/${prefix}/N-${i}`);
  await node.close();
  const again = caller(await start(), token);
  expect((await totals(again))[String(prefix)]).toMatchObject({ found: 76, requests: 108, live: 40 });
});
