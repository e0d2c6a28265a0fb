// A sheet of a workbook as rows of cells: numbers, dates and texts as a person sees them. What is damaged (an error, a
// formula without its result, a number that lost digits, a merged cell) is named in its cell.

import { HandleError } from '../domain/error.ts';
import { MAX_MERGED_RANGES, MAX_SHEET_COLUMNS } from '../domain/import-limits.ts';
import { dateOfSerial } from '../registry/import-cell-text.ts';
import type { Cell, CellRow } from '../registry/import-cells.ts';
import type { WorkbookParts } from './workbook-parts.ts';
import { listenToXml } from './workbook-xml.ts';
import type { WorkbookZip } from './workbook-zip.ts';

/** Rows and columns from 1, all inclusive. */
export interface MergedRange {
  readonly ref: string;
  readonly fromRow: number;
  readonly toRow: number;
  readonly fromColumn: number;
  readonly toColumn: number;
}

const MERGE = /<(?:\w+:)?mergeCell\s[^<>]*?ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"/g;
/** A `mergeCell` may be cut between two chunks. */
const LONGEST_MERGE = 200;

/** They stand behind the rows, so they are looked for first. */
export async function readMergedRanges(zip: WorkbookZip, part: string): Promise<readonly MergedRange[]> {
  const ranges: MergedRange[] = [];
  let rest = '';
  for await (const chunk of zip.read(part)) {
    const text = rest + chunk.toString('latin1');
    rest = text.slice(-LONGEST_MERGE);
    if (!text.includes('mergeCell ')) continue;
    let end = 0;
    for (const match of text.matchAll(MERGE)) {
      const [, fromColumn = '', fromRow = '', toColumn = '', toRow = ''] = match;
      if (columnOf(toColumn) > MAX_SHEET_COLUMNS) {
        throw new HandleError(
          'INVALID_REQUEST',
          `The merged cells ${fromColumn}${fromRow}:${toColumn}${toRow} end in a column that no sheet has: save the workbook anew in Excel or WPS.`,
        );
      }
      ranges.push({
        ref: `${fromColumn}${fromRow}:${toColumn}${toRow}`,
        fromRow: Number(fromRow),
        toRow: Number(toRow),
        fromColumn: columnOf(fromColumn),
        toColumn: columnOf(toColumn),
      });
      end = match.index + match[0].length;
      if (ranges.length > MAX_MERGED_RANGES) {
        throw new HandleError('PAYLOAD_TOO_LARGE', 'The sheet has too many merged cells to be a table: unmerge them.', {
          zh: '工作表的合并单元格过多，不像表格：请取消合并。',
        });
      }
    }
    rest = text.slice(Math.max(end, text.length - LONGEST_MERGE));
  }
  return ranges;
}

/** `A` is 1. */
function columnOf(letters: string): number {
  let column = 0;
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64;
  return column;
}

interface OpenCell {
  readonly column: number;
  readonly type: string;
  readonly style: number;
  text: string;
  hasFormula: boolean;
  hasValue: boolean;
}

export class SheetRows {
  readonly #parts: WorkbookParts;
  readonly #merged: readonly MergedRange[];
  #rows: CellRow[] = [];
  #line = 0;
  #cells: Cell[] = [];
  #cell: OpenCell | null = null;
  #isText = false;
  #isPhonetic = false;

  constructor(parts: WorkbookParts, merged: readonly MergedRange[]) {
    this.#parts = parts;
    this.#merged = merged;
  }

