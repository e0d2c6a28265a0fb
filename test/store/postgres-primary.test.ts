// Which of several real servers takes writes, before, during and after another takes its place.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectPrimary, type PrimaryOptions, urlOfPrimary } from '../../src/store/postgres-primary.ts';
import { type PostgresProcess, startPostgres } from '../postgres-server.ts';

let first: PostgresProcess;
let second: PostgresProcess;
beforeAll(async () => {
  first = await startPostgres();
  second = await first.startReplica();
});
afterAll(async () => {
  await second.close();
  await first.close();
});

const among = (...servers: readonly PostgresProcess[]): PrimaryOptions => {
  const times = { connectTimeoutMs: 1000, statementTimeoutMs: 1000 };
  return { urls: servers.map(({ url }) => url), schema: 'public', name: 'test', ...times };
};

test('the primary is found wherever it stands in the list, and its replica is not taken for one', async () => {
  expect(await urlOfPrimary(among(first, second))).toBe(first.url);
  expect(await urlOfPrimary(among(second, first))).toBe(first.url);
  await expect(urlOfPrimary(among(second))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await expect(urlOfPrimary(among(second))).rejects.toThrow('is a replica');
});

test('a replica that was promoted takes the place of a primary that is gone', async () => {
  await first.kill();
  await expect(connectPrimary(among(first, second))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await second.query('SELECT pg_promote()');
  expect(await urlOfPrimary(among(first, second))).toBe(second.url);
  const client = await connectPrimary(among(first, second));
  await client.query('CREATE TABLE written (what text)');
  await client.end();
});
