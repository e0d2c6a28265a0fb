// Two real nodes with one Redis, one of which answers for the other's identifiers: how soon a change shows there, while
// they can hear each other and while they cannot.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisProcess, startRedis } from '../redis-server.ts';
import { identifierPath, newEnterprise, recordOf, textAt } from './enterprise.ts';
import { Connection, freePort, operatorToken, type RunningNode, startNode, temporaryDirectory } from './node.ts';

/** What the nodes promise while they hear each other. */
const BOUND_MS = 1000;
const ROUNDS = 150;
const HANDLES = 20;

const directories = [temporaryDirectory(), temporaryDirectory()] as const;
let redis: RedisProcess;
let home: RunningNode;
let away: RunningNode;
let writer: Connection;
let prefix: string;

beforeAll(async () => {
  redis = await startRedis();
  const shared = { REDIS__URLS: redis.url, REDIS__ANNOUNCE: 'true', REDIS__TIMEOUT_MS: '100' };
  home = await startNode({ directory: directories[0].path, port: await freePort(), settings: shared });
  writer = new Connection(home.url, operatorToken(directories[0].path));
  prefix = await newEnterprise(writer);
  const routes = [{ name: 'home', prefixes: ['88.118'], endpoints: [home.url] }];
  const unlimited = { LIMITS__TRIPS_PER_SECOND: '0', LIMITS__TRIPS_PER_PREFIX: '0' };
  const settings = { ...shared, ...unlimited, NODE__PREFIX: '88.119', UPSTREAM__ROUTES: JSON.stringify(routes) };
  away = await startNode({ directory: directories[1].path, port: await freePort(), settings });
});

afterAll(async () => {
  await writer?.close();
  for (const node of [away, home]) await node?.stop();
  await redis?.close();
  for (const directory of directories) directory.remove();
});

const put = async (suffix: string, text: string, parent?: string): Promise<void> => {
  const { status } = await writer.ask('PUT', identifierPath(`${prefix}/${suffix}`), recordOf(text, parent));
  expect([200, 201]).toContain(status);
};

async function seen(reader: Connection, suffix: string): Promise<string | null> {
  return textAt((await reader.ask('GET', `/api/handles/${prefix}/${suffix}`)).body, 2000);
}

/** How long after now the other node shows this. */
async function delayUntil(reader: Connection, suffix: string, text: string, withinMs: number): Promise<number> {
  const startedAt = performance.now();
  while ((await seen(reader, suffix)) !== text) {
    if (performance.now() - startedAt > withinMs) throw new Error(`${suffix} still is not ${text}`);
  }
  return performance.now() - startedAt;
}

describe('a change at its home', () => {
  it('shows at the other node within a second, every time', async () => {
    const readers = Array.from({ length: 8 }, () => new Connection(away.url, null));
    for (let i = 0; i < HANDLES; i++) await put(`H${i}`, 'start');
    for (const reader of readers) for (let i = 0; i < HANDLES; i++) await seen(reader, `H${i}`);
    const delays: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const suffix = `H${round % HANDLES}`;
      await put(suffix, `text ${round}`);
      delays.push(...(await Promise.all(readers.map((one) => delayUntil(one, suffix, `text ${round}`, 5000)))));
    }
    for (const reader of readers) await reader.close();
    delays.sort((a, b) => a - b);
    const at = (share: number): string => (delays[Math.floor((delays.length - 1) * share)] ?? 0).toFixed(1);
    console.log(
      `${delays.length} changes seen elsewhere: median ${at(0.5)} ms, 99 % ${at(0.99)} ms, worst ${at(1)} ms`,
    );
    // Two busy cores may hold a reader up by itself now and then; an invalidation that was lost would have thrown above.
    expect(delays[Math.floor(delays.length * 0.98)]).toBeLessThan(BOUND_MS);
  });

  it('of a model shows in its items, and a new identifier ends its absence', async () => {
    const reader = new Connection(away.url, null);
    await put('MODEL', 'old');
    const item = await writer.ask('PUT', identifierPath(`${prefix}/ITEM`), { parent: `${prefix}/MODEL`, values: [] });
    expect(item.status).toBe(201);
    expect(await seen(reader, 'ITEM')).toBe('old');
    await put('MODEL', 'new');
    expect(await delayUntil(reader, 'ITEM', 'new', 5000)).toBeLessThan(BOUND_MS);
    for (let i = 0; i < 3; i++) expect(await seen(reader, 'ABSENT')).toBeNull();
    await put('ABSENT', 'here');
    expect(await delayUntil(reader, 'ABSENT', 'here', 5000)).toBeLessThan(BOUND_MS);
    await reader.close();
  });

  it('shows within half a minute while they cannot hear each other', { timeout: 60_000 }, async () => {
    const reader = new Connection(away.url, null);
    await put('PARTED', 'old');
    expect(await seen(reader, 'PARTED')).toBe('old');
    await redis.kill();
    await put('PARTED', 'new');
    expect(await delayUntil(reader, 'PARTED', 'new', 35_000)).toBeLessThan(30_000);
    await redis.restart();
    await reader.close();
  });
});
