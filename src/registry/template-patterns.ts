// Patterns of template elements: RE2's syntax and its promise, that time grows with the text and never explodes. What a
// pattern may cost is bounded besides.

import { RE2JS, RE2JSException } from 're2js';
import { MAX_PATTERN_LENGTH, MAX_PATTERN_SIZE } from '../domain/limits.ts';
import { inputError, shown } from '../wire/json-input.ts';

/** Whether a whole text matches. */
export type Pattern = (text: string) => boolean;

/** Throws `INVALID_REQUEST` for what is no pattern, or one that would cost too much. */
export function compilePattern(source: string, at: string): Pattern {
  if (source.length === 0 || source.length > MAX_PATTERN_LENGTH) {
    throw inputError(
      at,
      `A pattern has 1 to ${MAX_PATTERN_LENGTH} characters, this one ${source.length}.`,
      'INVALID_REQUEST',
    );
  }
  const compiled = compile(source, at);
  if (compiled.programSize() > MAX_PATTERN_SIZE) {
    throw inputError(
      at,
      'This pattern repeats too much: use smaller counts, and maxLength for the length.',
      'INVALID_REQUEST',
    );
  }
  return (text) => compiled.matches(text);
}

function compile(source: string, at: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause;
    const why = cause.message.replace(/^error parsing regexp: /, '');
    throw inputError(
      at,
      `${shown(source)} is no pattern that can be used (${why}): write it in RE2's syntax, which has no look-around and no back-references.`,
      'INVALID_REQUEST',
    );
  }
}
