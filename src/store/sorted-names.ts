// A sorted set of names in memory: insertion, removal and reading on from a name, each in a few microseconds at millions
// of names. Names are byte strings, so that their order is the order of bytes.

import type { ByteString } from '../domain/bytes.ts';

/** Names of one chunk before it is halved: short enough to move, long enough that there are few chunks. */
const MAX_CHUNK = 512;

export class SortedNames {
  /** Sorted, none empty; every name of a chunk before every name of the next. */
  readonly #chunks: ByteString[][] = [];

  add(name: ByteString): void {
    const at = Math.min(this.#chunkOf(name), this.#chunks.length - 1);
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push([name]);
      return;
    }
    const place = placeIn(chunk, name);
    if (chunk[place] === name) return;
    chunk.splice(place, 0, name);
    if (chunk.length > MAX_CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(chunk.length >>> 1));
  }

  remove(name: ByteString): void {
    const at = this.#chunkOf(name);
    const chunk = this.#chunks[at];
    const place = chunk === undefined ? 0 : placeIn(chunk, name);
    if (chunk === undefined || chunk[place] !== name) return;
    chunk.splice(place, 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  /** Names after `after` (exclusive; null: from the first), in order. Do not change the set while reading. */
  *after(after: ByteString | null): Generator<ByteString, void, void> {
    let at = after === null ? 0 : this.#chunkOf(after);
    for (let chunk = this.#chunks[at]; chunk !== undefined; chunk = this.#chunks[++at]) {
      const first = after === null ? 0 : placeIn(chunk, after);
      for (let i = first; i < chunk.length; i++) {
        const name = chunk[i] as ByteString;
        if (name !== after) yield name;
      }
    }
  }

  /** The first chunk that ends at or after a name. */
  #chunkOf(name: ByteString): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle]?.at(-1) ?? '') < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Where a name is or would be. */
function placeIn(chunk: readonly ByteString[], name: ByteString): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((chunk[middle] as ByteString) < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
