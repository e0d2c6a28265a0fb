// One file into a node: opens it, tells its format, and runs the import. Used by `import` and by the demo.

import { createReadStream, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isHandleError } from '../domain/error.ts';
import { type ImportCounts, type ImportTarget, importRows, type ReportRow } from '../registry/import-loop.ts';
import { type CsvMapping, parseMapping } from '../registry/import-mapping.ts';
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

/** What `--format` may say; NDJSON and CSV are told by the name's ending. */
export const FORMATS = ['ndjson', 'csv', 'handle-batch', 'handle-json', 'snms'] as const;

/** The format of a file whose rows keep revisions and instants. */
export function preservedFormatOf(named: string | undefined): ImportFormat {
  if (named === undefined || named === 'ndjson') return { kind: 'export' };
  if (named === 'handle-json') return { kind: 'handle-json-preserved' };
  throw new CommandFailure(EXIT.usage, `The format ${named} carries no instants: import it without --preserve.`);
}

/** Formats by the name's ending, unless `named` says otherwise. CSV needs a mapping file. */
export function formatOf(file: string, named: string | undefined, mapping: string | undefined): ImportFormat {
  const ending = /\.(ndjson|jsonl|csv)$/i.exec(file)?.[1]?.toLowerCase();
  const kind = named ?? (ending === 'jsonl' ? 'ndjson' : ending);
  switch (kind) {
    case 'ndjson':
      if (mapping === undefined) return { kind };
      throw new CommandFailure(EXIT.usage, 'NDJSON needs no --mapping: its rows say everything themselves.');
    case 'handle-batch':
    case 'handle-json':
    case 'snms':
      return { kind };
    case 'csv':
      if (mapping !== undefined) return { kind, mapping: readMapping(mapping) };
      throw new CommandFailure(
        EXIT.usage,
        'A CSV file needs --mapping FILE, which says what its columns mean: see the examples in config/demo.',
      );
    default:
      throw new CommandFailure(
        EXIT.usage,
        `The name ${file} does not tell its format: add --format ndjson or --format csv.`,
      );
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

function readMapping(file: string): CsvMapping {
  try {
    return parseMapping(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    const place = isHandleError(cause) && cause.at !== undefined && cause.at !== '' ? ` (at ${cause.at})` : '';
    const reason = `${(cause as Error).message}${place}`;
    throw new CommandFailure(EXIT.usage, `The mapping ${file} cannot be used: ${reason}`, { cause });
  }
}
