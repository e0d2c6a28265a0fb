// The parameters of the Handle API, as the reference server reads them: from the query, a form or a JSON object.

import { bytesFromText } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { ALL_VALUES, type ValueFilter } from '../domain/handle-value.ts';
import type { Delegated } from '../resolver/resolver.ts';

export interface ApiQuery {
  readonly filter: ValueFilter;
  readonly pretty: boolean;
  /** Name of a JavaScript function to wrap the answer in. */
  readonly callback: string | null;
  /** Null if the asker left it to the node. */
  readonly publicOnly: boolean | null;
  readonly bypassCache: boolean;
  /** `recursive`: whether a question for elsewhere is handed on or told where to go; null if the asker left it. */
  readonly delegated: Delegated | null;
  /** The instant of an earlier state, as it was written; null for now. */
  readonly at: string | null;
  /** Whether each value is to say which record it comes from. */
  readonly provenance: boolean;
}

export const PLAIN_QUERY: ApiQuery = {
  filter: ALL_VALUES,
  pretty: false,
  callback: null,
  publicOnly: null,
  bypassCache: false,
  delegated: null,
  at: null,
  provenance: false,
};

/** Filters of one request: more would be a way to make one answer expensive. */
const MAX_FILTERS = 256;

/** Throws `INVALID_REQUEST`. */
export function parseApiQuery(parameters: URLSearchParams): ApiQuery {
  if (parameters.size === 0) return PLAIN_QUERY;
  const indexes = parameters.getAll('index');
  const types = parameters.getAll('type');
  if (indexes.length + types.length > MAX_FILTERS) {
    throw new HandleError('INVALID_REQUEST', `Ask for at most ${MAX_FILTERS} indexes and types, or for all values.`);
  }
  const publicOnly = parameters.get('publicOnly');
  const recursive = choiceIn(parameters, 'recursive');
  return {
    filter:
      indexes.length + types.length === 0
        ? ALL_VALUES
        : {
            indexes: indexes.map(parseIndex),
            types: types.map((type) => bytesFromText(type.toWellFormed()).toUpperCase()),
          },
    pretty: isYes(parameters.get('pretty')),
    callback: scrubCallback(parameters.get('callback')),
    publicOnly: publicOnly === null ? null : isYes(publicOnly),
    bypassCache: isYes(parameters.get('auth')),
    delegated: recursive === null ? null : recursive ? 'recurse' : 'refer',
    at: parameters.get('at'),
    provenance: choiceIn(parameters, 'provenance') ?? false,
  };
}

/** What the reference takes for yes: nothing, `yes` or `true`. */
export function isYes(value: string | null): boolean {
  if (value === null) return false;
  const word = value.toLowerCase();
  return word === '' || word === 'yes' || word === 'true';
}

const NO: ReadonlySet<string> = new Set(['no', 'false']);

/**
 * A parameter that the reference server does not have; null if it is left out. What would be taken for "no" there is
 * refused here unless it says so: nobody's client relies on it. Throws `INVALID_REQUEST`.
 */
export function choiceIn(parameters: URLSearchParams, name: string): boolean | null {
  const value = parameters.get(name);
  if (value === null) return null;
  if (isYes(value)) return true;
  if (NO.has(value.toLowerCase())) return false;
  throw new HandleError('INVALID_REQUEST', `${name} is true or false: write one of them, or leave it out.`);
}

const INTEGER = /^[+-]?\d{1,10}$/;

/** Throws `INVALID_REQUEST`. */
export function parseIndex(text: string): number {
  const index = INTEGER.test(text) ? Number(text) : Number.NaN;
  if (index >= -0x8000_0000 && index <= 0x7fff_ffff) return index;
  // The reference server's words: clients match on them.
  throw new HandleError(
    'INVALID_REQUEST',
    `java.lang.NumberFormatException: For input string: ${JSON.stringify(text.slice(0, 80).toWellFormed())}`,
  );
}

const NOT_IN_A_NAME = /[^A-Za-z0-9_]/g;
const MAX_CALLBACK_LENGTH = 128;

/** Everything that could be more than a name becomes `_`, as in the reference. */
function scrubCallback(name: string | null): string | null {
  return name === null || name === '' ? null : name.slice(0, MAX_CALLBACK_LENGTH).replace(NOT_IN_A_NAME, '_');
}
