// Reads the files of a log line by line, compressed ones too. Never writes.

import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { DayFile } from './day-files.ts';

const NEWLINE = 0x0a;
const TAIL_BYTES = 65_536;

/** A line as its bytes stand in the file, without the newline; `isWhole` is false for a last one that has none. */
export interface FileLine {
  readonly text: string;
  readonly isWhole: boolean;
}

/** Each byte a character (latin1), so that what is hashed is what is there. */
export async function* linesOf(directory: string, file: DayFile): AsyncGenerator<FileLine> {
  let rest = '';
  for await (const chunk of contentOf(directory, file)) {
    const pieces = (rest + (chunk as Buffer).toString('latin1')).split('\n');
    rest = pieces.pop() ?? '';
    for (const text of pieces) yield { text, isWhole: true };
  }
  if (rest !== '') yield { text: rest, isWhole: false };
}

function contentOf(directory: string, file: DayFile): Readable {
  const source = createReadStream(join(directory, file.name));
  if (!file.isCompressed) return source;
  const content = createGunzip();
  source.on('error', (error) => content.destroy(error));
  content.on('close', () => source.destroy());
  return source.pipe(content);
}

/** The last line; null if there is none. Of a plain file only its end is read. */
export async function lastLineOf(directory: string, file: DayFile): Promise<FileLine | null> {
  if (!file.isCompressed) return lastLineOfPlain(join(directory, file.name));
  let last: FileLine | null = null;
  for await (const line of linesOf(directory, file)) last = line;
  return last;
}

function lastLineOfPlain(path: string): FileLine | null {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    if (size === 0) return null;
    for (let length = Math.min(size, TAIL_BYTES); ; length = Math.min(size, length * 2)) {
      const tail = Buffer.alloc(length);
      readSync(fd, tail, 0, length, size - length);
      const isWhole = tail[length - 1] === NEWLINE;
      const end = isWhole ? length - 1 : length;
      const before = end === 0 ? -1 : tail.lastIndexOf(NEWLINE, end - 1);
      if (before >= 0 || length === size) return { text: tail.toString('latin1', before + 1, end), isWhole };
    }
  } finally {
    closeSync(fd);
  }
}
