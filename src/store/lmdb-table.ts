// One LMDB table as byte strings in and out: the only place that touches the rows of the lmdb package, and where its
// errors become ours. Knows no record.

import type { Database } from 'lmdb';
import { type ByteString, bytesIn } from '../domain/bytes.ts';
import { HandleError, isHandleError } from '../domain/error.ts';

/** Which snapshot to read. Left out inside a write transaction, which always reads its own state. */
export interface ReadOptions {
  readonly transaction: object;
}

export interface ScanOptions {
  /** The first key, or the last one if `reverse`. */
  readonly start: ByteString;
  /** Where to end, exclusive; without it at the end of the table. */
  readonly end?: ByteString;
  readonly exclusiveStart?: boolean;
  readonly reverse?: boolean;
  readonly limit?: number;
  /** How many bytes of each value are asked for; without it all. */
  readonly valueBytes?: number;
}

export interface Row {
  readonly key: ByteString;
  readonly value: ByteString;
}

/** What the package offers beyond its type declarations: reads into a shared buffer, within a given transaction. */
interface RawDatabase {
  readonly lastSize: number;
  getStats(): {
    readonly pageSize: number;
    readonly treeBranchPageCount: number;
    readonly treeLeafPageCount: number;
    readonly overflowPages: number;
  };
  getBinaryFast(key: ByteString, options?: ReadOptions): Buffer | undefined;
  put(key: ByteString, value: Uint8Array): unknown;
  remove(key: ByteString): unknown;
  getRange(options: object): Iterable<{ key: ByteString; value: Buffer }>;
  getKeys(options: object): Iterable<ByteString>;
}

/** Keys are byte strings as they are, so that LMDB's order is the order of their bytes. */
export const KEY_ENCODER = {
  writeKey(key: ByteString, target: Buffer, start: number): number {
    const length = key.length;
    for (let i = 0; i < length; i++) target[start + i] = key.charCodeAt(i);
    return start + length;
  },
  readKey(source: Buffer, start: number, end: number): ByteString {
    return source.toString('latin1', start, end) as ByteString;
  },
};

/** Sorts before every key. */
export const FIRST_KEY = '\x00' as ByteString;

const INITIAL_SCRATCH_BYTES = 1 << 19;
let scratch = Buffer.allocUnsafeSlow(INITIAL_SCRATCH_BYTES);

export class Table {
  readonly #db: RawDatabase;

  constructor(db: Database) {
    this.#db = db as unknown as RawDatabase;
  }

  /** Null if there is no such row. Throws `STORE_UNAVAILABLE`. */
  get(key: ByteString, options?: ReadOptions): ByteString | null {
    try {
      const buffer = this.#db.getBinaryFast(key, options);
      return buffer === undefined ? null : bytesIn(buffer, 0, this.#db.lastSize);
    } catch (cause) {
      throw unreadable(cause);
    }
  }

  /** Rows in order of their keys. Iterate at once: it reads as it goes. Throws `STORE_UNAVAILABLE`. */
  *scan(scan: ScanOptions, options?: ReadOptions): Generator<Row, void, void> {
    try {
      for (const { key, value } of this.#db.getRange(rangeOf(scan, options))) {
        yield { key, value: value.toString('latin1', 0, scan.valueBytes ?? value.length) as ByteString };
      }
    } catch (cause) {
      throw unreadable(cause);
    }
  }

  /** The keys of the rows that `scan` would give. Throws `STORE_UNAVAILABLE`. */
  keys(scan: ScanOptions, options?: ReadOptions): ByteString[] {
    try {
      return Array.from(this.#db.getKeys(rangeOf(scan, options)));
    } catch (cause) {
      throw unreadable(cause);
    }
  }

  /** The first row that `scan` would give. */
  first(scan: ScanOptions, options?: ReadOptions): Row | null {
    for (const row of this.scan({ ...scan, limit: 1 }, options)) return row;
    return null;
  }

  /** The last key of the table, or null if it is empty. */
  lastKey(options?: ReadOptions): ByteString | null {
    const range = { reverse: true, end: FIRST_KEY, limit: 1, ...options };
    for (const key of this.#db.getKeys(range)) return key;
    return null;
  }

  /** Bytes of the pages it takes. */
  pageBytes(): number {
    const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } = this.#db.getStats();
    return pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages);
  }

  /** Only inside a write transaction; its errors are LMDB's own, the transaction's owner translates them. */
  put(key: ByteString, value: ByteString): void {
    const size = value.length;
    if (size > scratch.length) scratch = Buffer.allocUnsafeSlow(size * 2);
    scratch.write(value, 0, 'latin1');
    this.#db.put(key, scratch.subarray(0, size));
  }

  /** As `put`. */
  remove(key: ByteString): void {
    this.#db.remove(key);
  }
}

function rangeOf(scan: ScanOptions, options: ReadOptions | undefined): object {
  return { ...scan, end: scan.end ?? (scan.reverse === true ? FIRST_KEY : undefined), ...options };
}

function unreadable(cause: unknown): HandleError {
  if (isHandleError(cause)) return cause;
  return new HandleError(
    'STORE_UNAVAILABLE',
    `The store cannot be read: ${(cause as Error).message}. See the disk's health and the log.`,
    { cause },
  );
}
