// Checks the search index against the records: every searchable value has its row, and there are no others.

import type { ByteString } from '../domain/bytes.ts';
import { recordKeyIn, searchKey } from './lmdb-search.ts';
import { decodeHead, decodeSearchable } from './record-codec.ts';
import { termsOf } from './search-terms.ts';
import { shownBytes } from './verify-findings.ts';
import { placeOf } from './verify-records.ts';
import { type Walk, walkTable } from './verify-walk.ts';

/** The rows that a record should have. Throws `STORE_FORMAT`. */
function searchRowsOf(walk: Walk, key: ByteString, bytes: ByteString): ReadonlySet<ByteString> {
  if (!decodeHead(bytes).isSearchable) return new Set();
  const { names } = walk.view;
  const terms = termsOf(decodeSearchable(bytes, names));
  return new Set(terms.map(({ type, text }) => searchKey(key, names.typeNumber(type), text)));
}

/** Says which of a record's rows are missing; returns how many there should be. */
export function verifySearchable(walk: Walk, key: ByteString, bytes: ByteString): number {
  const { findings, view } = walk;
  const place = (): string => placeOf(walk, key);
  const rows = findings.attempt('records', place, () => searchRowsOf(walk, key, bytes)) ?? new Set();
  for (const row of rows) {
    const isThere = view.tables.search.get(row, view.snapshot.options()) !== null;
    findings.expect(isThere, 'search', () => `${place()} is not found by one of its searchable values`);
  }
  return rows.size;
}

/** `rows`: how many there should be. As each of those was looked for, more means rows of nobody. */
export async function verifySearch(walk: Walk, rows: number): Promise<void> {
  const { findings, view } = walk;
  const listed = await walkTable(walk, 'search', () => {});
  if (listed <= rows) return;
  await walkTable(walk, 'search', ({ key: row }) => {
    const key = recordKeyIn(row);
    const bytes = view.tables.records.get(key, view.snapshot.options());
    const place = (): string => (bytes === null ? shownBytes(key.slice(4)) : placeOf(walk, key));
    const own = bytes === null ? null : findings.attempt('search', place, () => searchRowsOf(walk, key, bytes));
    findings.expect(own?.has(row) === true, 'search', () => `${place()} is found by a value that it does not have`);
  });
}
