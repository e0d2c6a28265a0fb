// What answers and values weigh in memory: estimates that err upwards, for caches bounded in bytes. Pure.

import type { Answer } from '../domain/answer.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import { UnreadFound } from './foreign-found.ts';

/** Objects around an answer: itself, record, validity, renderings, three kept headers, the cache's own entry. */
const ANSWER_BYTES = 900;
/** A value's object and the heads of its strings. */
const VALUE_BYTES = 200;
const REFERENCE_BYTES = 100;
/** JSON around the data of one value: names, index, type, TTL, timestamp. */
const VALUE_JSON_BYTES = 130;
/** Handle protocol fields around the data of one value (RFC 3651 §3.1). */
const VALUE_WIRE_BYTES = 40;
/** Of values that have not been read, for each byte of their JSON: itself, as body, read, and as doors make of it. */
const UNREAD_FACTOR = 4;
/** A place in an array. */
const SLOT_BYTES = 8;

/** Values as they lie in memory, without what doors make of them. */
export function bytesOfValues(values: readonly HandleValue[]): number {
  let bytes = 0;
  for (const value of values) {
    bytes += VALUE_BYTES + value.type.length + value.data.length + value.references.length * REFERENCE_BYTES;
  }
  return bytes;
}

/** Both forms that doors may keep beside the values (see `Renderings`), as if they were there already. */
function bytesOfRenderings(values: readonly HandleValue[]): number {
  let bytes = 0;
  for (const value of values) {
    const content = value.type.length + value.data.length + value.references.length * REFERENCE_BYTES;
    bytes += VALUE_JSON_BYTES + VALUE_WIRE_BYTES + 2 * content;
  }
  return bytes;
}

/** Values as one text of JSON. */
export function bytesOfJson(values: readonly HandleValue[]): number {
  let bytes = 0;
  for (const value of values) {
    bytes += VALUE_JSON_BYTES + value.type.length + value.data.length + value.references.length * REFERENCE_BYTES;
  }
  return bytes;
}

/** An answer with its renderings. Inherited values count in full, since the parent they are shared with may go first. */
export function bytesOfAnswer(answer: Answer): number {
  const fixed = ANSWER_BYTES + 2 * answer.handle.length + answer.validity.changeSlots.length * SLOT_BYTES;
  if (answer instanceof UnreadFound) return fixed + UNREAD_FACTOR * answer.jsonBytes;
  switch (answer.kind) {
    case 'not-found':
      return fixed;
    case 'revoked':
      return fixed + bytesOfValues(answer.record.values) + (answer.reason?.length ?? 0);
    default:
      return fixed + bytesOfValues(answer.values) + bytesOfRenderings(answer.values);
  }
}
