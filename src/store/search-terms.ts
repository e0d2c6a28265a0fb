// What a searchable value is found under: its text without regard to ASCII case, no longer than a key can bear. Pure.
// What is found under a term is a candidate: whoever asks looks at the record, as long texts share their beginning.

import type { ByteString } from '../domain/bytes.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import { MAX_TERM_BYTES } from '../domain/limits.ts';

export interface SearchTerm {
  readonly type: ByteString;
  /** Folded, at most MAX_TERM_BYTES of it. */
  readonly text: ByteString;
}

const UPPER_ASCII = /[A-Z]/;
const NUL = /\x00/;

/** A text as it is compared: codes are written in either case, and read aloud in none. */
export function foldText(text: ByteString): ByteString {
  if (!UPPER_ASCII.test(text)) return text;
  return text.replace(/[A-Z]+/g, (upper) => upper.toLowerCase()) as ByteString;
}

export function cutTerm(folded: ByteString): ByteString {
  return folded.length <= MAX_TERM_BYTES ? folded : (folded.slice(0, MAX_TERM_BYTES) as ByteString);
}

/** Null for bytes that are no text, which nobody can ask for. */
function termOf({ type, data, dataForm }: HandleValue): SearchTerm | null {
  if (dataForm === 'binary' || data.length === 0 || NUL.test(data)) return null;
  return { type, text: cutTerm(foldText(data)) };
}

export function termsOf(values: readonly HandleValue[]): readonly SearchTerm[] {
  return values.flatMap((value) => termOf(value) ?? []);
}
