// What a writing request to the Handle API says: its parameters and its body, read as the reference server reads them.

import { HandleError, isHandleError } from '../domain/error.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import { foldAsciiCase } from '../domain/prefix.ts';
import type { HandleWrite } from '../registry/handle-writes.ts';
import { parseValues } from '../wire/value-json.ts';
import { isYes, parseIndex } from './handle-api-query.ts';
import { parseJsonBody } from './request-json.ts';

/** Indexes that one request may name: no record has more values. */
const MAX_INDEXES = 2048;

/** The indexes that a request is about; null for the whole record. */
export function parseIndexes(parameters: URLSearchParams): readonly number[] | null {
  const texts = parameters.getAll('index');
  if (texts.length > MAX_INDEXES) {
    throw new HandleError('INVALID_REQUEST', `Name at most ${MAX_INDEXES} indexes.`);
  }
  return texts.length === 0 ? null : texts.map(parseIndex);
}

export interface PutRequest {
  /** As the path spells it. */
  readonly spelled: string;
  readonly contentType: string | undefined;
  readonly body: Buffer;
  readonly parameters: URLSearchParams;
}

/** Throws `INVALID_REQUEST` with the reference server's words where clients match on them. */
export function parsePut(request: PutRequest): { readonly write: HandleWrite; readonly mintsSuffix: boolean } {
  const { parameters } = request;
  const isVarious = parameters.getAll('index').join() === 'various';
  const indexes = isVarious ? null : parseIndexes(parameters);
  const overwrite = parameters.has('overwrite') ? isYes(parameters.get('overwrite')) : true;
  const mintsSuffix = isYes(parameters.get('mintNewSuffix'));
  if (mintsSuffix && (isVarious || indexes !== null)) {
    throw new HandleError('INVALID_REQUEST', 'A new suffix makes a new record: leave the index out.');
  }
  const values = parseBody(request);
  if (indexes !== null) assertSameIndexes(indexes, values);
  const operation = isVarious || indexes !== null ? 'put-values' : 'put-record';
  return { write: { operation, values, overwrite }, mintsSuffix };
}

function parseBody({ spelled, contentType, body }: PutRequest): readonly HandleValue[] {
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    const shown = contentType === undefined ? 'null' : contentType.slice(0, 80).toWellFormed();
    throw malformed(`Unsupported media type ${shown}`);
  }
  const document = body.length === 0 ? null : parseJsonBody(body);
  if (typeof document !== 'object' || document === null) throw malformed('Invalid JSON in PUT request');
  if (Array.isArray(document)) return parseGiven(document, '');
  const { handle, values } = document as { readonly handle?: unknown; readonly values?: unknown };
  if (handle !== undefined && (typeof handle !== 'string' || foldAsciiCase(handle) !== foldAsciiCase(spelled))) {
    throw malformed('Mismatched handle in PUT request');
  }
  return values === undefined ? parseGiven([document], '') : parseGiven(values, '/values');
}

/** Values that cannot be read are a malformed request here; whether they can be stored is another question. */
function parseGiven(input: unknown, at: string): readonly HandleValue[] {
  try {
    return parseValues(input, at, 'reference');
  } catch (error) {
    if (!isHandleError(error, 'INVALID_VALUE')) throw error;
    const place = error.at === undefined || error.at === '' ? '' : `${error.at}: `;
    throw new HandleError('INVALID_REQUEST', `${place}${error.message}`, { cause: error });
  }
}

function assertSameIndexes(indexes: readonly number[], values: readonly HandleValue[]): void {
  const named = new Set(indexes);
  const given = new Set(values.map((value) => value.index));
  if (named.size === given.size && [...given].every((index) => named.has(index))) return;
  throw malformed('Mismatched indexes in PUT request');
}

/** The reference server shows its language; its clients know these texts. */
function malformed(message: string): HandleError {
  return new HandleError('INVALID_REQUEST', `java.lang.Exception: ${message}`);
}

const WHOLE_NUMBER = /^\d{1,15}$/;

/** `page` and `pageSize` of a listing. Throws `INVALID_REQUEST`. */
export function parsePage(
  parameters: URLSearchParams,
  defaultSize: number,
): { readonly page: number; readonly pageSize: number } {
  const number = (name: string, fallback: number): number => {
    const text = parameters.get(name);
    if (text === null || text === '') return fallback;
    if (WHOLE_NUMBER.test(text)) return Number(text);
    throw new HandleError('INVALID_REQUEST', `${name} must be a whole number from 0.`);
  };
  return { page: number('page', 0), pageSize: number('pageSize', defaultSize) };
}
