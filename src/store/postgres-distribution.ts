// Spreads the tables of a registry over the machines of a Citus cluster: those that grow with it by their prefix, those
// that everything is joined with to every machine. Follows Citus' documentation to the letter, and runs only where the
// extension is.

import type { Client } from 'pg';
import { HandleError } from '../domain/error.ts';
import { atDatabase, type DatabasePlace } from './postgres-migrations.ts';

/** All that stands under one prefix lies on one machine: the others are placed with the first. */
export const DISTRIBUTED_BY_PREFIX = [
  'records',
  'history',
  'search',
  'log',
  'log_pending',
  'log_by_prefix',
  'counters',
  'resolutions',
  'templates',
  'template_versions',
  'lots',
  'lot_versions',
] as const;

/** Asked for by its own key alone, so that it is placed with nothing else. */
export const DISTRIBUTED_APART: Readonly<Record<string, string>> = { idempotency: 'key' };

/** Copied to every machine. */
export const REFERENCE_TABLES = [
  'prefixes',
  'names',
  'log_order',
  'log_head',
  'enterprises',
  'principals',
  'access_keys',
  'homes',
  'schema_versions',
  'agreements',
] as const;

/** Each with the table it distributes, in their order. */
export function distributionStatements(): readonly { readonly table: string; readonly text: string }[] {
  const [first, ...others] = DISTRIBUTED_BY_PREFIX;
  const distributed = (table: string, column: string, beside: string) => ({
    table,
    text: `SELECT create_distributed_table('${table}', '${column}', colocate_with => '${beside}')`,
  });
  return [
    ...REFERENCE_TABLES.map((table) => ({ table, text: `SELECT create_reference_table('${table}')` })),
    distributed(first, 'prefix', 'none'),
    ...others.map((table) => distributed(table, 'prefix', first)),
    ...Object.entries(DISTRIBUTED_APART).map(([table, column]) => distributed(table, column, 'none')),
  ];
}

/** To be asked before tables are made for it. Throws as `distribute`. */
export function assertDistributable(place: DatabasePlace): Promise<void> {
  return atDatabase(place, assertCluster);
}

/**
 * Distributes what is not distributed yet; returns those tables. Throws `INVALID_STATE` without Citus, and where tables are
 * divided into partitions, which Citus would have to shard one by one.
 */
export function distribute(place: DatabasePlace): Promise<readonly string[]> {
  return atDatabase(place, async (client) => {
    await assertCluster(client);
    const { rows } = await client.query(
      'SELECT logicalrelid::regclass::text AS name FROM pg_dist_partition WHERE logicalrelid IN (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace)',
    );
    const done = new Set(rows.map(({ name }) => String(name)));
    const missing = distributionStatements().filter(({ table }) => !done.has(table));
    for (const { text } of missing) await client.query(text);
    return missing.map(({ table }) => table);
  });
}

async function assertCluster(client: Client): Promise<void> {
  const { rows: extensions } = await client.query("SELECT 1 FROM pg_extension WHERE extname = 'citus'");
  if (extensions.length === 0) {
    const text =
      'This database has no Citus: run CREATE EXTENSION citus on the coordinator and its workers, join them, and try again. One PostgreSQL by itself needs no --distribute.';
    throw new HandleError('INVALID_STATE', text);
  }
  const { rows: divided } = await client.query(
    "SELECT 1 FROM pg_class WHERE oid = to_regclass('records') AND relkind = 'p'",
  );
  if (divided.length > 0) {
    const text =
      'The tables of this registry are divided into partitions already: distribute an empty schema (postgres.schema), then copy the registry into it with `jiabiao migrate-store`.';
    throw new HandleError('INVALID_STATE', text);
  }
}