  /** The rows that have a cell, in the order of the sheet, some at a time. */
  async *read(source: AsyncIterable<Buffer>): AsyncGenerator<readonly CellRow[]> {
    const listener = {
      open: (name: string, attributes: Readonly<Record<string, string>>) => this.#open(name, attributes),
      text: (text: string) => this.#text(text),
      close: (name: string) => this.#close(name),
    };
    for await (const _ of listenToXml(source, listener)) {
      if (this.#rows.length === 0) continue;
      const rows = this.#rows;
      this.#rows = [];
      yield rows;
    }
    yield this.#rows;
  }

  #open(name: string, attributes: Readonly<Record<string, string>>): void {
    this.#isText = false;
    if (name === 'row') {
      this.#line = attributes.r === undefined ? this.#line + 1 : Number(attributes.r);
      this.#cells = [];
    } else if (name === 'c') {
      const letters = /^[A-Z]+/.exec(attributes.r ?? '')?.[0];
      const column = letters === undefined ? this.#cells.length + 1 : columnOf(letters);
      if (column > MAX_SHEET_COLUMNS) {
        const zh = '工作表的列过多：请删除多余的列。';
        throw new HandleError('INVALID_REQUEST', 'The sheet has too many columns: delete those not needed.', { zh });
      }
      const { t: type = 'n', s = '0' } = attributes;
      this.#cell = { column, type, style: Number(s), text: '', hasFormula: false, hasValue: false };
    } else if (this.#cell !== null) {
      if (name === 'f') this.#cell.hasFormula = true;
      else if (name === 'rPh') this.#isPhonetic = true;
      else if (name === 'v' || (name === 't' && !this.#isPhonetic)) {
        this.#cell.hasValue = true;
        this.#isText = true;
      }
    }
  }

  #text(text: string): void {
    if (this.#isText && this.#cell !== null) this.#cell.text += text;
  }

  #close(name: string): void {
    this.#isText = false;
    if (name === 'rPh') this.#isPhonetic = false;
    if (name === 'c' && this.#cell !== null) {
      while (this.#cells.length < this.#cell.column - 1) this.#cells.push('');
      this.#cells[this.#cell.column - 1] = this.#valueOf(this.#cell);
      this.#cell = null;
    }
    if (name === 'row') this.#endRow();
  }

  #endRow(): void {
    const line = this.#line;
    for (const range of this.#merged) {
      if (line < range.fromRow || line > range.toRow) continue;
      while (this.#cells.length < range.toColumn) this.#cells.push('');
      for (let column = range.fromColumn; column <= range.toColumn; column++) {
        this.#cells[column - 1] = refused(
          `The cells ${range.ref} are merged, so it cannot be told what stands in each: unmerge them and fill in every one.`,
          `单元格 ${range.ref} 已合并，无法判断每格的内容：请取消合并并逐格填写。`,
        );
      }
    }
    while (this.#cells.at(-1) === '') this.#cells.pop();
    if (this.#cells.length > 0) this.#rows.push({ line, cells: this.#cells });
  }

  #valueOf({ type, style, text, hasFormula, hasValue }: OpenCell): Cell {
    if (hasFormula && !hasValue) {
      return refused(
        'This cell has a formula and no result: open the workbook in Excel or WPS, save it, and send that.',
        '该单元格有公式而没有结果：请在 Excel 或 WPS 中打开并保存工作簿，再上传。',
      );
    }
    switch (type) {
      case 's':
        return (
          this.#parts.texts[Number(text)] ??
          refused('This cell names a text that the workbook does not have.', '该单元格引用的文本在工作簿中不存在。')
        );
      case 'b':
        return text === '1' ? 'TRUE' : 'FALSE';
      case 'e':
        return refused(
          `This cell shows the error ${text}: correct its formula.`,
          `该单元格显示错误 ${text}：请改正公式。`,
        );
      case 'n':
        return text === '' ? '' : this.#numberOf(text, this.#parts.dates[style] === true);
      default:
        return text; // texts of its own, results of formulas, dates in ISO 8601
    }
  }

  #numberOf(text: string, isDate: boolean): Cell {
    const number = Number(text);
    if (!Number.isFinite(number))
      return refused(`This cell holds ${text}, which is no number: correct it.`, `${text} 不是数字：请改正。`);
    if (isDate && number > 0 && number < 2_958_466) return dateOfSerial(number, this.#parts.is1904);
    if (Math.abs(number) >= 1e15) {
      const kept = number.toExponential(2).toUpperCase();
      return refused(
        `The spreadsheet keeps this number as ${kept} and has lost its last digits: set the column's format to text, enter the numbers again, and save.`,
        `电子表格把这个数字存成了 ${kept}，末几位已丢失：请把该列设为文本格式，重新输入数字后保存。`,
      );
    }
    return String(number);
  }
}

function refused(message: string, zh: string): HandleError {
  return new HandleError('INVALID_REQUEST', message, { zh });
}
