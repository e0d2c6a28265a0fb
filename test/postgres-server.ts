// A real PostgreSQL on a directory and port of its own: asked, killed, started again where it was, followed by a
// replica, and gone with its directory at the end.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type Origin, postgresBinaries } from './postgres-binaries.ts';

const READY_WITHIN_MS = 20_000;
const GONE_WITHIN_MS = 2000;
/** Enough for a few nodes of a few threads each. */
const MAX_CONNECTIONS = 200;
/** The user `nobody` of every Unix: PostgreSQL refuses to run as root. */
const NOBODY = 65_534;

export interface PostgresOptions {
  readonly origin?: Origin;
  /** As `name=value`. */
  readonly settings?: readonly string[];
  /** Of the user `postgres`; without one nobody is asked for any. */
  readonly password?: string;
}

export interface PostgresProcess {
  readonly port: number;
  readonly url: string;
  /** The process ids of the server and of all it has forked. */
  family(): readonly number[];
  /** Of a new and empty database on it. */
  createDatabase(): Promise<string>;
  query(sql: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** SIGKILL for it and all it forked; returns when they are gone. */
  kill(): Promise<void>;
  /** On the same port, with what it had. */
  restart(): Promise<void>;
  /** A hot standby that follows this one, for reading until `SELECT pg_promote()`. */
  startReplica(settings?: readonly string[]): Promise<PostgresProcess>;
  /** Ends it and removes its directory. A second call does nothing. */
  close(): Promise<void>;
}

export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresProcess> {
  const binaries = postgresBinaries(options.origin);
  const directory = newDirectory();
  const password = options.password ?? '';
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, `${password || 'unused'}\n`, { mode: 0o644 });
  const initialised = spawnSync(
    join(binaries, 'initdb'),
    [
      ...['--pgdata', join(directory, 'data'), '--username', 'postgres', '--pwfile', passwordFile],
      ...['--auth', password === '' ? 'trust' : 'scram-sha-256', '--encoding', 'UTF8', '--no-locale', '--no-sync'],
    ],
    { ...asNobody(), cwd: directory, encoding: 'utf8' },
  );
  if (initialised.status !== 0) {
    rmSync(directory, { recursive: true, force: true });
    throw new Error(`initdb failed: ${initialised.stderr || initialised.error?.message}`);
  }
  return serve({ binaries, directory, password, settings: options.settings ?? [] });
}

interface Place {
  readonly binaries: string;
  /** With `data` in it. */
  readonly directory: string;
  readonly password: string;
  readonly settings: readonly string[];
}

async function serve(place: Place): Promise<PostgresProcess> {
  const port = await freePort();
  const url = `postgres://postgres${place.password === '' ? '' : `:${place.password}`}@127.0.0.1:${port}/postgres`;
  let server = await startServer(place, port, url);
  let databases = 0;
  const query = (sql: string, values: readonly unknown[] = []) => ask(url, sql, values);
  const isOver = (): boolean => server.exitCode !== null || server.signalCode !== null;
  const family = (): readonly number[] => [server.pid ?? 0, ...childrenOf(server.pid ?? 0)];
  const kill = async (): Promise<void> => {
    if (isOver()) return;
    const all = family();
    const gone = once(server, 'exit');
    for (const id of all) signal(id, 'SIGKILL');
    await gone;
    // Where nobody buries orphans they stay, dead, so that this has an end.
    const deadline = performance.now() + GONE_WITHIN_MS;
    while (all.some((id) => signal(id, 0)) && performance.now() < deadline) await delay(5);
  };
  const endWithTests = (): void => void server.kill('SIGQUIT');
  process.once('exit', endWithTests);
  return {
    port,
    url,
    family,
    query,
    async createDatabase() {
      const name = `suite_${++databases}`;
      await query(`CREATE DATABASE ${name}`);
      return url.replace(/postgres$/, name);
    },
    kill,
    async restart() {
      server = await startServer(place, port, url);
    },
    async startReplica(settings = []) {
      const directory = newDirectory();
      await copyRunning(url, place, directory);
      const primary = url.replace(/\/postgres$/, '/');
      return serve({ ...place, directory, settings: [...settings, `primary_conninfo=${primary}`] });
    },
    async close() {
      process.off('exit', endWithTests);
      if (!isOver()) {
        const gone = once(server, 'exit');
        server.kill('SIGQUIT'); // at once: nothing of it is wanted any more
        await gone;
      }
      rmSync(place.directory, { recursive: true, force: true });
    },
  };
}

async function startServer(place: Place, port: number, url: string): Promise<ChildProcess> {
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    `max_connections=${MAX_CONNECTIONS}`,
    'shared_buffers=16MB',
    'wal_keep_size=64MB', // for a replica that begins a moment later
    'log_min_messages=fatal',
    ...place.settings,
  ];
  const args = ['-D', join(place.directory, 'data'), ...settings.flatMap((setting) => ['-c', setting])];
  const server = spawn(join(place.binaries, 'postgres'), args, {
    ...asNobody(),
    cwd: place.directory,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  server.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4000);
  });
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!(await answers(url))) {
    if (server.exitCode !== null || performance.now() > deadline)
      throw new Error(`postgres did not get ready:\n${complaints}`);
    await delay(20);
  }
  return server;
}

/** What pg_basebackup does, which not every package brings: copies the files between two marks of the log. */
async function copyRunning(url: string, place: Place, directory: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(`SELECT pg_backup_start('replica', true)`);
    const data = join(directory, 'data');
    // Files that go while it copies are no failure: the log has them.
    spawnSync('cp', ['-a', join(place.directory, 'data'), data], asNobody());
    const { rows } = await client.query('SELECT labelfile FROM pg_backup_stop(false)');
    for (const name of ['postmaster.pid', 'postmaster.opts']) rmSync(join(data, name), { force: true });
    rmSync(join(data, 'pg_wal'), { recursive: true });
    for (const name of ['pg_wal', 'pg_wal/archive_status']) ownedDirectory(join(data, name));
    ownedFile(join(data, 'backup_label'), String(rows[0]?.labelfile));
    ownedFile(join(data, 'standby.signal'), '');
  } finally {
    await client.end();
  }
}

function newDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'jiabiao-postgres-'));
  own(path);
  chmodSync(path, 0o700);
  return path;
}

function ownedDirectory(path: string): void {
  mkdirSync(path, { mode: 0o700 });
  own(path);
}

function ownedFile(path: string, content: string): void {
  writeFileSync(path, content, { mode: 0o600 });
  own(path);
}

function own(path: string): void {
  if (isRoot()) chownSync(path, NOBODY, NOBODY);
}

function asNobody(): { readonly uid?: number; readonly gid?: number } {
  return isRoot() ? { uid: NOBODY, gid: NOBODY } : {};
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Processes that this one forked; only Linux tells, and elsewhere they notice by themselves. */
function childrenOf(id: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${id}/task/${id}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Whether there was such a process. */
function signal(id: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(id, name);
  } catch {
    return false;
  }
}

async function ask(url: string, sql: string, values: readonly unknown[]): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client(url);
  client.on('error', () => {}); // the query tells
  await client.connect();
  try {
    return (await client.query(sql, [...values])).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await ask(url, 'SELECT 1', []);
    return true;
  } catch {
    return false; // not there yet
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
