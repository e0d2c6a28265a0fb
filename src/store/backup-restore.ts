// Proves a backup whole and unaltered, and puts one back into an empty place. What is given out was proven before.

import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { makeDirectory } from '../disk/make-directory.ts';
import { HandleError, isHandleError } from '../domain/error.ts';
import { MAX_BACKUP_CHUNK_BYTES } from '../domain/limits.ts';
import { BackupChunks } from './backup-chunks.ts';
import { type BackupManifest, KIND } from './backup-format.ts';
import { syncDirectory } from './backup-writer.ts';
import { BESIDE_KIND, type BesideFile, decodeBeside, IMPORTS_FOLDER } from './beside-files.ts';
import { KEY_FILES } from './key-files.ts';
import { DATA_FILE, RESTORING_FILE } from './lmdb-environment.ts';
import { inspectLmdbFile } from './lmdb-file.ts';

export interface BackupReading {
  readonly file: string;
  readonly key: Buffer;
  readonly progress: (readBytes: number, totalBytes: number) => void;
}

/** What takes the content of a backup, in order. */
interface BackupSink {
  pages(bytes: Buffer): void;
  keyFile(name: string, bytes: Buffer): void;
  besideFile(file: BesideFile): void;
}

/**
 * Reads all of it, so that what comes back is proven. Throws `INVALID_REQUEST` if it is no backup, was made with another
 * key, was altered, or is cut off.
 */
export function checkBackup(reading: BackupReading): BackupManifest {
  return readBackup(reading, { pages() {}, keyFile() {}, besideFile() {} });
}

const OWN_DIRECTORY_MODE = 0o700;
const OWN_FILE_MODE = 0o600;

/**
 * Puts a backup into a directory that is empty or missing. The store gets its name when it is proven and on disk.
 * Throws as `checkBackup`, and `ALREADY_EXISTS` if the directory holds anything; then it is left as it was.
 */
export function restoreBackup(reading: BackupReading & { readonly into: string }): BackupManifest {
  const { into } = reading;
  const isNew = !existsSync(into);
  if (!isNew && readdirSync(into).some((name) => name !== 'lost+found')) {
    throw new HandleError('ALREADY_EXISTS', `${into} is not empty: restore into an empty or new directory.`);
  }
  try {
    makeDirectory(into, OWN_DIRECTORY_MODE);
    return restoreInto(reading);
  } catch (cause) {
    if (isNew) rmSync(into, { recursive: true, force: true });
    else takeAway(into);
    if (isHandleError(cause)) throw cause;
    throw new HandleError(
      'STORE_READ_ONLY',
      `The store could not be restored into ${into} (${(cause as Error).message}): it was left empty.`,
      { cause },
    );
  }
}

function takeAway(into: string): void {
  const keys = [...KEY_FILES.map(({ name }) => name), IMPORTS_FOLDER];
  for (const name of [RESTORING_FILE, DATA_FILE, ...keys]) rmSync(join(into, name), { recursive: true, force: true });
}

function restoreInto(reading: BackupReading & { readonly into: string }): BackupManifest {
  const { into } = reading;
  const partial = join(into, RESTORING_FILE);
  const fd = openSync(partial, 'wx', OWN_FILE_MODE);
  try {
    const manifest = readBackup(reading, {
      pages: (bytes) => {
        for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
      },
      keyFile: (name, bytes) =>
        writeFileSync(join(into, name), bytes, { mode: OWN_FILE_MODE, flag: 'wx', flush: true }),
      besideFile: ({ path, content }) => {
        makeDirectory(dirname(join(into, path)), OWN_DIRECTORY_MODE);
        writeFileSync(join(into, path), content, { mode: OWN_FILE_MODE, flag: 'wx', flush: true });
      },
    });
    fsyncSync(fd);
    inspectLmdbFile(partial);
    renameSync(partial, join(into, DATA_FILE));
    syncDirectory(into);
    return manifest;
  } finally {
    closeSync(fd);
  }
}

function readBackup({ file, key, progress }: BackupReading, sink: BackupSink): BackupManifest {
  const chunks = new BackupChunks(file, key);
  try {
    const first = chunks.next();
    if (first?.kind !== KIND.manifest) throw chunks.refused();
    const manifest = JSON.parse(first.content.toString()) as BackupManifest;
    let pageBytes = 0;
    for (let chunk = chunks.next(); chunk !== null; chunk = chunks.next()) {
      const { kind, content } = chunk;
      const keyFile = KEY_FILES.find((file) => file.kind === kind);
      if (keyFile !== undefined) sink.keyFile(keyFile.name, content);
      if (kind === BESIDE_KIND) {
        const file = decodeBeside(content);
        if (file === null) throw chunks.refused();
        sink.besideFile(file);
      }
      if (kind !== KIND.pages && kind !== KIND.packedPages) continue;
      const pages =
        kind === KIND.pages ? content : zstdDecompressSync(content, { maxOutputLength: MAX_BACKUP_CHUNK_BYTES });
      pageBytes += pages.length;
      sink.pages(pages);
      progress(chunks.position, chunks.fileBytes);
    }
    if (pageBytes !== manifest.storeBytes) throw chunks.refused();
    return manifest;
  } finally {
    chunks.close();
  }
}
