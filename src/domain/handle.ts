// Handles: text in, canonical handle out. Pure; whether a prefix folds case is told by the caller.

import { utf8Length } from './bytes.ts';
import { HandleError, isHandleError, type Saying } from './error.ts';
import { MAX_HANDLE_BYTES } from './limits.ts';
import { foldAsciiCase, type Prefix, parsePrefix } from './prefix.ts';

/**
 * A handle in canonical form, `prefix/suffix`, divided by the first `/` (RFC 3651 §2). The prefix is ASCII upper case;
 * the suffix is exact unless its prefix folds case; a handle whose prefix begins with `0.` is upper-cased whole.
 * Two handles are the same if their canonical forms are `===`.
 */
export type Handle = string & { readonly __brand: 'Handle' };

/** Tells whether the suffixes of a prefix compare without ASCII case. */
export type CaseRule = (prefix: Prefix) => boolean;

/** Whether a prefix belongs to the handle system itself (`0.NA`, `0.SITE`). */
export function isSystemPrefix(prefix: string): boolean {
  return prefix.startsWith('0.') || prefix === '0';
}

const SLASH = '/';
const CONTROL_CHARACTERS = /[\x00-\x1f\x7f-\x9f]/;

/** Throws `INVALID_HANDLE` with what is wrong and how to mend it. The suffix is never normalised. */
export function parseHandle(text: string, foldsCase: CaseRule): Handle {
  const slash = text.indexOf('/');
  if (slash < 0) throw invalid(text, NO_SLASH);
  if (slash === 0) throw invalid(text, NO_PREFIX);
  if (slash === text.length - 1) throw invalid(text, NO_SUFFIX);
  if (CONTROL_CHARACTERS.test(text)) throw invalid(text, HAS_CONTROL);
  if (!text.isWellFormed()) throw invalid(text, NOT_UNICODE);
  if (utf8Length(text) > MAX_HANDLE_BYTES) throw invalid(text, TOO_LONG);
  const prefix = parseHandlePrefix(text, slash);
  const suffix = text.slice(slash + 1);
  const folded = isSystemPrefix(prefix) || foldsCase(prefix) ? foldAsciiCase(suffix) : suffix;
  return (prefix + SLASH + folded) as Handle;
}

function parseHandlePrefix(text: string, slash: number): Prefix {
  try {
    return parsePrefix(text.slice(0, slash));
  } catch (cause) {
    if (!isHandleError(cause)) throw cause;
    throw new HandleError('INVALID_HANDLE', cause.message, { cause, zh: cause.zh });
  }
}

const NO_SLASH: Saying = {
  en: 'it has no "/": write prefix/suffix, such as 88.118.10023/CHAIR-01',
  zh: '没有“/”：请写成 前缀/后缀，例如 88.118.10023/CHAIR-01',
};
const NO_PREFIX: Saying = { en: 'its prefix is empty: write prefix/suffix', zh: '前缀为空：请写成 前缀/后缀' };
const NO_SUFFIX: Saying = {
  en: 'its suffix is empty: write something after the "/"',
  zh: '后缀为空：请在“/”之后填写内容',
};
const HAS_CONTROL: Saying = { en: 'it has a control character: remove it', zh: '含有控制字符：请删除' };
const NOT_UNICODE: Saying = { en: 'it is not well-formed Unicode: send UTF-8', zh: '不是有效的 Unicode：请使用 UTF-8' };
const TOO_LONG: Saying = {
  en: `it is longer than ${MAX_HANDLE_BYTES} bytes of UTF-8`,
  zh: `超过 ${MAX_HANDLE_BYTES} 个 UTF-8 字节：请缩短`,
};

function invalid(text: string, reason: Saying): HandleError {
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
  const zh = `${shown} 不是标识：${reason.zh}。`;
  return new HandleError('INVALID_HANDLE', `${shown} is not a handle: ${reason.en}.`, { zh });
}

/** A name of another scheme (domain/scheme.ts), which keeps its case although its prefix begins with `0.`. */
export function parseSchemeName(name: string): Handle {
  if (CONTROL_CHARACTERS.test(name)) throw invalid(name, HAS_CONTROL);
  if (utf8Length(name) > MAX_HANDLE_BYTES) throw invalid(name, TOO_LONG);
  return name as Handle;
}

export function prefixOf(handle: Handle): Prefix {
  return handle.slice(0, handle.indexOf('/')) as Prefix;
}

export function suffixOf(handle: Handle): string {
  return handle.slice(handle.indexOf('/') + 1);
}

/** The prefix handle `0.NA/<prefix>`: the record that says who is responsible for a prefix (RFC 3651 §3). */
export function prefixHandleOf(prefix: Prefix): Handle {
  return `0.NA/${prefix}` as Handle;
}

/** The prefix whose responsibility decides a handle: for `0.NA/P` that is P itself. */
export function responsiblePrefixOf(handle: Handle): Prefix {
  return handle.startsWith('0.NA/') ? (handle.slice(5) as Prefix) : prefixOf(handle);
}
