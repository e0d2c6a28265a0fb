// An import file (NDJSON, or CSV with a mapping) → rows ready to be registered, in constant memory. A broken row is a row
// with an error; only a file that cannot be understood at all throws.

import { HandleError, isHandleError } from '../domain/error.ts';
import { isJsonObject } from '../wire/json-input.ts';
import { parseJsonText } from '../wire/json-text.ts';
import { CellReader } from './import-cells.ts';
import type { TextEncoding } from './import-encoding.ts';
import { fromHandleJson, fromSnms, preservedFromHandleJson } from './import-foreign.ts';
import { readHandleBatch } from './import-handle-batch.ts';
import { type Line, readLines } from './import-lines.ts';
import type { CsvMapping } from './import-mapping.ts';
import { type CheckRow, checkRowWith, placed, Sheet } from './import-sheet.ts';
import type { Registration } from './registration.ts';
import type { RegistrationMode } from './registration-json.ts';

export interface GoodRow {
  /** Where the row begins, from 1. */
  readonly line: number;
  readonly handle: string;
  /** The registration as one line of JSON, well-formed as far as can be told without the registry. */
  readonly json: string;
  /** The column each value comes from; null if the file has no columns. */
  readonly places: readonly string[] | null;
  /** As the row spells it; null if it names none. */
  readonly parent: string | null;
  /** What `json` says; left out where that is only read where it is taken in. */
  readonly registration?: Registration;
}

export interface BrokenRow {
  readonly line: number;
  /** '' if it could not be read. */
  readonly handle: string;
  /** `at` names line and column. */
  readonly error: HandleError;
}

export type ImportRow = GoodRow | BrokenRow;

/**
 * `export`: lines of another node's export, which keep what they were. `handle-batch`: the batch text of the reference
 * Handle server. `handle-json`: records of its JSON interface, a line each; `handle-json-preserved`: with their instants.
 * `snms`: answers of the SNMS interface, a line each.
 */
export type ImportFormat =
  | { readonly kind: 'ndjson' | 'export' | 'handle-batch' | 'handle-json' | 'handle-json-preserved' | 'snms' }
  | { readonly kind: 'csv'; readonly mapping: CsvMapping; readonly encoding?: TextEncoding };

/** For rows that name none of their own; null for none. */
export interface RowDefaults {
  readonly parent: string | null;
  readonly template: string | null;
  /** Left out: `upsert`. */
  readonly mode?: RegistrationMode;
}

const NO_DEFAULTS: RowDefaults = { parent: null, template: null };

/** Throws `INVALID_REQUEST` if a CSV file's headings cannot be read or lack what the mapping names. */
export async function* readRows(source: AsyncIterable<Buffer>, format: ImportFormat): AsyncGenerator<ImportRow> {
  for await (const rows of readRowLots(source, format)) yield* rows;
}

/** As `readRows`, the rows of each chunk of the source at once. `firstLine`: where a part of a file of JSON lines begins. */
export function readRowLots(
  source: AsyncIterable<Buffer>,
  format: ImportFormat,
  defaults: RowDefaults = NO_DEFAULTS,
  firstLine = 1,
): AsyncIterable<readonly ImportRow[]> {
  const checkRow = checkRowWith(defaults);
  switch (format.kind) {
    case 'ndjson':
      return readJsonRows(source, checkRow, firstLine);
    case 'export':
      return readJsonRows(source, checkLine);
    case 'handle-batch':
      return inLots(
        readHandleBatch(source, (line, item) => checkRow({ line, json: JSON.stringify(item), places: null }, item)),
      );
    case 'handle-json':
      return readJsonRows(source, translated(fromHandleJson, checkRow), firstLine);
    case 'snms':
      return readJsonRows(source, translated(fromSnms, checkRow), firstLine);
    case 'handle-json-preserved':
      return readJsonRows(source, translated(preservedFromHandleJson, checkLine));
    case 'csv':
      return readCsvRows(source, format, checkRow);
  }
}

/** Rows of another system, written as this one has them. */
function translated(translate: (item: unknown) => object, check: CheckRow): CheckRow {
  return (row, item) => {
    const registration = translate(item);
    return check({ ...row, json: JSON.stringify(registration) }, registration);
  };
}

async function* inLots(rows: AsyncIterable<ImportRow>): AsyncGenerator<readonly ImportRow[]> {
  for await (const row of rows) yield [row];
}

async function* readJsonRows(
  source: AsyncIterable<Buffer>,
  check: CheckRow,
  firstLine = 1,
): AsyncGenerator<readonly ImportRow[]> {
  for await (const lines of readLines(source, 'utf-8', firstLine)) {
    const rows: ImportRow[] = [];
    for (const line of lines) if (line.error !== null || line.text.trim() !== '') rows.push(jsonRow(line, check));
    yield rows;
  }
}

function jsonRow({ number: line, text, error }: Line, check: CheckRow): ImportRow {
  if (error !== null) return { line, handle: '', error };
  try {
    return check({ line, json: text, places: null }, parseJsonText(text));
  } catch (fault) {
    if (!isHandleError(fault)) throw fault;
    const place = fault.at?.replace(/^line \d+, /, '') ?? '';
    return { line, handle: '', error: placed(fault, place === '' ? `line ${line}` : `line ${line}, ${place}`) };
  }
}

/** What a line of an export says is judged where it is taken in. */
const checkLine: CheckRow = (row, item) => {
  if (isJsonObject(item)) {
    const handle = [item.handle, item.prefix, item.id].find((name) => typeof name === 'string') ?? '';
    return { ...row, handle, parent: null };
  }
  const error = new HandleError('INVALID_REQUEST', 'This is no line of an export.', { at: `line ${row.line}` });
  return { line: row.line, handle: '', error };
};

async function* readCsvRows(
  source: AsyncIterable<Buffer>,
  { mapping, encoding }: Extract<ImportFormat, { kind: 'csv' }>,
  check: CheckRow,
): AsyncGenerator<readonly ImportRow[]> {
  const reader = new CellReader(mapping.delimiter);
  const table = new Sheet(mapping, check);
  for await (const lines of readLines(source, encoding)) yield table.rowsOf(reader.read(lines, false));
  yield table.rowsOf(reader.read([], true));
  table.assertHeadings();
}
