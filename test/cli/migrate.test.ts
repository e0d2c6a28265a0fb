// `jiabiao migrate` as an operator runs it: what it says it would do, what it does, and when nothing is left to do.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type PostgresProcess, startPostgres } from '../postgres-server.ts';
import { run } from './command-line.ts';

let postgres: PostgresProcess;
let environment: Readonly<Record<string, string>>;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());
beforeEach(async () => {
  environment = { JIABIAO_STORE__KIND: 'postgres', JIABIAO_POSTGRES__URLS: await postgres.createDatabase() };
});

const migrate = (...args: string[]) => run(['migrate', ...args], { environment });

test('makes the tables once, and says what it did', async () => {
  const first = await migrate('--partitions', '2');
  expect(first.stderr).toBe('');
  expect(first.stdout).toMatch(/^jiabiao has layout \d+: took steps? 1\b.*\.\n$/);
  expect((await migrate()).stdout).toMatch(/^jiabiao has layout \d+: nothing was missing\.\n$/);
  const told = JSON.parse((await migrate('--json')).stdout);
  expect(told).toMatchObject({ schema: 'jiabiao', steps: [], distributed: [] });
});

test('two at once make them once', async () => {
  const outcomes = await Promise.all([migrate('--json', '--partitions', '2'), migrate('--json', '--partitions', '2')]);
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0]);
  const steps = outcomes.map(({ stdout }) => JSON.parse(stdout).steps.length as number);
  expect(Math.min(...steps)).toBe(0);
  expect(Math.max(...steps)).toBeGreaterThan(0);
});

describe('a rehearsal', () => {
  test('shows what is missing and changes nothing, and what is left when nothing is', async () => {
    const { stdout, code } = await migrate('--dry-run', '--partitions', '2');
    expect(code).toBe(0);
    expect(stdout).toContain('CREATE TABLE records (');
    expect(stdout).toContain('MODULUS 2, REMAINDER 1');
    expect((await migrate('--dry-run', '--json')).stdout).toContain('CREATE TABLE');
    await migrate('--partitions', '2');
    expect((await migrate('--dry-run')).stdout).toBe('Nothing is missing in jiabiao.\n');
  });

  test('shows how tables would be spread over a cluster', async () => {
    const { stdout } = await migrate('--dry-run', '--distribute');
    expect(stdout).not.toContain('PARTITION');
    expect(stdout).toContain("SELECT create_distributed_table('records', 'prefix', colocate_with => 'none');");
  });
});

describe('what cannot be done is said', () => {
  test('of a database without Citus, in which nothing is made', async () => {
    const refused = await migrate('--distribute');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('This database has no Citus: run CREATE EXTENSION citus');
    const [step] = JSON.parse((await migrate('--json', '--partitions', '2')).stdout).steps;
    expect(step).toBe(1);
  });

  test('of a store that is no PostgreSQL, and of flags that exclude each other', async () => {
    environment = {};
    expect(await migrate()).toMatchObject({ code: 2, stderr: expect.stringContaining('store.kind is lmdb') });
  });

  test('of partitions on a cluster', async () => {
    const refused = await migrate('--distribute', '--partitions', '2');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('not both') });
  });

  test('of what is set wrong, with what to set right', async () => {
    const guarded = await startPostgres({ password: 'right' });
    try {
      await guarded.query("CREATE ROLE guest LOGIN PASSWORD 'right'");
      const directory = mkdtempSync(join(tmpdir(), 'jiabiao-password-'));
      const passwordFile = join(directory, 'postgres.password');
      const at = (user: string, database: string, password: string | null) => {
        if (password !== null) writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
        environment = {
          JIABIAO_STORE__KIND: 'postgres',
          JIABIAO_POSTGRES__URLS: `postgres://${user}@127.0.0.1:${guarded.port}/${database}`,
          ...(password === null ? {} : { JIABIAO_POSTGRES__PASSWORD_FILE: passwordFile }),
        };
        return migrate();
      };
      const told = [
        await at('postgres', 'postgres', null),
        await at('postgres', 'postgres', 'wrong'),
        await at('postgres', 'missing', 'right'),
        await at('guest', 'postgres', 'right'),
      ];
      rmSync(directory, { recursive: true });
      expect(told.map(({ code }) => code)).toEqual([1, 1, 1, 1]);
      expect(told.map(({ stderr }) => stderr)).toEqual([
        expect.stringContaining('Write it into the file that postgres.passwordFile names.'),
        expect.stringContaining('the password in postgres.passwordFile'),
        expect.stringContaining('database "missing" does not exist. Create it'),
        expect.stringContaining('making it the owner of the database'),
      ]);
      for (const { stderr } of told) expect(stderr).not.toMatch(/Start it|Try again/);
    } finally {
      await guarded.close();
    }
  });

  test('of a PostgreSQL that is not there, without its password', async () => {
    environment = { ...environment, JIABIAO_POSTGRES__URLS: 'postgres://nobody@127.0.0.1:1/nowhere' };
    const refused = await migrate();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('No PostgreSQL of postgres.urls takes writes at present: connect ECONNREFUSED');
  });
});

test.each(['verify', 'export'])('%s says that it reads a directory, and how this store is kept', async (command) => {
  const refused = await run([command], { environment });
  expect(refused.stderr).toContain('this command reads a directory: back it up with pg_basebackup');
  expect(refused.code).toBe(2);
});

test('a node refuses to start on tables that are missing, and says what to run', async () => {
  const refused = await run(['serve', '--port', '0', '--data', '/nonexistent'], { environment });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('run `jiabiao migrate`');
  await migrate('--partitions', '2');
  const url = environment.JIABIAO_POSTGRES__URLS ?? '';
  const database = new URL(url).pathname.slice(1);
  const { default: pg } = await import('pg');
  const client = new pg.Client(url);
  await client.connect();
  await client.query('INSERT INTO jiabiao.schema_versions VALUES (999, 999, 0)');
  await client.end();
  const older = await run(['serve', '--port', '0', '--data', '/nonexistent'], { environment });
  expect(older.code, database).toBe(1);
  expect(older.stderr).toContain('layout 999');
});
