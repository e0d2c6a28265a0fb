// Looks at an LMDB file before LMDB does: LMDB maps the file into memory, so that a file which is not what it seems ends the
// process instead of raising an error. Never writes to a page.

import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { HandleError } from '../domain/error.ts';

// Offsets within a page (LMDB data format 2): a header of 24 bytes, then in the two meta pages the meta record.
const PAGE_HEADER_BYTES = 24;
const PAGE_FLAGS_AT = 18;
const PAGE_LOWER_AT = 20;
const PAGE_UPPER_AT = 22;
const META_PAGE = 0x08;
const BRANCH_PAGE = 0x01;
const LEAF_PAGE = 0x02;
const MAGIC_AT = 24;
const VERSION_AT = 28;
const PAGE_SIZE_AT = 48;
const MAIN_ROOT_AT = 136;
const LAST_PAGE_AT = 144;
const TRANSACTION_AT = 152;
const META_BYTES = 160;

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const PAGE_SIZES = [4096, 8192, 16_384, 32_768, 65_536];
/** A root of this number stands for an empty tree. */
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

export interface Meta {
  /** The meta record's bytes. */
  readonly bytes: Buffer;
  readonly pageSize: number;
  readonly root: bigint;
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

/** Throws `STORE_FORMAT` unless the file is an LMDB file with all its pages, or absent, or empty. */
export function inspectLmdbFile(file: string): void {
  const fd = openIfThere(file);
  if (fd === null) return;
  try {
    const size = fstatSync(fd).size;
    if (size > 0) inspectPages(fd, size, file);
  } finally {
    closeSync(fd);
  }
}

/** How often and how long a file that others write to is looked at again before it is held to be damaged. */
const INSPECTIONS = 20;
const BETWEEN_INSPECTIONS_MS = 10;

/** As `inspectLmdbFile`, of a file that another process may be writing to: what is looked at may just be replaced. */
export function inspectSharedLmdbFile(file: string): void {
  const waiting = new Int32Array(new SharedArrayBuffer(4));
  for (let inspection = 1; ; inspection++) {
    try {
      inspectLmdbFile(file);
      return;
    } catch (cause) {
      if (inspection === INSPECTIONS) throw cause;
      Atomics.wait(waiting, 0, 0, BETWEEN_INSPECTIONS_MS);
    }
  }
}

/**
 * Keeps the file as long as its index says. A page that LMDB allocates at the end and frees in the same transaction is
 * never written, and the file would then look as if it had been cut off.
 */
export interface LengthKeeper {
  /** Call after each commit. */
  keep(): void;
  close(): void;
}

export function keepLength(file: string): LengthKeeper {
  const fd = openSync(file, 'r+');
  return {
    keep: () => {
      const length = lengthOf(newestMeta(fd, file));
      if (BigInt(fstatSync(fd).size) >= length) return;
      try {
        ftruncateSync(fd, Number(length));
      } catch {
        // The commit stands all the same, and the next one tries again.
      }
    },
    close: () => closeSync(fd),
  };
}

function openIfThere(file: string): number | null {
  try {
    return openSync(file, 'r');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new HandleError(
      'STORE_UNAVAILABLE',
      `${file} cannot be opened (${(cause as Error).message}): give the node's user the right to read it.`,
      { cause },
    );
  }
}

function inspectPages(fd: number, size: number, file: string): void {
  const meta = newestMeta(fd, file);
  if (BigInt(size) < lengthOf(meta)) throw refused(file, 'is cut off: it is shorter than its own index says');
  if (meta.root !== NO_PAGE) inspectRoot(fd, meta, file);
}

/** Bytes of all pages. */
function lengthOf(meta: Meta): bigint {
  return (meta.lastPage + 1n) * BigInt(meta.pageSize);
}

/** The state that was committed last. Throws `STORE_FORMAT`. */
export function newestMeta(fd: number, file: string): Meta {
  const first = readMeta(fd, 0, file);
  const second = readMeta(fd, first.pageSize, file);
  return second.transaction > first.transaction ? second : first;
}

function readMeta(fd: number, at: number, file: string): Meta {
  const page = Buffer.allocUnsafe(META_BYTES); // from the pool: this is read at every commit
  if (readSync(fd, page, 0, META_BYTES, at) < META_BYTES) throw refused(file, 'is too short to be a store');
  const isMeta = (page.readUInt16LE(PAGE_FLAGS_AT) & META_PAGE) !== 0 && page.readUInt32LE(MAGIC_AT) === MAGIC;
  if (!isMeta) throw refused(file, 'is not a store of this program, or its beginning is damaged');
  if ((page.readUInt32LE(VERSION_AT) & 0xffff) !== DATA_VERSION) {
    throw refused(file, 'was written by another version of LMDB');
  }
  const pageSize = page.readUInt32LE(PAGE_SIZE_AT);
  if (!PAGE_SIZES.includes(pageSize)) throw refused(file, 'has a damaged beginning');
  return {
    bytes: page,
    pageSize,
    root: page.readBigUInt64LE(MAIN_ROOT_AT),
    lastPage: page.readBigUInt64LE(LAST_PAGE_AT),
    transaction: page.readBigUInt64LE(TRANSACTION_AT),
  };
}

/** A page that says of itself what the index says of it. */
function inspectRoot(fd: number, meta: Meta, file: string): void {
  const page = Buffer.alloc(PAGE_HEADER_BYTES);
  const read =
    meta.root > meta.lastPage ? 0 : readSync(fd, page, 0, PAGE_HEADER_BYTES, Number(meta.root) * meta.pageSize);
  const flags = page.readUInt16LE(PAGE_FLAGS_AT);
  const sound =
    read === PAGE_HEADER_BYTES &&
    page.readBigUInt64LE(0) === meta.root &&
    (flags === BRANCH_PAGE || flags === LEAF_PAGE) &&
    page.readUInt16LE(PAGE_LOWER_AT) <= page.readUInt16LE(PAGE_UPPER_AT) &&
    page.readUInt16LE(PAGE_UPPER_AT) <= meta.pageSize;
  if (!sound) throw refused(file, 'is damaged: its index leads nowhere');
}

function refused(file: string, what: string): HandleError {
  return new HandleError(
    'STORE_FORMAT',
    `${file} ${what}. It was left as it is. Restore it from a backup, or set store.path to another directory.`,
  );
}
