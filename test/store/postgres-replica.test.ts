// How far a real replica is behind, as those who would read from it know.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openPostgresReplica, type PostgresReplica } from '../../src/store/postgres-replica.ts';
import type { PostgresProcess } from '../postgres-server.ts';
import { openPostgres, type PostgresFixture, postgres } from './postgres-world.ts';
import { apply, h, put } from './world.ts';

const HANDLE = h('OAK');
const MAX_STALENESS_MS = 700;

let fixture: PostgresFixture;
let standby: PostgresProcess;
const lags: (number | null)[] = [];
let opened: PostgresReplica | null = null;

beforeAll(async () => {
  fixture = await openPostgres();
  standby = await (await postgres()).startReplica();
});
afterEach(() => opened?.close());
afterAll(async () => {
  await fixture.close();
  await standby.close();
});

function open(): PostgresReplica {
  const common = { schema: fixture.schema, connections: 2, connectTimeoutMs: 500, statementTimeoutMs: 1000 };
  lags.length = 0;
  opened = openPostgresReplica({
    primary: { ...common, url: fixture.url, name: 'test' },
    replica: { ...common, url: standby.url, name: 'test' },
    maxStalenessMs: MAX_STALENESS_MS,
    onLag: (lagMs) => lags.push(lagMs),
  });
  return opened;
}

test('a replica that follows is near, and has what the primary has', async () => {
  await apply(fixture.store, put(HANDLE));
  const replica = open();
  expect(replica.isNear).toBe(false);
  await expect.poll(() => replica.isNear).toBe(true);
  await expect.poll(async () => (await replica.get(HANDLE))?.revision).toBe(1);
  expect(await replica.get(h('NONE'))).toBeNull();
  expect(lags.at(-1)).toBeLessThan(MAX_STALENESS_MS);
});

test('one that stands still is far once it has stood still for too long, and near when it has caught up', async () => {
  const replica = open();
  await expect.poll(() => replica.isNear).toBe(true);
  await standby.query('SELECT pg_wal_replay_pause()');
  await apply(fixture.store, put(h('ELM')));
  await expect.poll(() => replica.isNear).toBe(false);
  await expect.poll(() => lags.at(-1)).toBeGreaterThan(MAX_STALENESS_MS);
  await standby.query('SELECT pg_wal_replay_resume()');
  await expect.poll(() => replica.isNear).toBe(true);
});

test('one that has nothing to follow stays near, and one that is gone is not', async () => {
  const replica = open();
  await expect.poll(() => replica.isNear).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, MAX_STALENESS_MS + 300));
  expect(replica.isNear).toBe(true);
  await standby.kill();
  await expect.poll(() => replica.isNear).toBe(false);
  expect(lags.at(-1)).toBeNull();
  await expect(Promise.resolve(replica.get(HANDLE))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await standby.restart();
  await expect.poll(() => replica.isNear).toBe(true);
});

test('one that was promoted follows nobody, and is not read from any more', async () => {
  const replica = open();
  await expect.poll(() => replica.isNear).toBe(true);
  await standby.query('SELECT pg_promote()');
  await expect.poll(() => replica.isNear).toBe(false);
  // Nor is it by who finds it so.
  await replica.close();
  const another = open();
  await expect.poll(() => lags.length).toBeGreaterThan(1);
  expect(another.isNear).toBe(false);
});
