// Lots: ranges of serials registered as one thing. What a lot says, which text its codes take, and what one code of it
// answers with. Pure: the secret behind check tags is asked from whoever holds it.

import { type ByteString, bytesFromText } from './bytes.ts';
import { HandleError } from './error.ts';
import type { Handle } from './handle.ts';
import type { HandleRecord } from './handle-record.ts';
import { type HandleValue, valueLike } from './handle-value.ts';
import type { Prefix } from './prefix.ts';

/** `<prefix>:<name>`: says under which prefix it is before it is looked up. No handle, as it has no `/`. */
export type LotId = string & { readonly __brand: 'LotId' };

/**
 * `closed`: production has ended, the range never changes again; its codes go on resolving. `revoked`: every code of it
 * answers as revoked, for good.
 */
export type LotState = 'open' | 'closed' | 'revoked';

/** A code's suffix is the head, the serial in decimal digits of fixed width, then the check tag. */
export interface LotShape {
  /** What every suffix begins with; may be empty. */
  readonly head: string;
  /** Digits of the serial, leading zeros among them. */
  readonly width: number;
  /** Characters of the check tag; 0: none, and every serial of the range can be guessed. */
  readonly tagLength: number;
}

export interface Lot extends LotShape {
  readonly id: LotId;
  readonly prefix: Prefix;
  /** First and last serial, both inclusive. */
  readonly from: number;
  readonly to: number;
  /** What check tags are made with, sealed under a key that is not in the store; null without check tags. */
  readonly sealedSecret: string | null;
  /** The record whose values its codes inherit. */
  readonly parent: Handle | null;
  readonly template: Handle | null;
  /** What every code answers with; `{serial}` in the data stands for the digits of its serial. */
  readonly values: readonly HandleValue[];
  readonly state: LotState;
  /** Why it is revoked; null unless revoked. */
  readonly reason: string | null;
  /** The lot it was split off from. */
  readonly splitFrom: LotId | null;
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What a writer says of a lot; the store adds revision and instants. */
export type LotDraft = Omit<Lot, 'revision' | 'createdAt' | 'updatedAt'>;

/** Makes check tags. Throws `LOT_KEY_MISSING` if the key that opens the lot's secret is not at hand. */
export interface LotTags {
  /** The check tag of a lot's serial, given as its digits. */
  tagOf(lot: Pick<Lot, 'prefix' | 'head' | 'tagLength' | 'sealedSecret'>, digits: string): string;
}

const SERIAL = '{serial}';
const LOT_ID = /^[^\x00-\x20\x7f-\x9f/]{1,64}:[a-z0-9]{1,64}$/;

export function lotIdOf(prefix: Prefix, name: string): LotId {
  return `${prefix}:${name}` as LotId;
}

/** Under which prefix a lot is. */
export function prefixOfLot(id: LotId): Prefix {
  return id.slice(0, id.lastIndexOf(':')) as Prefix;
}

/** Whether a text has the form of a lot's id. */
export function isLotId(text: string): text is LotId {
  return LOT_ID.test(text);
}

export function sizeOf({ from, to }: Pick<Lot, 'from' | 'to'>): number {
  return to - from + 1;
}

export function digitsOf({ width }: Pick<Lot, 'width'>, serial: number): string {
  return String(serial).padStart(width, '0');
}

/** The suffix of a lot's code. */
export function suffixAt(lot: Lot, serial: number, tags: LotTags): string {
  const digits = digitsOf(lot, serial);
  return lot.head + digits + (lot.tagLength === 0 ? '' : tags.tagOf(lot, digits));
}

/** The room a lot takes among the suffixes of its prefix: none of another lot of the same length lies within it. */
export interface LotSpan {
  /** Bytes of every suffix. */
  readonly length: number;
  /** Head and first serial. */
  readonly start: ByteString;
  /** Head and last serial: a suffix lies within if it is not before `start`, and if its beginning is not after this. */
  readonly last: ByteString;
}

export function spanOf(lot: Pick<Lot, 'head' | 'width' | 'tagLength' | 'from' | 'to'>): LotSpan {
  const head = bytesFromText(lot.head);
  return {
    length: head.length + lot.width + lot.tagLength,
    start: (head + digitsOf(lot, lot.from)) as ByteString,
    last: (head + digitsOf(lot, lot.to)) as ByteString,
  };
}

/** Whether a suffix (or where another span begins) lies within the room of a lot. */
export function isWithinSpan({ start, last }: LotSpan, suffix: ByteString): boolean {
  return suffix >= start && suffix.slice(0, last.length) <= last;
}

/** For whoever holds no key: whatever asks for a check tag is told so. */
export const NO_LOT_KEY: LotTags = {
  tagOf() {
    throw new HandleError(
      'LOT_KEY_MISSING',
      'The key that opens the secrets of lots is not at hand: put the node’s file lot.key back and restart it.',
    );
  },
};

/** What is wrong with a suffix as a code of a lot: its shape, its serial, or its check tag. */
export type Suspicion = 'shape' | 'serial' | 'tag';
export const SUSPICIONS = ['shape', 'serial', 'tag'] as const satisfies readonly Suspicion[];

const ZERO = 0x30;
const NINE = 0x39;

/** The digits of a code's serial, if the suffix has the lot's shape and a serial of its range; its check tag is not looked at. */
export function readDigits(lot: Lot, suffix: string): string | Extract<Suspicion, 'shape' | 'serial'> {
  const { head, width, tagLength, from, to } = lot;
  const end = head.length + width;
  if (suffix.length !== end + tagLength || !suffix.startsWith(head)) return 'shape';
  let serial = 0;
  for (let i = head.length; i < end; i++) {
    const digit = suffix.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9) return 'shape';
    serial = 10 * serial + digit;
  }
  return serial < from || serial > to ? 'serial' : suffix.slice(head.length, end);
}

