// Reads of enterprises, principals, keys, homes, templates and lots from PostgreSQL. Never writes.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import { MAX_HOMES } from '../domain/limits.ts';
import { isWithinSpan, type Lot, prefixOfLot, spanOf } from '../domain/lot.ts';
import type { AccessKey } from '../domain/principal.ts';
import type { Template } from '../domain/template.ts';
import { decodeEntity } from './directory-json.ts';
import type { PostgresView } from './postgres-record-reading.ts';
import { batchesOf } from './postgres-rows.ts';
import type { Statement } from './postgres-statements.ts';
import { type DirectoryTable, entitiesStatement, entityStatement, KEYS_BY_HASH, READ } from './postgres-statements.ts';
import { byteas } from './postgres-values.ts';
import type { DirectoryReader, HomeReader, LotReader, TemplateReader } from './registry-store.ts';

interface BodyRow {
  readonly body: ByteString;
}

export function directoryReaderOf(view: PostgresView): DirectoryReader & HomeReader {
  const one = async <T extends object>(table: DirectoryTable, name: string): Promise<T | null> =>
    (await entities<T>(view, entityStatement(table), [[name]]))[0] ?? null;
  const page = async <T extends object>(table: DirectoryTable, after: string | null, limit: number) =>
    limit <= 0 ? [] : entities<T>(view, entitiesStatement(table), [after ?? '', limit]);
  return {
    enterprise: (prefix) => one('enterprises', prefix),
    enterprises: (after, limit) => page('enterprises', after, limit),
    principal: (id) => one('principals', id),
    principals: (after, limit) => page('principals', after, limit),
    key: (id) => one('access_keys', id),
    keyByHash: async (hash) => (await entities<AccessKey>(view, KEYS_BY_HASH, [[hash]]))[0] ?? null,
    keys: (after, limit) => page('access_keys', after, limit),
    homes: () => page('homes', null, MAX_HOMES),
  };
}

export function templateReaderOf(view: PostgresView): TemplateReader {
  const listed = (statement: Statement, values: readonly unknown[]) => entities<Template>(view, statement, values);
  return {
    template: async (handle) => (await listed(READ.template, [prefixOf(handle), handle]))[0] ?? null,
    async templates(prefix, after, limit) {
      if (limit <= 0) return [];
      if (prefix === null) return listed(READ.templates, [after ?? '', limit]);
      return listed(READ.templatesOf, [prefix, after ?? '', limit]);
    },
    async templateVersions(handle, after, limit) {
      return limit <= 0 ? [] : listed(READ.templateVersions, [prefixOf(handle), handle, after, limit]);
    },
  };
}

export function lotReaderOf(view: PostgresView): LotReader {
  const listed = (statement: Statement, values: readonly unknown[]) => entities<Lot>(view, statement, values);
  const finding = batchesOf(view, (handles: readonly Handle[]) => findLots(view, handles));
  return {
    lot: async (id) => (await listed(READ.lot, [prefixOfLot(id), id]))[0] ?? null,
    findLot: (handle) => finding.ask(handle),
    async lots(prefix, after, limit) {
      if (limit <= 0) return [];
      return prefix === null
        ? listed(READ.lots, [after ?? '', limit])
        : listed(READ.lotsOf, [prefix, after ?? '', limit]);
    },
    async lotVersions(id, after, limit) {
      return limit <= 0 ? [] : listed(READ.lotVersions, [prefixOfLot(id), id, after, limit]);
    },
  };
}

/** Rooms do not overlap, so the last one that begins at or before the suffix is the only one that can hold it. */
async function findLots({ pool }: PostgresView, handles: readonly Handle[]): Promise<readonly (Lot | null)[]> {
  const suffixes = handles.map((handle) => bytesFromText(suffixOf(handle)));
  const values = [handles.map(prefixOf), suffixes.map(({ length }) => length), byteas(suffixes)];
  const found: (Lot | null)[] = Array(handles.length).fill(null);
  for (const { place, body } of await pool.query<BodyRow & { place: number }>(READ.lotsBefore, values)) {
    const lot = decodeEntity<Lot>(body);
    if (isWithinSpan(spanOf(lot), suffixes[place - 1] as ByteString)) found[place - 1] = lot;
  }
  return found;
}

async function entities<T extends object>(
  { pool }: PostgresView,
  statement: Statement,
  values: readonly unknown[],
): Promise<readonly T[]> {
  const rows = await pool.query<BodyRow>(statement, values);
  return rows.map(({ body }) => decodeEntity<T>(body));
}
