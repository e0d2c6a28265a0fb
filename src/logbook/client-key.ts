// The key of the pseudonyms, in a file of its own beside the logs that only its owner reads. Without that file nobody can
// find out any more whose pseudonyms they are.

import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../disk/make-directory.ts';

const KEY_FILE = 'client.key';
const KEY_FILE_MODE = 0o600;
const KEY_BYTES = 32;

/** The key of a directory; null if there is none, or none that can be read. */
function readClientKey(directory: string): string | null {
  try {
    const key = readFileSync(join(directory, KEY_FILE), 'utf8').trim();
    return /^[0-9a-f]{64}$/.test(key) ? key : null;
  } catch {
    return null; // missing, or not for us
  }
}

/** The key of a directory, made if there is none; one for this run alone if it cannot be kept. */
export function keepClientKey(directory: string): string {
  const there = readClientKey(directory);
  if (there !== null) return there;
  const key = randomBytes(KEY_BYTES).toString('hex');
  try {
    makeDirectory(directory, 0o700);
    writeFileSync(join(directory, KEY_FILE), `${key}\n`, { mode: KEY_FILE_MODE, flag: 'wx' });
  } catch {
    // The directory takes no files, which the writer of the logs reports: pseudonyms then change with every start.
  }
  return key;
}
