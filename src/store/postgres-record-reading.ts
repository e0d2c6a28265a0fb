// Reads of records from PostgreSQL: single ones in batches, listings by pages. Never writes.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import type { Prefix } from '../domain/prefix.ts';
import { lookupOf } from './postgres-lookups.ts';
import type { PostgresNames } from './postgres-names.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { readRows, type StoredRow } from './postgres-rows.ts';
import { READ } from './postgres-statements.ts';
import { bytea } from './postgres-values.ts';
import { decodeHead, decodeRecord } from './record-codec.ts';
import type { HistoryEntry, RecordReader, RecordState, RegistryScanner } from './registry-store.ts';

/** What reads are made of. */
export interface PostgresView {
  readonly pool: PostgresPool;
  readonly names: PostgresNames;
  /** Batches of single questions on their way at once; each takes a connection. */
  readonly batchesAtOnce: number;
  /** Gives rows of the log that are there, and have no place yet, their place in the order. */
  readonly settle: () => Promise<void>;
  /** As `settle`, if this node has committed since: what others did may come up to a second later. */
  readonly settleOwn: () => Promise<void>;
}

/** Records read in one query: each may be of MAX_RECORD_BYTES, most have a hundred bytes. */
const MAX_RECORDS_AT_ONCE = 2000;

type ListedRow = StoredRow & { readonly suffix: ByteString };

export function recordReaderOf(view: PostgresView): RecordReader & RegistryScanner {
  const { pool, names } = view;
  const lookup = lookupOf(view);
  const list = async <T>(prefix: Prefix, rows: readonly ListedRow[], made: (handle: Handle, row: StoredRow) => T) =>
    names.decoded(() => rows.map((row) => made(handleOf(prefix, row.suffix), row)));
  return {
    get: (handle) =>
      lookup(handle).then((row) => (row === null ? null : names.decoded(() => recordOf(names, handle, row)))),
    async getMany(handles) {
      const records: (HandleRecord | null)[] = [];
      for (let i = 0; i < handles.length; i += MAX_RECORDS_AT_ONCE) {
        const part = handles.slice(i, i + MAX_RECORDS_AT_ONCE);
        const rows = await readRows(pool, part);
        const decode = () => rows.map((row, at) => (row === null ? null : recordOf(names, part[at] as Handle, row)));
        records.push(...(await names.decoded(decode)));
      }
      return records;
    },
    async list(prefix, after, limit) {
      if (limit <= 0) return [];
      const rows = await pool.query<ListedRow>(READ.list, [prefix, suffixAfter(after), limit]);
      return list(prefix, rows, (handle, row) => recordOf(names, handle, row) as HandleRecord);
    },
    async handles(prefix, { after, skip, limit }) {
      if (limit <= 0) return [];
      const rows = await pool.query<ListedRow>(READ.handles, [prefix, suffixAfter(after), limit, skip]);
      return rows.map(({ suffix }) => handleOf(prefix, suffix));
    },
    async children(parent, after, limit) {
      if (limit <= 0) return [];
      const prefix = prefixOf(parent);
      const values = [prefix, suffixBytes(parent), suffixAfter(after), limit];
      const rows = await pool.query<ListedRow>(READ.children, values);
      return rows.map(({ suffix }) => handleOf(prefix, suffix));
    },
    history: (handle, beforeRevision, limit) => readHistory(view, handle, beforeRevision, limit),
    async prefixes() {
      return (await pool.query<{ prefix: Prefix }>(READ.prefixes)).map(({ prefix }) => prefix);
    },
    async state(handle) {
      const row = await lookup(handle);
      return row === null ? null : names.decoded(() => stateOf(names, handle, row));
    },
    async states(prefix, after, limit) {
      const states: RecordState[] = [];
      let from = suffixAfter(after);
      while (states.length < limit) {
        const asked = limit - states.length;
        const rows = await pool.query<ListedRow>(READ.states, [prefix, from, asked]);
        const page = await list(prefix, rows, (handle, row) => stateOf(names, handle, row));
        states.push(...page.filter((state) => state !== null));
        if (rows.length < asked) break;
        from = bytea((rows.at(-1) as ListedRow).suffix);
      }
      return states;
    },
  };
}

interface HistoryRow extends StoredRow {
  readonly revision: number;
  readonly replaced_at: number;
  readonly sequence: number | null;
}

async function readHistory(
  view: PostgresView,
  handle: Handle,
  beforeRevision: number,
  limit: number,
): Promise<readonly HistoryEntry[]> {
  if (limit <= 0) return [];
  const values = [prefixOf(handle), suffixBytes(handle), beforeRevision, limit];
  let rows = await view.pool.query<HistoryRow>(READ.history, values);
  if (rows.some(({ sequence }) => sequence === null)) {
    await view.settle();
    rows = await view.pool.query<HistoryRow>(READ.history, values);
  }
  return view.names.decoded(() =>
    rows.map((row) => ({
      revision: row.revision,
      replacedAt: row.replaced_at,
      sequence: row.sequence ?? 0,
      record: recordOf(view.names, handle, row),
    })),
  );
}

export function handleOf(prefix: Prefix, suffix: ByteString): Handle {
  return `${prefix}/${textFromBytes(suffix)}` as Handle;
}

/** What a row says of a parent: its suffix, or where an earlier state had one of another prefix, NUL and the whole. */
export function parentBytes(prefix: Prefix, parent: Handle | null): ByteString | null {
  if (parent === null) return null;
  return prefixOf(parent) === prefix ? bytesFromText(suffixOf(parent)) : (`\x00${bytesFromText(parent)}` as ByteString);
}

export function parentOf(prefix: Prefix, bytes: ByteString | null): Handle | null {
  if (bytes === null) return null;
  return bytes.startsWith('\x00') ? (textFromBytes(bytes.slice(1) as ByteString) as Handle) : handleOf(prefix, bytes);
}

function suffixBytes(handle: Handle): Buffer {
  return bytea(bytesFromText(suffixOf(handle)));
}

/** Before all others if there is none. */
export function suffixAfter(after: Handle | null): Buffer {
  return after === null ? Buffer.alloc(0) : suffixBytes(after);
}

function recordOf(names: PostgresNames, handle: Handle, { parent, body }: StoredRow): HandleRecord | null {
  return decodeRecord(handle, body, names.with(parentOf(prefixOf(handle), parent)));
}

/** Null for a row that only lends its name to children, who came before their parent. */
function stateOf(names: PostgresNames, handle: Handle, row: StoredRow): RecordState | null {
  const { revision, updatedAt } = decodeHead(row.body);
  return revision === 0 ? null : { handle, revision, updatedAt, record: recordOf(names, handle, row) };
}
