// What a suffix is to the lot in whose room it lies, and the refusals that follow, worded once for every store. Pure.

import { type ErrorCode, isHandleError, type Saying } from '../domain/error.ts';
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
): { readonly code: Extract<ErrorCode, 'INVALID_LOT_CODE' | 'LOT_KEY_MISSING'>; readonly said: Saying } | null {
  if (place === null || place.verdict === 'code') return null;
  if (typeof place.verdict === 'object') {
    return { code: 'LOT_KEY_MISSING', said: { en: place.verdict.unknown, zh: KEY_MISSING } };
  }
  const { id, head, width, tagLength, from, to } = place.lot;
  const [start, hasTag] = [JSON.stringify(head), tagLength > 0];
  const form: Saying = {
    en: `${start}, ${width} digits from ${from} to ${to}${hasTag ? `, and ${tagLength} characters of check tag` : ''}`,
    zh: `${start}、从 ${from} 到 ${to} 的 ${width} 位数字${hasTag ? `、${tagLength} 位校验码` : ''}`,
  };
  const isTag = place.verdict === 'tag';
  const en = isTag ? 'its check tag is wrong' : `a code of it is ${form.en}`;
  const zh = isTag ? '校验码有误' : `其编码的形式是 ${form.zh}`;
  return {
    code: 'INVALID_LOT_CODE',
    said: {
      en: `${handle} lies within lot ${id} and is none of its codes (${en}): compare it with the label, or choose another suffix.`,
      zh: `${handle} 落在号段 ${id} 之内，却不是它的编码（${zh}）：请与标签核对，或另选后缀。`,
    },
  };
}

const KEY_MISSING = '节点缺少打开号段密钥的文件 lot.key，无法核对该编码：请联系节点运营方。';

export function parentInLot(parent: Handle, { lot }: LotPlace): Saying {
  const above = lot.parent === null ? '' : `, ${lot.parent}`;
  return {
    en: `${parent} is a code of lot ${lot.id}, and an item is nobody's parent: choose the lot's parent${above}, or a record that is in no lot.`,
    zh: `${parent} 是号段 ${lot.id} 的编码，单品不能作上级：请选号段的上级${lot.parent === null ? '' : ` ${lot.parent}`}，或不在号段中的标识。`,
  };
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
