// Opens and closes the store's directory: refuses what is not ours before anything is written, and keeps a second writer
// out. Knows no record.

import { accessSync, constants, existsSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { makeDirectory } from '../disk/make-directory.ts';
import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import { HandleError, isHandleError } from '../domain/error.ts';
import { inspectLmdbFile, inspectSharedLmdbFile, keepLength, type LengthKeeper } from './lmdb-file.ts';
import { type LmdbTables, openTable, openTables, TABLE_COUNT } from './lmdb-tables.ts';
import { lockDirectory, type WriterLock } from './writer-lock.ts';

export const DATA_FILE = 'data.mdb';
/** A store that is being restored; it gets its name when it is whole. */
export const RESTORING_FILE = `${DATA_FILE}.restoring`;
const LMDB_LOCK_FILE = 'lock.mdb';

/** What the file says it is; the number rises when an older program could no longer read it. */
const FORMAT_KEY = 'format' as ByteString;
const FORMAT_NAME = 'jiabiao-store';
const FORMAT_VERSION = 1;

/** Address space for the file to grow into; it takes neither memory nor disk. Windows allocates it, so not there. */
const MAP_BYTES = 2 ** 40;
/** Threads that may read at once, each worker once or twice, those just replaced included. */
const MAX_READERS = 510;
/** Room for their table: 64 bytes each, and a header. */
const LMDB_LOCK_BYTES = 36_864;

export interface LmdbEnvironment {
  /** The store's directory. */
  readonly path: string;
  readonly root: RootDatabase;
  readonly tables: LmdbTables;
  /** Null if it can be written to. */
  readonly readOnlyReason: string | null;
  sizeBytes(): number;
  /** To be called after each commit (see `LengthKeeper`). */
  keepLength(): void;
  /** A second call does nothing. */
  close(): Promise<void>;
}

/**
 * For the committing thread. Throws `STORE_FORMAT` for a foreign, damaged or newer file, which is left as it was, and
 * `STORE_UNAVAILABLE` if another process has it open or it cannot be opened. What cannot be written is opened to read.
 */
export function openEnvironment(path: string): LmdbEnvironment {
  const readOnlyReason = prepareDirectory(path);
  const file = join(path, DATA_FILE);
  // LMDB would say of a file that it may not make only that it is missing.
  if (readOnlyReason !== null && !existsSync(file)) {
    throw unavailable(path, `there is no store in it, and none can be made, since ${readOnlyReason}`);
  }
  const lock = readOnlyReason === null ? lockDirectory(path, true) : lockToRead(path);
  let root: RootDatabase | null = null;
  try {
    inspectLmdbFile(file);
    if (readOnlyReason === null) reserveLockFile(join(path, LMDB_LOCK_FILE));
    root = openRoot(path, readOnlyReason !== null);
    const isNew = checkFormat(root, file);
    const tables = readOnlyReason === null ? makeTables(root, isNew) : openTables(root, false);
    const keeper = readOnlyReason === null ? keepLength(file) : null;
    keeper?.keep();
    return environmentOf(root, { path, tables, readOnlyReason, lock, keeper });
  } catch (cause) {
    // Whatever went wrong is thrown below; that closing fails too would add nothing.
    void root?.close().catch(() => {});
    lock?.release();
    throw isHandleError(cause) ? cause : unavailable(path, (cause as Error).message, cause);
  }
}

/** For a thread beside the committing one, which must have opened the store before. */
export function joinEnvironment(path: string): LmdbEnvironment {
  return openToRead(path, false);
}

/** Directories this thread has open, by their real paths, with how often. */
const OPEN = new Map<string, number>();

/**
 * For another process, to read only: whether a node has the store open or not. Throws `STORE_FORMAT` for a foreign,
 * damaged or newer file, and `STORE_UNAVAILABLE` if there is none, or if this thread has it open: LMDB would hand out
 * the environment that is open, to write and with its own transactions, and not one to look at it from outside.
 */
export function visitEnvironment(path: string): LmdbEnvironment {
  return openToRead(path, true);
}

function openToRead(path: string, isVisitor: boolean): LmdbEnvironment {
  const file = join(path, DATA_FILE);
  let root: RootDatabase | null = null;
  try {
    statSync(file);
    if (isVisitor && OPEN.has(realpathSync(path))) throw new Error('this process has it open already');
    if (isVisitor) inspectSharedLmdbFile(file);
    root = openRoot(path, true);
    if (isVisitor && checkFormat(root, file)) throw new Error('nothing was ever stored in it');
    return environmentOf(root, {
      path,
      tables: openTables(root, false),
      readOnlyReason: null,
      lock: null,
      keeper: null,
    });
  } catch (cause) {
    void root?.close().catch(() => {});
    throw isHandleError(cause) ? cause : unavailable(path, (cause as Error).message, cause);
  }
}

/** Makes the directory if it is missing. Null if it can be written to, else why not. */
function prepareDirectory(path: string): string | null {
  try {
    makeDirectory(path, 0o700);
  } catch (cause) {
    throw unavailable(path, `it cannot be made (${(cause as Error).message})`, cause);
  }
  if (existsSync(join(path, RESTORING_FILE))) {
    throw unavailable(path, `a restore into it was broken off. Remove ${RESTORING_FILE} and restore again`);
  }
  for (const file of [path, join(path, DATA_FILE), join(path, LMDB_LOCK_FILE)]) {
    try {
      accessSync(file, constants.W_OK);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code !== 'ENOENT') return `${file} is not writable (${code}): make it writable and restart the node`;
    }
  }
  return null;
}

