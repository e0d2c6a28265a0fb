// Holds answers of the HTTP door against its description: status, media type and the members of JSON, none too many.

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { OPERATIONS, openApiDocument } from '../../src/http-server/openapi.ts';
import type { Operation } from '../../src/http-server/operation.ts';
import type { Told } from './door.ts';

interface Response {
  readonly content?: Readonly<Record<string, object>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Record<string, Response> }>>>>;
}

export const DOCUMENT = openApiDocument('0.0.0') as Document;

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(closed(DOCUMENT) as object, 'openapi');

/** Paths of the description as expressions, those that are literal for longer first, of these the longer. */
const ROUTES = OPERATIONS.map((operation) => ({
  operation,
  pattern: new RegExp(`^${operation.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '.*')}$`),
})).sort(({ operation: { path: a } }, { operation: { path: b } }) => {
  const [first, second] = [literalLength(a), literalLength(b)];
  return first === second ? b.length - a.length : second - first;
});

function literalLength(path: string): number {
  const start = path.indexOf('{');
  return start < 0 ? Number.POSITIVE_INFINITY : start;
}

/** Null for what is not described: other methods, and paths that lead nowhere. */
export function operationOf(method: string, url: string): Operation | null {
  const path = url.split('?')[0] ?? '';
  const route = ROUTES.find(
    ({ operation, pattern }) => operation.method.toUpperCase() === method && pattern.test(path),
  );
  // A scan is what is left when nothing else is meant.
  if (route?.operation.path === '/{handle}' && /^\/(v1|api|docs)(\/|$)/.test(path)) return null;
  return route?.operation ?? null;
}

/** Throws if the description does not allow the answer. */
export function assertDescribed(method: string, url: string, told: Told): void {
  const operation = operationOf(method, url);
  if (operation === null) return;
  const problem = objectionTo(operation, told);
  if (problem !== '') throw new Error(`${method} ${url} is answered in a way that is not described: ${problem}`);
}

/** '' if the operation may be answered so. */
export function objectionTo(
  { path, method }: Operation,
  told: Pick<Told, 'status' | 'headers' | 'json' | 'text'>,
): string {
  const response = DOCUMENT.paths[path]?.[method]?.responses[told.status];
  if (response === undefined) return `status ${told.status}: ${told.text.slice(0, 200)}`;
  if (told.text === '') return '';
  const type = (told.headers['content-type'] ?? '').split(';')[0] ?? '';
  if (response.content?.[type] === undefined) return `media type ${type} with status ${told.status}`;
  if (told.json === undefined) return '';
  const validate = validatorOf(['paths', path, method, 'responses', String(told.status), 'content', type, 'schema']);
  return validate(told.json) ? '' : ajv.errorsText(validate.errors);
}

const validators = new Map<string, ValidateFunction>();

function validatorOf(place: readonly string[]): ValidateFunction {
  const pointer = place.map(escaped).join('/');
  const validate = validators.get(pointer) ?? ajv.compile({ $ref: `openapi#/${pointer}` });
  validators.set(pointer, validate);
  return validate;
}

function escaped(member: string): string {
  return encodeURIComponent(member.replaceAll('~', '~0').replaceAll('/', '~1'));
}

/** A copy whose objects take no member that is not described: clients should be lenient, tests not. */
function closed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(closed);
  const copy: Record<string, unknown> = {};
  for (const [member, one] of Object.entries(value)) copy[member] = closed(one);
  if ('properties' in copy && copy.type === 'object') copy.additionalProperties ??= false;
  return copy;
}
