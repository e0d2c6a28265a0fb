// What a set of values must be like to be stored. Pure; who may write which type is authorization's question.

import { bytesFromText, isUtf8, textFromBytes, utf8Length } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { parseHandle } from '../domain/handle.ts';
import { type HandleValue, PUBLIC_READ, sameValue, type ValueReference } from '../domain/handle-value.ts';
import { MAX_RECORD_BYTES, MAX_REFERENCES, MAX_TYPE_LENGTH, MAX_VALUE_BYTES, MAX_VALUES } from '../domain/limits.ts';
import { RECALL_INDEX } from '../domain/recall.ts';

const MIN_INT32 = -0x8000_0000;
const MAX_INT32 = 0x7fff_ffff;
const MAX_UINT32 = 0xffff_ffff;
const ALL_PERMISSIONS = 0b1111;
/** Fixed part of an encoded value: index, timestamp, TTL and its kind, permissions and three lengths (RFC 3651 §3.1). */
const VALUE_OVERHEAD_BYTES = 26;
const REFERENCE_OVERHEAD_BYTES = 8;

const CONTROL = /[\x00-\x1f\x7f-\x9f]/;
const PLAIN_TYPE = /^[\x21-\x7e]+$/;
const SECRET_KEY = bytesFromText('HS_SECKEY');

/** Throws `INVALID_VALUE` at the first rule broken, its place as a JSON pointer within the registration. */
export function assertValues(values: readonly HandleValue[]): void {
  if (values.length > MAX_VALUES) {
    throw invalid('/values', `A record has at most ${MAX_VALUES} values, this one has ${values.length}: divide it.`);
  }
  let bytes = 0;
  let previousIndex = 0;
  let ascending = true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as HandleValue;
    bytes += assertValue(value, i);
    if (value.index <= previousIndex) ascending = false;
    previousIndex = value.index;
  }
  if (!ascending) assertUniqueIndexes(values);
  if (bytes > MAX_RECORD_BYTES) {
    throw invalid('/values', `All values together take ${bytes} bytes, at most ${MAX_RECORD_BYTES} fit: shorten them.`);
  }
}

function assertUniqueIndexes(values: readonly HandleValue[]): void {
  const seen = new Set<number>();
  for (let i = 0; i < values.length; i++) {
    const { index } = values[i] as HandleValue;
    if (seen.has(index)) {
      throw invalid(`/values/${i}/index`, `Index ${index} is given twice: every value needs an index of its own.`);
    }
    seen.add(index);
  }
}

/** The bytes it takes in a message. */
function assertValue(value: HandleValue, i: number): number {
  const { index, data, ttl, timestamp, permissions } = value;
  if (!isIntegerWithin(index, 1, MAX_INT32)) {
    throw invalid(`/values/${i}/index`, `Index ${index} is none: use a whole number from 1 to ${MAX_INT32}.`);
  }
  assertType(value, i);
  if (data.length > MAX_VALUE_BYTES) {
    throw invalid(
      `/values/${i}/data`,
      `Value ${index} has ${data.length} bytes of data, at most ${MAX_VALUE_BYTES} fit: store the document elsewhere and its URL here.`,
    );
  }
  // The reference server takes relative TTLs below 0, which keep nothing, as 0 does.
  if (!isIntegerWithin(ttl, value.ttlIsAbsolute ? 0 : MIN_INT32, value.ttlIsAbsolute ? MAX_UINT32 : MAX_INT32)) {
    throw invalid(`/values/${i}/ttl`, `TTL ${ttl} of value ${index} is none: use whole seconds.`);
  }
  if (!isIntegerWithin(timestamp, 0, MAX_UINT32)) {
    throw invalid(`/values/${i}/timestamp`, `Timestamp ${timestamp} of value ${index} is out of range: leave it out.`);
  }
  if (!isIntegerWithin(permissions, 0, ALL_PERMISSIONS)) {
    throw invalid(`/values/${i}/permissions`, `Permissions of value ${index} must be four bits, such as 1110.`);
  }
  return VALUE_OVERHEAD_BYTES + value.type.length + data.length + assertReferences(value, i);
}

function assertType(value: HandleValue, i: number): void {
  const { type, index } = value;
  const at = `/values/${i}/type`;
  if (!PLAIN_TYPE.test(type)) {
    if (type.length === 0) throw invalid(at, `Value ${index} has no type: name one, such as URL.`);
    if (!isUtf8(type)) throw invalid(at, `The type of value ${index} is not well-formed UTF-8.`);
    const text = textFromBytes(type);
    if (CONTROL.test(text)) throw invalid(at, `The type of value ${index} has a control character: remove it.`);
    if (text.trim() !== text) throw invalid(at, `The type of value ${index} begins or ends with a space: remove it.`);
  }
  if (type.length > MAX_TYPE_LENGTH && textFromBytes(type).length > MAX_TYPE_LENGTH) {
    throw invalid(at, `The type of value ${index} is longer than ${MAX_TYPE_LENGTH} characters: shorten it.`);
  }
  if (type.endsWith('.')) {
    throw invalid(at, `The type of value ${index} ends with ".", which names a family in questions: complete it.`);
  }
  if ((value.permissions & PUBLIC_READ) !== 0 && type.toUpperCase() === SECRET_KEY) {
    throw invalid(`/values/${i}/permissions`, `Value ${index} is a secret key that anyone could read: use 1100.`);
  }
}

function assertReferences(value: HandleValue, i: number): number {
  const { references, index } = value;
  if (references.length === 0) return 0;
  if (references.length > MAX_REFERENCES) {
    throw invalid(
      `/values/${i}/references`,
      `Value ${index} has more than ${MAX_REFERENCES} references: leave some out.`,
    );
  }
  let bytes = 0;
  references.forEach((reference, j) => {
    bytes += assertReference(reference, `/values/${i}/references/${j}`);
  });
  return bytes;
}

function assertReference(reference: ValueReference, at: string): number {
  if (!isIntegerWithin(reference.index, 0, MAX_INT32)) {
    throw invalid(`${at}/index`, `A reference's index is a whole number from 0 to ${MAX_INT32}.`);
  }
  try {
    parseHandle(reference.handle, () => false);
  } catch (cause) {
    if (!(cause instanceof HandleError)) throw cause;
    throw new HandleError('INVALID_VALUE', cause.message, { cause, at: `${at}/handle` });
  }
  return REFERENCE_OVERHEAD_BYTES + utf8Length(reference.handle);
}

function isIntegerWithin(number: number, least: number, most: number): boolean {
  return Number.isInteger(number) && number >= least && number <= most;
}

function invalid(at: string, message: string): HandleError {
  return new HandleError('INVALID_VALUE', message, { at });
}

/** The place of a recall's notice is no writer's. What stood there before it was one may stay. */
export function assertNoNotice(values: readonly HandleValue[], before: readonly HandleValue[]): void {
  const place = values.findIndex(({ index }) => index === RECALL_INDEX);
  if (place < 0) return;
  const given = values[place] as HandleValue;
  if (before.some((value) => sameValue(value, given))) return;
  throw new HandleError(
    'INVALID_VALUE',
    `Index ${RECALL_INDEX} holds the notice of a recall and is not written as a value: leave it out; recall or lift a recall instead.`,
    { at: `/values/${place}/index` },
  );
}
