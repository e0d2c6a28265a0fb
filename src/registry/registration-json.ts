// The JSON form of one registration, the same in PUT and PATCH bodies, batch items and rows of a file. What it asks for
// is judged by the registry; here only its form is.

import { type HandleError, isHandleError, type Saying } from '../domain/error.ts';
import { MAX_REASON_LENGTH, MAX_VALUES } from '../domain/limits.ts';
import {
  INDEX_RANGE,
  inputError,
  type JsonObject,
  readArray,
  readChoice,
  readInteger,
  readObject,
  readString,
} from '../wire/json-input.ts';
import { parseValues } from '../wire/value-json.ts';
import type {
  PatchRegistration,
  PutRegistration,
  RecallRegistration,
  Registration,
  RevokeRegistration,
} from './registration.ts';

export type RegistrationMode = PutRegistration['mode'];
const REGISTRATION_MODES = ['create', 'update', 'upsert'] as const satisfies readonly RegistrationMode[];

export interface RegistrationDefaults {
  /** For items that name no mode of their own. */
  readonly mode: RegistrationMode;
}

const CODE = 'INVALID_REQUEST';
const OPERATIONS = ['put', 'patch', 'revoke', 'recall', 'lift-recall'] as const;
const PUT_STATUSES = ['reserved', 'active'] as const;
const PATCH_STATUSES = ['reserved', 'active', 'revoked'] as const;
const MEMBERS = {
  put: new Set(['operation', 'handle', 'values', 'parent', 'template', 'status', 'mode', 'ifMatch']),
  patch: new Set([
    'operation',
    'handle',
    'values',
    'removeIndexes',
    'parent',
    'template',
    'status',
    'reason',
    'ifMatch',
  ]),
  revoke: new Set(['operation', 'handle', 'reason', 'ifMatch']),
  recall: new Set(['operation', 'handle', 'reason', 'notice', 'ifMatch']),
  'lift-recall': new Set(['operation', 'handle', 'ifMatch']),
} as const satisfies Record<(typeof OPERATIONS)[number], ReadonlySet<string>>;
const REVISION_RANGE = { min: 1, max: Number.MAX_SAFE_INTEGER };

const NO_HANDLE: Saying = {
  en: 'This registration names no handle: add "handle", such as "88.118.10023/CHAIR-01".',
  zh: '没有写明标识：请加上 "handle"，例如 "88.118.10023/CHAIR-01"。',
};
const NO_VALUES: Saying = {
  en: 'This registration has no values: add "values", an array (it may be empty).',
  zh: '没有写明值：请加上 "values" 数组（可以为空）。',
};
const STRAY_REASON: Saying = {
  en: 'A reason belongs to a revocation: add "status": "revoked", or remove it.',
  zh: '原因只用于作废：请加上 "status": "revoked"，或去掉原因。',
};
const NO_REASON: Saying = {
  en: 'A revocation needs a reason, which is kept for ever: add "reason", a sentence.',
  zh: '作废须写原因，并永久保存：请加上 "reason"，一句话。',
};
const EMPTY_REASON: Saying = { en: 'The reason is empty: write a sentence.', zh: '原因为空：请写一句话。' };

/**
 * One registration; `at` is its JSON pointer, '' for a whole body. Never throws for what the input says: what is
 * malformed becomes a `RefusedRegistration` that keeps its place among its neighbours.
 */
export function parseRegistration(input: unknown, at: string, defaults: RegistrationDefaults): Registration {
  try {
    return parseItem(input, at, defaults);
  } catch (error) {
    if (!isHandleError(error)) throw error;
    return refuseRegistration(handleIn(input), error);
  }
}

/** A registration that was malformed before it could be read. */
export function refuseRegistration(handle: string, error: HandleError): Registration {
  return { operation: 'refused', handle, ifMatch: null, error };
}

function handleIn(input: unknown): string {
  if (typeof input !== 'object' || input === null || !Object.hasOwn(input, 'handle')) return '';
  const { handle } = input as JsonObject;
  return typeof handle === 'string' ? handle : '';
}

