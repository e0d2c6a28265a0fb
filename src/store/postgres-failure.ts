// What a failure of the database means to those who asked it. Pure.

import { failureOf, HandleError, isHandleError } from '../domain/error.ts';

/** States in which nothing can be written and reads go on, with how to mend them. */
const NOT_WRITABLE: Readonly<Record<string, string>> = {
  '25006': 'the database is a replica or set to read only: name the primary in postgres.urls too',
  '53100': 'the disk of the database is full: free some space, and writing goes on by itself',
};

/** What the operator set is refused: how that is mended. */
const SET_WRONG: Readonly<Record<string, string>> = {
  '28P01': 'Correct the user in postgres.urls, or the password in postgres.passwordFile.',
  '28000': "Correct the user in postgres.urls, or let it in: the server's pg_hba.conf says who may come from where.",
  '3D000': 'Create it (CREATE DATABASE), or correct the name in postgres.urls.',
  '42501': 'Give the user of postgres.urls the right, best by making it the owner of the database.',
  '53300': "Raise the server's max_connections, or take fewer: postgres.readConnections, postgres.writeConnections.",
};
/** As `pg` says that it was asked for a password and has none. */
const WITHOUT_PASSWORD = /password must be a string/i;

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

/** What was refused because of the settings, with how they are mended; null for everything else. */
export function wrongSetting(cause: unknown): string | null {
  const message = cause instanceof Error ? cause.message : '';
  if (WITHOUT_PASSWORD.test(message))
    return 'it asks for a password. Write it into the file that postgres.passwordFile names.';
  const hint = SET_WRONG[stateOf(cause)];
  return hint === undefined ? null : `${message}. ${hint}`;
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
  const setting = wrongSetting(cause);
  if (setting !== null) return new HandleError('STORE_UNAVAILABLE', `The database refuses: ${setting}`, { cause });
  const hint = WRONG_LAYOUT.test(state)
    ? 'Its tables are not those this node needs: run `jiabiao migrate`.'
    : 'Try again in a moment; if it stays so, look at the database and at postgres.urls.';
  return new HandleError('STORE_UNAVAILABLE', `The database did not do as asked: ${message}. ${hint}`, { cause });
}
