// That a registry could be spread over machines by prefix: every table has its place, every statement says which prefix it
// means, and a database that cannot do it is told so.

import { beforeAll, describe, expect, test } from 'vitest';
import {
  DISTRIBUTED_APART,
  DISTRIBUTED_BY_PREFIX,
  distribute,
  distributionStatements,
  REFERENCE_TABLES,
} from '../../src/store/postgres-distribution.ts';
import * as reading from '../../src/store/postgres-statements.ts';
import * as writing from '../../src/store/postgres-write-statements.ts';
import { openPostgres, postgres } from './postgres-world.ts';

/** Statements that ask every machine, each with the reason. */
const ASKING_ALL: Readonly<Record<string, string>> = {
  'read-templates': 'an operator lists those of all prefixes, a page at a time',
  'read-lots': 'an operator lists those of all prefixes, a page at a time',
  'read-sequence': 'the whole registry is counted, every few seconds',
  'sequence-isPending': 'the order is one over all prefixes; what waits for its place is little',
  'sequence-newestPending': 'as above',
  'sequence-pending': 'as above',
};

const STATEMENTS = [reading.READ, writing.LOAD, writing.PUT, writing.SEQUENCE].flatMap((group) => Object.values(group));

let schema: string;
beforeAll(async () => {
  const fixture = await openPostgres();
  ({ schema } = fixture);
  await fixture.close();
});

const ask = async (sql: string, ...values: unknown[]) => (await postgres()).query(sql, values);

describe('tables', () => {
  test('are distributed by prefix, by their own key, or copied to every machine: each of them, and once', async () => {
    const rows = await ask(
      `SELECT relname AS name FROM pg_class
       WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`,
      schema,
    );
    const placed = [...DISTRIBUTED_BY_PREFIX, ...Object.keys(DISTRIBUTED_APART), ...REFERENCE_TABLES];
    expect(placed.toSorted()).toEqual(rows.map(({ name }) => name).toSorted());
  });

  test('have what they are distributed by in every unique index', async () => {
    const rows = await ask(
      `SELECT c.relname AS name, array_agg(a.attname::text) AS columns
       FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
       WHERE c.relnamespace = $1::regnamespace AND NOT c.relispartition AND i.indisunique
       GROUP BY c.relname, i.indexrelid`,
      schema,
    );
    const columnOf = new Map<string, string>([
      ...DISTRIBUTED_BY_PREFIX.map((name) => [name, 'prefix'] as const),
      ...Object.entries(DISTRIBUTED_APART),
    ]);
    const indexes = rows.filter(({ name }) => columnOf.has(String(name)));
    expect(indexes.length).toBeGreaterThan(columnOf.size - 1);
    for (const { name, columns } of indexes) expect(columns, String(name)).toContain(columnOf.get(String(name)));
  });

  test('of one prefix lie together', () => {
    const texts = distributionStatements().map(({ text }) => text);
    expect(texts).toContain("SELECT create_distributed_table('records', 'prefix', colocate_with => 'none')");
    expect(texts).toContain("SELECT create_distributed_table('history', 'prefix', colocate_with => 'records')");
    expect(texts).toContain("SELECT create_reference_table('enterprises')");
  });
});

describe('statements', () => {
  test.each(STATEMENTS)('$name says which prefix it means', ({ name, text }) => {
    const reasons = DISTRIBUTED_BY_PREFIX.filter((table) => !namesPrefix(text, table));
    if (ASKING_ALL[name] === undefined) expect(reasons).toEqual([]);
    else expect(reasons, 'it does: strike it from the list').not.toEqual([]);
  });

  test('that do not are seen', () => {
    expect(namesPrefix('SELECT body FROM lots WHERE id > $1', 'lots')).toBe(false);
    expect(namesPrefix('SELECT body FROM lots AS l JOIN records AS r ON r.prefix = $1', 'lots')).toBe(false);
    expect(namesPrefix('SELECT body FROM lots AS l WHERE l.prefix = $1', 'lots')).toBe(true);
    expect(namesPrefix('INSERT INTO lots (id) SELECT $1', 'lots')).toBe(false);
  });
});

/** Whether a statement that uses a table compares its prefix with something, or gives it one. */
function namesPrefix(text: string, table: string): boolean {
  const uses = [
    ...text.matchAll(
      new RegExp(`\\b(FROM|JOIN|INTO|UPDATE)\\s+${table}\\b(?:\\s+AS\\s+(\\w+))?\\s*(\\([^)]*\\))?`, 'g'),
    ),
  ];
  return uses.every(([, verb, alias, columns = '']) => {
    if (verb === 'INTO') return /\bprefix\b/.test(columns);
    const column = alias === undefined ? `(?:${table}\\.)?prefix` : `${alias}\\.prefix`;
    return new RegExp(`(?<![\\w.])${column} = |= ${column}\\b`).test(text);
  });
}

test('a database without Citus is told what is missing, and is left as it is', async () => {
  const { url } = await postgres();
  await expect(distribute({ url, schema })).rejects.toMatchObject({ code: 'INVALID_STATE' });
  await expect(distribute({ url, schema })).rejects.toThrow('CREATE EXTENSION citus');
});
