// What free text in the registry must be like: reasons, names, labels, contacts. Pure.

import { HandleError, type Saying } from '../domain/error.ts';
import { MAX_PAGE_SIZE, MAX_REASON_LENGTH } from '../domain/limits.ts';

const CONTROL = /[\x00-\x1f\x7f-\x9f]/;

/** Throws `INVALID_REQUEST` unless `text` is one line of 1 … `maxLength` characters with something to read in it. */
export function assertLine(text: string, what: string, maxLength: number): void {
  const objection = objectionTo(text, maxLength);
  if (objection !== null) throw refused(what, `The ${what} ${objection.en}.`, `${what} ${objection.zh}。`);
}

function objectionTo(text: string, maxLength: number): Saying | null {
  if (text.trim() === '') return { en: 'is empty: give one', zh: '为空：请填写' };
  if (text.length > maxLength) {
    return { en: `is longer than ${maxLength} characters: shorten it`, zh: `超过 ${maxLength} 个字符：请缩短` };
  }
  if (CONTROL.test(text)) {
    return { en: 'has a line break or control character: remove it', zh: '含有换行或控制字符：请删除' };
  }
  if (text.isWellFormed()) return null;
  return { en: 'is not well-formed Unicode: send UTF-8', zh: '不是有效的 Unicode：请使用 UTF-8' };
}

export function assertReason(reason: string): void {
  assertLine(reason, 'reason', MAX_REASON_LENGTH);
}

/** The page a listing gives: what was asked for, within 1 … MAX_PAGE_SIZE. */
export function pageSizeOf(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1) throw refused('limit', 'The limit is a whole number, 1 or more.');
  return Math.min(limit, MAX_PAGE_SIZE);
}

function refused(what: string, message: string, zh?: string): HandleError {
  return new HandleError('INVALID_REQUEST', message, { at: `/${what}`, zh });
}
