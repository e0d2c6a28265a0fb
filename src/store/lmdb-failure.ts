// What a failed transaction means to those who waited for it. Pure.

import { HandleError, isHandleError } from '../domain/error.ts';

/** Errors of the operating system that mean "cannot be written", with how to mend them. */
const NOT_WRITABLE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space, and writing goes on by itself',
  EDQUOT: 'the disk quota is used up: raise it or free some space, and writing goes on by itself',
  EFBIG: 'the file may not grow further: raise the limit on file sizes, and writing goes on by itself',
  EROFS: 'the file system is mounted read-only: mount it writable',
  EACCES: 'the file may not be written: give the node the right to',
  EPERM: 'the file may not be written: give the node the right to',
  EIO: 'the disk took only a part: it is full (free some space, and writing goes on by itself) or failing (see its log)',
};

/** The same as numbers, which is what LMDB gives (Linux; the numbers of EDQUOT differ on other systems). */
const NAMES_OF_NUMBERS: Readonly<Record<number, string>> = {
  1: 'EPERM',
  5: 'EIO',
  13: 'EACCES',
  27: 'EFBIG',
  28: 'ENOSPC',
  30: 'EROFS',
  69: 'EDQUOT',
  122: 'EDQUOT',
};

/** LMDB: the file has reached the size of its map. */
const MDB_MAP_FULL = -30_792;
/** LMDB: the meta page could not be written. */
const MDB_PANIC = -30_795;

/** `STORE_READ_ONLY` if reads go on and nothing was applied, else `STORE_UNAVAILABLE`. */
export function commitFailure(cause: unknown): HandleError {
  if (isHandleError(cause)) return cause;
  const { code, message } = cause as { code?: number | string; message: string };
  const why = NOT_WRITABLE[typeof code === 'number' ? (NAMES_OF_NUMBERS[code] ?? '') : (code ?? '')];
  if (why !== undefined) return new HandleError('STORE_READ_ONLY', `The store takes no writes: ${why}.`, { cause });
  if (code === MDB_MAP_FULL) {
    return new HandleError('STORE_READ_ONLY', 'The store takes no writes: the file has its greatest size.', { cause });
  }
  if (code === MDB_PANIC) {
    const text = 'The store takes no writes: its index could not be written. See to the disk, then restart the node.';
    return new HandleError('STORE_READ_ONLY', text, { cause });
  }
  return new HandleError('STORE_UNAVAILABLE', `The store could not commit: ${message}. Nothing was applied.`, {
    cause,
  });
}
