// How a record answers with its parents' values under its own: item over batch over model.

import type { HandleRecord } from './handle-record.ts';
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
 * Own values over those of the ancestors, nearest first; the same index: nearest wins, whatever its permissions.
 * Sorted by index if anything was inherited, else in the record's own order.
 */
export function mergeValues(record: HandleRecord, ancestors: readonly HandleRecord[]): readonly HandleValue[] {
  if (ancestors.length === 0) return record.values;
  const merged = new Map<number, HandleValue>();
  for (const value of record.values) merged.set(value.index, value);
  for (const ancestor of ancestors) {
    for (const value of ancestor.values) {
      if (!merged.has(value.index) && isInheritable(value)) merged.set(value.index, value);
    }
  }
  return [...merged.values()].sort((a, b) => a.index - b.index);
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
