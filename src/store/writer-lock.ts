// One writer for each store directory. The lock is the operating system's, so that it ends with the process that holds
// it, however that ends; nothing is to be cleaned up.

import { DatabaseSync } from 'node:sqlite';
import { HandleError } from '../domain/error.ts';

const LOCK_FILE = 'writer.lock';
const SQLITE_BUSY = 5;

export interface WriterLock {
  /** A second call does nothing. */
  release(): void;
}

/**
 * Node offers no file locks of its own, but SQLite holds one while a transaction is open: fcntl on POSIX, LockFileEx on
 * Windows. The file stays empty. Within one process SQLite itself knows who holds it, across threads too.
 *
 * `exclusive` keeps everyone else out; otherwise only writers. Throws `STORE_UNAVAILABLE` if another has the directory.
 */
export function lockDirectory(directory: string, exclusive: boolean): WriterLock {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(`${directory}/${LOCK_FILE}`, { readOnly: !exclusive });
    if (exclusive) {
      // A journal in memory: a lock must be had on a full disk too.
      database.exec('PRAGMA journal_mode = MEMORY');
      database.exec('BEGIN EXCLUSIVE');
    } else {
      database.exec('BEGIN');
      database.exec('SELECT name FROM sqlite_schema');
    }
  } catch (cause) {
    database?.close();
    throw refused(directory, cause);
  }
  const held = database;
  return {
    release(): void {
      if (held.isOpen) held.close();
    },
  };
}

function refused(directory: string, cause: unknown): HandleError {
  const busy = (cause as { errcode?: number }).errcode === SQLITE_BUSY;
  const message = busy
    ? `Another process has the store in ${directory} open: stop it, or set store.path to another directory.`
    : `The store in ${directory} cannot be locked (${(cause as Error).message}): see that the node's user may write there.`;
  return new HandleError('STORE_UNAVAILABLE', message, { cause });
}
