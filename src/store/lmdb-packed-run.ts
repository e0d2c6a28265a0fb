// Rows in order that go between rows which are there already, laid down as densely as if they came last. LMDB fills its
// pages where a row comes behind all others of its page, and splits them in half where it does not, which leaves half of
// each empty. So what stands behind a run's next row, as far as it may be in the same page, is taken out and put back.

import type { ByteString } from '../domain/bytes.ts';
import { isHandleError } from '../domain/error.ts';
import type { Row, Table } from './lmdb-table.ts';

/** What one page holds; more would be moved for nothing. */
const PAGE_BYTES = 4096;
/** Rows among the run that are moved at most, by its own: a few parents among their children. */
const MOVED_SHARE = 1 / 4;

export interface Run {
  readonly first: ByteString;
  readonly last: ByteString;
  /** Rows that will come, about. */
  readonly count: number;
  /** Keys of the table between the first and the last. */
  readonly standing: readonly ByteString[];
}

/**
 * Between the beginning and `close` the rows taken out are not in the table: `taken` is told of each before, and throws
 * `STORE_FORMAT` for one that is damaged. Call `close` whatever happens meanwhile.
 */
export class PackedRun {
  readonly #table: Table;
  readonly #out: readonly Row[];
  #back = 0;

  constructor(table: Table, run: Run, taken: (row: Row) => void) {
    this.#table = table;
    const rows = run.standing.length > run.count * MOVED_SHARE ? [] : rowsInTheWay(table, run);
    this.#out = areAllTaken(rows, taken) ? rows : [];
    for (const { key } of this.#out) table.remove(key);
  }

  /** Keys must rise. */
  put(key: ByteString, value: ByteString): void {
    this.#putBack(key);
    this.#table.put(key, value);
  }

  close(): void {
    this.#putBack(null);
  }

  /** Those before a key; all of them for null. */
  #putBack(before: ByteString | null): void {
    for (let row = this.#out[this.#back]; row !== undefined; row = this.#out[++this.#back]) {
      if (before !== null && row.key > before) return;
      this.#table.put(row.key, row.value);
    }
  }
}

/** A damaged row stays where it is, and so do its neighbours: it is no fault of who writes beside it. */
function areAllTaken(rows: readonly Row[], taken: (row: Row) => void): boolean {
  try {
    for (const row of rows) taken(row);
    return true;
  } catch (error) {
    if (!isHandleError(error, 'STORE_FORMAT')) throw error;
    return false;
  }
}

/** Those among the run, and behind it as much as may be in its last page. */
function rowsInTheWay(table: Table, { first, last, standing }: Run): readonly Row[] {
  const rows = standing.length === 0 ? [] : [...table.scan({ start: first, end: behind(last) })];
  let bytes = 0;
  for (const row of table.scan({ start: behind(last) })) {
    bytes += row.key.length + row.value.length;
    if (bytes > PAGE_BYTES) break;
    rows.push(row);
  }
  return rows;
}

function behind(key: ByteString): ByteString {
  return `${key}\x00` as ByteString;
}
