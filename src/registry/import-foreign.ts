// Lines of JSON as other systems write them → registrations: the records of the Handle.net JSON interface, and the answers
// of the SNMS interface. Pure; what is wrong with a registration itself is found behind it.

import { HandleError } from '../domain/error.ts';
import { parseInstant } from '../wire/instant-text.ts';
import { inputError, isJsonObject, type JsonObject } from '../wire/json-input.ts';

/** `{"handle":…,"values":[…]}`, with or without the `responseCode` of an answer. */
export function fromHandleJson(line: unknown): object {
  if (!isJsonObject(line)) throw notAnObject();
  const { responseCode = 1, handle, values } = line;
  if (responseCode !== 1)
    throw inputError(
      '/responseCode',
      `This is an answer without a record (responseCode ${String(responseCode)}).`,
      'INVALID_REQUEST',
    );
  return { handle, values };
}

/** The same as a line that keeps the instants: created with its oldest value, changed with its newest. */
export function preservedFromHandleJson(line: unknown): object {
  const { handle, values } = fromHandleJson(line) as JsonObject;
  const instants = Array.isArray(values) ? values.map((value, i) => timestampOf(value, `/values/${i}/timestamp`)) : [];
  if (instants.length === 0)
    throw inputError(
      '/values',
      'Without a value there is no instant to keep: import it without --preserve.',
      'INVALID_REQUEST',
    );
  const [createdAt, updatedAt] = [Math.min(...instants), Math.max(...instants)].map((second) =>
    new Date(second * 1000).toISOString(),
  );
  return { kind: 'record', handle, status: 'active', revision: 1, createdAt, updatedAt, values };
}

function timestampOf(value: unknown, at: string): number {
  const text = isJsonObject(value) ? value.timestamp : undefined;
  const seconds = typeof text === 'string' ? parseInstant(text) : null;
  if (seconds === null)
    throw inputError(
      at,
      'A value that is to keep its instant needs a timestamp, such as "2026-01-31T00:00:00Z".',
      'INVALID_REQUEST',
    );
  return seconds;
}

/** Reserved for the template in the SNMS interface. */
const TEMPLATE_INDEX = 1001;

/**
 * The answer of `GET /identityv2/data/detail`, or its `data` alone. `auth` is unused in the field; index 1001 names the
 * version of the template and stays a value.
 */
export function fromSnms(line: unknown): object {
  if (!isJsonObject(line)) throw notAnObject();
  const detail = isJsonObject(line.data) && line.handle === undefined ? line.data : line;
  const { handle, value, templateVersion } = detail;
  if (!Array.isArray(value)) throw inputError('/value', 'An SNMS record has an array "value".', 'INVALID_REQUEST');
  const values = value.map((one, i) => snmsValue(one, `/value/${i}`));
  const hasTemplate = values.some(({ index }) => index === TEMPLATE_INDEX);
  const template =
    typeof templateVersion === 'string' && templateVersion !== '' && !hasTemplate
      ? [{ index: TEMPLATE_INDEX, type: 'TEMPLATE', data: { format: 'string', value: templateVersion } }]
      : [];
  return { handle, values: [...template, ...values] };
}

function snmsValue(input: unknown, at: string): JsonObject {
  if (!isJsonObject(input)) throw inputError(at, 'A value is an object with index, type and data.', 'INVALID_REQUEST');
  const { index, type, data } = input;
  const content = isJsonObject(data) ? data.value : data;
  if (typeof content !== 'string' && typeof content !== 'number') {
    throw inputError(`${at}/data`, 'The data of an SNMS value is {"format":"string","value":"…"}.', 'INVALID_REQUEST');
  }
  return {
    index: typeof index === 'string' ? Number(index) : index,
    type,
    data: { format: 'string', value: String(content) },
  };
}

function notAnObject(): HandleError {
  return new HandleError('INVALID_REQUEST', 'A line is a JSON object.');
}
