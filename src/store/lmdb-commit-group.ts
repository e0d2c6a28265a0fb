// The requests of one write transaction: staged in memory over the tables of LMDB, then written together. Lives as long as
// its transaction.

import type { ByteString } from '../domain/bytes.ts';
import type { LotTags } from '../domain/lot.ts';
import type { Prefix } from '../domain/prefix.ts';
import { encodeChangeRow, encodeCreations } from './change-row-codec.ts';
import { CommitGroup, type GroupParts, prefixesOf } from './commit-group.ts';
import { type ResultCounts, ResultKeeper } from './lmdb-idempotency.ts';
import { toUint32, toUint64 } from './lmdb-keys.ts';
import { lotNeighbours } from './lmdb-lot-neighbours.ts';
import type { LmdbNameGiver } from './lmdb-names.ts';
import { StagedChildren } from './lmdb-staged-children.ts';
import { putCounts, readLive } from './lmdb-staged-counts.ts';
import { directorySourceOf, putDirectory } from './lmdb-staged-directory.ts';
import { type LotPrefixes, StagedLots } from './lmdb-staged-lots.ts';
import { StagedRecords } from './lmdb-staged-records.ts';
import { StagedSearch } from './lmdb-staged-search.ts';
import { StagedSheets } from './lmdb-staged-sheets.ts';
import type { LmdbTables } from './lmdb-tables.ts';
import { PackedWriter } from './packed-bytes.ts';
import { StagedCounts } from './staged-counts.ts';
import { StagedDirectory } from './staged-directory.ts';
import { UndoLog } from './undo-log.ts';

export interface GroupOptions {
  readonly tables: LmdbTables;
  readonly names: LmdbNameGiver;
  readonly resultCounts: ResultCounts;
  readonly lotPrefixes: LotPrefixes;
  readonly nowMs: number;
  readonly lotTags: LotTags;
  /** The newest log row's sequence. */
  readonly sequence: number;
}

const ROW_MARK = '\x00' as ByteString;
/** Kept for all groups: a new one would be 4 KiB for each transaction. */
const out = new PackedWriter();

/** A group, and how what it staged is written. */
export interface LmdbGroup {
  readonly group: CommitGroup;
  /** Call once, at the end of the transaction. */
  readonly flush: () => void;
}

export function openGroup({ tables, names, nowMs, ...options }: GroupOptions): LmdbGroup {
  const undo = new UndoLog();
  const children = new StagedChildren(tables, undo);
  const counts = new StagedCounts(undo, nowMs, (prefixKey) => readLive(tables, prefixKey));
  const directory = new StagedDirectory(directorySourceOf(tables), undo);
  const search = new StagedSearch(tables, names, undo);
  const staging = { tables, names, undo, children, counts, search };
  const lots = new StagedLots({ ...staging, tags: options.lotTags, lotPrefixes: options.lotPrefixes });
  const records = new StagedRecords({ ...staging, lots });
  const sheets = new StagedSheets({ ...staging, lots }, records);
  const neighbours = lotNeighbours(records, { ...staging, lots, tags: options.lotTags });
  const results = new ResultKeeper(tables, options.resultCounts, nowMs);
  const parts: GroupParts = {
    undo,
    nowMs,
    records,
    directory,
    lots: {
      put: (change) => lots.put(change, nowMs, neighbours),
      revisionOf: (change) => lots.revisionOf(change),
    },
    results: {
      find: (key) => results.find(key),
      keep: (principalId, key, result) => results.keep(names.principalId(principalId), key, result),
    },
    // Rows are written at once, in the order of their sequence.
    log: ({ principalId, requestId }, entries, sequence) => {
      out.clear();
      encodeChangeRow({ at: nowMs, principalId, requestId, entries }, names, out);
      putRow(tables, names, { sequence, prefixes: prefixesOf(entries) });
    },
    sheets: {
      apply: (sheet, at, steps) => sheets.apply(sheet, at, steps),
      log: ({ principalId, requestId }, created, sequence) => {
        out.clear();
        encodeCreations({ at: nowMs, principalId, requestId, ...created }, names, out);
        putRow(tables, names, { sequence, prefixes: new Set([created.prefix]) });
      },
    },
  };
  return {
    group: new CommitGroup(parts, options.sequence),
    flush: () => {
      records.flush();
      children.flush();
      search.flush();
      putCounts(tables, counts);
      putDirectory(tables, directory);
      lots.flush();
    },
  };
}

interface EncodedRow {
  readonly sequence: number;
  readonly prefixes: ReadonlySet<Prefix>;
}

function putRow(tables: LmdbTables, names: LmdbNameGiver, { sequence, prefixes }: EncodedRow): void {
  const key = toUint64(sequence);
  tables.log.put(key, out.toBytes());
  for (const prefix of prefixes) {
    tables.logByPrefix.put((toUint32(names.prefixId(prefix)) + key) as ByteString, ROW_MARK);
  }
}
