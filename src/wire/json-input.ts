// Reads untrusted JSON that has been parsed already: each function returns what it promises or throws with the JSON
// pointer of what is wrong and how to mend it. Unknown members are always refused.

import { type ErrorCode, HandleError, type Saying } from '../domain/error.ts';

/**
 * How values are read: `strict` takes what there is one way to write; `reference` also what clients of the reference
 * Handle server send, as that server means it.
 */
export type Reading = 'strict' | 'reference';

export type JsonObject = { readonly [member: string]: unknown };

/** The code that a mistake in this part of the input has. */
export type InputCode = Extract<ErrorCode, 'INVALID_VALUE' | 'INVALID_REQUEST' | 'INVALID_CONFIG'>;

/** `said`: in both languages where a row of a file can meet it. */
export function inputError(at: string, said: string | Saying, code: InputCode = 'INVALID_VALUE'): HandleError {
  if (typeof said === 'string') return new HandleError(code, said, { at });
  return new HandleError(code, said.en, { at, zh: said.zh });
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
    throw inputError(at, wanted(AN_OBJECT, input), code);
  }
  if (members === null) return input as JsonObject;
  for (const member in input) {
    if (!members.has(member)) {
      throw inputError(
        `${at}/${escapePointer(member)}`,
        {
          en: `There is no member ${shown(member)} here: remove it, or use one of ${[...members].join(', ')}.`,
          zh: `此处没有成员 ${shown(member)}：请去掉，或改用 ${[...members].join('、')} 之一。`,
        },
        code,
      );
    }
  }
  return input as JsonObject;
}

export function readArray(input: unknown, at: string, limit: number, code?: InputCode): readonly unknown[] {
  if (!Array.isArray(input)) throw inputError(at, wanted(AN_ARRAY, input), code);
  if (input.length > limit) {
    const en = `Give at most ${limit} items here, not ${input.length}.`;
    throw inputError(at, { en, zh: `此处最多 ${limit} 项，不能有 ${input.length} 项：请减少。` }, code);
  }
  return input;
}

export function readString(input: unknown, at: string, code?: InputCode): string {
  if (typeof input !== 'string') throw inputError(at, wanted(A_STRING, input), code);
  if (!input.isWellFormed()) {
    const en = 'This string has half of a surrogate pair: send well-formed Unicode.';
    throw inputError(at, { en, zh: '该字符串不是有效的 Unicode：请使用 UTF-8。' }, code);
  }
  return input;
}

export function readBoolean(input: unknown, at: string, code?: InputCode): boolean {
  if (typeof input !== 'boolean') throw inputError(at, wanted(TRUE_OR_FALSE, input), code);
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
    const what: Saying = {
      en: `a whole number from ${range.min} to ${range.max}`,
      zh: `${range.min} 到 ${range.max} 的整数`,
    };
    throw inputError(at, wanted(what, input, typeof input === 'number' ? String(input) : null), code);
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
  const quoted = words.map((one) => `"${one}"`);
  const what: Saying = { en: `one of ${quoted.join(', ')}`, zh: `${quoted.join('、')} 之一` };
  throw inputError(at, wanted(what, input, typeof input === 'string' ? shown(input) : null), code);
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

const AN_OBJECT: Saying = { en: 'an object', zh: '一个对象' };
const AN_ARRAY: Saying = { en: 'an array', zh: '一个数组' };
const A_STRING: Saying = { en: 'a string', zh: '一个字符串' };
const TRUE_OR_FALSE: Saying = { en: 'true or false', zh: ' true 或 false' };
const NOTHING: Saying = { en: 'nothing', zh: '空缺' };
const NULL: Saying = { en: 'null', zh: ' null' };

/** `quoted`: the input itself, where that says more than its kind. */
function wanted(what: Saying, input: unknown, quoted: string | null = null): Saying {
  const given = quoted === null ? kindOf(input) : { en: quoted, zh: ` ${quoted}` };
  return { en: `Write ${what.en} here, not ${given.en}.`, zh: `此处请填写${what.zh}，不能是${given.zh}。` };
}

function kindOf(input: unknown): Saying {
  if (input === undefined) return NOTHING;
  if (input === null) return NULL;
  if (Array.isArray(input)) return AN_ARRAY;
  if (typeof input === 'object') return AN_OBJECT;
  return typeof input === 'string' ? A_STRING : { en: `a ${typeof input}`, zh: ` ${typeof input}` };
}
