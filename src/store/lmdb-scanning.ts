// Reads of everything in an LMDB store, deleted records included: what an export is made of. Never writes.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import { type Handle, suffixOf } from '../domain/handle.ts';
import type { Prefix } from '../domain/prefix.ts';
import { afterAll } from './lmdb-keys.ts';
import { type LmdbView, MAX_KEY_BYTES } from './lmdb-record-reading.ts';
import { decodeHead, decodeRecord } from './record-codec.ts';
import type { RecordState, RegistryScanner } from './registry-store.ts';

export function scannerOf(view: LmdbView): RegistryScanner {
  return {
    prefixes: () => view.names.prefixes().filter((prefix) => listStates(view, prefix, null, 1).length > 0),
    state: (handle) => readState(view, handle),
    states: (prefix, after, limit) => listStates(view, prefix, after, limit),
  };
}

function readState(view: LmdbView, handle: Handle): RecordState | null {
  const key = view.names.recordKey(handle);
  if (key === null || key.length > MAX_KEY_BYTES) return null;
  const bytes = view.tables.records.get(key, view.snapshot.options());
  return bytes === null ? null : stateOf(view, handle, bytes);
}

function listStates(view: LmdbView, prefix: Prefix, after: Handle | null, limit: number): RecordState[] {
  const prefixKey = view.names.prefixKey(prefix);
  const states: RecordState[] = [];
  if (prefixKey === null || limit <= 0) return states;
  const start = after === null ? prefixKey : ((prefixKey + bytesFromText(suffixOf(after))) as ByteString);
  const scan = { start, end: afterAll(prefixKey), exclusiveStart: after !== null };
  for (const { key, value } of view.tables.records.scan(scan, view.snapshot.options())) {
    const state = stateOf(view, view.names.handleOf(prefix, key.slice(4) as ByteString), value);
    if (state !== null) states.push(state);
    if (states.length >= limit) break;
  }
  return states;
}

/** Null for a row that only lends its number to children, who came before their parent. */
function stateOf(view: LmdbView, handle: Handle, bytes: ByteString): RecordState | null {
  const { revision, updatedAt } = decodeHead(bytes);
  return revision === 0 ? null : { handle, revision, updatedAt, record: decodeRecord(handle, bytes, view.names) };
}
