// What an upstream's JSON says of a handle, once it has been held against the rules of acceptance: it answers for the
// handle that was asked, its values are within limits, indexes and types make sense. Anything else throws.

import { bytesFromText } from '../domain/bytes.ts';
import type { ForeignAnswer } from '../domain/foreign-answer.ts';
import type { Handle } from '../domain/handle.ts';
import { type HandleValue, makeValue } from '../domain/handle-value.ts';
import { acceptedValues, isSameHandle, notAccepted } from './foreign-values.ts';
import { parseInstant } from './instant-text.ts';
import { isJsonObject } from './json-input.ts';
import { parseValues } from './value-json.ts';

/** Where in an upstream's own JSON its answer stands: JSON pointers (RFC 6901). */
export interface AnswerMapping {
  /** What it says it answers for: a text that must be the one asked. */
  readonly identifier: string;
  /** Each a value of the record; a pointer that leads nowhere leaves its value out. */
  readonly values: readonly { readonly index: number; readonly type: string; readonly at: string }[];
}

const FOUND = 1;
const NOT_FOUND = 100;
const NO_SUCH_VALUES = 200;

/** The Handle.net JSON interface, as the public proxy and other nodes serve it. Throws `UPSTREAM_UNAVAILABLE`. */
export function readHandleAnswer(body: unknown, handle: Handle, learnedAt: number): ForeignAnswer {
  if (!isJsonObject(body)) throw notAccepted('it is no JSON object');
  const { responseCode, values } = body;
  if (responseCode !== FOUND && responseCode !== NOT_FOUND && responseCode !== NO_SUCH_VALUES) {
    throw notAccepted(`its response code is ${shown(responseCode)}`);
  }
  // An answer that names no handle is for none.
  if (typeof body.handle !== 'string' || !isSameHandle(body.handle, handle))
    throw notAccepted('it is for another handle');
  if (responseCode === NOT_FOUND) return { kind: 'not-found', learnedAt };
  if (responseCode === NO_SUCH_VALUES) return { kind: 'found', values: [], learnedAt };
  try {
    return { kind: 'found', values: valuesOf(values), learnedAt };
  } catch (cause) {
    throw notAccepted(`its values cannot be used: ${(cause as Error).message}`, cause);
  }
}

function valuesOf(input: unknown): readonly HandleValue[] {
  return acceptedValues(readValues(input));
}

/** Values as others tell them, of any number and size, with the instants of their last writes. Throws `INVALID_VALUE`. */
export function readValues(input: unknown): readonly HandleValue[] {
  const parsed = parseValues(input, '/values', 'reference');
  const items = input as readonly { readonly timestamp?: unknown }[];
  return parsed.map((value, i) => ({ ...value, timestamp: timestampOf(items[i]?.timestamp) }));
}

const MAX_TIMESTAMP = 0xffff_ffff;

function timestampOf(input: unknown): number {
  const seconds = typeof input === 'string' ? parseInstant(input) : null;
  return seconds === null || seconds < 0 || seconds > MAX_TIMESTAMP ? 0 : seconds;
}

/** An interface of its own, as the route's mapping reads it. `text` is what the upstream was asked for. */
export function readMappedAnswer(
  body: unknown,
  text: string,
  mapping: AnswerMapping,
  learnedAt: number,
): ForeignAnswer {
  if (at(body, mapping.identifier) !== text) throw notAccepted('it is for another identifier');
  const values = mapping.values.flatMap(({ index, type, at: pointer }) => {
    const found = at(body, pointer);
    if (found === undefined || found === null) return [];
    const data = bytesFromText((typeof found === 'string' ? found : JSON.stringify(found)).toWellFormed());
    return [makeValue({ index, type: bytesFromText(type), data })];
  });
  if (values.length === 0) throw notAccepted('it has none of the members that its route maps');
  return { kind: 'found', values: acceptedValues(values), learnedAt };
}

/** The member a JSON pointer names; undefined if there is none. */
function at(body: unknown, pointer: string): unknown {
  let here: unknown = body;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(here)) here = /^\d{1,9}$/.test(name) ? here[Number(name)] : undefined;
    else if (isJsonObject(here) && Object.hasOwn(here, name)) here = here[name];
    else return undefined;
  }
  return here;
}

function shown(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 20);
}
