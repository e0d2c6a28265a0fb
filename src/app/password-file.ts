// Reads a password from the file that a setting names: settings themselves hold none.

import { readFileSync } from 'node:fs';
import { HandleError } from '../domain/error.ts';

/** The first line. Throws `INVALID_CONFIG` if the file cannot be read. */
export function readPassword(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/, 1)[0] ?? '';
  } catch (cause) {
    throw new HandleError('INVALID_CONFIG', `${setting} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}
