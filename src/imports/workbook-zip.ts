// The parts of a workbook out of its zip file, as streams. What a zip file claims is held against what is allowed before
// anything is unpacked, and while it is.

import type { Readable } from 'node:stream';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { HandleError } from '../domain/error.ts';
import { MAX_WORKBOOK_PARTS, MAX_WORKBOOK_RATIO } from '../domain/import-limits.ts';

/** From which size on a part's ratio counts: small ones of a few repeated bytes are normal. */
const SUSPECT_BYTES = 16_777_216;

export class WorkbookZip {
  readonly #file: ZipFile;
  readonly #parts: ReadonlyMap<string, Entry>;
  /** Bytes that may still be unpacked. */
  #left: number;
  readonly #counted = new Set<string>();

  private constructor(file: ZipFile, parts: ReadonlyMap<string, Entry>, limitBytes: number) {
    this.#file = file;
    this.#parts = parts;
    this.#left = limitBytes;
  }

  /** Throws `INVALID_REQUEST` for what is no whole zip file, `PAYLOAD_TOO_LARGE` for one that would not end. */
  static async open(path: string, limitBytes: number): Promise<WorkbookZip> {
    let file: ZipFile;
    try {
      file = await openPromise(path, { lazyEntries: true, autoClose: false });
    } catch (cause) {
      throw broken(cause);
    }
    try {
      const parts = new Map<string, Entry>();
      if (file.entryCount > MAX_WORKBOOK_PARTS) throw tooLarge(`${file.entryCount} parts`);
      for await (const entry of file.eachEntry()) parts.set(entry.fileName.replace(/^\//, ''), entry);
      return new WorkbookZip(file, parts, limitBytes);
    } catch (cause) {
      file.close();
      throw cause instanceof HandleError ? cause : broken(cause);
    }
  }

  has(name: string): boolean {
    return this.#parts.has(name);
  }

  /** Bytes that a part unpacks to. */
  unpackedBytes(name: string): number {
    return this.#parts.get(name)?.uncompressedSize ?? 0;
  }

  /** What comes is no more than the part claims. Throws as `open`. */
  async *read(name: string): AsyncGenerator<Buffer> {
    const entry = this.#parts.get(name);
    if (entry === undefined) {
      const zh = '文件不是有效的工作簿：请在 Excel 或 WPS 中重新保存后上传。';
      throw new HandleError('INVALID_REQUEST', `This is no workbook: it has no ${name}.`, { zh });
    }
    const { uncompressedSize, compressedSize } = entry;
    const ratio = uncompressedSize / Math.max(1, compressedSize);
    const counts = this.#counted.has(name) ? 0 : uncompressedSize;
    if (counts > this.#left || (uncompressedSize > SUSPECT_BYTES && ratio > MAX_WORKBOOK_RATIO)) {
      throw tooLarge(`${uncompressedSize} bytes, ${Math.round(ratio)} times their size,`);
    }
    this.#left -= counts;
    this.#counted.add(name);
    try {
      const stream: Readable = await this.#file.openReadStreamPromise(entry);
      for await (const chunk of stream) yield chunk as Buffer;
    } catch (cause) {
      throw broken(cause);
    }
  }

  close(): void {
    this.#file.close();
  }
}

function broken(cause: unknown): HandleError {
  const message = `The workbook is damaged or not whole (${(cause as Error).message}): save it again in Excel or WPS, and send that.`;
  const zh = '工作簿已损坏或不完整：请在 Excel 或 WPS 中重新保存后上传。';
  return new HandleError('INVALID_REQUEST', message, { cause, zh });
}

function tooLarge(what: string): HandleError {
  return new HandleError(
    'PAYLOAD_TOO_LARGE',
    `The workbook unpacks to ${what} and is refused: save the sheet as CSV, or divide it (imports.maxUnpackedBytes).`,
    { zh: '工作簿解压后过大，已拒绝：请把工作表存为 CSV，或拆成几个文件。' },
  );
}
