// Compares two sets too large to hold: the states of all records and the entries of the change log. Each member adds its
// fingerprint to a sum; equal sets have equal sums, whatever their order.

import type { ByteString } from '../domain/bytes.ts';

interface PrefixSums {
  live: number;
  states: number;
  stateSum: number;
  stateSum2: number;
  entries: number;
  entrySum: number;
  entrySum2: number;
}

/** By the four bytes of a prefix: there are as many as enterprises. */
export class StateSums {
  readonly byPrefix = new Map<ByteString, PrefixSums>();

  live(prefixKey: ByteString): void {
    this.#of(prefixKey).live += 1;
  }

  /** A state of a record that stands, in its row or in the history. */
  state(recordKey: ByteString, revision: number): void {
    const sums = this.#of(recordKey.slice(0, 4) as ByteString);
    sums.states += 1;
    sums.stateSum = (sums.stateSum + fingerprint(recordKey, revision, SEED)) >>> 0;
    sums.stateSum2 = (sums.stateSum2 + fingerprint(recordKey, revision, SEED2)) >>> 0;
  }

  /** An entry of the change log. */
  entry(recordKey: ByteString, revision: number): void {
    const sums = this.#of(recordKey.slice(0, 4) as ByteString);
    sums.entries += 1;
    sums.entrySum = (sums.entrySum + fingerprint(recordKey, revision, SEED)) >>> 0;
    sums.entrySum2 = (sums.entrySum2 + fingerprint(recordKey, revision, SEED2)) >>> 0;
  }

  #of(prefixKey: ByteString): PrefixSums {
    const known = this.byPrefix.get(prefixKey);
    if (known !== undefined) return known;
    const sums = { live: 0, states: 0, stateSum: 0, stateSum2: 0, entries: 0, entrySum: 0, entrySum2: 0 };
    this.byPrefix.set(prefixKey, sums);
    return sums;
  }
}

const SEED = 0x811c9dc5;
const SEED2 = 0x2545f491;
const FACTOR = 0x01000193;
const MIX = 0x85ebca6b;

/** 32 bits (FNV-1a, stirred at the end so that sums do not cancel out). */
function fingerprint(recordKey: ByteString, revision: number, seed: number): number {
  let hash = seed;
  for (let i = 0; i < recordKey.length; i++) hash = Math.imul(hash ^ recordKey.charCodeAt(i), FACTOR);
  hash = Math.imul(hash ^ revision, MIX);
  hash = Math.imul(hash ^ (hash >>> 15), MIX);
  return (hash ^ (hash >>> 13)) >>> 0;
}
