// Reports of imports: CSV in Chinese and English, made to be opened in Excel or WPS. One form has a row for every row of
// the file, the other for every row that was refused.

import type { Saying } from '../domain/error.ts';
import type { RegistrationOutcome } from '../domain/observer.ts';
import type { ReportRow } from './import-loop.ts';
import { mendingOf, messageOf } from './import-messages.ts';

const OUTCOMES = {
  created: { zh: '已登记', en: 'Registered' },
  updated: { zh: '已更新', en: 'Updated' },
  unchanged: { zh: '与已登记内容相同', en: 'Stands as it is' },
  revoked: { zh: '已作废', en: 'Revoked' },
  deleted: { zh: '已删除', en: 'Deleted' },
} as const satisfies Record<Exclude<RegistrationOutcome, 'refused'>, Saying>;

/** The byte-order mark tells Excel that the file is UTF-8. */
export const REPORT_HEAD = '\uFEFF行 line,标识 handle,结果 outcome,版本 revision,错误代码 code,说明 detail\r\n';

export function formatReportRow(row: ReportRow): string {
  const { line, handle, outcome, revision, code, detail, at } = row;
  const { zh, en } = outcome === 'refused' ? messageOf(code) : OUTCOMES[outcome];
  const why = [at, detail].filter((part) => part !== '').join(': ');
  const explained = why === '' ? `${zh} / ${en}` : `${zh} / ${en} — ${why}`;
  const cells = [String(line), handle, outcome, revision === null ? '' : String(revision), code, explained];
  return `${cells.map(formatCell).join(',')}\r\n`;
}

/** Of the report that names what was refused and how it is mended. */
export const PROBLEMS_HEAD =
  '\uFEFF行 row,列 column,标识 handle,错误代码 code,问题 message,怎样修改 how to mend,详情 detail\r\n';

const PLACE = /^line (\d+)(?:, (?:column )?(.*))?$/s;

/** `at`: `line 3, column SKU`, or `line 3, /values/0/data` where the file has no columns. */
export function formatProblem(problem: Pick<ReportRow, 'line' | 'handle' | 'code' | 'detail' | 'at'>): string {
  const { line, handle, code, detail, at } = problem;
  const [, atLine = '', rest = ''] = PLACE.exec(at) ?? [];
  // A row may run over several lines.
  const column = [atLine === '' || atLine === String(line) ? '' : `line ${atLine}`, rest]
    .filter((one) => one !== '')
    .join(', ');
  const message = messageOf(code);
  const mending = mendingOf(code);
  const texts = [`${message.zh} / ${message.en}`, `${mending.zh} / ${mending.en}`, detail];
  return `${[String(line), column, handle, code, ...texts].map(formatCell).join(',')}\r\n`;
}

const NEEDS_QUOTES = /[",\r\n]/;
/** A cell that begins so would be run as a formula. */
const FORMULA = /^[=+\-@\t\r]/;

function formatCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
