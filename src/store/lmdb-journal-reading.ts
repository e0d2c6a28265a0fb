// Reads of the change log from LMDB: whole, or through the index prefix → row. Never writes.

import type { ByteString } from '../domain/bytes.ts';
import type { ChangeHead, ChangeRow } from '../domain/change.ts';
import { HandleError } from '../domain/error.ts';
import type { Prefix } from '../domain/prefix.ts';
import { decodeChangeHead, decodeChangeRow } from './change-row-codec.ts';
import { afterAll, fromUint64, toUint64 } from './lmdb-keys.ts';
import type { LmdbView } from './lmdb-record-reading.ts';

interface Page {
  readonly after: number;
  readonly limit: number;
}

export function readChanges(view: LmdbView, after: number, limit: number): ChangeRow[] {
  if (limit <= 0) return [];
  const rows = view.tables.log.scan({ start: firstAfter(after), limit }, view.snapshot.options());
  return Array.from(rows, ({ key, value }) => decodeChangeRow(fromUint64(key, 0), value, view.names));
}

export function readChangesOf(view: LmdbView, prefix: Prefix, page: Page): ChangeRow[] {
  const prefixKey = view.names.prefixKey(prefix);
  return prefixKey === null ? [] : readRows(view, sequencesUnder(view, [prefixKey], page));
}

export function readChangesWithin(view: LmdbView, scopes: readonly Prefix[], page: Page): ChangeRow[] {
  const prefixKeys = new Set(scopes.flatMap((scope) => view.names.prefixKeysWithin(scope)));
  return readRows(view, sequencesUnder(view, prefixKeys, page));
}

export function readChangeHead(view: LmdbView, sequence: number): ChangeHead | null {
  if (!(sequence >= 1)) return null;
  const row = view.tables.log.get(toUint64(sequence), view.snapshot.options());
  return row === null ? null : decodeChangeHead(row, view.names);
}

/** The first `limit` rows that touch any of the prefixes, in order; no prefix is followed further than it can matter. */
function sequencesUnder(view: LmdbView, prefixKeys: Iterable<ByteString>, { after, limit }: Page): number[] {
  if (limit <= 0) return [];
  let sequences: number[] = [];
  for (const prefixKey of prefixKeys) {
    const last = sequences.length < limit ? undefined : sequences[limit - 1];
    const end = last === undefined ? afterAll(prefixKey) : ((prefixKey + toUint64(last)) as ByteString);
    const scan = { start: (prefixKey + firstAfter(after)) as ByteString, end, limit };
    const found = Array.from(view.tables.logByPrefix.scan(scan, view.snapshot.options()), ({ key }) =>
      fromUint64(key, 4),
    );
    if (found.length === 0) continue;
    sequences = [...new Set([...sequences, ...found])].sort((a, b) => a - b).slice(0, limit);
  }
  return sequences;
}

function readRows(view: LmdbView, sequences: readonly number[]): ChangeRow[] {
  return sequences.map((sequence) => {
    const row = view.tables.log.get(toUint64(sequence), view.snapshot.options());
    if (row === null) throw new HandleError('STORE_FORMAT', `The change log has no row ${sequence}: restore a backup.`);
    return decodeChangeRow(sequence, row, view.names);
  });
}

function firstAfter(sequence: number): ByteString {
  return toUint64(Math.max(0, sequence) + 1);
}