/** As `readDigits`, with the check tag. Throws `LOT_KEY_MISSING`. */
export function readCode(lot: Lot, suffix: string, tags: LotTags): string | Suspicion {
  const digits = readDigits(lot, suffix);
  if (lot.tagLength === 0 || !isSerial(digits)) return digits;
  return sameTag(tags.tagOf(lot, digits), suffix.slice(-lot.tagLength)) ? digits : 'tag';
}

/** Tells digits from a suspicion. */
export function isSerial(read: string): boolean {
  return read.charCodeAt(0) <= NINE;
}

/** Takes as long wherever the first difference is. */
function sameTag(right: string, given: string): boolean {
  let difference = right.length ^ given.length;
  for (let i = 0; i < right.length; i++) difference |= right.charCodeAt(i) ^ given.charCodeAt(i);
  return difference === 0;
}

/** The lot's values with a code's digits filled in. Those without a place for them are the lot's own objects. */
export function filledValues(values: readonly HandleValue[], digits: string): readonly HandleValue[] {
  return valueFiller(values)(digits);
}

/** As `filledValues`, for many codes: what stands around the digits is told apart once. */
function valueFiller(values: readonly HandleValue[]): (digits: string) => readonly HandleValue[] {
  const pieces = values.map(({ data }) => (data.includes(SERIAL) ? data.split(SERIAL) : null));
  if (pieces.every((one) => one === null)) return () => values;
  return (digits) => {
    const filled = values.slice();
    for (let i = 0; i < pieces.length; i++) {
      const around = pieces[i];
      if (around != null) filled[i] = withData(values[i] as HandleValue, around, digits);
    }
    return filled;
  };
}

/** Digits take the place of a text as plain as they are, so the form of the data stays. */
function withData(value: HandleValue, around: readonly string[], digits: string): HandleValue {
  let data = around[0] as string;
  for (let i = 1; i < around.length; i++) data += digits + around[i];
  return valueLike(value, data as ByteString, null);
}

/** What a lot is to a code of it: the nearest ancestor, with the code's digits in its values. */
export function lotAsAncestor(lot: Lot, digits: string): HandleRecord {
  return lotFiller(lot)(digits);
}

/** As `lotAsAncestor`, for many codes of one lot. */
export function lotFiller(lot: Lot): (digits: string) => HandleRecord {
  const { id, parent, template, reason, revision, createdAt, updatedAt } = lot;
  const valuesOf = valueFiller(lot.values);
  const status = lot.state === 'revoked' ? 'revoked' : 'active';
  return (digits) => ({
    handle: id as string as Handle,
    status,
    parent,
    template,
    reason,
    recall: null,
    values: valuesOf(digits),
    revision,
    createdAt,
    updatedAt,
  });
}

/** What stands under a code that was never written to: nothing of its own. */
export function unwrittenRecord(handle: Handle, lot: Lot): HandleRecord {
  const { template, createdAt, updatedAt } = lot;
  return {
    handle,
    status: 'active',
    parent: null,
    template,
    reason: null,
    recall: null,
    values: [],
    revision: 0,
    createdAt,
    updatedAt,
  };
}
