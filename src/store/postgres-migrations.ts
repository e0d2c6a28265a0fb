// The layout of the database, step by step: takes the steps that are missing, and tells whether a node may work with what
// is there. Steps are safe to take while older nodes run, and to take twice.

import { Client } from 'pg';
import { HandleError } from '../domain/error.ts';
import { databaseFailure } from './postgres-failure.ts';
import { REGISTRY } from './postgres-migrations/0001-registry.ts';
import { AGREEMENTS } from './postgres-migrations/0002-agreements.ts';
import type { Migration } from './postgres-migrations/migration.ts';
import { assertSchemaName } from './postgres-pool.ts';

const MIGRATIONS: readonly Migration[] = [REGISTRY, AGREEMENTS];

/** The layout this program was written for. */
export const SCHEMA_VERSION = Math.max(...MIGRATIONS.map(({ version }) => version));

/** Parts of each large table: a table of a hundred million rows is vacuumed and indexed in pieces that take minutes. */
const DEFAULT_PARTITIONS = 8;

/** Whoever takes steps holds this lock. */
const MIGRATION_LOCK = 0x6a62_0001;

export interface DatabasePlace {
  readonly url: string;
  readonly schema: string;
}

export interface MigrateOptions extends DatabasePlace {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** 0 for a database that shards by itself, and takes no partitions. */
  readonly partitions?: number;
}

export interface SchemaVersion {
  /** 0 for a database that holds no registry. */
  readonly version: number;
  /** The oldest layout a node may have been written for. */
  readonly compatibleFrom: number;
}

/** Takes the steps that are missing, each in a transaction; returns their versions. Throws `STORE_UNAVAILABLE`. */
export async function migrate(options: MigrateOptions): Promise<readonly number[]> {
  return atDatabase(options, async (client) => {
    await assertUnicode(client);
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${client.escapeIdentifier(options.schema)}`);
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_versions (version integer PRIMARY KEY, compatible_from integer NOT NULL, applied_at bigint NOT NULL)',
    );
    const { version: newest } = await versionIn(client);
    const missing = MIGRATIONS.filter(({ version }) => version > newest);
    for (const migration of missing) await take(client, migration, options);
    return missing.map(({ version }) => version);
  });
}

/** What `migrate` would run. */
export async function missingStatements(options: MigrateOptions): Promise<readonly string[]> {
  const { version: newest } = await schemaVersionOf(options);
  const { partitions = DEFAULT_PARTITIONS } = options;
  return MIGRATIONS.flatMap(({ version, statements }) => (version > newest ? statements(partitions) : []));
}

export async function schemaVersionOf(place: DatabasePlace): Promise<SchemaVersion> {
  return atDatabase(place, versionIn);
}

/** Throws `STORE_FORMAT` with what to do if this program cannot work with the layout that is there. */
export function assertLayout({ version, compatibleFrom }: SchemaVersion): void {
  if (version < SCHEMA_VERSION) {
    const what = version === 0 ? 'holds no registry yet' : `has layout ${version}`;
    throw new HandleError(
      'STORE_FORMAT',
      `The database ${what}, and this node needs layout ${SCHEMA_VERSION}: run \`jiabiao migrate\`, then start the node.`,
    );
  }
  if (compatibleFrom > SCHEMA_VERSION) {
    throw new HandleError(
      'STORE_FORMAT',
      `The database has layout ${version}, which nodes of layout ${SCHEMA_VERSION} cannot work with: install the version that migrated it.`,
    );
  }
}

/** In another encoding some texts could not be stored, and who sent them would be told that they are wrong. */
async function assertUnicode(client: Client): Promise<void> {
  const { rows } = await client.query('SELECT current_database() AS name, getdatabaseencoding() AS encoding');
  const { name, encoding } = rows[0] as { readonly name: string; readonly encoding: string };
  if (encoding === 'UTF8') return;
  const create = `CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'`;
  throw new HandleError('STORE_FORMAT', `The database ${name} is in ${encoding}: make one in UTF8 (${create}).`);
}

async function take(client: Client, { version, compatibleFrom, statements }: Migration, options: MigrateOptions) {
  await client.query('BEGIN');
  for (const statement of statements(options.partitions ?? DEFAULT_PARTITIONS)) await client.query(statement);
  await client.query('INSERT INTO schema_versions (version, compatible_from, applied_at) VALUES ($1, $2, $3)', [
    version,
    compatibleFrom,
    Math.floor(options.clock()),
  ]);
  await client.query('COMMIT');
}

async function versionIn(client: Client): Promise<SchemaVersion> {
  const there = await client.query("SELECT to_regclass('schema_versions') IS NOT NULL AS exists");
  if (there.rows[0]?.exists !== true) return { version: 0, compatibleFrom: 0 };
  const { rows } = await client.query(
    'SELECT coalesce(max(version), 0) AS version, coalesce(max(compatible_from), 0) AS oldest FROM schema_versions',
  );
  return { version: Number(rows[0]?.version), compatibleFrom: Number(rows[0]?.oldest) };
}

/** One connection for all of it: a lock that is held by a connection goes with it. */
export async function atDatabase<T>({ url, schema }: DatabasePlace, work: (client: Client) => Promise<T>): Promise<T> {
  assertSchemaName(schema);
  const client = new Client({
    connectionString: url,
    options: `-c search_path=${schema}`,
    application_name: 'jiabiao migrate',
  });
  client.on('error', () => undefined); // told by the query that then fails
  try {
    await client.connect();
    return await work(client);
  } catch (cause) {
    throw databaseFailure(cause);
  } finally {
    await client.end().catch(() => undefined);
  }
}