function parseItem(input: unknown, at: string, defaults: RegistrationDefaults): Registration {
  const given = (input as JsonObject | null | undefined)?.operation;
  const operation = given === undefined ? 'put' : readChoice(given, `${at}/operation`, OPERATIONS, CODE);
  const item = readObject(input, at, MEMBERS[operation], CODE);
  if (item.handle === undefined) {
    throw inputError(at, NO_HANDLE, CODE);
  }
  const handle = readString(item.handle, `${at}/handle`, CODE);
  const ifMatch = item.ifMatch === undefined ? null : readInteger(item.ifMatch, `${at}/ifMatch`, REVISION_RANGE, CODE);
  switch (operation) {
    case 'put':
      return parsePut(item, at, { handle, ifMatch, mode: defaults.mode });
    case 'patch':
      return parsePatch(item, at, { handle, ifMatch });
    case 'revoke':
      return { operation, handle, ifMatch, reason: requireReason(item, at) };
    case 'recall':
      return parseRecall(item, at, { handle, ifMatch });
    case 'lift-recall':
      return { operation, handle, ifMatch };
  }
}

type Given = Pick<RevokeRegistration, 'handle' | 'ifMatch'>;

function parsePut(item: JsonObject, at: string, given: Given & RegistrationDefaults): PutRegistration {
  if (item.values === undefined) {
    throw inputError(at, NO_VALUES, CODE);
  }
  return {
    operation: 'put',
    handle: given.handle,
    ifMatch: given.ifMatch,
    mode: item.mode === undefined ? given.mode : readChoice(item.mode, `${at}/mode`, REGISTRATION_MODES, CODE),
    status: item.status === undefined ? 'active' : readChoice(item.status, `${at}/status`, PUT_STATUSES, CODE),
    parent: item.parent === undefined ? null : readHandleOrNull(item.parent, `${at}/parent`),
    template: item.template === undefined ? null : readHandleOrNull(item.template, `${at}/template`),
    values: parseValues(item.values, `${at}/values`),
  };
}

function parsePatch(item: JsonObject, at: string, given: Given): PatchRegistration {
  const { status, reason, parent, template, values, removeIndexes } = item;
  const patch: { -readonly [Member in keyof PatchRegistration]: PatchRegistration[Member] } = {
    operation: 'patch',
    ...given,
  };
  if (status !== undefined) patch.status = readChoice(status, `${at}/status`, PATCH_STATUSES, CODE);
  if (patch.status === 'revoked') patch.reason = requireReason(item, at);
  else if (reason !== undefined) {
    throw inputError(`${at}/reason`, STRAY_REASON, CODE);
  }
  if (parent !== undefined) patch.parent = readHandleOrNull(parent, `${at}/parent`);
  if (template !== undefined) patch.template = readHandleOrNull(template, `${at}/template`);
  if (values !== undefined) patch.values = parseValues(values, `${at}/values`);
  if (removeIndexes !== undefined) patch.removeIndexes = readIndexes(removeIndexes, `${at}/removeIndexes`);
  return patch;
}

function parseRecall(item: JsonObject, at: string, given: Given): RecallRegistration {
  const missing = (['reason', 'notice'] as const).find((member) => item[member] === undefined);
  if (missing !== undefined) {
    const en = `A recall has a "reason", for the record, and a "notice", for people who scan the product: add "${missing}".`;
    throw inputError(at, { en, zh: `召回须有记录用的 "reason" 和给扫码者看的 "notice"：请加上 "${missing}"。` }, CODE);
  }
  const reason = readString(item.reason, `${at}/reason`, CODE);
  return { operation: 'recall', ...given, reason, notice: readString(item.notice, `${at}/notice`, CODE) };
}

function readHandleOrNull(input: unknown, at: string): string | null {
  return input === null ? null : readString(input, at, CODE);
}

function readIndexes(input: unknown, at: string): readonly number[] {
  return readArray(input, at, MAX_VALUES, CODE).map((one, i) => readInteger(one, `${at}/${i}`, INDEX_RANGE, CODE));
}

function requireReason(item: JsonObject, at: string): string {
  if (item.reason === undefined) {
    throw inputError(at, NO_REASON, CODE);
  }
  const reason = readString(item.reason, `${at}/reason`, CODE);
  if (reason.trim() === '') throw inputError(`${at}/reason`, EMPTY_REASON, CODE);
  if (reason.length > MAX_REASON_LENGTH) {
    const en = `Shorten the reason to ${MAX_REASON_LENGTH} characters.`;
    throw inputError(`${at}/reason`, { en, zh: `原因过长：请缩短到 ${MAX_REASON_LENGTH} 个字符以内。` }, CODE);
  }
  return reason;
}
