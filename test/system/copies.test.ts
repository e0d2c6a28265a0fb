// Nodes with one PostgreSQL that also read from a replica and from a Redis they share: faster, and never older than promised.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresProcess, startPostgres } from '../postgres-server.ts';
import { type RedisProcess, startRedis } from '../redis-server.ts';
import { identifierPath, newEnterprise, recordOf, textAt } from './enterprise.ts';
import { Connection, type RunningNode } from './node.ts';
import { openSharedStore, type SharedStore } from './shared-store.ts';

const BOUND_MS = 1000;
const HANDLES = 20;

let postgres: PostgresProcess;
let standby: PostgresProcess;
let redis: RedisProcess;
let shared: SharedStore;
let nodes: readonly RunningNode[];
let connections: readonly Connection[];
let prefix: string;

beforeAll(async () => {
  postgres = await startPostgres();
  standby = await postgres.startReplica();
  redis = await startRedis();
  shared = await openSharedStore([postgres.url], {
    POSTGRES__REPLICA_URLS: standby.url,
    REDIS__URLS: redis.url,
    REDIS__TIMEOUT_MS: '100',
    CACHE__L1_BYTES: '0', // every question goes to what is behind the thread
  });
  nodes = [await shared.startNode('a'), await shared.startNode('b')];
  connections = nodes.map(({ url }) => new Connection(url, shared.token()));
  prefix = await newEnterprise(at(0));
});

afterAll(async () => {
  for (const connection of connections ?? []) await connection.close();
  for (const node of nodes ?? []) await node.stop();
  await redis?.close();
  await standby?.close();
  await postgres?.close();
  shared?.remove();
});

const at = (place: number): Connection => connections[place] as Connection;

async function put(place: number, suffix: string, text: string): Promise<void> {
  const { status, text: said } = await at(place).ask('PUT', identifierPath(`${prefix}/${suffix}`), recordOf(text));
  expect([200, 201], said).toContain(status);
}

async function seen(place: number, suffix: string): Promise<string | null> {
  return textAt((await at(place).ask('GET', `/api/handles/${prefix}/${suffix}`)).body, 2000);
}

async function delayUntil(place: number, suffix: string, text: string): Promise<number> {
  const startedAt = performance.now();
  while ((await seen(place, suffix)) !== text) {
    if (performance.now() - startedAt > 5000) throw new Error(`${suffix} still is not ${text}`);
  }
  return performance.now() - startedAt;
}

async function metric(place: number, pattern: RegExp): Promise<number> {
  const text = await (await fetch(`${nodes[place]?.url}/metrics`)).text();
  return Number(pattern.exec(text)?.[1] ?? Number.NaN);
}

const L2_HITS = /^jiabiao_cache_events_total\{cache="l2",event="hit"\} (\d+)$/m;

describe('nodes that share copies', () => {
  it('answer from them, and show a change at once where it was made and within a second elsewhere', async () => {
    for (let i = 0; i < HANDLES; i++) await put(0, `H${i}`, 'start');
    await new Promise((resolve) => setTimeout(resolve, 2500)); // until nothing was changed a moment ago
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < HANDLES; i++) for (const place of [0, 1]) expect(await seen(place, `H${i}`)).toBe('start');
    }
    expect(await metric(0, L2_HITS)).toBeGreaterThan(HANDLES);
    expect(await metric(1, L2_HITS)).toBeGreaterThan(HANDLES);
    for (let i = 0; i < HANDLES; i++) {
      const [writer, reader] = i % 2 === 0 ? [0, 1] : [1, 0];
      await put(writer, `H${i}`, `text ${i}`);
      expect(await seen(writer, `H${i}`)).toBe(`text ${i}`);
      expect(await delayUntil(reader, `H${i}`, `text ${i}`)).toBeLessThan(BOUND_MS);
    }
    // Long after, when copies are read again, they have it too.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    for (let i = 0; i < HANDLES; i++) for (const place of [0, 1]) expect(await seen(place, `H${i}`)).toBe(`text ${i}`);
  });

  it('do not read from a replica that stands still, and say how far behind it is', async () => {
    await redis.kill();
    await put(0, 'PAUSED', 'old');
    await expect.poll(() => metric(1, /^jiabiao_replica_lag_seconds\{thread="worker-1"\} (\S+)$/m)).toBeLessThan(1);
    await standby.query('SELECT pg_wal_replay_pause()');
    await put(0, 'PAUSED', 'new');
    await new Promise((resolve) => setTimeout(resolve, 2500)); // by now it would be quiet, were the replica not behind
    expect(await seen(1, 'PAUSED')).toBe('new');
    expect(await seen(0, 'PAUSED')).toBe('new');
    expect(await metric(1, /^jiabiao_replica_lag_seconds\{thread="worker-1"\} (\S+)$/m)).toBeGreaterThan(1);
    await standby.query('SELECT pg_wal_replay_resume()');
    await expect.poll(() => metric(1, /^jiabiao_replica_lag_seconds\{thread="worker-1"\} (\S+)$/m)).toBeLessThan(1);
    await redis.restart();
  });
});
