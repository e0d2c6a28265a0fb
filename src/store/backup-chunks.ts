// Reads a backup file chunk by chunk: each is proven authentic and in its place before it is given out. Knows no store.

import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { HandleError } from '../domain/error.ts';
import { ChunkOpener, keyNameOf } from './backup-cipher.ts';
import { decodeHeader, decodeLength, HEADER_BYTES, LENGTH_BYTES } from './backup-format.ts';

interface Chunk {
  readonly kind: number;
  readonly content: Buffer;
}

export class BackupChunks {
  readonly fileBytes: number;
  position = 0;
  readonly #file: string;
  readonly #fd: number;
  readonly #opener: ChunkOpener;
  #hasEnded = false;

  constructor(file: string, key: Buffer) {
    this.#file = file;
    this.#fd = openBackup(file);
    try {
      this.fileBytes = fstatSync(this.#fd).size;
      const header = this.#read(HEADER_BYTES);
      if (!decodeHeader(header, file).equals(keyNameOf(key))) throw wrongKey(file);
      this.#opener = new ChunkOpener(key, header);
    } catch (cause) {
      this.close();
      throw cause;
    }
  }

  /** Null behind the last one. Throws `INVALID_REQUEST` if the next is missing or altered. */
  next(): Chunk | null {
    if (this.#hasEnded) return null;
    const start = this.position;
    const head = this.#read(LENGTH_BYTES);
    if (head.length < LENGTH_BYTES) throw this.#cutOff();
    const length = decodeLength(head);
    if (length === null) throw this.refused();
    const sealed = this.#read(length.sealedBytes);
    const chunk = this.#opener.open(sealed, length.isLast);
    if (sealed.length < length.sealedBytes) throw this.#cutOff();
    if (chunk === null || chunk.length === 0) throw this.refused(start);
    if (length.isLast) {
      this.#hasEnded = true;
      if (this.position !== this.fileBytes) throw this.refused();
      return null;
    }
    return { kind: chunk[0] as number, content: chunk.subarray(1) };
  }

  refused(at = this.position): HandleError {
    return new HandleError(
      'INVALID_REQUEST',
      `The backup ${this.#file} was altered at or after byte ${at}, and nothing of it can be trusted: take another copy of it, or another backup.`,
    );
  }

  close(): void {
    closeSync(this.#fd);
  }

  #cutOff(): HandleError {
    return new HandleError(
      'INVALID_REQUEST',
      `The backup ${this.#file} is cut off after ${this.fileBytes} bytes: copy it again, or take another backup.`,
    );
  }

  #read(length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const read = readSync(this.#fd, buffer, filled, length - filled, this.position + filled);
      if (read === 0) break;
      filled += read;
    }
    this.position += filled;
    return buffer.subarray(0, filled);
  }
}

function openBackup(file: string): number {
  try {
    if (statSync(file).isDirectory()) throw new Error('it is a directory, name a file in it');
    return openSync(file, 'r');
  } catch (cause) {
    throw new HandleError('INVALID_REQUEST', `The backup ${file} cannot be read: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

function wrongKey(file: string): HandleError {
  return new HandleError(
    'INVALID_REQUEST',
    `The backup ${file} was made with another key: name the key file it was made with.`,
  );
}
