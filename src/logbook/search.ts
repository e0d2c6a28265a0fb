// Finds lines in the files of a log, compressed ones too, oldest first and page by page. Reads whole files, so that nothing
// has to be kept in order for it: it is for people, not for the hot path.

import { chinaDayOf, formatChinaDay } from '../domain/china-day.ts';
import { fileName, type LogStem, listFiles } from './day-files.ts';
import { linesOf } from './file-lines.ts';

/** What all lines found have in common; what is left out may be anything. */
export interface LogQuery {
  readonly requestId?: string | undefined;
  readonly principalId?: string | undefined;
  readonly kind?: string | undefined;
  /** Epoch milliseconds, inclusive. */
  readonly fromMs?: number | undefined;
  /** Epoch milliseconds, exclusive. */
  readonly toMs?: number | undefined;
  /** The place of a line: only those after it. */
  readonly after?: string | undefined;
}

export interface LogLine {
  /** File and line number, `audit-2026-11-25.0001:17`; also the cursor of the page that follows. */
  readonly place: string;
  readonly entry: Readonly<Record<string, unknown>>;
}

const PLACE = /^((?:audit|requests)-\d{4}-\d{2}-\d{2}\.\d{4,}):(\d{1,15})$/;

/** Whether a text can be the `after` of a query. */
export function isPlace(text: string): boolean {
  return PLACE.test(text);
}

/** Lines that cannot be read as JSON are passed over; a file that is damaged throws. */
export async function* searchLog(directory: string, stem: LogStem, query: LogQuery): AsyncGenerator<LogLine> {
  const [, afterFile = '', afterLine = '0'] = PLACE.exec(query.after ?? '') ?? [];
  const firstDay = query.fromMs === undefined ? '' : formatChinaDay(chinaDayOf(query.fromMs));
  // What was said just before midnight may have been written after it.
  const lastDay = query.toMs === undefined ? '9' : formatChinaDay(chinaDayOf(query.toMs) + 1);
  for (const file of listFiles(directory, stem)) {
    const name = fileName(stem, file.day, file.part).replace('.ndjson', '');
    if (name < afterFile || file.day < firstDay || file.day > lastDay) continue;
    let number = 0;
    for await (const { text } of linesOf(directory, file)) {
      number += 1;
      if (name === afterFile && number <= Number(afterLine)) continue;
      const entry = matching(text, query);
      if (entry !== null) yield { place: `${name}:${number}`, entry };
    }
  }
}

/** Null if the line is not what is looked for. Most lines are not, so they are looked at as they stand first. */
function matching(latin1: string, query: LogQuery): LogLine['entry'] | null {
  const { requestId, principalId, kind, fromMs, toMs } = query;
  const wanted = Object.entries({ requestId, principalId, kind }).filter(([, value]) => value !== undefined);
  for (const [name, value] of wanted) {
    if (!latin1.includes(Buffer.from(`"${name}":${JSON.stringify(value)}`, 'utf8').toString('latin1'))) return null;
  }
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(Buffer.from(latin1, 'latin1').toString('utf8')) as Record<string, unknown>;
  } catch {
    return null; // what a crash left of a line
  }
  if (wanted.some(([name, value]) => entry[name] !== value)) return null;
  const atMs = Date.parse(String(entry.at));
  return (fromMs !== undefined && !(atMs >= fromMs)) || (toMs !== undefined && !(atMs < toMs)) ? null : entry;
}
