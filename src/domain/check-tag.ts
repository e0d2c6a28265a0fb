// The text of check tags: which characters, how many, and how hard they are to guess. Pure; the digest comes from whoever
// holds the secret.

import type { ByteString } from './bytes.ts';

/**
 * Capital letters and digits of which no two look alike, on paper or to a camera: without 0 O, 1 I L, 2 Z, 5 S, 8 B,
 * and with V but not U.
 */
export const TAG_ALPHABET = '34679ACDEFGHJKMNPQRTVWXY';

/** A truncated digest as text. The digest has twice as many bytes as the tag has characters. */
export function tagFromDigest(digest: ByteString, length: number): string {
  let tag = '';
  for (let i = 0; i < length; i++) {
    // Two bytes for a character: the remainder of 65,536 by 24 makes some likelier by 1 in 2,730.
    const number = (digest.charCodeAt(2 * i) << 8) | digest.charCodeAt(2 * i + 1);
    tag += TAG_ALPHABET.charAt(number % TAG_ALPHABET.length);
  }
  return tag;
}

/** How many tags there are: one guess in so many is right. 1 without a tag: every serial of the range is a code. */
export function guessesOf(tagLength: number): number {
  return TAG_ALPHABET.length ** tagLength;
}

export function tagBits(tagLength: number): number {
  return Math.floor(tagLength * Math.log2(TAG_ALPHABET.length) * 10) / 10;
}
