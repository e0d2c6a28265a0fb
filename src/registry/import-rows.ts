// An import file (NDJSON, or CSV with a mapping) → rows ready to be registered, in constant memory. A broken row is a row
// with an error; only a file that cannot be understood at all throws.

import { HandleError, isHandleError } from '../domain/error.ts';
import { isJsonObject, shown } from '../wire/json-input.ts';
import { parseJsonText } from '../wire/json-text.ts';
import { CellReader, type CellRow } from './import-cells.ts';
import { fromHandleJson, fromSnms, preservedFromHandleJson } from './import-foreign.ts';
import { readHandleBatch } from './import-handle-batch.ts';
import { type Line, readLines } from './import-lines.ts';
import { type CsvMapping, headingsOf, mapRow } from './import-mapping.ts';
import { parseRegistration } from './registration-json.ts';

export interface GoodRow {
  /** Where the row begins, from 1. */
  readonly line: number;
  readonly handle: string;
  /** The registration as one line of JSON, well-formed as far as can be told without the registry. */
  readonly json: string;
  /** The column each value comes from; null if the file has no columns. */
  readonly places: readonly string[] | null;
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
  | { readonly kind: 'csv'; readonly mapping: CsvMapping };

/** Throws `INVALID_REQUEST` if a CSV file's headings cannot be read or lack what the mapping names. */
export function readRows(source: AsyncIterable<Buffer>, format: ImportFormat): AsyncIterable<ImportRow> {
  switch (format.kind) {
    case 'ndjson':
      return readJsonRows(source, checkRow);
    case 'export':
      return readJsonRows(source, checkLine);
    case 'handle-batch':
      return readHandleBatch(source, (line, item) =>
        foreignRow({ line, json: '', places: null }, item, (same) => same as object),
      );
    case 'handle-json':
      return readJsonRows(source, (row, item) => foreignRow(row, item, fromHandleJson));
    case 'snms':
      return readJsonRows(source, (row, item) => foreignRow(row, item, fromSnms));
    case 'handle-json-preserved':
      return readJsonRows(source, (row, item) => {
        const line = preservedFromHandleJson(item);
        return checkLine({ ...row, json: JSON.stringify(line) }, line);
      });
    case 'csv':
      return readCsvRows(source, format.mapping);
  }
}

/** A row of another system, written as this one has it. */
function foreignRow(row: Omit<GoodRow, 'handle'>, item: unknown, translate: (item: unknown) => object): ImportRow {
  const registration = translate(item);
  return checkRow({ ...row, json: JSON.stringify(registration) }, registration);
}

type CheckRow = (row: Omit<GoodRow, 'handle'>, item: unknown) => ImportRow;

async function* readJsonRows(source: AsyncIterable<Buffer>, check: CheckRow): AsyncGenerator<ImportRow> {
  for await (const lines of readLines(source)) {
    for (const line of lines) {
      if (line.error !== null || line.text.trim() !== '') yield jsonRow(line, check);
    }
  }
}

function jsonRow({ number: line, text, error }: Line, check: CheckRow): ImportRow {
  if (error !== null) return { line, handle: '', error };
  try {
    return check({ line, json: text, places: null }, parseJsonText(text));
  } catch (fault) {
    if (!isHandleError(fault)) throw fault;
    const place = fault.at?.replace(/^line \d+, /, '') ?? '';
    return { line, handle: '', error: moved(fault, place === '' ? `line ${line}` : `line ${line}, ${place}`) };
  }
}

/** What can be known to be wrong here need not travel to the registry. */
function checkRow(row: Omit<GoodRow, 'handle'>, item: unknown): ImportRow {
  const registration = parseRegistration(item, '', { mode: 'upsert' });
  const { handle } = registration;
  if (registration.operation !== 'refused') return { ...row, handle };
  return { line: row.line, handle, error: moved(registration.error, placeOf(row, registration.error.at ?? '')) };
}

/** What a line of an export says is judged where it is taken in. */
function checkLine(row: Omit<GoodRow, 'handle'>, item: unknown): ImportRow {
  if (isJsonObject(item))
    return { ...row, handle: [item.handle, item.prefix, item.id].find((name) => typeof name === 'string') ?? '' };
  const error = new HandleError('INVALID_REQUEST', 'This is no line of an export.', { at: `line ${row.line}` });
  return { line: row.line, handle: '', error };
}

const BATCH_POSITION = /^\/\d+(?=\/|$)/;
const VALUE_POINTER = /^\/values\/(\d+)/;

/** A JSON pointer within a registration, or within a batch of them, as a place in the file. */
export function placeOf(row: Pick<GoodRow, 'line' | 'places'>, pointer: string): string {
  const inItem = pointer.replace(BATCH_POSITION, '');
  const value = VALUE_POINTER.exec(inItem)?.[1];
  const column = value === undefined ? undefined : row.places?.[Number(value)];
  if (column !== undefined) return `line ${row.line}, column ${column}`;
  return inItem === '' ? `line ${row.line}` : `line ${row.line}, ${inItem}`;
}

async function* readCsvRows(source: AsyncIterable<Buffer>, mapping: CsvMapping): AsyncGenerator<ImportRow> {
  const reader = new CellReader(mapping.delimiter);
  let sheet: Sheet | null = null;
  const rowsOf = function* (cellRows: readonly CellRow[]): Generator<ImportRow> {
    for (const row of cellRows) {
      if (sheet === null) sheet = new Sheet(row, mapping);
      else yield sheet.rowOf(row);
    }
  };
  for await (const lines of readLines(source)) yield* rowsOf(reader.read(lines, false));
  yield* rowsOf(reader.read([], true));
  if (sheet === null) throw new HandleError('INVALID_REQUEST', 'The file is empty: it needs a line of headings.');
}

/** A CSV file's headings, and what its rows mean under a mapping. */
class Sheet {
  readonly #mapping: CsvMapping;
  readonly #headings: readonly string[];
  readonly #columns: ReadonlyMap<string, number>;

