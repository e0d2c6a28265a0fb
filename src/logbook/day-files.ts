// How the files of a log are called and which there are: one or more for each China day, `audit-2026-11-25.0001.ndjson`,
// with `.gz` behind it once closed and compressed. Opens none of them.

import { readdirSync } from 'node:fs';

/** The logs that are kept in files. */
export type LogStem = 'audit' | 'requests';

export interface DayFile {
  readonly name: string;
  readonly stem: LogStem;
  /** `yyyy-MM-dd`, in China. */
  readonly day: string;
  /** From 1, in the order they were begun. */
  readonly part: number;
  readonly isCompressed: boolean;
}

const NAME = /^(audit|requests)-(\d{4}-\d{2}-\d{2})\.(\d{4,})\.ndjson(\.gz)?$/;

export function fileName(stem: LogStem, day: string, part: number): string {
  return `${stem}-${day}.${String(part).padStart(4, '0')}.ndjson`;
}

function parseFileName(name: string): DayFile | null {
  const [, stem, day, part, gz] = NAME.exec(name) ?? [];
  if (stem === undefined || day === undefined) return null;
  return { name, stem: stem as LogStem, day, part: Number(part), isCompressed: gz !== undefined };
}

/**
 * The files of a log in the order they were written. A file that stands there both as it was written and compressed is
 * named once, as it was written: compressing it had not ended. Throws what the directory throws; none if it is missing.
 */
export function listFiles(directory: string, stem: LogStem): readonly DayFile[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const files = new Map<string, DayFile>();
  for (const name of names) {
    const file = parseFileName(name);
    if (file === null || file.stem !== stem) continue;
    const plain = fileName(stem, file.day, file.part);
    if (!file.isCompressed || !files.has(plain)) files.set(plain, file);
  }
  return [...files.values()].sort((a, b) => (a.day === b.day ? a.part - b.part : a.day < b.day ? -1 : 1));
}
