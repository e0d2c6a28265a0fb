// Paths below `/v1/identifiers/`: a handle, or a handle and a word behind it (`/history`, `/recall`, `/children`). Since a
// handle may itself end in such a word, only one whose own slashes are written `%2F` leaves no doubt.

import { pathText } from './percent-decoding.ts';

export const IDENTIFIERS = '/v1/identifiers/';

export type PathWord = 'history' | 'recall' | 'children';

export interface WordBehind {
  /** What stands before the word. */
  readonly handle: string;
  /** Whether the path cannot be that of a handle which ends in the word. */
  readonly isCertain: boolean;
}

/** Everything behind `/v1/identifiers/` as one handle. Throws `INVALID_HANDLE`. */
export function handleInPath(url: string): string {
  return pathText(url, IDENTIFIERS.length);
}

/** Null if the path does not end in the word, or nothing that could be a handle stands before it. */
export function wordBehind(url: string, word: PathWord): WordBehind | null {
  const named = handleInPath(url);
  if (!named.endsWith(`/${word}`)) return null;
  const handle = named.slice(0, -word.length - 1);
  if (!handle.includes('/')) return null;
  const path = url.slice(IDENTIFIERS.length).split('?', 1)[0] ?? '';
  return { handle, isCertain: path.indexOf('/') === path.length - word.length - 1 };
}
