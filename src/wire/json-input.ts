// Reads untrusted JSON that has been parsed already: each function returns what it promises or throws with the JSON
// pointer of what is wrong and how to mend it. Unknown members are always refused.

import { type ErrorCode, HandleError } from '../domain/error.ts';

/**
 * How values are read: `strict` takes what there is one way to write; `reference` also what clients of the reference
 * Handle server send, as that server means it.
 */
export type Reading = 'strict' | 'reference';

export type JsonObject = { readonly [member: string]: unknown };

/** The code that a mistake in this part of the input has. */
export type InputCode = Extract<ErrorCode, 'INVALID_VALUE' | 'INVALID_REQUEST' | 'INVALID_CONFIG'>;

export function inputError(at: string, message: string, code: InputCode = 'INVALID_VALUE'): HandleError {
  return new HandleError(code, message, { at });
}

export function isJsonObject(input: unknown): input is JsonObject {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

/** An object with no member outside `members`; null allows any. */
export function readObject(
  input: unknown,
  at: string,
  members: ReadonlySet<string> | null,
  code?: InputCode,
): JsonObject {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw inputError(at, `Write an object here, not ${nameOf(input)}.`, code);
  }
  if (members === null) return input as JsonObject;
  for (const member in input) {
    if (!members.has(member)) {
      throw inputError(
        `${at}/${escapePointer(member)}`,
        `There is no member ${shown(member)} here: remove it, or use one of ${[...members].join(', ')}.`,
        code,
      );
    }
  }
  return input as JsonObject;
}

export function readArray(input: unknown, at: string, limit: number, code?: InputCode): readonly unknown[] {
  if (!Array.isArray(input)) throw inputError(at, `Write an array here, not ${nameOf(input)}.`, code);
  if (input.length > limit) throw inputError(at, `Give at most ${limit} items here, not ${input.length}.`, code);
  return input;
}

export function readString(input: unknown, at: string, code?: InputCode): string {
  if (typeof input !== 'string') throw inputError(at, `Write a string here, not ${nameOf(input)}.`, code);
  if (!input.isWellFormed()) {
    throw inputError(at, 'This string has half of a surrogate pair: send well-formed Unicode.', code);
  }
  return input;
}

export function readBoolean(input: unknown, at: string, code?: InputCode): boolean {
  if (typeof input !== 'boolean') throw inputError(at, `Write true or false here, not ${nameOf(input)}.`, code);
  return input;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

export const INDEX_RANGE: Range = { min: 1, max: 0x7fff_ffff };
export const INT32_RANGE: Range = { min: -0x8000_0000, max: 0x7fff_ffff };
/** Index 0 of a reference stands for any value of the handle. */
export const REFERENCE_INDEX_RANGE: Range = { min: 0, max: 0x7fff_ffff };

export function readInteger(input: unknown, at: string, range: Range, code?: InputCode): number {
  if (typeof input !== 'number' || !Number.isInteger(input) || input < range.min || input > range.max) {
    throw inputError(
      at,
      `Write a whole number from ${range.min} to ${range.max} here, not ${typeof input === 'number' ? input : nameOf(input)}.`,
      code,
    );
  }
  return input;
}

/** One of a closed set of words. */
export function readChoice<Word extends string>(
  input: unknown,
  at: string,
  words: readonly Word[],
  code?: InputCode,
): Word {
  const word = words.find((candidate) => candidate === input);
  if (word !== undefined) return word;
  const given = typeof input === 'string' ? shown(input) : nameOf(input);
  throw inputError(at, `Write one of ${words.map((one) => `"${one}"`).join(', ')} here, not ${given}.`, code);
}

/** RFC 6901 §3. */
function escapePointer(member: string): string {
  return shorten(member).replaceAll('~', '~0').replaceAll('/', '~1');
}

/** A text of the input as a message may quote it: quoted and bounded. */
export function shown(text: string): string {
  return JSON.stringify(shorten(text));
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60).toWellFormed()}…` : text;
}

function nameOf(input: unknown): string {
  if (input === undefined) return 'nothing';
  if (input === null) return 'null';
  if (Array.isArray(input)) return 'an array';
  return typeof input === 'object' ? 'an object' : `a ${typeof input}`;
}
