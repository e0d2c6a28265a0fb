// Reads of records from LMDB: the first touch of every resolution. Never writes.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import type { Prefix } from '../domain/prefix.ts';
import { afterAll, fromUint32, toUint32, versionKey } from './lmdb-keys.ts';
import type { LmdbNames } from './lmdb-names.ts';
import type { SnapshotSource } from './lmdb-snapshot.ts';
import type { Row } from './lmdb-table.ts';
import type { LmdbTables } from './lmdb-tables.ts';
import { PackedReader } from './packed-bytes.ts';
import { decodeSuffixes } from './packed-suffixes.ts';
import { decodeHead, decodeRecord, EPOCH_MS, isDeleted, STATUS_BYTES } from './record-codec.ts';
import type { HandlePage, HistoryEntry } from './registry-store.ts';

/** What one thread reads with. */
export interface LmdbView {
  readonly tables: LmdbTables;
  readonly names: LmdbNames;
  readonly snapshot: SnapshotSource;
}

/** Longer keys are none of ours: nothing is stored under them. */
export const MAX_KEY_BYTES = 1100;

export function readRecord(view: LmdbView, handle: Handle): HandleRecord | null {
  const key = view.names.recordKey(handle);
  if (key === null || key.length > MAX_KEY_BYTES) return null;
  const bytes = view.tables.records.get(key, view.snapshot.options());
  return bytes === null ? null : decodeRecord(handle, bytes, view.names);
}

/** Many are looked for together first: where new ones come, nothing stands from the first of them to the last. */
export function readRecords(view: LmdbView, handles: readonly Handle[]): (HandleRecord | null)[] {
  if (handles.length >= LOOKED_FOR_TOGETHER && areAllAbsent(view, handles)) return handles.map(() => null);
  return handles.map((handle) => readRecord(view, handle));
}

const LOOKED_FOR_TOGETHER = 32;

function areAllAbsent(view: LmdbView, handles: readonly Handle[]): boolean {
  let first: ByteString | null = null;
  let last = '' as ByteString;
  for (const handle of handles) {
    const key = view.names.recordKey(handle);
    if (key === null || key.length > MAX_KEY_BYTES) continue;
    if (first === null || key < first) first = key;
    if (key > last) last = key;
  }
  if (first === null) return true;
  const scan = { start: first, end: `${last}\x00` as ByteString, limit: 1 };
  return view.tables.records.keys(scan, view.snapshot.options()).length === 0;
}

export function listRecords(view: LmdbView, prefix: Prefix, after: Handle | null, limit: number): HandleRecord[] {
  const prefixKey = view.names.prefixKey(prefix);
  const records: HandleRecord[] = [];
  if (prefixKey === null || limit <= 0) return records;
  const start = after === null ? prefixKey : ((prefixKey + bytesFromText(suffixOf(after))) as ByteString);
  const scan = { start, end: afterAll(prefixKey), exclusiveStart: after !== null };
  for (const { key, value } of view.tables.records.scan(scan, view.snapshot.options())) {
    const handle = `${prefix}/${textFromBytes(key.slice(4) as ByteString)}` as Handle;
    const record = decodeRecord(handle, value, view.names);
    if (record !== null) records.push(record);
    if (records.length >= limit) break;
  }
  return records;
}

/** Tells the deleted from the living by their head alone, so that passing a large record costs no more than a small one. */
export function listHandles(view: LmdbView, prefix: Prefix, { after, skip, limit }: HandlePage): Handle[] {
  const prefixKey = view.names.prefixKey(prefix);
  const handles: Handle[] = [];
  if (prefixKey === null || limit <= 0) return handles;
  const start = after === null ? prefixKey : ((prefixKey + bytesFromText(suffixOf(after))) as ByteString);
  const scan = { start, end: afterAll(prefixKey), exclusiveStart: after !== null, valueBytes: STATUS_BYTES };
  let passed = 0;
  for (const { key, value } of view.tables.records.scan(scan, view.snapshot.options())) {
    if (isDeleted(value) || passed++ < skip) continue;
    handles.push(view.names.handleOf(prefix, key.slice(4) as ByteString));
    if (handles.length >= limit) break;
  }
  return handles;
}

export function listChildren(view: LmdbView, parent: Handle, after: Handle | null, limit: number): Handle[] {
  const key = view.names.recordKey(parent);
  const bytes =
    key === null || key.length > MAX_KEY_BYTES ? null : view.tables.records.get(key, view.snapshot.options());
  const node = bytes === null ? 0 : decodeHead(bytes).node;
  if (node === 0) return [];
  const prefix = prefixOf(parent);
  const low = after === null ? null : bytesFromText(suffixOf(after));
  const children: Handle[] = [];
  for (const suffix of childSuffixes(view, node, low)) {
    if (children.length >= limit) break;
    children.push(`${prefix}/${textFromBytes(suffix)}` as Handle);
  }
  return children;
}

/** Suffixes of a node's children in byte order, after `after`. Without a snapshot: inside a write transaction. */
export function* childSuffixes(
  view: Pick<LmdbView, 'tables'> & { readonly snapshot: SnapshotSource | null },
  node: number,
  after: ByteString | null,
): Generator<ByteString, void, void> {
  const nodeKey = toUint32(node);
  const options = view.snapshot?.options();
  const from = after === null ? nodeKey : ((nodeKey + after) as ByteString);
  // The block that holds what follows `after` is the last one that begins at or before it.
  const block = view.tables.children.first({ start: from, end: beforeAll(nodeKey), reverse: true }, options);
  const scan = { start: block?.key ?? from, end: afterAll(nodeKey) };
  for (const { key, value } of view.tables.children.scan(scan, options)) {
    for (const suffix of decodeSuffixes(key.slice(4) as ByteString, value)) {
      if (after === null || suffix > after) yield suffix;
    }
  }
}

/** Four bytes sort before every key that begins with them and more; `end` is exclusive, so one less is needed. */
export function beforeAll(nodeKey: ByteString): ByteString {
  return `${toUint32(fromUint32(nodeKey, 0) - 1)}\xff` as ByteString;
}

export function readHistory(view: LmdbView, handle: Handle, beforeRevision: number, limit: number): HistoryEntry[] {
  const recordKey = view.names.recordKey(handle);
  if (recordKey === null || recordKey.length > MAX_KEY_BYTES || beforeRevision <= 1 || limit <= 0) return [];
  const start = versionKey(recordKey, beforeRevision - 1);
  const scan = { start, end: versionKey(recordKey, 0), reverse: true, limit };
  return Array.from(view.tables.history.scan(scan, view.snapshot.options()), (row) => historyEntry(view, handle, row));
}

function historyEntry(view: LmdbView, handle: Handle, row: Row): HistoryEntry {
  const from = new PackedReader(row.value);
  const sequence = from.varint();
  const replacedAt = from.signed() + EPOCH_MS;
  const record = decodeRecord(handle, from.raw(from.remaining), view.names);
  return { revision: fromUint32(row.key, row.key.length - 4), replacedAt, sequence, record };
}
