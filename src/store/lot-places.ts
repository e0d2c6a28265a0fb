// What a suffix is to the lot in whose room it lies, and the refusals that follow, worded once for every store. Pure.

import { type ErrorCode, isHandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import { digitsOf, isSerial, type Lot, type LotTags, readCode, type Suspicion } from '../domain/lot.ts';
import { MAX_ROWS_JOINED } from '../domain/lot-limits.ts';
import type { Serials } from './lot-changes.ts';

export interface LotPlace {
  readonly lot: Lot;
  /** `unknown`: the key that opens the lot's secret is not at hand, and why. */
  readonly verdict: 'code' | Suspicion | { readonly unknown: string };
}

export function placeIn(lot: Lot, suffix: string, tags: LotTags): LotPlace {
  try {
    const read = readCode(lot, suffix, tags);
    return { lot, verdict: isSerial(read) ? 'code' : (read as Suspicion) };
  } catch (error) {
    if (!isHandleError(error, 'LOT_KEY_MISSING')) throw error;
    return { lot, verdict: { unknown: error.message } };
  }
}

export function isCode(place: LotPlace | null): boolean {
  return place?.verdict === 'code';
}

/** Why a record may not come or go at its place; null if it may. */
export function objectionToPlace(
  handle: Handle,
  place: LotPlace | null,
): { readonly code: Extract<ErrorCode, 'INVALID_LOT_CODE' | 'LOT_KEY_MISSING'>; readonly message: string } | null {
  if (place === null || place.verdict === 'code') return null;
  if (typeof place.verdict === 'object') return { code: 'LOT_KEY_MISSING', message: place.verdict.unknown };
  const { id, head, width, tagLength, from, to } = place.lot;
  const form = `${JSON.stringify(head)}, ${width} digits from ${from} to ${to}${tagLength === 0 ? '' : `, and ${tagLength} characters of check tag`}`;
  const what = place.verdict === 'tag' ? 'its check tag is wrong' : `a code of it is ${form}`;
  return {
    code: 'INVALID_LOT_CODE',
    message: `${handle} lies within lot ${id} and is none of its codes (${what}): compare it with the label, or choose another suffix.`,
  };
}

export function parentInLot(parent: Handle, { lot }: LotPlace): string {
  return `${parent} is a code of lot ${lot.id}, and an item is nobody's parent: choose the lot's parent${lot.parent === null ? '' : `, ${lot.parent}`}, or a record that is in no lot.`;
}

export function roomTaken(lot: Lot, other: Lot): string {
  const shown = ({ head, from, to, ...shape }: Lot): string =>
    `${JSON.stringify(head)} ${digitsOf(shape, from)}–${digitsOf(shape, to)}`;
  return `${shown(lot)} takes room that lot ${other.id} has, ${shown(other)}: choose serials beside it, or another head.`;
}

export function shapeChanged(lot: Lot): string {
  return `Head, width, check tag and first serial of lot ${lot.id} are on its labels and never change: register another lot.`;
}

export function parentWithin(parent: Handle, lot: Lot): string {
  return `${parent}, from which others inherit, would become a code of this lot: begin after ${parent}, or choose another head than ${JSON.stringify(lot.head)}.`;
}

export function tooManyRows({ from, to }: Serials): string {
  return `More than ${MAX_ROWS_JOINED} identifiers are registered one by one among the serials ${from} to ${to}: choose serials after them, or another head.`;
}
