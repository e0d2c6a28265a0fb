// Appends lines to the files of one log, in the background: one thread writes for all. A directory that is full or cannot
// be written delays lines, within a bound, and nobody else; it is tried again every second.

import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../disk/make-directory.ts';
import { chinaDayOf, formatChinaDay } from '../domain/china-day.ts';
import { MAX_WAITING_LOG_BYTES } from '../domain/limits.ts';
import { type DayFile, fileName, type LogStem, listFiles } from './day-files.ts';
import { lastLineOf } from './file-lines.ts';

const RETRY_MS = 1000;
/** Text of one write. */
const MAX_WRITE_LENGTH = 1 << 20;
/** Log files are for the node's own user. */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** Makes the lines of a log from what was handed in, knowing the line before. */
export interface Sealing {
  /** What stands in a file's last line, as its bytes (latin1); null if there is no line yet. */
  resume(lastLine: string | null): void;
  /** The line for what was handed in. Its effect is provisional until `keep`; `takeBack` undoes what was not kept. */
  seal(text: string): string;
  keep(): void;
  takeBack(): void;
}

export interface LineWriterOptions {
  readonly directory: string;
  readonly stem: LogStem;
  readonly clock: () => number;
  /** A file that has this size is closed and another begun. */
  readonly maxFileBytes: number;
  /** Whether every write is synced to the disk before the next. */
  readonly isSynced: boolean;
  readonly sealing: Sealing | null;
  /** What to write about lines that were lost, once writing works again. */
  readonly lossLine: (count: number) => string;
  /** Told when a file was closed or the first one opened: there may be something to compress or to delete. */
  readonly onNewFile: (current: string) => void;
  readonly onWritten: (lines: number) => void;
  readonly onLost: (lines: number) => void;
  /** Told whenever writing begins to fail, with the reason, and when it works again, with null. */
  readonly onTrouble: (reason: string | null) => void;
}

interface Waiting {
  readonly text: string;
  readonly lines: number;
  /** In China, as a number of days. */
  readonly day: number;
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly day: string;
  readonly part: number;
  bytes: number;
  /** The file ends within a line that a crash has cut off. */
  isTorn: boolean;
}