  constructor(row: CellRow, mapping: CsvMapping) {
    if ('error' in row) throw row.error;
    this.#mapping = mapping;
    this.#headings = row.cells.map((cell) => cell.trim());
    this.#columns = new Map(this.#headings.map((heading, column) => [heading, column]));
    const at = { at: `line ${row.line}` };
    const there = this.#headings.map(shown).join(', ');
    const missing = [...headingsOf(mapping)].filter((heading) => !this.#columns.has(heading));
    if (missing.length > 0) {
      const names = missing.map(shown).join(', ');
      const message = `The mapping names columns the file does not have: ${names}. The file has ${there}: correct one of them, or set the delimiter.`;
      throw new HandleError('INVALID_REQUEST', message, at);
    }
    const twice = this.#headings.find((one, i) => headingsOf(mapping).has(one) && this.#columns.get(one) !== i);
    if (twice !== undefined) {
      throw new HandleError('INVALID_REQUEST', `Two columns have the heading ${shown(twice)}: rename one.`, at);
    }
  }

  rowOf(row: CellRow): ImportRow {
    const { line } = row;
    if ('error' in row) {
      const heading = row.column === null ? undefined : this.#headings[row.column - 1];
      return {
        line,
        handle: '',
        error: moved(row.error, heading === undefined ? `line ${line}` : `line ${line}, column ${heading}`),
      };
    }
    try {
      if (row.cells.length !== this.#headings.length) throw this.#wrongWidth(row.cells.length);
      const { item, places } = mapRow(this.#mapping, (name) => this.#cellOf(row.cells, name));
      return checkRow({ line, json: JSON.stringify(item), places }, item);
    } catch (error) {
      if (!isHandleError(error)) throw error;
      return {
        line,
        handle: '',
        error: moved(error, error.at === undefined ? `line ${line}` : `line ${line}, ${error.at}`),
      };
    }
  }

  #cellOf(cells: readonly string[], name: string): string {
    const constant = this.#mapping.constants.get(name);
    if (constant !== undefined) return constant;
    return cells[this.#columns.get(name) ?? -1]?.trim() ?? '';
  }

  #wrongWidth(cells: number): HandleError {
    const why =
      cells > this.#headings.length ? 'put a cell that has the delimiter in it in quotes' : 'add the missing cells';
    return new HandleError(
      'INVALID_REQUEST',
      `The row has ${cells} cells, the headings ${this.#headings.length}: ${why}.`,
    );
  }
}

function moved(error: HandleError, at: string): HandleError {
  return new HandleError(error.code, error.message, { cause: error, at });
}
