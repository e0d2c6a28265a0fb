// A JSON object in a file that the user names.

import { readFileSync } from 'node:fs';
import { CommandFailure, EXIT } from './exit-codes.ts';

/** `what`: the object it should be, such as `an object with "values"`. Ends the command if it is not. */
export function readJsonObject(file: string, what: string): Readonly<Record<string, unknown>> {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return { ...content };
  } catch (cause) {
    throw new CommandFailure(EXIT.usage, `${file} cannot be used: ${(cause as Error).message}.`, { cause });
  }
  throw new CommandFailure(EXIT.usage, `${file} must hold ${what}.`);
}
