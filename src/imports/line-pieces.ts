// A file of lines in pieces that end where a line does, each with the number of its first line: so that several threads can
// read it at once. Knows nothing of what a line says.

import { open } from 'node:fs/promises';
import { CHECKED_PIECE_BYTES } from '../domain/import-limits.ts';
import { MAX_ROW_BYTES } from '../domain/limits.ts';

const NEWLINE = 0x0a;

export interface LinePiece {
  /** In memory of its own, which may be handed to another thread. */
  readonly bytes: Buffer<ArrayBuffer>;
  readonly firstLine: number;
  /** Bytes of the file up to its end. */
  readonly end: number;
}

/** Of a line that is too long to be one only as much is kept as shows that. */
export async function* readPieces(path: string, pieceBytes = CHECKED_PIECE_BYTES): AsyncGenerator<LinePiece> {
  const file = await open(path, 'r');
  try {
    let rest: Buffer = Buffer.alloc(0);
    let firstLine = 1;
    let end = 0;
    for (;;) {
      const bytes = Buffer.allocUnsafeSlow(rest.length + pieceBytes);
      rest.copy(bytes);
      const { bytesRead } = await file.read(bytes, rest.length, pieceBytes, end);
      end += bytesRead;
      const filled = bytes.subarray(0, rest.length + bytesRead);
      if (bytesRead === 0) {
        if (filled.length > 0) yield { bytes: filled, firstLine, end };
        return;
      }
      const cut = filled.lastIndexOf(NEWLINE) + 1;
      if (cut > 0) {
        // A copy, since what was handed over can be read no more.
        rest = Buffer.from(filled.subarray(cut));
        const piece = filled.subarray(0, cut);
        const lines = countLines(piece);
        yield { bytes: piece, firstLine, end };
        firstLine += lines;
      } else rest = filled.length > 2 * MAX_ROW_BYTES ? Buffer.from(filled.subarray(0, 2 * MAX_ROW_BYTES)) : filled;
    }
  } finally {
    await file.close();
  }
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
