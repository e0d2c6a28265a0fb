// How far a real replica is behind, as those who would read from it know.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openPostgresReplica, type PostgresReplica } from '../../src/store/postgres-replica.ts';
import type { PostgresProcess } from '../postgres-server.ts';
import { openRelay } from '../relay.ts';
import { openPostgres, type PostgresFixture, postgres } from './postgres-world.ts';
import { apply, h, put } from './world.ts';

const HANDLE = h('OAK');
const MAX_STALENESS_MS = 700;
const CONNECT_TIMEOUT_MS = 500;
const STATEMENT_TIMEOUT_MS = 1000;
/** A look may be under way when the wire is cut, all but answered. */
const LOOK_BEGUN_MS = 200;

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

function open(replicaUrl = standby.url): PostgresReplica {
  const timeouts = { connectTimeoutMs: CONNECT_TIMEOUT_MS, statementTimeoutMs: STATEMENT_TIMEOUT_MS };
  const common = { schema: fixture.schema, connections: 2, ...timeouts };
  lags.length = 0;
  opened = openPostgresReplica({
    primary: { ...common, url: fixture.url, name: 'test' },
    replica: { ...common, url: replicaUrl, name: 'test' },
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

test('one that says nothing is asked again only when it has been given up', async () => {
  const relay = await openRelay(Number(new URL(standby.url).port));
  const url = new URL(standby.url);
  url.port = String(relay.port);
  const replica = open(url.href);
  await expect.poll(() => replica.isNear).toBe(true);
  relay.cut();
  const cutAt = performance.now();
  await expect.poll(() => lags.at(-1), { timeout: 10_000 }).toBeNull();
  // A look beside it would have found no connection free half a second after it was meant to begin.
  expect(performance.now() - cutAt).toBeGreaterThan(STATEMENT_TIMEOUT_MS + CONNECT_TIMEOUT_MS - LOOK_BEGUN_MS);
  relay.mend();
  await expect.poll(() => replica.isNear).toBe(true);
  await replica.close();
  await relay.close();
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