export class LineWriter {
  readonly #options: LineWriterOptions;
  #waiting: Waiting[] = [];
  #waitingLength = 0;
  #lost = 0;
  #file: OpenFile | null = null;
  #trouble: string | null = null;
  #writing: Promise<void> | null = null;
  #retry: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: LineWriterOptions) {
    this.#options = options;
  }

  /** Takes whole lines in, without the last one's newline. They reach the disk soon, in this order, or are counted as lost. */
  append(text: string, lines: number): void {
    if (this.#isClosed || this.#waitingLength + text.length > MAX_WAITING_LOG_BYTES) {
      this.#lost += lines;
      this.#options.onLost(lines);
      return;
    }
    this.#waiting.push({ text, lines, day: chinaDayOf(this.#options.clock()) });
    this.#waitingLength += text.length;
    if (this.#retry === null) this.#start();
  }

  /** Writes what waits, if it can be written, then closes. A second call waits for the first. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    await this.#writing;
    await this.#writeAll();
    await this.#closeFile();
    const left = this.#waiting.splice(0).reduce((sum, { lines }) => sum + lines, 0);
    if (left > 0) this.#options.onLost(left);
  }

  #start(): void {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
      if (this.#waiting.length > 0 && this.#retry === null && !this.#isClosed) this.#start();
    });
  }

  async #writeAll(): Promise<void> {
    // What was said in this turn of the event loop is written together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup();
      try {
        await this.#write(group);
      } catch (error) {
        await this.#fail(error as Error);
        return;
      }
      this.#waiting.splice(0, group.length);
      for (const { text, lines } of group) {
        this.#waitingLength -= text.length;
        this.#options.onWritten(lines);
      }
      this.#report(null);
      this.#noteLoss();
    }
  }

  /** What goes into one write: of one day, and not too much. */
  #nextGroup(): readonly Waiting[] {
    const first = this.#waiting[0] as Waiting;
    let length = 0;
    const end = this.#waiting.findIndex(({ text, day }, i) => {
      length += text.length;
      return i > 0 && (day !== first.day || length > MAX_WRITE_LENGTH);
    });
    return this.#waiting.slice(0, end < 0 ? undefined : end);
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const { sealing, isSynced } = this.#options;
    const file = await this.#fileFor((group[0] as Waiting).day);
    let text = file.isTorn ? '\n' : '';
    for (const waiting of group) text += `${sealing?.seal(waiting.text) ?? waiting.text}\n`;
    const bytes = Buffer.from(text, 'utf8');
    try {
      for (let done = 0; done < bytes.length; ) done += (await file.handle.write(bytes, done)).bytesWritten;
      if (isSynced) await file.handle.datasync();
    } catch (error) {
      // A line that is there in part would look like one that was tampered with. If it stays, the next opening finds it.
      await file.handle.truncate(file.bytes).catch(() => {});
      throw error;
    }
    file.bytes += bytes.length;
    file.isTorn = false;
    sealing?.keep();
  }

  /** The file for a day: the one that is open, unless the day or the file is over. Days do not go back. */
  async #fileFor(dayNumber: number): Promise<OpenFile> {
    const { directory, stem, maxFileBytes, onNewFile } = this.#options;
    const day = formatChinaDay(dayNumber);
    if (this.#file !== null && this.#file.day >= day && this.#file.bytes < maxFileBytes) return this.#file;
    const before = this.#file;
    await this.#closeFile();
    makeDirectory(directory, DIRECTORY_MODE);
    const files = listFiles(directory, stem);
    const last = files.at(-1) ?? null;
    const sealing = this.#options.sealing;
    sealing?.resume(await lastTextOf(directory, files));
    const lastLine = last === null || last.isCompressed ? null : await lastLineOf(directory, last);
    const isOver = last === null || last.isCompressed || last.day < day || before !== null;
    const name = {
      day: last !== null && last.day > day ? last.day : day,
      part: last === null || last.day < day ? 1 : isOver ? last.part + 1 : last.part,
    };
    const handle = await open(join(directory, fileName(stem, name.day, name.part)), 'a', FILE_MODE);
    const { size } = await handle.stat();
    const file = { ...name, handle, bytes: size, isTorn: !isOver && lastLine !== null && !lastLine.isWhole };
    this.#file = file;
    if (isOver) await syncDirectory(directory);
    onNewFile(fileName(stem, file.day, file.part));
    return file;
  }

  async #closeFile(): Promise<void> {
    const handle = this.#file?.handle;
    this.#file = null;
    // Everything it was given is written, or was reported as not: there is nothing that closing could lose.
    await handle?.close().catch(() => {});
  }

  async #fail(error: Error): Promise<void> {
    this.#options.sealing?.takeBack();
    await this.#closeFile();
    this.#report(error.message);
    if (this.#isClosed) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.#start();
    }, RETRY_MS);
    this.#retry.unref();
  }

  #report(trouble: string | null): void {
    const isNews = (trouble === null) !== (this.#trouble === null);
    this.#trouble = trouble;
    if (isNews) this.#options.onTrouble(trouble);
  }

  /** Says in the log itself that lines are missing, where they are missing. */
  #noteLoss(): void {
    if (this.#lost === 0 || this.#waiting.length > 0) return;
    const text = this.#options.lossLine(this.#lost);
    this.#lost = 0;
    this.#waiting.push({ text, lines: 1, day: chinaDayOf(this.#options.clock()) });
    this.#waitingLength += text.length;
  }
}

/** The last line of all files: a crash may have left one that is empty. */
async function lastTextOf(directory: string, files: readonly DayFile[]): Promise<string | null> {
  for (const file of files.toReversed()) {
    const line = await lastLineOf(directory, file);
    if (line !== null) return line.text;
  }
  return null;
}

/** So that a new file's name survives a power cut as its lines do. Not every system lets directories be synced. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close().catch(() => {});
}
