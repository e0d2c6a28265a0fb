// The tests' own PostgreSQL: what it was told is there after SIGKILL, a replica follows, nothing is left behind.

import { existsSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresProcess, startPostgres } from './postgres-server.ts';

describe.each(['machine', 'packaged'] as const)('a PostgreSQL for tests (%s)', (origin) => {
  let postgres: PostgresProcess;
  beforeAll(async () => {
    postgres = await startPostgres({ origin });
  });
  afterAll(() => postgres.close());

  test('is one that the node supports, and syncs what it acknowledges', async () => {
    const [{ version, fsync } = {}] = await postgres.query(
      `SELECT current_setting('server_version_num')::int / 10000 AS version, current_setting('fsync') AS fsync`,
    );
    expect(version).toBeGreaterThanOrEqual(15);
    expect(fsync).toBe('on');
  });

  test('gives each suite an empty database', async () => {
    const [first, second] = [await postgres.createDatabase(), await postgres.createDatabase()];
    expect(new URL(first).pathname).not.toBe(new URL(second).pathname);
  });

  test('has after SIGKILL what it acknowledged', async () => {
    await postgres.query('CREATE TABLE kept (what text)');
    await postgres.query('INSERT INTO kept VALUES ($1)', ['a lamp']);
    await postgres.kill();
    await expect(postgres.query('SELECT 1')).rejects.toThrow('ECONNREFUSED');
    await postgres.restart();
    expect(await postgres.query('SELECT what FROM kept')).toEqual([{ what: 'a lamp' }]);
  });

  test('is followed by a replica, which takes its place when promoted', async () => {
    const replica = await postgres.startReplica();
    try {
      await postgres.query('CREATE TABLE later (what text)');
      await expect.poll(() => replica.query(`SELECT to_regclass('later') AS it`)).toEqual([{ it: 'later' }]);
      await expect(replica.query('DROP TABLE later')).rejects.toThrow('read-only');
      await replica.query('SELECT pg_promote()');
      await replica.query('DROP TABLE later');
    } finally {
      await replica.close();
    }
  });
});

test('a password is asked for where one was set, and nothing is left of a server that was closed', async () => {
  const postgres = await startPostgres({ password: 'walnut' });
  const [{ data_directory: directory } = {}] = await postgres.query('SHOW data_directory');
  const stranger = new URL(postgres.url);
  stranger.password = 'oak';
  await expect(new pg.Client(stranger.href).connect()).rejects.toThrow('password authentication failed');
  expect(existsSync(String(directory))).toBe(true);
  await postgres.close();
  await postgres.close();
  expect(existsSync(String(directory))).toBe(false);
});
