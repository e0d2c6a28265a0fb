// Untrusted bytes to JSON: well-formed UTF-8 or nothing, and a mistake is named by line and column. Members called
// `__proto__` stay ordinary members, which every reader here refuses as unknown; nothing is ever merged or assigned.

import { isUtf8 } from 'node:buffer';
import { HandleError } from '../domain/error.ts';
import { findJsonMistake } from './json-place.ts';

/** Throws `INVALID_REQUEST`. */
export function parseJsonBody(body: Buffer): unknown {
  return parseJson(textOfBody(body), 1);
}

const BYTE_ORDER_MARK = 0xfeff;

/** The text of a body; throws `INVALID_REQUEST` where it is not UTF-8. */
export function textOfBody(body: Buffer): string {
  if (!isUtf8(body)) {
    throw new HandleError('INVALID_REQUEST', 'The body is not well-formed UTF-8: encode it as UTF-8.');
  }
  const text = body.toString('utf8');
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
}

/** `firstLine`: the number, in what the client sent, of the line with which the text begins. */
export function parseJson(text: string, firstLine: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { offset, expected } = findJsonMistake(text);
    const lines = text.slice(0, offset).split('\n');
    const line = firstLine + lines.length - 1;
    const column = (lines.at(-1) ?? '').length + 1;
    const found = offset === text.length ? 'it ends here' : `${JSON.stringify(text.charAt(offset))} stands there`;
    throw new HandleError(
      'INVALID_REQUEST',
      `The JSON is broken at line ${line}, column ${column}: ${expected} should follow, but ${found}.`,
      { at: `line ${line}, column ${column}`, cause },
    );
  }
}
