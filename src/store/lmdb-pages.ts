// The pages of one committed state, as bytes: what a backup is made of. Reads the file beside LMDB, never writes to it.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { HandleError } from '../domain/error.ts';
import { DATA_FILE, type LmdbEnvironment } from './lmdb-environment.ts';
import { type Meta, newestMeta } from './lmdb-file.ts';
import { PinnedSnapshot } from './lmdb-snapshot.ts';

/** Tries to pin the newest state before a commit comes in between, and the pause between two: a second in all. */
const MAX_PIN_ATTEMPTS = 1000;
const BETWEEN_ATTEMPTS_MS = 1;

const META_PAGES = 2;
const TRANSACTION_AT = 152;

/** One committed state, held until it is closed: LMDB reuses none of its pages meanwhile. */
export interface PinnedPages {
  readonly snapshot: PinnedSnapshot;
  readonly byteLength: number;
  /** By how much the file has grown since the state was pinned. */
  growthBytes(): number;
  /** Fills the buffer with the bytes from `position` on; fewer only at the end. */
  read(buffer: Buffer, position: number): number;
  /** A second call does nothing. */
  close(): void;
}

/** Throws `STORE_UNAVAILABLE` if commits come too fast to catch a state between them. */
export function pinPages(environment: LmdbEnvironment): PinnedPages {
  const file = join(environment.path, DATA_FILE);
  const waiting = new Int32Array(new SharedArrayBuffer(4));
  const fd = openSync(file, 'r');
  try {
    for (let attempt = 0; attempt < MAX_PIN_ATTEMPTS; attempt++) {
      const before = newestMeta(fd, file);
      const snapshot = new PinnedSnapshot(environment.root);
      const isNewest = newestMeta(fd, file).bytes.equals(before.bytes);
      // For a moment after a commit readers still get the state before it: then what is counted is not what is copied.
      if (isNewest && holdsState(environment, before.transaction)) return pagesOf(fd, before, snapshot);
      snapshot.release();
      Atomics.wait(waiting, 0, 0, BETWEEN_ATTEMPTS_MS);
    }
  } catch (cause) {
    closeSync(fd);
    throw cause;
  }
  closeSync(fd);
  throw new HandleError('STORE_UNAVAILABLE', 'The store is written to without a pause: try again in a moment.');
}

/**
 * Whether this process reads that state. LMDB's own table of readers says so, a line each: process, thread, transaction.
 * Its lock file must not be opened for that: closing it would give up the locks by which others see that we live.
 */
function holdsState({ root }: LmdbEnvironment, transaction: bigint): boolean {
  const readers = root.readerList();
  return readers.split('\n').some((line) => {
    const [owner, , state] = line.trim().split(/\s+/);
    return owner === String(process.pid) && state === String(transaction);
  });
}

function pagesOf(fd: number, meta: Meta, snapshot: PinnedSnapshot): PinnedPages {
  const { pageSize } = meta;
  const byteLength = (Number(meta.lastPage) + 1) * pageSize;
  const metaPages = Buffer.concat([metaPage(meta, 0n), metaPage(meta, 1n)]);
  const sizeAtStart = fstatSync(fd).size;
  let isClosed = false;
  return {
    snapshot,
    byteLength,
    growthBytes: () => fstatSync(fd).size - sizeAtStart,
    read(buffer, position) {
      const length = Math.min(buffer.length, byteLength - position);
      const fromMeta = Math.max(0, Math.min(length, metaPages.length - position));
      if (fromMeta > 0) metaPages.copy(buffer, 0, position, position + fromMeta);
      let filled = fromMeta;
      while (filled < length) {
        const read = readSync(fd, buffer, filled, length - filled, position + filled);
        if (read === 0) break;
        filled += read;
      }
      // A last page that was never written is not in the file.
      buffer.fill(0, filled, length);
      return length;
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      snapshot.release();
      closeSync(fd);
    },
  };
}

/** Both meta pages lead to the same state; the one whose turn it was has the transaction's number, the other an older one. */
function metaPage(meta: Meta, number: bigint): Buffer {
  const page = Buffer.alloc(meta.pageSize);
  meta.bytes.copy(page);
  page.writeBigUInt64LE(number, 0);
  const isNewest = meta.transaction % BigInt(META_PAGES) === number;
  page.writeBigUInt64LE(isNewest || meta.transaction === 0n ? meta.transaction : meta.transaction - 1n, TRANSACTION_AT);
  return page;
}
