// The hash chain of the audit trail: each line names the SHA-256 of the line before, across files, so that a line that was
// changed, taken out or put in shows. What it cannot show is that lines are missing at the end: keep the newest hash elsewhere.

import { createHash } from 'node:crypto';
import { listFiles } from './day-files.ts';
import { type FileLine, linesOf } from './file-lines.ts';
import type { Sealing } from './line-writer.ts';

/** What the first line of all names as the one before. */
const BEGINNING = '0'.repeat(64);

/** Of the line's bytes as they stand in the file, without the newline. */
function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Seals JSON objects: `previous` becomes their first member. */
export function createChain(): Sealing {
  let kept = BEGINNING;
  let newest = BEGINNING;
  return {
    resume(lastLine) {
      kept = lastLine === null ? BEGINNING : hashOf(Buffer.from(lastLine, 'latin1'));
      newest = kept;
    },
    seal(text) {
      const line = `{"previous":"${newest}",${text.slice(1)}`;
      newest = hashOf(Buffer.from(line, 'utf8'));
      return line;
    },
    keep() {
      kept = newest;
    },
    takeBack() {
      newest = kept;
    },
  };
}

export interface ChainReport {
  readonly files: number;
  readonly lines: number;
  /** The first file, if older ones are gone, as they are after their time; null if the trail is here from its beginning. */
  readonly beginsWith: string | null;
  /** Lines that a crash has cut off; what follows them is chained to what is left of them. */
  readonly torn: readonly string[];
  /** Where the chain breaks first, and how; null if it holds. */
  readonly broken: { readonly file: string; readonly line: number; readonly reason: string } | null;
  /** SHA-256 of the last line: what the next one will name. */
  readonly newest: string;
}

/** Reads the whole trail. Throws what the files throw; a compressed file that is damaged is a break. */
export async function verifyChain(directory: string): Promise<ChainReport> {
  const files = listFiles(directory, 'audit');
  const torn: string[] = [];
  let expected: string | null = null;
  let beginsWith: string | null = null;
  let lines = 0;
  let newest = BEGINNING;
  for (const file of files) {
    let number = 0;
    try {
      for await (const line of linesOf(directory, file)) {
        number += 1;
        lines += 1;
        const previous = previousOf(line);
        if (previous === null) torn.push(`${file.name}:${number}`);
        else if (expected === null) beginsWith = previous === BEGINNING ? null : file.name;
        else if (previous !== expected) {
          const reason = 'it does not follow from the line before: one of the two was changed, or lines are missing';
          return {
            files: files.length,
            lines,
            beginsWith,
            torn,
            newest,
            broken: { file: file.name, line: number, reason },
          };
        }
        newest = hashOf(Buffer.from(line.text, 'latin1'));
        expected = newest;
      }
    } catch (error) {
      const reason = `the file cannot be read on from here (${(error as Error).message})`;
      return {
        files: files.length,
        lines,
        beginsWith,
        torn,
        newest,
        broken: { file: file.name, line: number + 1, reason },
      };
    }
  }
  return { files: files.length, lines, beginsWith, torn, newest, broken: null };
}

/** Null of what is no line of the trail: what a crash has left of one. */
function previousOf({ text }: FileLine): string | null {
  try {
    const { previous } = JSON.parse(Buffer.from(text, 'latin1').toString('utf8')) as { previous?: unknown };
    return typeof previous === 'string' ? previous : null;
  } catch {
    return null; // not JSON
  }
}
