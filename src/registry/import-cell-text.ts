// What the text of a cell means: spreadsheets turn long numbers into 1.23E+15, texts into formulas, and everybody writes
// dates in another way. Pure; what would be a guess is refused with how to mend it.

import { HandleError } from '../domain/error.ts';
import { shown } from '../wire/json-input.ts';

/** `text`: as it stands. `date`: a day, or an instant, in any spelling in use, becomes ISO 8601. */
export const CELL_KINDS = ['text', 'date'] as const;
export type CellKind = (typeof CELL_KINDS)[number];

/** What Excel shows of a number with more than eleven digits. */
const SCIENTIFIC = /^[+-]?\d(?:\.\d+)?E\+?\d+$/i;
/** How Excel is told to leave a text alone. */
const QUOTED_FORMULA = /^="((?:[^"]|"")*)"$/;

/** The text of a cell for a mapping. `kind` null: whatever is not damaged. Throws `INVALID_REQUEST`. */
export function readCell(text: string, kind: CellKind | null): string {
  if (kind === 'text' || text === '') return text;
  if (kind === 'date') return readDate(text);
  if (text.startsWith('=')) {
    const quoted = QUOTED_FORMULA.exec(text)?.[1];
    if (quoted !== undefined) return quoted.replaceAll('""', '"').trim();
    throw refused(
      `${shown(text)} is a formula: export the sheet with its results, or say "as": "text" in the mapping.`,
      `${shown(text)} 是公式：请导出含计算结果的表格，或在映射中写 "as": "text"。`,
    );
  }
  if (SCIENTIFIC.test(text)) {
    throw refused(
      `A spreadsheet has turned a long number into ${text}, and its last digits are lost: set the column's format to text, enter the numbers again, and export.`,
      `电子表格把长数字变成了 ${text}，末几位已丢失：请把该列设为文本格式，重新输入数字后再导出。`,
    );
  }
  return text;
}

const TIME = String.raw`(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?`;
const SPELLINGS = [
  // 2026-03-11, 2026/3/11, 2026.3.11
  new RegExp(String.raw`^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})${TIME}$`),
  // 20260311
  new RegExp(String.raw`^(\d{4})()(\d{2})(\d{2})${TIME}$`),
  // 2026年3月11日
  new RegExp(String.raw`^(\d{4})(年)(\d{1,2})月(\d{1,2})日?${TIME}$`),
];
/** Days as spreadsheets count them, from 1954 to 2119: a date whose column lost its format. */
const SERIAL = /^([2-7]\d{4})(?:\.\d+)?$/;
const DAY_MS = 86_400_000;
/** Day 25569 of a spreadsheet is 1 January 1970. */
const SERIAL_OF_1970 = 25_569;

function readDate(text: string): string {
  const serial = SERIAL.exec(text);
  if (serial !== null) return dateOfSerial(Number(text));
  for (const spelling of SPELLINGS) {
    const match = spelling.exec(text);
    if (match !== null) return isoOf(text, match);
  }
  throw refused(
    `${shown(text)} is no date that can be told for certain: write year, month and day, such as 2026-03-11 (2026/3/11, 2026.3.11, 20260311 and 2026年3月11日 will do).`,
    `${shown(text)} 无法确定是哪一天：请写全年月日，例如 2026-03-11（也可写 2026/3/11、2026.3.11、20260311、2026年3月11日）。`,
  );
}

function isoOf(text: string, match: RegExpExecArray): string {
  const [, year, , month, day, hour, minute, second = '00', zone = ''] = match;
  const date = `${year}-${month?.padStart(2, '0')}-${day?.padStart(2, '0')}`;
  const isDay = new Date(`${date}T00:00:00Z`).toJSON()?.startsWith(date) === true;
  const isTime = hour === undefined || (Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60);
  if (!isDay || !isTime)
    throw refused(`${shown(text)} is in no calendar: correct it.`, `${shown(text)} 不是存在的日期或时间：请改正。`);
  return hour === undefined ? date : `${date}T${hour.padStart(2, '0')}:${minute}:${second}${zone}`;
}

/** Of a day as spreadsheets count it, with its time if it has one. `is1904`: the other of the two calendars in use. */
export function dateOfSerial(serial: number, is1904 = false): string {
  const days = serial + (is1904 ? 1462 : 0) - SERIAL_OF_1970;
  const text = new Date(Math.round((days * DAY_MS) / 1000) * 1000).toISOString();
  return Number.isInteger(serial) ? text.slice(0, 10) : text.slice(0, 19);
}

function refused(message: string, zh: string): HandleError {
  return new HandleError('INVALID_REQUEST', message, { zh });
}
