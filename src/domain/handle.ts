// Handles: text in, canonical handle out. Pure; whether a prefix folds case is told by the caller.

import { utf8Length } from './bytes.ts';
import { HandleError } from './error.ts';
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

const CONTROL_CHARACTERS = /[\x00-\x1f\x7f-\x9f]/;

/** Throws `INVALID_HANDLE` with what is wrong and how to mend it. The suffix is never normalised. */
export function parseHandle(text: string, foldsCase: CaseRule): Handle {
  const slash = text.indexOf('/');
  if (slash < 0) throw invalid(text, 'it has no "/": write prefix/suffix, such as 88.118.10023/CHAIR-01');
  if (slash === 0) throw invalid(text, 'its prefix is empty: write prefix/suffix');
  if (slash === text.length - 1) throw invalid(text, 'its suffix is empty: write something after the "/"');
  if (CONTROL_CHARACTERS.test(text)) throw invalid(text, 'it has a control character: remove it');
  if (!text.isWellFormed()) throw invalid(text, 'it is not well-formed Unicode: send UTF-8');
  if (utf8Length(text) > MAX_HANDLE_BYTES) throw invalid(text, `it is longer than ${MAX_HANDLE_BYTES} bytes of UTF-8`);
  const prefix = parseHandlePrefix(text, slash);
  const suffix = text.slice(slash + 1);
  const folded = isSystemPrefix(prefix) || foldsCase(prefix) ? foldAsciiCase(suffix) : suffix;
  return `${prefix}/${folded}` as Handle;
}

function parseHandlePrefix(text: string, slash: number): Prefix {
  try {
    return parsePrefix(text.slice(0, slash));
  } catch (cause) {
    throw new HandleError('INVALID_HANDLE', (cause as HandleError).message, { cause });
  }
}

function invalid(text: string, reason: string): HandleError {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return new HandleError('INVALID_HANDLE', `${JSON.stringify(shown)} is not a handle: ${reason}.`);
}

/** A name of another scheme (domain/scheme.ts), which keeps its case although its prefix begins with `0.`. */
export function parseSchemeName(name: string): Handle {
  if (CONTROL_CHARACTERS.test(name)) throw invalid(name, 'it has a control character: remove it');
  if (utf8Length(name) > MAX_HANDLE_BYTES) throw invalid(name, `it is longer than ${MAX_HANDLE_BYTES} bytes of UTF-8`);
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
