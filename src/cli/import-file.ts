// Files to be imported: what they are, what their columns mean; and one sent row by row, for the demo and for exports of
// other nodes.

import { createReadStream, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isHandleError } from '../domain/error.ts';
import { IMPORT_FORMATS, type JobFormat } from '../imports/job.ts';
import { type ImportCounts, type ImportTarget, importRows, type ReportRow } from '../registry/import-loop.ts';
import { parseMapping } from '../registry/import-mapping.ts';
import { type ImportFormat, readRows } from '../registry/import-rows.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';

export const STANDARD_INPUT = '-';

export interface ImportSource {
  /** A path, or `-` for standard input. */
  readonly file: string;
  readonly format: ImportFormat;
}

export interface ImportWatcher {
  readonly report: (row: ReportRow) => void | Promise<void>;
  readonly progress: (counts: ImportCounts, bytesRead: number) => void;
}

/** What `--format` may say; the first three are told by the name's ending. */
export const FORMATS = IMPORT_FORMATS;

/** The format of a file whose rows keep revisions and instants. */
export function preservedFormatOf(named: string | undefined): ImportFormat {
  if (named === undefined || named === 'ndjson') return { kind: 'export' };
  if (named === 'handle-json') return { kind: 'handle-json-preserved' };
  throw new CommandFailure(EXIT.usage, `The format ${named} carries no instants: import it without --preserve.`);
}

/** By the name's ending, unless `named` says otherwise. */
export function kindOf(file: string, named: string | undefined): JobFormat {
  const ending = /\.(ndjson|jsonl|csv|xlsx)$/i.exec(file)?.[1]?.toLowerCase();
  const kind = named ?? (ending === 'jsonl' ? 'ndjson' : ending);
  const known = FORMATS.find((format) => format === kind);
  if (known !== undefined) return known;
  throw new CommandFailure(
    EXIT.usage,
    `The name ${file} does not tell its format: add --format ${FORMATS.join(', ')}.`,
  );
}

/** Of a file that is sent row by row. */
export function formatOf(mapping: string | undefined): ImportFormat {
  return mapping === undefined ? { kind: 'ndjson' } : { kind: 'csv', mapping: parseMapping(readMappingJson(mapping)) };
}

export function sizeOf(file: string): number {
  if (file === STANDARD_INPUT) return 0;
  try {
    return statSync(file).size;
  } catch (cause) {
    throw new CommandFailure(EXIT.usage, `${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

export async function importFile(
  source: ImportSource,
  target: ImportTarget,
  watcher: ImportWatcher,
): Promise<ImportCounts> {
  let bytesRead = 0;
  const bytes = source.file === STANDARD_INPUT ? process.stdin : createReadStream(source.file);
  const counted = countBytes(bytes, (count) => {
    bytesRead += count;
  });
  return await importRows(readRows(counted, source.format), target, {
    report: watcher.report,
    progress: (counts) => watcher.progress(counts, bytesRead),
    sleep: (ms) => sleep(ms),
    random: Math.random,
  });
}

async function* countBytes(source: AsyncIterable<Buffer>, count: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    count(chunk.length);
    yield chunk;
  }
}

/** The JSON of a mapping that has been looked at. */
export function readMappingJson(file: string): unknown {
  try {
    const mapping: unknown = JSON.parse(readFileSync(file, 'utf8'));
    parseMapping(mapping);
    return mapping;
  } catch (cause) {
    const place = isHandleError(cause) && cause.at !== undefined && cause.at !== '' ? ` (at ${cause.at})` : '';
    const reason = `${(cause as Error).message}${place}`;
    throw new CommandFailure(EXIT.usage, `The mapping ${file} cannot be used: ${reason}`, { cause });
  }
}
