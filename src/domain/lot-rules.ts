// What a lot may say: the bounds of its numbers, the length of its codes, and which changes of a lot may follow. Pure.

import { utf8Length } from './bytes.ts';
import { HandleError } from './error.ts';
import { MAX_STORED_HANDLE_BYTES } from './limits.ts';
import { digitsOf, type Lot, type LotDraft } from './lot.ts';
import { MAX_COUNTER_WIDTH, MAX_TAG_LENGTH, MIN_TAG_LENGTH } from './lot-limits.ts';

const CONTROL = /[\x00-\x1f\x7f-\x9f]/;

/** Throws `INVALID_REQUEST` with the member that is wrong. */
export function assertLotNumbers(
  draft: Pick<LotDraft, 'prefix' | 'head' | 'width' | 'tagLength' | 'from' | 'to'>,
): void {
  const { prefix, head, width, tagLength, from, to } = draft;
  if (CONTROL.test(head) || !head.isWellFormed())
    throw wrong('/head', 'The head has a control character or is no UTF-8: remove it.');
  if (!isWithin(width, 1, MAX_COUNTER_WIDTH)) {
    throw wrong(
      '/width',
      `The width of the serial is a whole number from 1 to ${MAX_COUNTER_WIDTH}: say how many digits it has.`,
    );
  }
  if (tagLength !== 0 && !isWithin(tagLength, MIN_TAG_LENGTH, MAX_TAG_LENGTH)) {
    throw wrong('/tagLength', `A check tag has ${MIN_TAG_LENGTH} to ${MAX_TAG_LENGTH} characters, or 0 for none.`);
  }
  const most = 10 ** width - 1;
  if (!isWithin(from, 0, most))
    throw wrong('/from', `The first serial is a whole number from 0 to ${most}, which ${width} digits can write.`);
  if (!isWithin(to, from, most)) {
    throw wrong(
      '/to',
      `The last serial is a whole number from ${from}, the first, to ${most}, which ${width} digits can write.`,
    );
  }
  const bytes = utf8Length(prefix) + 1 + utf8Length(head) + width + tagLength;
  if (bytes <= MAX_STORED_HANDLE_BYTES) return;
  throw wrong(
    '/head',
    `Its codes take ${bytes} bytes of UTF-8, at most ${MAX_STORED_HANDLE_BYTES} can be registered: shorten the head.`,
  );
}

/** What may happen to a lot that stands. Throws `INVALID_STATE`. */
export function assertLotStep(lot: Lot, what: 'change' | 'extend' | 'close' | 'split' | 'revoke'): void {
  if (lot.state === 'open' || (lot.state === 'closed' && what !== 'extend' && what !== 'close')) return;
  if (lot.state === 'closed') {
    throw new HandleError(
      'INVALID_STATE',
      `Lot ${lot.id} is closed, so its range is final: register another lot for more serials.`,
    );
  }
  throw new HandleError('INVALID_STATE', `Lot ${lot.id} is revoked, which is for good: register another lot.`);
}

/** Throws `INVALID_REQUEST` unless `last` can be the last serial of a lot that is closed at it. */
export function assertClosingSerial(lot: Lot, last: number): void {
  if (isWithin(last, lot.from, lot.to)) return;
  throw wrong(
    '/to',
    `Lot ${lot.id} can be closed at a serial from ${lot.from} to ${lot.to}; to withdraw all of it, revoke it.`,
  );
}

/** Throws `INVALID_REQUEST` unless the lot can end at `to`. */
export function assertExtension(lot: Lot, to: number): void {
  const most = 10 ** lot.width - 1;
  if (isWithin(to, lot.to, most)) return;
  throw wrong(
    '/to',
    `Lot ${lot.id} ends at ${lot.to} and has room up to ${most}: extend it to a serial between the two.`,
  );
}

/** Throws `INVALID_REQUEST` unless a second part can begin at `at`. */
export function assertSplit(lot: Lot, at: number): void {
  if (isWithin(at, lot.from + 1, lot.to)) return;
  throw wrong(
    '/at',
    `Lot ${lot.id} holds ${digitsOf(lot, lot.from)} to ${digitsOf(lot, lot.to)}: split it at a serial after its first.`,
  );
}

function isWithin(number: number, least: number, most: number): boolean {
  return Number.isSafeInteger(number) && number >= least && number <= most;
}

function wrong(at: string, message: string): HandleError {
  return new HandleError('INVALID_REQUEST', message, { at });
}
