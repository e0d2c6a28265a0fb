// How a record answers with its parents' values under its own: item over batch over model.

import type { HandleValue } from './handle-value.ts';

const SYSTEM_TYPE = /^HS_/i;

/** Index of the template reference, and of administrators, keys and signature: they speak of one record only. */
const FIRST_RESERVED_INDEX = 100;
const LAST_RESERVED_INDEX = 499;
const TEMPLATE_INDEX = 1001;

/** Never inherited: `HS_*` values, and key, admin, signature and template indexes. */
export function isInheritable(value: HandleValue): boolean {
  return (
    value.index !== TEMPLATE_INDEX &&
    (value.index < FIRST_RESERVED_INDEX || value.index > LAST_RESERVED_INDEX) &&
    !SYSTEM_TYPE.test(value.type)
  );
}

/**
 * What a record hands down: its inheritable values over those handed down to it, sorted by index. The same index:
 * nearest wins, whatever its permissions.
 */
export function handedDown(values: readonly HandleValue[], fromAbove: readonly HandleValue[]): readonly HandleValue[] {
  return mergeValues(values.filter(isInheritable).sort(byIndex), fromAbove);
}

/**
 * Own values over inherited ones (`handedDown` by the parent), nearest wins. Sorted by index if anything was inherited,
 * else in the record's own order.
 */
export function mergeValues(own: readonly HandleValue[], inherited: readonly HandleValue[]): readonly HandleValue[] {
  if (inherited.length === 0) return own;
  if (own.length === 0) return inherited;
  const near = isSorted(own) ? own : own.toSorted(byIndex);
  const merged: HandleValue[] = [];
  let n = 0;
  let i = 0;
  while (n < near.length && i < inherited.length) {
    const nearest = near[n] as HandleValue;
    const above = inherited[i] as HandleValue;
    if (nearest.index <= above.index) {
      merged.push(nearest);
      n++;
      if (nearest.index === above.index) i++;
    } else {
      merged.push(above);
      i++;
    }
  }
  while (n < near.length) merged.push(near[n++] as HandleValue);
  while (i < inherited.length) merged.push(inherited[i++] as HandleValue);
  return merged;
}

function byIndex(a: HandleValue, b: HandleValue): number {
  return a.index - b.index;
}

/** Whether these values, sorted by index, all stand before an index `first` or behind one `last`. */
export function standAside(values: readonly HandleValue[], first: number, last: number): boolean {
  const [lowest, highest] = [values[0], values[values.length - 1]];
  if (lowest === undefined || highest === undefined || !isSorted(values)) return false;
  return lowest.index > last || highest.index < first;
}

function isSorted(values: readonly HandleValue[]): boolean {
  for (let i = 1; i < values.length; i++) {
    if ((values[i - 1] as HandleValue).index > (values[i] as HandleValue).index) return false;
  }
  return true;
}

/** Seconds an answer may be kept: the least over its values, `fallback` if it has none; absolute TTLs end at their instant. */
export function ttlSecondsOf(values: readonly HandleValue[], nowMs: number, fallback: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) {
    const ttl = value.ttlIsAbsolute ? value.ttl - Math.floor(nowMs / 1000) : value.ttl;
    if (ttl < least) least = ttl;
  }
  return least === Number.POSITIVE_INFINITY ? fallback : Math.max(0, least);
}
