// What is accepted of another node's answer, whichever protocol it came by: it is for the handle that was asked, and its values
// are within the limits of a record. Anything else throws. Pure.

import { HandleError } from '../domain/error.ts';
import { type Handle, parseHandle } from '../domain/handle.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import { MAX_RECORD_BYTES, MAX_TYPE_LENGTH, MAX_VALUE_BYTES, MAX_VALUES } from '../domain/limits.ts';

/** Prefixes compare without case, suffixes exactly. */
export function isSameHandle(given: string, asked: Handle): boolean {
  if (given === asked) return true;
  try {
    return parseHandle(given, () => false) === asked;
  } catch {
    return false; // no handle at all
  }
}

/** Throws `UPSTREAM_UNAVAILABLE`. */
export function acceptedValues(values: readonly HandleValue[]): readonly HandleValue[] {
  const indexes = new Set<number>();
  let bytes = 0;
  if (values.length > MAX_VALUES) throw notAccepted(`it has ${values.length} values`);
  for (const { index, type, data } of values) {
    if (index < 1) throw notAccepted(`index ${index} is not from 1`);
    if (indexes.has(index)) throw notAccepted(`index ${index} stands there twice`);
    indexes.add(index);
    if (type.length > MAX_TYPE_LENGTH) throw notAccepted(`the type of index ${index} is too long`);
    if (data.length > MAX_VALUE_BYTES) throw notAccepted(`the data of index ${index} is too large`);
    bytes += data.length;
  }
  if (bytes > MAX_RECORD_BYTES) throw notAccepted(`its values together take ${bytes} bytes`);
  return values;
}

export function notAccepted(reason: string, cause?: unknown): HandleError {
  return new HandleError('UPSTREAM_UNAVAILABLE', `The upstream's answer is not accepted: ${reason}.`, { cause });
}
