// Reads of enterprises, principals, keys, homes and templates from LMDB. Never writes.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import type { Enterprise } from '../domain/enterprise.ts';
import type { Handle } from '../domain/handle.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { AccessKey } from '../domain/principal.ts';
import type { Template } from '../domain/template.ts';
import { decodeEntity } from './directory-json.ts';
import { afterAll, directoryKey, versionKey } from './lmdb-keys.ts';
import type { LmdbView } from './lmdb-record-reading.ts';
import { FIRST_KEY } from './lmdb-table.ts';

export type DirectoryTable = 'enterprises' | 'principals' | 'keys' | 'homes' | 'templates' | 'lots';

/** What a row that was written before a field existed means by its absence. */
const DEFAULTS = {
  enterprises: { holder: null } satisfies Partial<Enterprise>,
  principals: {},
  keys: {},
  homes: {},
  templates: {},
  lots: {},
} as const satisfies Record<DirectoryTable, object>;

function completed<T extends object>(table: DirectoryTable, bytes: ByteString): T {
  return { ...DEFAULTS[table], ...decodeEntity<T>(bytes) };
}

export function readEntity<T extends object>(view: LmdbView, table: DirectoryTable, id: string): T | null {
  const key = directoryKey(id);
  const bytes = key === null ? null : view.tables[table].get(key, view.snapshot.options());
  return bytes === null ? null : completed<T>(table, bytes);
}

export function listEntities<T extends object>(
  view: LmdbView,
  table: DirectoryTable,
  after: string | null,
  limit: number,
): T[] {
  if (limit <= 0) return [];
  const start = after === null ? FIRST_KEY : (directoryKey(after) ?? FIRST_KEY);
  const scan = { start, exclusiveStart: after !== null, limit };
  return Array.from(view.tables[table].scan(scan, view.snapshot.options()), ({ value }) => completed<T>(table, value));
}

export function readKeyByHash(view: LmdbView, tokenHash: string): AccessKey | null {
  const key = directoryKey(tokenHash);
  const id = key === null ? null : view.tables.keyHashes.get(key, view.snapshot.options());
  const bytes = id === null ? null : view.tables.keys.get(id as ByteString, view.snapshot.options());
  return bytes === null ? null : decodeEntity<AccessKey>(bytes);
}

/** Newest versions, of exactly this prefix if one is given. */
export function listTemplates(view: LmdbView, prefix: Prefix | null, after: Handle | null, limit: number): Template[] {
  if (prefix === null || limit <= 0) return listEntities<Template>(view, 'templates', after, limit);
  const beginning = bytesFromText(`${prefix}/`);
  const scan = { start: after === null ? beginning : bytesFromText(after), end: afterAll(beginning) };
  const rows = view.tables.templates.scan({ ...scan, exclusiveStart: after !== null, limit }, view.snapshot.options());
  return Array.from(rows, ({ value }) => completed<Template>('templates', value));
}

/** States of a template or lot above revision `after`, oldest first. */
export function listVersions<T extends object>(
  view: LmdbView,
  table: 'templateVersions' | 'lotVersions',
  id: string,
  { after, limit }: { readonly after: number; readonly limit: number },
): T[] {
  const key = directoryKey(id);
  if (key === null || limit <= 0) return [];
  const scan = { start: versionKey(key, after + 1), end: afterAll(versionKey(key, Number.MAX_SAFE_INTEGER)), limit };
  return Array.from(view.tables[table].scan(scan, view.snapshot.options()), ({ value }) => decodeEntity<T>(value));
}
