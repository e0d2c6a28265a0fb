// Lines of a CSV file (RFC 4180) → rows of cells. A broken row is reported alone, and reading goes on behind it: a quote
// that was left open costs the line it stands in, not the rest of the file. Knows no headings.

import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { HandleError } from '../domain/error.ts';
import { MAX_CSV_ROW_LINES } from '../domain/import-limits.ts';
import { MAX_ROW_BYTES } from '../domain/limits.ts';
import type { Line } from './import-lines.ts';

/** What stands in a cell, or why that cannot be told. */
export type Cell = string | HandleError;

export type CellRow =
  | { readonly line: number; readonly cells: readonly Cell[] }
  /** `column` counts from 1; null if the row is broken as a whole. */
  | { readonly line: number; readonly column: number | null; readonly error: HandleError };

/** A run of lines whose quotes are balanced, so that it can be one row. */
interface Candidate {
  readonly lines: readonly Line[];
  readonly text: string;
}

/** Rows that the CSV parser is given at once: one call costs more than a row. */
const MAX_CANDIDATES = 64;
const QUOTE = '"';

/** Takes lines as they come and gives the rows that are complete. */
export class CellReader {
  readonly #delimiter: string;
  #lines: Line[] = [];
  #candidateLimit = 1;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  /** Complete rows, in order. `isLast` when no line will follow. */
  read(lines: readonly Line[], isLast: boolean): readonly CellRow[] {
    this.#lines = this.#lines.length === 0 ? [...lines] : [...this.#lines, ...lines];
    const rows: CellRow[] = [];
    let position = 0;
    while (position < this.#lines.length) {
      const taken = this.#readSome(position, isLast, rows);
      if (taken === 0) break;
      position += taken;
    }
    this.#lines = this.#lines.slice(position);
    return rows;
  }

  /** Reads rows from `position` on; returns how many lines they took, 0 if more lines are needed. */
  #readSome(position: number, isLast: boolean, rows: CellRow[]): number {
    const first = this.#lines[position] as Line;
    if (first.error !== null) {
      rows.push({ line: first.number, column: null, error: first.error });
      return 1;
    }
    if (!first.text.includes(QUOTE)) {
      if (first.text.trim() !== '') rows.push({ line: first.number, cells: first.text.split(this.#delimiter) });
      return 1;
    }
    const candidates: Candidate[] = [];
    let end = position;
    while (candidates.length < this.#candidateLimit && end < this.#lines.length) {
      const candidate = candidateAt(this.#lines, end, isLast);
      if (candidate === 'needs more' || candidate === 'broken') {
        if (candidates.length > 0) break;
        if (candidate === 'needs more') return 0;
        rows.push(this.#blame(first));
        return 1;
      }
      candidates.push(candidate);
      end += candidate.lines.length;
    }
    return this.#readCandidates(candidates, rows);
  }

  #readCandidates(candidates: readonly Candidate[], rows: CellRow[]): number {
    const parsed = this.#parse(candidates.map(({ text }) => text).join('\n'));
    if (Array.isArray(parsed) && parsed.length === candidates.length) {
      this.#candidateLimit = Math.min(this.#candidateLimit * 2, MAX_CANDIDATES);
      candidates.forEach(({ lines: [first] }, i) => {
        if (first !== undefined) rows.push({ line: first.number, cells: parsed[i] as readonly string[] });
      });
      return candidates.reduce((sum, { lines }) => sum + lines.length, 0);
    }
    const [candidate] = candidates as readonly [Candidate];
    if (candidates.length > 1) {
      this.#candidateLimit = 1;
      return this.#readCandidates([candidate], rows);
    }
    // One line is to blame, even if its open quote drew others in: they get their own chance.
    rows.push(this.#blame(candidate.lines[0] as Line));
    return 1;
  }

  #blame(line: Line): CellRow {
    const error = this.#parse(line.text);
    const column = error instanceof CsvError && typeof error.column === 'number' ? error.column + 1 : null;
    const isOpen = !(error instanceof CsvError) || error.code === 'CSV_QUOTE_NOT_CLOSED';
    const reason = isOpen
      ? 'a quote is opened here and not closed: close it, or double it if it belongs to the text'
      : 'a quote stands in the middle of a cell: put the whole cell in quotes and double the quotes in it';
    const zh = isOpen
      ? '引号没有配对：请补上结束的引号，内容中的引号请写两个'
      : '单元格中间有引号：请把整个单元格加上引号，内容中的引号写两个';
    return brokenRow(line, column, { en: reason, zh });
  }

  #parse(text: string): string[][] | CsvError {
    try {
      return parse(text, { delimiter: this.#delimiter, relax_column_count: true, record_delimiter: '\n' });
    } catch (error) {
      if (error instanceof CsvError) return error;
      throw error;
    }
  }
}

/** The shortest run of lines from `position` whose quotes are even in number. */
function candidateAt(lines: readonly Line[], position: number, isLast: boolean): Candidate | 'needs more' | 'broken' {
  let quotes = 0;
  let length = 0;
  let end = position;
  for (; end < lines.length; end++) {
    const line = lines[end] as Line;
    length += line.text.length;
    if (line.error !== null || end - position >= MAX_CSV_ROW_LINES || length > MAX_ROW_BYTES) return 'broken';
    quotes += countQuotes(line.text);
    if (quotes % 2 === 0) {
      const run = lines.slice(position, end + 1);
      return { lines: run, text: run.map(({ text }) => text).join('\n') };
    }
  }
  return isLast ? 'broken' : 'needs more';
}

function countQuotes(text: string): number {
  let count = 0;
  for (let at = text.indexOf(QUOTE); at >= 0; at = text.indexOf(QUOTE, at + 1)) count++;
  return count;
}

function brokenRow(line: Line, column: number | null, reason: { readonly en: string; readonly zh: string }): CellRow {
  const at = column === null ? `line ${line.number}` : `line ${line.number}, column ${column}`;
  const details = { at, zh: `CSV 格式有误：${reason.zh}。` };
  return {
    line: line.number,
    column,
    error: new HandleError('INVALID_REQUEST', `Broken CSV: ${reason.en}.`, details),
  };
}