/** LMDB writes to this file through memory, which on a full disk would end the process: so its bytes are there before. */
function reserveLockFile(file: string): void {
  if (existsSync(file)) return;
  try {
    writeFileSync(file, Buffer.alloc(LMDB_LOCK_BYTES), { mode: 0o600 });
  } catch (cause) {
    rmSync(file, { force: true });
    throw cause;
  }
}

/** A directory that cannot be written may have no lock file; then nobody here can be writing. */
function lockToRead(path: string): WriterLock | null {
  try {
    return lockDirectory(path, false);
  } catch (cause) {
    if (isHandleError(cause) && (cause.cause as { errcode?: number }).errcode === 5) throw cause;
    return null; // no lock to be had: SQLite's only other answers are that the file is missing or unreadable
  }
}

function openRoot(path: string, readOnly: boolean): RootDatabase {
  return open({
    path,
    readOnly,
    noSubdir: false,
    maxDbs: TABLE_COUNT + 1,
    maxReaders: MAX_READERS,
    encoding: 'binary',
    keyEncoding: 'binary',
    // Every commit is on disk before it returns; LMDB's own optimisation would acknowledge first and sync after.
    overlappingSync: false,
    noReadAhead: true,
    ...(process.platform === 'win32' ? {} : { mapSize: MAP_BYTES }),
  } as Parameters<typeof open>[0]);
}

/** True if the file has yet to be given its format. */
function checkFormat(root: RootDatabase, file: string): boolean {
  const meta = openTable(root, 'meta', false);
  const mark = meta?.get(FORMAT_KEY) ?? null;
  const tableCount = (root.getStats() as { entryCount: number }).entryCount;
  if (mark === null && tableCount <= (meta === null ? 0 : 1)) return true;
  const [name, version] = mark === null ? [] : mark.split(' ');
  if (name !== FORMAT_NAME) {
    throw new HandleError(
      'STORE_FORMAT',
      `${file} is the store of another program. It was left as it is. Set store.path to another directory.`,
    );
  }
  if (Number(version) !== FORMAT_VERSION) {
    throw new HandleError(
      'STORE_FORMAT',
      `${file} has format ${version}, this program reads ${FORMAT_VERSION}. It was left as it is. Run the version that wrote it, or a newer one.`,
    );
  }
  return false;
}

/** Opens the tables and makes those that are missing, all in one transaction, so that no half-made store is left. */
function makeTables(root: RootDatabase, isNew: boolean): LmdbTables {
  return root.transactionSync(() => {
    const tables = openTables(root, true);
    if (isNew) tables.meta.put(FORMAT_KEY, bytesFromText(`${FORMAT_NAME} ${FORMAT_VERSION}`));
    return tables;
  });
}

function environmentOf(
  root: RootDatabase,
  opened: Pick<LmdbEnvironment, 'path' | 'tables' | 'readOnlyReason'> & {
    lock: WriterLock | null;
    keeper: LengthKeeper | null;
  },
): LmdbEnvironment {
  const { path, tables, readOnlyReason, lock, keeper } = opened;
  let closing: Promise<void> | null = null;
  const realPath = realpathSync(path);
  OPEN.set(realPath, (OPEN.get(realPath) ?? 0) + 1);
  return {
    path,
    root,
    tables,
    readOnlyReason,
    sizeBytes: () => statSync(join(path, DATA_FILE)).size,
    keepLength: () => keeper?.keep(),
    close: () => {
      closing ??= root.close().finally(() => {
        keeper?.close();
        lock?.release();
        const others = (OPEN.get(realPath) ?? 1) - 1;
        if (others > 0) OPEN.set(realPath, others);
        else OPEN.delete(realPath);
      });
      return closing;
    },
  };
}

function unavailable(path: string, why: string, cause?: unknown): HandleError {
  return new HandleError(
    'STORE_UNAVAILABLE',
    `The store in ${path} cannot be opened: ${why}. See that the directory exists, is the node's, and has room.`,
    { cause },
  );
}
