// All reads of an LMDB store over one thread's view of it: the part that the committing thread and the others share.

import type { ByteString } from '../domain/bytes.ts';
import type { ChangeRow } from '../domain/change.ts';
import { HandleError } from '../domain/error.ts';
import type { Prefix } from '../domain/prefix.ts';
import { decodeChangeRow } from './change-row-codec.ts';
import { readCounts, readRecordCount } from './lmdb-counts.ts';
import { listEntities, readEntity, readKeyByHash } from './lmdb-directory-reading.ts';
import type { LmdbEnvironment } from './lmdb-environment.ts';
import { readResult } from './lmdb-idempotency.ts';
import { afterAll, fromUint64, toUint64 } from './lmdb-keys.ts';
import { LmdbNames } from './lmdb-names.ts';
import { type LmdbView, listChildren, listRecords, readHistory, readRecord } from './lmdb-record-reading.ts';
import { Snapshot } from './lmdb-snapshot.ts';
import type { DirectoryReader, JournalReader, RecordReader } from './registry-store.ts';

export function openView(environment: LmdbEnvironment, visibleEpoch: () => number): LmdbView {
  const snapshot = new Snapshot(environment.root, visibleEpoch);
  return { tables: environment.tables, names: new LmdbNames(environment.tables, snapshot), snapshot };
}

export function readersOf(view: LmdbView): RecordReader & DirectoryReader & JournalReader {
  return {
    get: (handle) => readRecord(view, handle),
    getMany: (handles) => handles.map((handle) => readRecord(view, handle)),
    list: (prefix, after, limit) => listRecords(view, prefix, after, limit),
    children: (parent, after, limit) => listChildren(view, parent, after, limit),
    history: (handle, beforeRevision, limit) => readHistory(view, handle, beforeRevision, limit),
    enterprise: (prefix) => readEntity(view, 'enterprises', prefix),
    enterprises: (after, limit) => listEntities(view, 'enterprises', after, limit),
    principal: (id) => readEntity(view, 'principals', id),
    principals: (after, limit) => listEntities(view, 'principals', after, limit),
    key: (id) => readEntity(view, 'keys', id),
    keyByHash: (tokenHash) => readKeyByHash(view, tokenHash),
    keys: (after, limit) => listEntities(view, 'keys', after, limit),
    changes: (after, limit, prefix) => readChanges(view, { after, limit, prefix: prefix ?? null }),
    counts: (prefix) => readCounts(view, prefix),
    idempotencyResult: (key, nowMs) => readResult(view.tables, key, nowMs, view.snapshot.options()),
  };
}

/** How many live records there are, and the newest log row's sequence. */
export function readTotals(view: LmdbView): { readonly records: number; readonly sequence: number } {
  const lastRow = view.tables.log.lastKey(view.snapshot.options());
  return { records: readRecordCount(view), sequence: lastRow === null ? 0 : fromUint64(lastRow, 0) };
}

interface ChangesAsked {
  readonly after: number;
  readonly limit: number;
  readonly prefix: Prefix | null;
}

function readChanges(view: LmdbView, { after, limit, prefix }: ChangesAsked): ChangeRow[] {
  if (limit <= 0) return [];
  const first = toUint64(Math.max(0, after) + 1);
  if (prefix !== null) return readChangesOf(view, prefix, { first, limit });
  const rows = view.tables.log.scan({ start: first, limit }, view.snapshot.options());
  return Array.from(rows, ({ key, value }) => decodeChangeRow(fromUint64(key, 0), value, view.names));
}

function readChangesOf(view: LmdbView, prefix: Prefix, asked: { first: ByteString; limit: number }): ChangeRow[] {
  const prefixKey = view.names.prefixKey(prefix);
  if (prefixKey === null) return [];
  const options = view.snapshot.options();
  const scan = { start: (prefixKey + asked.first) as ByteString, end: afterAll(prefixKey), limit: asked.limit };
  return Array.from(view.tables.logByPrefix.scan(scan, options), ({ key }) => {
    const sequence = fromUint64(key, 4);
    const row = view.tables.log.get(toUint64(sequence), options);
    if (row === null) throw new HandleError('STORE_FORMAT', `The change log has no row ${sequence}: restore a backup.`);
    return decodeChangeRow(sequence, row, view.names);
  });
}
