// All reads of an LMDB store over one thread's view of it: the part that the committing thread and the others share.

import { MAX_HOMES } from '../domain/limits.ts';
import { readCounts, readLiveCounts } from './lmdb-counts.ts';
import { listEntities, listTemplates, listVersions, readEntity, readKeyByHash } from './lmdb-directory-reading.ts';
import type { LmdbEnvironment } from './lmdb-environment.ts';
import { readResult } from './lmdb-idempotency.ts';
import { readChangeHead, readChanges, readChangesOf, readChangesWithin } from './lmdb-journal-reading.ts';
import { fromUint64 } from './lmdb-keys.ts';
import { lotReaderOf } from './lmdb-lot-reading.ts';
import { LmdbNames } from './lmdb-names.ts';
import {
  type LmdbView,
  listChildren,
  listHandles,
  listRecords,
  readHistory,
  readRecord,
  readRecords,
} from './lmdb-record-reading.ts';
import { scannerOf } from './lmdb-scanning.ts';
import { findByState, findByValue } from './lmdb-search.ts';
import { Snapshot, type SnapshotSource } from './lmdb-snapshot.ts';
import type {
  DirectoryReader,
  HomeReader,
  JournalReader,
  LotReader,
  RecordReader,
  RegistryScanner,
  SearchReader,
  StoreStats,
  TemplateReader,
} from './registry-store.ts';

/** A view that follows what is written. */
export function openView(
  environment: LmdbEnvironment,
  visibleEpoch: () => number,
): LmdbView & { readonly snapshot: Snapshot } {
  const snapshot = new Snapshot(environment.root, visibleEpoch);
  return { tables: environment.tables, names: new LmdbNames(environment.tables, snapshot), snapshot };
}

/** A view of one state, for as long as its holder keeps that. */
export function fixedView(environment: LmdbEnvironment, snapshot: SnapshotSource): LmdbView {
  return { tables: environment.tables, names: new LmdbNames(environment.tables, snapshot), snapshot };
}

export function readersOf(
  view: LmdbView,
): RecordReader &
  DirectoryReader &
  HomeReader &
  TemplateReader &
  LotReader &
  JournalReader &
  SearchReader &
  RegistryScanner {
  return {
    ...scannerOf(view),
    ...lotReaderOf(view),
    get: (handle) => readRecord(view, handle),
    getMany: (handles) => readRecords(view, handles),
    list: (prefix, after, limit) => listRecords(view, prefix, after, limit),
    handles: (prefix, page) => listHandles(view, prefix, page),
    children: (parent, after, limit) => listChildren(view, parent, after, limit),
    history: (handle, beforeRevision, limit) => readHistory(view, handle, beforeRevision, limit),
    enterprise: (prefix) => readEntity(view, 'enterprises', prefix),
    enterprises: (after, limit) => listEntities(view, 'enterprises', after, limit),
    principal: (id) => readEntity(view, 'principals', id),
    principals: (after, limit) => listEntities(view, 'principals', after, limit),
    key: (id) => readEntity(view, 'keys', id),
    keyByHash: (tokenHash) => readKeyByHash(view, tokenHash),
    keys: (after, limit) => listEntities(view, 'keys', after, limit),
    homes: () => listEntities(view, 'homes', null, MAX_HOMES),
    template: (handle) => readEntity(view, 'templates', handle),
    templates: (prefix, after, limit) => listTemplates(view, prefix, after, limit),
    templateVersions: (handle, after, limit) => listVersions(view, 'templateVersions', handle, { after, limit }),
    findByValue: (question) => findByValue(view, question),
    findByState: (question) => findByState(view, question),
    changes: (after, limit, prefix) =>
      prefix === undefined ? readChanges(view, after, limit) : readChangesOf(view, prefix, { after, limit }),
    changesWithin: (scopes, after, limit) => readChangesWithin(view, scopes, { after, limit }),
    changeHead: (sequence) => readChangeHead(view, sequence),
    counts: (prefix) => readCounts(view, prefix),
    idempotencyResult: (key, nowMs) => readResult(view.tables, key, nowMs, view.snapshot.options()),
  };
}

/** How many live records and identifiers there are, and the newest log row's sequence. */
export function readTotals(view: LmdbView): Pick<StoreStats, 'records' | 'issued' | 'sequence'> {
  const lastRow = view.tables.log.lastKey(view.snapshot.options());
  return { ...readLiveCounts(view), sequence: lastRow === null ? 0 : fromUint64(lastRow, 0) };
}
