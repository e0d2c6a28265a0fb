// PEM files that a person names on the command line: read, and refused early if they are something else.

import { readFileSync } from 'node:fs';
import { CommandFailure, EXIT } from './exit-codes.ts';

/** `flag` is what named the file. */
export function readPem(file: string, flag: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CommandFailure(EXIT.usage, `${flag}: ${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  if (text.includes('-----BEGIN ')) return text;
  throw new CommandFailure(EXIT.usage, `${flag}: ${file} is no PEM file: it must have a line "-----BEGIN …-----".`);
}
