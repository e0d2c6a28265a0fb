// A file that a command makes for its owner alone. One that is there already is left as it is.

import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { CommandFailure, EXIT } from './exit-codes.ts';

const OWN_FILE_MODE = 0o600;

/** Throws `CommandFailure` with how to mend it. */
export async function openNewFile(file: string): Promise<WriteStream> {
  const stream = createWriteStream(file, { flags: 'wx', mode: OWN_FILE_MODE });
  try {
    await once(stream, 'open');
    return stream;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'it exists already: name another file, or remove it' : message;
    throw new CommandFailure(EXIT.usage, `${file} cannot be made: ${why}.`, { cause });
  }
}
