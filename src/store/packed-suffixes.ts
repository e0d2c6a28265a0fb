// A block of sorted suffixes in few bytes: each says how much it shares with the one before it, then the rest. Pure.

import type { ByteString } from '../domain/bytes.ts';
import { damaged, PackedReader, type PackedWriter } from './packed-bytes.ts';

/** Bytes of a block before it is divided: a seventh of a page, so that blocks pack well and are quickly rewritten. */
export const MAX_BLOCK_BYTES = 600;

const VERSION = 1;
const HEADER_BYTES = 1;

/** How many bytes two byte strings have in common at their beginning. */
export function sharedLength(a: ByteString, b: ByteString): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}

/** `low` stands in the block's key: the first suffix need not repeat it. */
export function encodeSuffixes({ low, suffixes }: SuffixBlock, out: PackedWriter): void {
  out.byte(VERSION);
  let previous = low;
  for (const suffix of suffixes) {
    const shared = sharedLength(previous, suffix);
    out.varint(shared);
    out.varint(suffix.length - shared);
    out.raw(suffix.slice(shared) as ByteString);
    previous = suffix;
  }
}

/** Throws `STORE_FORMAT`. */
export function decodeSuffixes(low: ByteString, bytes: ByteString): ByteString[] {
  const from = new PackedReader(bytes);
  const version = from.byte();
  if (version !== VERSION) throw damaged(`a block of children has version ${version}, this program reads ${VERSION}`);
  const suffixes: ByteString[] = [];
  let previous = low;
  while (from.remaining > 0) {
    const shared = from.varint();
    if (shared > previous.length) throw damaged('a block of children shares more than there is');
    previous = (previous.slice(0, shared) + from.bytes()) as ByteString;
    suffixes.push(previous);
  }
  return suffixes;
}

/** Suffixes of one block; every one of them is `low` or after it. */
export interface SuffixBlock {
  readonly low: ByteString;
  readonly suffixes: readonly ByteString[];
}

/**
 * Divides a block that may have grown too large. One that grew at its end (or by a lot) is filled, so that children
 * registered in order lie densely; any other is halved, so that both halves have room.
 */
export function divideSuffixes(block: SuffixBlock, grewAtEnd: boolean): readonly SuffixBlock[] {
  const size = packedSize(block);
  if (size <= MAX_BLOCK_BYTES) return [block];
  const target = grewAtEnd || size > 2 * MAX_BLOCK_BYTES ? MAX_BLOCK_BYTES : Math.ceil(size / 2);
  const blocks: SuffixBlock[] = [];
  let { low } = block;
  let chunk: ByteString[] = [];
  let filled = HEADER_BYTES;
  for (const suffix of block.suffixes) {
    const cost = packedCost(chunk.at(-1) ?? low, suffix);
    if (filled + cost > target && chunk.length > 0) {
      blocks.push({ low, suffixes: chunk });
      low = suffix;
      chunk = [suffix];
      filled = HEADER_BYTES + packedCost(low, suffix);
    } else {
      chunk.push(suffix);
      filled += cost;
    }
  }
  blocks.push({ low, suffixes: chunk });
  return blocks;
}

function packedSize({ low, suffixes }: SuffixBlock): number {
  let size = HEADER_BYTES;
  let previous = low;
  for (const suffix of suffixes) {
    size += packedCost(previous, suffix);
    previous = suffix;
  }
  return size;
}

/** Two lengths, of one byte each below 128 and two above, and the rest. */
function packedCost(previous: ByteString, suffix: ByteString): number {
  const shared = sharedLength(previous, suffix);
  const rest = suffix.length - shared;
  return (shared > 0x7f ? 2 : 1) + (rest > 0x7f ? 2 : 1) + rest;
}
