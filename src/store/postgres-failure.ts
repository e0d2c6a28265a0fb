// What a failure of the database means to those who asked it. Pure.

import { failureOf, HandleError, isHandleError } from '../domain/error.ts';

/** States in which nothing can be written and reads go on, with how to mend them. */
const NOT_WRITABLE: Readonly<Record<string, string>> = {
  '25006': 'the database is a replica or set to read only: point store.url at the primary',
  '53100': 'the disk of the database is full: free some space, and writing goes on by itself',
};

/** The layout is not what the statements were written for. */
const WRONG_LAYOUT = /^(42P01|42703|3F000)$/;
/** A text that the database cannot hold (a NUL, half a surrogate pair): its sender's mistake. */
const UNTRANSLATABLE = /^(22021|22P05)$/;
/** Two transactions met: the same may succeed when it is tried again. */
const CONTENTION = /^(40001|40P01|23505|55P03)$/;

function stateOf(cause: unknown): string {
  const { code } = (cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

export function isContention(cause: unknown): boolean {
  return CONTENTION.test(stateOf(cause));
}

/** Whether the connection itself is of no more use, and nobody knows what became of what was sent last. */
export function endsConnection(cause: unknown): boolean {
  // What the server says has five characters; of these, class 08 and 57P01 to 57P03 end the connection.
  const state = stateOf(cause);
  const isSaid = /^[0-9A-Z]{5}$/.test(state) && !/^(08|57P0)/.test(state);
  return !(isSaid || isHandleError(cause));
}

export function databaseFailure(cause: unknown): HandleError {
  if (isHandleError(cause)) return cause;
  if (cause instanceof TypeError || cause instanceof RangeError) return failureOf(cause); // a defect of ours
  const state = stateOf(cause);
  const message = cause instanceof Error && cause.message !== '' ? cause.message : state || 'no answer';
  const why = NOT_WRITABLE[state];
  if (why !== undefined) return new HandleError('STORE_READ_ONLY', `The store takes no writes: ${why}.`, { cause });
  if (UNTRANSLATABLE.test(state)) {
    const text = `A text of the request cannot be stored (${message}): send well-formed Unicode without U+0000.`;
    return new HandleError('INVALID_REQUEST', text, { cause });
  }
  const hint = WRONG_LAYOUT.test(state)
    ? 'Its tables are not those this node needs: run `jiabiao migrate`.'
    : 'Try again in a moment; if it stays so, look at the database and at store.url.';
  return new HandleError('STORE_UNAVAILABLE', `The database did not do as asked: ${message}. ${hint}`, { cause });
}
