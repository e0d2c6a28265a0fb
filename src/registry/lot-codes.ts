// The codes of a lot, one after the other, as they are taken: for the label printer. Constant memory, whatever its size.

import { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import { digitsOf, type Lot, type LotTags, suffixAt } from '../domain/lot.ts';
import type { CodeRange, LotCode } from './lot-registry.ts';

/** Codes made at one go, between which others are answered: about a millisecond. */
const CODES_AT_ONCE = 500;

/** Throws `INVALID_REQUEST` for serials that are not in the lot, `LOT_KEY_MISSING` before the first code. */
export function codesOf(lot: Lot, range: CodeRange, tags: LotTags): Iterable<readonly LotCode[]> {
  const from = range.from ?? lot.from;
  const to = range.to ?? lot.to;
  if (from < lot.from || to > lot.to || from > to) {
    throw new HandleError(
      'INVALID_REQUEST',
      `Lot ${lot.id} has the serials ${lot.from} to ${lot.to}: ask for some of these, the first not behind the last.`,
      { at: 'query' },
    );
  }
  suffixAt(lot, from, tags);
  return pieces(lot, from, to, tags);
}

function* pieces(lot: Lot, from: number, to: number, tags: LotTags): Generator<readonly LotCode[], void, void> {
  for (let first = from; first <= to; first += CODES_AT_ONCE) {
    const count = Math.min(CODES_AT_ONCE, to - first + 1);
    yield Array.from({ length: count }, (_, i) => {
      const serial = first + i;
      return { serial: digitsOf(lot, serial), handle: `${lot.prefix}/${suffixAt(lot, serial, tags)}` as Handle };
    });
  }
}
