// A table with a line of headings, and what its rows mean under a mapping: rows of cells → rows ready to be registered.
// Knows neither CSV nor workbooks; a broken row is a row with an error.

import { HandleError, isHandleError } from '../domain/error.ts';
import { isJsonObject, shown } from '../wire/json-input.ts';
import { type CellKind, readCell } from './import-cell-text.ts';
import type { Cell, CellRow } from './import-cells.ts';
import { type CsvMapping, headingsOf, mapRow } from './import-mapping.ts';
import type { GoodRow, ImportRow, RowDefaults } from './import-rows.ts';
import { parseRegistration } from './registration-json.ts';

export type CheckRow = (row: Omit<GoodRow, 'handle' | 'parent' | 'registration'>, item: unknown) => ImportRow;

/** What can be known to be wrong here need not travel to the registry. */
export function checkRowWith(defaults: RowDefaults): CheckRow {
  const { mode = 'upsert' } = defaults;
  const hasDefaults = defaults.parent !== null || defaults.template !== null;
  return (row, given) => {
    const item = hasDefaults ? withDefaults(given, defaults) : given;
    const registration = parseRegistration(item, '', { mode });
    const { handle } = registration;
    if (registration.operation === 'refused') {
      return { line: row.line, handle, error: placed(registration.error, placeOf(row, registration.error.at ?? '')) };
    }
    const parent = 'parent' in registration ? (registration.parent ?? null) : null;
    const { line, places } = row;
    return { line, handle, json: item === given ? row.json : JSON.stringify(item), places, parent, registration };
  };
}

/** The parent itself may stand in the file, too. */
function withDefaults(item: unknown, { parent, template }: RowDefaults): unknown {
  if (!isJsonObject(item) || (item.operation !== undefined && item.operation !== 'put')) return item;
  const takesParent = parent !== null && item.parent === undefined && item.handle !== parent;
  const takesTemplate = template !== null && item.template === undefined;
  if (!takesParent && !takesTemplate) return item;
  return { ...item, ...(takesParent ? { parent } : {}), ...(takesTemplate ? { template } : {}) };
}

const BATCH_POSITION = /^\/\d+(?=\/|$)/;
const VALUE_POINTER = /^\/values\/(\d+)/;

/** A JSON pointer within a registration, or within a batch of them, as a place in the file. */
export function placeOf(row: Pick<GoodRow, 'line' | 'places'>, pointer: string): string {
  const inItem = pointer.replace(BATCH_POSITION, '');
  const value = VALUE_POINTER.exec(inItem)?.[1];
  const column = value === undefined ? undefined : row.places?.[Number(value)];
  if (column !== undefined) return `line ${row.line}, column ${column}`;
  // What is said of all values together is said of the whole row.
  const isOfRow = inItem === '' || (row.places !== null && inItem === '/values');
  return isOfRow ? `line ${row.line}` : `line ${row.line}, ${inItem}`;
}

export class Sheet {
  readonly #mapping: CsvMapping;
  readonly #check: CheckRow;
  readonly #width: 'exact' | 'padded';
  /** Null until the first row has come. */
  #headings: readonly string[] | null = null;
  #columns: ReadonlyMap<string, number> = new Map();

  /** `padded`: rows end where their last cell is, as in a workbook. */
  constructor(mapping: CsvMapping, check: CheckRow, width: 'exact' | 'padded' = 'exact') {
    this.#mapping = mapping;
    this.#check = check;
    this.#width = width;
  }

  /** The first row of all is the headings. Throws `INVALID_REQUEST` if they lack what the mapping names. */
  rowsOf(cellRows: readonly CellRow[]): readonly ImportRow[] {
    const rows: ImportRow[] = [];
    for (const row of cellRows) {
      if (this.#headings === null) this.#readHeadings(row);
      else rows.push(this.#rowOf(row, this.#headings));
    }
    return rows;
  }

  /** At the end of the file. */
  assertHeadings(): void {
    if (this.#headings !== null) return;
    const zh = '文件为空：须有一行表头。';
    throw new HandleError('INVALID_REQUEST', 'The file is empty: it needs a line of headings.', { zh });
  }

  #readHeadings(row: CellRow): void {
    if ('error' in row) throw row.error;
    const mapping = this.#mapping;
    const headings = row.cells.map((cell) => textOf(cell).trim());
    this.#headings = headings;
    this.#columns = new Map(headings.map((heading, column) => [heading, column]));
    const at = { at: `line ${row.line}` };
    const there = headings.map(shown).join(', ');
    const missing = [...headingsOf(mapping)].filter((heading) => !this.#columns.has(heading));
    if (missing.length > 0) {
      const names = missing.map(shown).join(', ');
      const message = `The mapping names columns the file does not have: ${names}. The file has ${there}: correct one of them, or set the delimiter.`;
      const zh = `文件缺少映射所需的列：${names}。文件中的列为 ${there}：请修改表头或映射，或指定分隔符。`;
      throw new HandleError('INVALID_REQUEST', message, { ...at, zh });
    }
    const twice = headings.find((one, i) => headingsOf(mapping).has(one) && this.#columns.get(one) !== i);
    if (twice !== undefined) {
      const zh = `有两列的表头都是 ${shown(twice)}：请改名其中一列。`;
      throw new HandleError('INVALID_REQUEST', `Two columns have the heading ${shown(twice)}: rename one.`, {
        ...at,
        zh,
      });
    }
  }

  #rowOf(row: CellRow, headings: readonly string[]): ImportRow {
    const { line } = row;
    if ('error' in row) {
      const heading = row.column === null ? undefined : headings[row.column - 1];
      return {
        line,
        handle: '',
        error: placed(row.error, heading === undefined ? `line ${line}` : `line ${line}, column ${heading}`),
      };
    }
    try {
      const cells = row.cells.length;
      const isShort = cells < headings.length && this.#width === 'exact';
      if (isShort || cells > headings.length) throw wrongWidth(cells, headings.length);
      const { item, places } = mapRow(this.#mapping, (name, kind) => this.#cellOf(row.cells, name, kind));
      return this.#check({ line, json: JSON.stringify(item), places }, item);
    } catch (error) {
      if (!isHandleError(error)) throw error;
      return {
        line,
        handle: '',
        error: placed(error, error.at === undefined ? `line ${line}` : `line ${line}, ${error.at}`),
      };
    }
  }

  #cellOf(cells: readonly Cell[], name: string, kind: CellKind | null): string {
    const constant = this.#mapping.constants.get(name);
    if (constant !== undefined) return constant;
    try {
      return readCell(textOf(cells[this.#columns.get(name) ?? -1] ?? '').trim(), kind);
    } catch (error) {
      throw isHandleError(error) ? placed(error, `column ${name}`) : error;
    }
  }
}

/** Throws what keeps the cell from being told. */
function textOf(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  throw cell;
}

function wrongWidth(cells: number, headings: number): HandleError {
  const isLong = cells > headings;
  const why = isLong ? 'put a cell that has the delimiter in it in quotes' : 'add the missing cells';
  const zh = `该行有 ${cells} 个单元格，表头有 ${headings} 个：${isLong ? '内容含分隔符的单元格请加引号' : '请补齐缺少的单元格'}。`;
  return new HandleError('INVALID_REQUEST', `The row has ${cells} cells, the headings ${headings}: ${why}.`, { zh });
}

/** The same error, at a place of the file. */
export function placed(error: HandleError, at: string): HandleError {
  const { code, message, zh } = error;
  return new HandleError(code, message, { cause: error, at, ...(zh === undefined ? {} : { zh }) });
}
