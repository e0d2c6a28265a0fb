// What lies in folders beside a store and goes with it into a backup: the column mappings that were saved. Imports
// themselves do not: a file that was half registered is imported again, and a report has been read. Judges no mapping.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HandleError } from '../domain/error.ts';

export const IMPORTS_FOLDER = 'imports';
export const PROFILES_FOLDER = 'profiles';
export const PROFILE_ENDING = '.json';

/** The byte that stands for such a file in a backup. */
export const BESIDE_KIND = 8;

const PATH_LENGTH_BYTES = 2;
/** Only where such files belong: a path leads nowhere else. */
const PATH = new RegExp(`^${IMPORTS_FOLDER}/${PROFILES_FOLDER}/[^/]+/[^/]+\\${PROFILE_ENDING}$`);
const UPWARDS = /(^|\/)\.\.?(\/|$)/;

export interface BesideFile {
  /** From the store's directory, with `/` between the names. */
  readonly path: string;
  readonly content: Buffer;
}

/** One after the other; each is whole, as it gets its name when it is. */
export function* besideFiles(store: string): Generator<BesideFile, void, void> {
  const profiles = `${IMPORTS_FOLDER}/${PROFILES_FOLDER}`;
  for (const folder of namesIn(join(store, profiles), 'folder')) {
    for (const name of namesIn(join(store, profiles, folder), 'file')) {
      const path = `${profiles}/${folder}/${name}`;
      const content = PATH.test(path) ? readIfThere(join(store, path)) : null;
      if (content !== null) yield { path, content };
    }
  }
}

export function encodeBeside({ path, content }: BesideFile): Buffer {
  const name = Buffer.from(path);
  const length = Buffer.alloc(PATH_LENGTH_BYTES);
  length.writeUInt16BE(name.length);
  return Buffer.concat([length, name, content]);
}

/** Null for what is no such file. */
export function decodeBeside(bytes: Buffer): BesideFile | null {
  const end = bytes.length < PATH_LENGTH_BYTES ? Number.POSITIVE_INFINITY : PATH_LENGTH_BYTES + bytes.readUInt16BE(0);
  if (end > bytes.length) return null;
  const path = bytes.toString('utf8', PATH_LENGTH_BYTES, end);
  return PATH.test(path) && !UPWARDS.test(path) ? { path, content: bytes.subarray(end) } : null;
}

function namesIn(directory: string, what: 'folder' | 'file'): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => (what === 'folder' ? entry.isDirectory() : entry.isFile()))
      .map(({ name }) => name)
      .sort();
  } catch (cause) {
    return absentOr(directory, cause) ?? [];
  }
}

/** Throws `STORE_READ_ONLY` for what is there and cannot be read. */
export function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch (cause) {
    return absentOr(file, cause);
  }
}

/** Null for what is not there, or was removed meanwhile. */
function absentOr(path: string, cause: unknown): null {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return null;
  throw new HandleError(
    'STORE_READ_ONLY',
    `${path} cannot be read (${message}), and a backup without it would be no whole one: run as the node's user.`,
    { cause },
  );
}
