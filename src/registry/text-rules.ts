// What free text in the registry must be like: reasons, names, labels, contacts. Pure.

import { HandleError } from '../domain/error.ts';
import { MAX_PAGE_SIZE, MAX_REASON_LENGTH } from '../domain/limits.ts';

const CONTROL = /[\x00-\x1f\x7f-\x9f]/;

/** Throws `INVALID_REQUEST` unless `text` is one line of 1 … `maxLength` characters with something to read in it. */
export function assertLine(text: string, what: string, maxLength: number): void {
  if (text.trim() === '') throw refused(what, `The ${what} is empty: give one.`);
  if (text.length > maxLength) throw refused(what, `The ${what} is longer than ${maxLength} characters: shorten it.`);
  if (CONTROL.test(text)) throw refused(what, `The ${what} has a line break or control character: remove it.`);
  if (!text.isWellFormed()) throw refused(what, `The ${what} is not well-formed Unicode: send UTF-8.`);
}

export function assertReason(reason: string): void {
  assertLine(reason, 'reason', MAX_REASON_LENGTH);
}

/** The page a listing gives: what was asked for, within 1 … MAX_PAGE_SIZE. */
export function pageSizeOf(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1) throw refused('limit', 'The limit is a whole number, 1 or more.');
  return Math.min(limit, MAX_PAGE_SIZE);
}

function refused(what: string, message: string): HandleError {
  return new HandleError('INVALID_REQUEST', message, { at: `/${what}` });
}
