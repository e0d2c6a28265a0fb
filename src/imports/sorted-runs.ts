// Rows sorted outside of memory, the first half: gathers rows, sorts as many as fit, and writes each lot as a run in byte
// order of handle, then line. Knows nothing of what a row says.

import { closeSync, existsSync, fsync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { MAX_RUN_BYTES, MAX_RUN_ROWS } from '../domain/import-limits.ts';
import { orderOfKeys } from './key-order.ts';

/**
 * A row in a file: length of what follows (4 bytes), length of the key (2), key, flags (1), text. The key is the handle
 * in UTF-8, a zero, and the line in 6 bytes: handles hold no zero, so equal ones stand together, the first line first.
 */
export const HEAD_BYTES = 6;
export const LINE_BYTES = 6;
export const HAS_PARENT = 1;
/** Its text is a row's bytes (packed-row.ts), one character each, and not JSON. */
export const IS_PACKED = 2;
const WRITE_BYTES = 1_048_576;
/** What a run may have, and the row that fills it; the system gives memory only to what is used of it. */
const RUN_BYTES = MAX_RUN_BYTES + 1_048_576;

export interface RunRow {
  readonly handle: string;
  readonly line: number;
  readonly flags: number;
  readonly text: string;
}

const syncFile = promisify(fsync);

/** Writes rows one after the other, buffered. `close` leaves them on disk. */
export class RowFileWriter {
  readonly #file: number;
  readonly #buffer = Buffer.allocUnsafe(WRITE_BYTES);
  #used = 0;
  #written: number;

  /** Goes on behind the first `from` bytes of the file, and takes away what stood there. */
  constructor(path: string, from = 0) {
    this.#file = openSync(path, existsSync(path) ? 'r+' : 'w');
    ftruncateSync(this.#file, from);
    this.#written = from;
  }

  /** Bytes written by now, those in the buffer included. */
  get length(): number {
    return this.#written + this.#used;
  }

  write(bytes: Buffer): void {
    this.copy(bytes, 0, bytes.length);
  }

  /** Writes a part of some bytes. */
  copy(bytes: Buffer, start: number, end: number): void {
    if (this.#used + end - start > WRITE_BYTES) this.#flush();
    if (end - start > WRITE_BYTES) this.#put(bytes.subarray(start, end));
    else this.#used += bytes.copy(this.#buffer, this.#used, start, end);
  }

  /** Everything is on disk on return. */
  sync(): void {
    this.#flush();
    fsyncSync(this.#file);
  }

  close(): void {
    this.sync();
    closeSync(this.#file);
  }

  /** As `close`, while the thread goes on; can be read at once, and is on disk when the promise says so. */
  async closeBeside(): Promise<void> {
    this.#flush();
    try {
      await syncFile(this.#file);
    } finally {
      closeSync(this.#file);
    }
  }

  #flush(): void {
    this.#put(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  #put(bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) {
      const count = writeSync(this.#file, bytes, done, bytes.length - done, this.#written);
      done += count;
      this.#written += count;
    }
  }
}

/** One row as it stands in a file. */
export function rowBytes(row: RunRow): Buffer {
  const bytes = Buffer.allocUnsafe(roomFor(row));
  return bytes.subarray(0, encodeRow(row, bytes, 0));
}

/** No character of UTF-16 takes more than three bytes of UTF-8. */
function roomFor({ handle, text }: RunRow): number {
  return 3 * (handle.length + text.length) + HEAD_BYTES + LINE_BYTES + 2;
}

/** Returns where the row ends. */
function encodeRow({ handle, line, flags, text }: RunRow, bytes: Buffer, start: number): number {
  const keyStart = start + HEAD_BYTES;
  let at = keyStart + bytes.write(handle, keyStart, 'utf8');
  bytes[at++] = 0;
  bytes.writeUIntBE(line, at, LINE_BYTES);
  at += LINE_BYTES;
  bytes.writeUInt16LE(at - keyStart, start + 4);
  bytes[at++] = flags;
  at += bytes.write(text, at, encodingOf(flags));
  bytes.writeUInt32LE(at - start - 4, start);
  return at;
}

export function encodingOf(flags: number): 'latin1' | 'utf8' {
  return (flags & IS_PACKED) === 0 ? 'utf8' : 'latin1';
}

export class RunGatherer {
  #bytes = Buffer.allocUnsafeSlow(RUN_BYTES);
  #used = 0;
  /** Of each row, and where the next would begin. */
  readonly #starts = new Uint32Array(MAX_RUN_ROWS + 1);
  readonly #keyEnds = new Uint32Array(MAX_RUN_ROWS);
  #count = 0;
  /** Bytes in which all keys begin alike. */
  #shared = 0;
  /** Whether the rows came in their order. */
  #isSorted = true;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** When true, `writeTo` before the next row. */
  get isFull(): boolean {
    return this.#count >= MAX_RUN_ROWS || this.#used >= MAX_RUN_BYTES;
  }

  /** Lines must rise from row to row. */
  add(row: RunRow): void {
    this.#reserve(roomFor(row));
    const start = this.#used;
    this.#used = encodeRow(row, this.#bytes, start);
    this.#keyEnds[this.#count] = start + HEAD_BYTES + this.#bytes.readUInt16LE(start + 4);
    this.#count += 1;
    this.#starts[this.#count] = this.#used;
    this.#compareWithLast();
  }

  /** Writes what was gathered, sorted, and is empty afterwards. On disk when the promise says so. */
  writeTo(path: string): Promise<void> {
    const writer = new RowFileWriter(path);
    if (this.#isSorted) writer.copy(this.#bytes, 0, this.#used);
    else {
      const [bytes, starts] = [this.#bytes, this.#starts];
      const places = { bytes, starts, ends: this.#keyEnds, from: HEAD_BYTES + this.#shared };
      for (const row of orderOfKeys(places, this.#count)) {
        writer.copy(bytes, starts[row] as number, starts[row + 1] as number);
      }
    }
    this.#count = 0;
    this.#used = 0;
    this.#isSorted = true;
    return writer.closeBeside();
  }

  /** The last row with the one before it. */
  #compareWithLast(): void {
    const [bytes, last] = [this.#bytes, this.#count - 1];
    const key = (this.#starts[last] as number) + HEAD_BYTES;
    const length = (this.#keyEnds[last] as number) - key;
    if (last === 0) {
      this.#shared = length;
      return;
    }
    const before = (this.#starts[last - 1] as number) + HEAD_BYTES;
    let shared = 0;
    // They differ before the shorter one ends: in the zero behind its handle, or else in their lines.
    while (shared < length && bytes[before + shared] === bytes[key + shared]) shared++;
    if (shared < this.#shared) this.#shared = shared;
    if ((bytes[before + shared] as number) > (bytes[key + shared] as number)) this.#isSorted = false;
  }

  #reserve(more: number): void {
    if (this.#used + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(this.#used + more);
    this.#bytes.copy(larger, 0, 0, this.#used);
    this.#bytes = larger;
  }
}

export function lineOfKey(key: string): number {
  let line = 0;
  for (let i = key.length - LINE_BYTES; i < key.length; i++) line = line * 256 + key.charCodeAt(i);
  return line;
}
