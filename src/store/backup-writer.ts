// Writes a backup: the pages of one committed state, compressed and sealed, while the node goes on. The file appears under
// its name when it is whole and on disk; what was begun and could not be finished is taken away.

import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync, writevSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import { HandleError } from '../domain/error.ts';
import { BACKUP_CHUNKS_AT_ONCE, MAX_BACKUP_CHUNK_BYTES } from '../domain/limits.ts';
import { ChunkSealer, keyNameOf } from './backup-cipher.ts';
import { type BackupManifest, encodeHeader, encodeLength, KIND, SALT_BYTES } from './backup-format.ts';
import { BESIDE_KIND, besideFiles, encodeBeside, readIfThere } from './beside-files.ts';
import { KEY_FILES } from './key-files.ts';
import { visitEnvironment } from './lmdb-environment.ts';
import { assertGrowth, growthLimit } from './lmdb-growth.ts';
import { type PinnedPages, pinPages } from './lmdb-pages.ts';
import { fixedView, readTotals } from './lmdb-reading.ts';

const compress = promisify(zstdCompress);
/** The fastest level that still halves a store: the disk, not the processor, is to be the limit. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

const FILE_MODE = 0o600;

export interface BackupOptions {
  /** The store's directory, with the files of keys and the saved mappings beside it. */
  readonly path: string;
  /** Must not exist. */
  readonly file: string;
  readonly key: Buffer;
  /** By how much the store may grow meanwhile before the backup gives up; see `growthLimit`. */
  readonly maxGrowthBytes: number | null;
  readonly nowMs: number;
  readonly progress: (readBytes: number, totalBytes: number) => void;
}

export interface BackupDone extends BackupManifest {
  readonly file: string;
  readonly fileBytes: number;
  /** By how much the store's file grew while its state was held. */
  readonly growthBytes: number;
}

/**
 * Throws `ALREADY_EXISTS`, `STORE_READ_ONLY` if the backup's disk is full or may not be written, `OVERLOADED` if the
 * store grew too much meanwhile, and what opening the store throws. Nothing is left behind then.
 */
export async function writeBackup(options: BackupOptions): Promise<BackupDone> {
  const { file } = options;
  if (existsSync(file)) {
    throw new HandleError('ALREADY_EXISTS', `${file} exists: a backup never overwrites, choose another name.`);
  }
  const environment = visitEnvironment(options.path);
  try {
    const pages = pinPages(environment);
    try {
      const view = fixedView(environment, pages.snapshot);
      return await writeWhole(options, pages, readTotals(view));
    } finally {
      pages.close();
    }
  } finally {
    await environment.close();
  }
}

async function writeWhole(
  options: BackupOptions,
  pages: PinnedPages,
  totals: { readonly records: number; readonly sequence: number },
): Promise<BackupDone> {
  const partial = `${options.file}.partial`;
  const { records, sequence } = totals;
  const manifest = { madeAt: new Date(options.nowMs).toISOString(), storeBytes: pages.byteLength, records, sequence };
  let fd: number | null = null;
  try {
    fd = openSync(partial, 'w', FILE_MODE);
    const growthBytes = await writeChunks(fd, options, { pages, manifest });
    fsyncSync(fd);
    closeSync(fd);
    fd = null;
    renameSync(partial, options.file);
    syncDirectory(dirname(options.file));
    return { ...manifest, file: options.file, fileBytes: statSync(options.file).size, growthBytes };
  } catch (cause) {
    if (fd !== null) {
      closeSync(fd);
      rmSync(partial, { force: true });
    }
    throw backupFailure(options.file, cause);
  }
}

/** Returns by how much the store's file grew. */
async function writeChunks(
  fd: number,
  { path, key, maxGrowthBytes, progress }: BackupOptions,
  { pages, manifest }: { readonly pages: PinnedPages; readonly manifest: BackupManifest },
): Promise<number> {
  const header = encodeHeader(keyNameOf(key), randomBytes(SALT_BYTES));
  const sealer = new ChunkSealer(key, header);
  const write = (kind: number, content: Buffer, isLast = false): void => {
    const sealed = sealer.seal([Buffer.of(kind), content], isLast);
    const bytes = sealed.reduce((sum, piece) => sum + piece.length, 0);
    writeAll(fd, [encodeLength(bytes, isLast), ...sealed]);
  };
  writeAll(fd, [header]);
  write(KIND.manifest, Buffer.from(JSON.stringify(manifest)));
  // Read now that the state is held: what opens the lots in it is there already.
  for (const { name, kind } of KEY_FILES) {
    const content = readIfThere(join(path, name));
    if (content !== null) write(kind, content);
  }
  for (const file of besideFiles(path)) write(BESIDE_KIND, encodeBeside(file));
  const limit = maxGrowthBytes ?? growthLimit(pages.byteLength);
  const packing: Promise<Packed>[] = [];
  let position = 0;
  while (position < pages.byteLength || packing.length > 0) {
    while (position < pages.byteLength && packing.length < BACKUP_CHUNKS_AT_ONCE) {
      const raw = Buffer.allocUnsafe(MAX_BACKUP_CHUNK_BYTES);
      const length = pages.read(raw, position);
      packing.push(pack(raw.subarray(0, length)));
      position += length;
    }
    const { kind, content } = await (packing.shift() as Promise<Packed>);
    write(kind, content);
    assertGrowth(pages.growthBytes(), limit);
    progress(position, pages.byteLength);
  }
  write(KIND.end, Buffer.alloc(0), true);
  return pages.growthBytes();
}

interface Packed {
  readonly kind: number;
  readonly content: Buffer;
}

async function pack(raw: Buffer): Promise<Packed> {
  const packed = await compress(raw, COMPRESSION);
  return packed.length < raw.length ? { kind: KIND.packedPages, content: packed } : { kind: KIND.pages, content: raw };
}

function writeAll(fd: number, pieces: readonly Buffer[]): void {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  let written = writevSync(fd, pieces);
  // A disk that fills up takes a part first; the next write then says why.
  while (written < total) written += writevSync(fd, [Buffer.concat(pieces).subarray(written)]);
}

export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  fsyncSync(fd);
  closeSync(fd);
}

function backupFailure(file: string, cause: unknown): unknown {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (typeof code !== 'string' || cause instanceof HandleError) return cause;
  const hint = code === 'ENOSPC' || code === 'EDQUOT' ? ': free some space, or choose another place' : '';
  return new HandleError(
    'STORE_READ_ONLY',
    `The backup ${file} could not be written (${message})${hint}. Nothing of it was left, the store is as it was.`,
    { cause },
  );
}
