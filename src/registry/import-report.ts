// The report of an import: a CSV row for every row of the file, in Chinese and English, made to be opened in Excel or WPS.

import type { RegistrationOutcome } from '../domain/observer.ts';
import type { ReportRow } from './import-loop.ts';
import { messageOf, type ReportMessage } from './import-messages.ts';

const OUTCOMES = {
  created: { zh: '已登记', en: 'Registered' },
  updated: { zh: '已更新', en: 'Updated' },
  unchanged: { zh: '与已登记内容相同', en: 'Stands as it is' },
  revoked: { zh: '已作废', en: 'Revoked' },
  deleted: { zh: '已删除', en: 'Deleted' },
} as const satisfies Record<Exclude<RegistrationOutcome, 'refused'>, ReportMessage>;

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

const NEEDS_QUOTES = /[",\r\n]/;
/** A cell that begins so would be run as a formula. */
const FORMULA = /^[=+\-@\t\r]/;

function formatCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
