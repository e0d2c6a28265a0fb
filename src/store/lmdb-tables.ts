// The tables of the store, each with its key and its value: the layout on disk at one look.

import type { RootDatabase } from 'lmdb';
import { HandleError } from '../domain/error.ts';
import { KEY_ENCODER, Table } from './lmdb-table.ts';

/** What is in which table. `id`, `node`, `day`: 4 bytes; `sequence`, `instant`: 8 bytes; all big-endian. */
const LAYOUT = {
  /** `format` → what this file is; `records` → how many live ones. */
  meta: 'meta',
  /** kind, id → name */
  names: 'names',
  /** kind, name → id */
  numbers: 'numbers',
  /** node → key of the record that has it */
  nodes: 'nodes',
  /** prefix id, suffix → record (record-codec.ts) */
  records: 'records',
  /** key of the record, 0, revision → sequence, instant, replaced bytes */
  history: 'history',
  /** node, suffix → block of children from that suffix on (packed-suffixes.ts); a node's first has no suffix */
  children: 'children',
  /** prefix id, type id (2 bytes), folded value, 0, suffix → nothing; of values marked searchable alone */
  search: 'search',
  /** sequence → row of the change log (change-row-codec.ts) */
  log: 'log',
  /** prefix id, sequence → nothing */
  logByPrefix: 'log-by-prefix',
  /** prefix id (0: none that is known), day → resolutions, a number for each outcome */
  resolutions: 'resolutions',
  /** prefix id, day → created, updated, deleted, revoked; the last day there can be → live records */
  counters: 'counters',
  /** key → stored result */
  idempotency: 'idempotency',
  /** principal id, instant, counter → key of the result */
  idempotencyByAge: 'idempotency-by-age',
  /** prefix → JSON */
  enterprises: 'enterprises',
  /** principal's id → JSON */
  principals: 'principals',
  /** key's id → JSON */
  keys: 'keys',
  /** token hash → key's id */
  keyHashes: 'key-hashes',
  /** prefix → JSON */
  homes: 'homes',
  /** handle → JSON of the newest version */
  templates: 'templates',
  /** handle, 0, revision → JSON of that version, the newest included */
  templateVersions: 'template-versions',
  /** lot's id → JSON */
  lots: 'lots',
  /** lot's id, 0, revision → JSON of that state, the newest included */
  lotVersions: 'lot-versions',
  /** prefix id, length of its codes (2 bytes), head and first serial → lot's id */
  lotRanges: 'lot-ranges',
  /** key of the parent's record, 0, lot's id → nothing */
  lotParents: 'lot-parents',
} as const;

export type TableName = keyof typeof LAYOUT;
export type LmdbTables = Readonly<Record<TableName, Table>>;

export const TABLE_COUNT = Object.keys(LAYOUT).length;

const TABLE_OPTIONS = { encoding: 'binary', keyEncoder: KEY_ENCODER };

/** Null if there is no such table and `create` is false. */
export function openTable(root: RootDatabase, name: TableName, create: boolean): Table | null {
  const options = { ...TABLE_OPTIONS, create };
  const db = root.openDB(LAYOUT[name], options as object);
  return db === undefined ? null : new Table(db);
}

/** All of them. Throws `STORE_FORMAT` if one is missing and `create` is false. */
export function openTables(root: RootDatabase, create: boolean): LmdbTables {
  const tables = Object.keys(LAYOUT).map((name) => {
    const table = openTable(root, name as TableName, create);
    if (table !== null) return [name, table];
    throw new HandleError(
      'STORE_FORMAT',
      `The store has no table "${name}". If an older version wrote it, start this version on it once; else restore it from a backup.`,
    );
  });
  return Object.fromEntries(tables) as LmdbTables;
}
