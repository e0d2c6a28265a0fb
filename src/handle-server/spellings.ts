// Handles that are asked for again and again, as they are spelled: what they turned out to be and how they were answered in this
// second. To make both anew costs more than the answer, once it is in memory.

import { type ByteString, EMPTY_BYTES } from '../domain/bytes.ts';
import type { Handle } from '../domain/handle.ts';
import { setNewest } from '../domain/newest.ts';
import type { Homed, HomedPrefix } from '../domain/prefix.ts';

/** Beyond it the one kept longest ago gives way: with responses of the usual size some 2 MB. */
const MAX_SPELLINGS = 2048;
/** Longer ones are too rare to keep. */
const MAX_SPELLING_BYTES = 256;
/** Larger values are not kept twice. */
export const MAX_KEPT_VALUES_BYTES = 4096;

/** A response of which only versions and ids are made anew, as long as its values, its flags and the second stay. */
export interface KeptResponse {
  values: ByteString | null;
  opFlags: number;
  expiresAt: number;
  rest: ByteString;
}

export interface Spelling extends KeptResponse {
  readonly handle: Handle;
}

export class Spellings {
  readonly #homed: Homed;
  /** When these were parsed: how case counts depends on it. */
  #homedThen: readonly HomedPrefix[] = [];
  readonly #spellings = new Map<ByteString, Spelling>();

  constructor(homed: Homed) {
    this.#homed = homed;
  }

  get(spelled: ByteString): Spelling | null {
    const homed = this.#homed();
    if (homed !== this.#homedThen) {
      this.#homedThen = homed;
      this.#spellings.clear();
    }
    return this.#spellings.get(spelled) ?? null;
  }

  /** To be called behind `get`, without anything between that could change what is homed. */
  keep(spelled: ByteString, handle: Handle): void {
    if (spelled.length > MAX_SPELLING_BYTES) return;
    const spelling = { handle, values: null, opFlags: 0, expiresAt: 0, rest: EMPTY_BYTES };
    setNewest(this.#spellings, spelled, spelling, MAX_SPELLINGS);
  }
}
