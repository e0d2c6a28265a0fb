// What becomes of a log's closed files: they are compressed, and deleted when they are older than they must be kept.

import { createReadStream, createWriteStream } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type LogStem, listFiles } from './day-files.ts';

const UNFINISHED = '.unfinished';
const FILE_MODE = 0o600;

export interface UpkeepOptions {
  readonly directory: string;
  readonly stem: LogStem;
  /** The file that is being written: left alone, with all that come after it. */
  readonly current: string;
  /** Files of earlier days, `yyyy-MM-dd` in China, are deleted. */
  readonly oldestDay: string;
}

/** May be repeated after it was broken off at any point: a file is there whole in one form or the other. */
export async function tidyFiles({ directory, stem, current, oldestDay }: UpkeepOptions): Promise<void> {
  for (const file of listFiles(directory, stem)) {
    if (file.name >= current) break;
    const path = join(directory, file.name);
    if (file.day < oldestDay) await rm(path, { force: true });
    else if (!file.isCompressed) await compress(path);
  }
  for (const name of await readdir(directory)) {
    const isOurs = name.startsWith(`${stem}-`) && name.endsWith(UNFINISHED);
    if (isOurs) await rm(join(directory, name), { force: true });
  }
}

/** The original goes only when the compressed file is on the disk. */
async function compress(path: string): Promise<void> {
  const unfinished = `${path}.gz${UNFINISHED}`;
  await rm(unfinished, { force: true }); // what a crash left would keep its mode
  await pipeline(createReadStream(path), createGzip(), createWriteStream(unfinished, { mode: FILE_MODE }));
  const written = await open(unfinished, 'r+');
  await written.sync().finally(() => written.close());
  await rename(unfinished, `${path}.gz`);
  await rm(path, { force: true });
}
