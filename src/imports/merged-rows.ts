// Rows sorted outside of memory, the second half: many runs read side by side come out as one, in order. The same runs
// give the same rows in the same order every time, so a place in it is a number.

import { closeSync, openSync, readSync } from 'node:fs';
import { type ByteString, textFromBytes } from '../domain/bytes.ts';
import { encodingOf, HEAD_BYTES, LINE_BYTES, lineOfKey, RowFileWriter } from './sorted-runs.ts';

const READ_BYTES = 131_072;

/** One row at a time; its views into memory hold until `next`. */
class RowFileReader {
  readonly #file: number;
  #buffer = Buffer.allocUnsafe(READ_BYTES);
  #start = 0;
  #end = 0;
  #position = 0;
  #rowEnd = 0;
  key = '';

  constructor(path: string) {
    this.#file = openSync(path, 'r');
  }

  /** False at the end. */
  next(): boolean {
    this.#start = this.#rowEnd;
    if (!this.#has(HEAD_BYTES)) return false;
    const length = 4 + this.#buffer.readUInt32LE(this.#start);
    if (!this.#has(length)) throw new Error('a run of sorted rows ends in the middle of a row');
    this.#rowEnd = this.#start + length;
    const keyStart = this.#start + HEAD_BYTES;
    this.key = this.#buffer.toString('latin1', keyStart, keyStart + this.#buffer.readUInt16LE(this.#start + 4));
    return true;
  }

  /** The whole row, as it stands in the file. */
  get row(): Buffer {
    return this.#buffer.subarray(this.#start, this.#rowEnd);
  }

  get flags(): number {
    return this.#buffer[this.#start + HEAD_BYTES + this.key.length] as number;
  }

  get text(): string {
    return this.#buffer.toString(encodingOf(this.flags), this.#start + HEAD_BYTES + this.key.length + 1, this.#rowEnd);
  }

  close(): void {
    closeSync(this.#file);
  }

  #has(length: number): boolean {
    while (this.#end - this.#start < length) {
      if (length > this.#buffer.length) {
        const larger = Buffer.allocUnsafe(2 * length);
        this.#buffer.copy(larger, 0, this.#start, this.#end);
        this.#buffer = larger;
      } else this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
      const count = readSync(this.#file, this.#buffer, this.#end, this.#buffer.length - this.#end, this.#position);
      if (count === 0) return false;
      this.#position += count;
      this.#end += count;
    }
    return true;
  }
}

/** Where the merge stands. What it says of a row holds until `next`. */
export class MergedRows {
  readonly #readers: RowFileReader[];
  /** A heap: the reader with the smallest key is first. */
  readonly #heap: RowFileReader[] = [];
  #begun = false;
  #name = '';
  #firstLine = 0;

  constructor(paths: readonly string[]) {
    this.#readers = paths.map((path) => new RowFileReader(path));
  }

  /** False at the end. */
  next(): boolean {
    if (this.#begun) this.#advance();
    else this.#begin();
    const first = this.#heap[0];
    if (first === undefined) return false;
    const name = first.key.slice(0, -LINE_BYTES);
    if (name !== this.#name) {
      this.#name = name;
      this.#firstLine = this.line;
    }
    return true;
  }

  get line(): number {
    return lineOfKey(this.#first.key);
  }

  /** The first line with this row's handle: another than its own if the handle comes again. */
  get firstLine(): number {
    return this.#firstLine;
  }

  get handle(): string {
    return textFromBytes(this.#name.slice(0, -1) as ByteString);
  }

  get flags(): number {
    return this.#first.flags;
  }

  get text(): string {
    return this.#first.text;
  }

  get row(): Buffer {
    return this.#first.row;
  }

  /** A second call does nothing. */
  close(): void {
    for (const reader of this.#readers.splice(0)) reader.close();
  }

  get #first(): RowFileReader {
    const [first] = this.#heap;
    if (first === undefined) throw new Error('there is no row before the first and none behind the last');
    return first;
  }

  #begin(): void {
    this.#begun = true;
    for (const reader of this.#readers) if (reader.next()) this.#heap.push(reader);
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  #advance(): void {
    const [first] = this.#heap;
    if (first === undefined) return;
    if (!first.next()) {
      const last = this.#heap.pop();
      if (last === undefined || this.#heap.length === 0) return;
      this.#heap[0] = last;
    }
    this.#sink(0);
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const reader = heap[from] as RowFileReader;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as RowFileReader).key < (heap[child] as RowFileReader).key)
        child++;
      const smaller = heap[child] as RowFileReader;
      if (reader.key <= smaller.key) break;
      heap[at] = smaller;
      at = child;
    }
    heap[at] = reader;
  }
}

/** Many runs become one. */
export function mergeInto(path: string, runs: readonly string[]): void {
  const merged = new MergedRows(runs);
  const writer = new RowFileWriter(path);
  try {
    while (merged.next()) writer.write(merged.row);
  } finally {
    merged.close();
    writer.close();
  }
}
