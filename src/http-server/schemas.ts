// The form of every request of /v1 as TypeBox schemas, and their check: all problems at once, each with its path. What a
// well-formed request means is the registry's to judge.

import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Convert } from 'typebox/value';
import { HandleError } from '../domain/error.ts';
import {
  MAX_CERTIFICATE_LENGTH,
  MAX_CONTACT_LENGTH,
  MAX_CURSOR_LENGTH,
  MAX_NAME_LENGTH,
  MAX_PAGE_SIZE,
  MAX_PREFIX_LENGTH,
} from '../domain/limits.ts';
import { ROLES } from '../domain/principal.ts';

const CLOSED = { additionalProperties: false };

const name = Type.String({ minLength: 1, maxLength: MAX_NAME_LENGTH });
const contact = Type.Union([Type.String({ maxLength: MAX_CONTACT_LENGTH }), Type.Null()]);
const quota = Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]);
const prefix = Type.String({ minLength: 1, maxLength: MAX_PREFIX_LENGTH });

export const NEW_ENTERPRISE = Type.Object(
  {
    prefix: Type.Optional(Type.Union([prefix, Type.Null()])),
    name,
    state: Type.Optional(Type.Enum(['pending', 'active'])),
    contact: Type.Optional(contact),
    quota: Type.Optional(quota),
  },
  CLOSED,
);

export const ENTERPRISE_PATCH = Type.Object(
  {
    name: Type.Optional(name),
    state: Type.Optional(Type.Enum(['pending', 'active', 'suspended', 'closed'])),
    contact: Type.Optional(contact),
    quota: Type.Optional(quota),
  },
  { ...CLOSED, minProperties: 1 },
);

/** Null gives the prefix back to the enterprise it was allocated to. */
export const PREFIX_TRANSFER = Type.Object({ to: Type.Union([prefix, Type.Null()]) }, CLOSED);

export const NEW_PRINCIPAL = Type.Object(
  { name, role: Type.Enum([...ROLES]), scope: Type.Optional(Type.Union([prefix, Type.Null()])) },
  CLOSED,
);

export const PRINCIPAL_PATCH = Type.Object({ state: Type.Enum(['active', 'disabled']) }, CLOSED);

const newKey = {
  principalId: Type.String({ minLength: 1, maxLength: MAX_NAME_LENGTH }),
  label: Type.String({ maxLength: MAX_NAME_LENGTH }),
  /** Instant, ISO 8601. */
  expiresAt: Type.Optional(Type.Union([Type.String({ maxLength: 40 }), Type.Null()])),
};

export const NEW_KEY = Type.Object(newKey, CLOSED);

export const NEW_CERTIFICATE = Type.Object(
  {
    ...newKey,
    certificate: Type.String({
      minLength: 1,
      maxLength: MAX_CERTIFICATE_LENGTH,
      description: 'PEM. Its subject counts, so one that is renewed under the same name goes on working.',
    }),
  },
  CLOSED,
);

export const KEY_ROTATION = Type.Object({ graceSeconds: Type.Optional(Type.Number({ minimum: 0 })) }, CLOSED);

export const PAGE_QUERY = Type.Object(
  {
    after: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_CURSOR_LENGTH })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE_SIZE })),
  },
  CLOSED,
);

const handle = Type.String({ minLength: 1, maxLength: MAX_CURSOR_LENGTH });

export const CHILD_MOVE = Type.Object(
  {
    from: handle,
    to: Type.Union([handle, Type.Null()], { description: 'The new parent, of the same prefix; null for none.' }),
    after: Type.Optional(Type.Union([handle, Type.Null()], { description: 'The "next" of the step before.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE_SIZE })),
  },
  CLOSED,
);

const instant = Type.String({ minLength: 1, maxLength: 40 });

export const READ_QUERY = Type.Object(
  {
    view: Type.Optional(Type.Enum(['record', 'history', 'children'])),
    at: Type.Optional(instant),
    /** Of a history: the revision that the page begins below. Of children: the handle that it begins behind. */
    after: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_CURSOR_LENGTH })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE_SIZE })),
  },
  CLOSED,
);

const mode = Type.Optional(Type.Enum(['create', 'update', 'upsert']));
const dryRun = Type.Optional(Type.Boolean());

/** Of a batch of resolutions: each value says which record it comes from. */
export const RESOLVE_QUERY = Type.Object({ provenance: Type.Optional(Type.Boolean()) }, CLOSED);

export const REGISTER_QUERY = Type.Object({ mode, dryRun }, CLOSED);
export const DRY_RUN_QUERY = Type.Object({ dryRun }, CLOSED);
export const REVOKE_QUERY = Type.Object({ dryRun, reason: Type.Optional(Type.String()) }, CLOSED);

/** What `check` needs of a schema, compiled once. */
export interface Checker<Shape> {
  /** Throws `INVALID_REQUEST` that names every problem. */
  check(input: unknown): Shape;
}

export function bodyChecker<Schema extends TSchema>(schema: Schema): Checker<Static<Schema>> {
  const validator = Compile(schema);
  return {
    check(input) {
      if (validator.Check(input)) return input as Static<Schema>;
      throw problems(validator.Errors(input), '');
    },
  };
}

/** For queries, where every value comes as text. A parameter given twice is refused. */
export function queryChecker<Schema extends TSchema>(schema: Schema): Checker<Static<Schema>> {
  const validator = Compile(schema);
  const mayBeEmpty = validator.Check({});
  return {
    check(input) {
      if (mayBeEmpty && isEmpty(input)) return input as Static<Schema>;
      const converted = Convert(schema, input);
      if (validator.Check(converted)) return converted as Static<Schema>;
      throw problems(validator.Errors(converted), 'query');
    },
  };
}

/** As nearly every query is: then there is nothing to convert. */
function isEmpty(input: unknown): boolean {
  for (const _name in input as object) return false;
  return true;
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

/** Problems named in one message: enough to mend a hand-written request. */
const MAX_PROBLEMS = 10;

function problems(errors: readonly SchemaError[], where: string): HandleError {
  const said = new Map<string, Set<string>>();
  for (const error of errors) {
    const text = textOf(error);
    if (text === null) continue;
    const place = `${where}${error.instancePath}`;
    const texts = said.get(place) ?? new Set<string>();
    said.set(place, texts.add(text));
  }
  const named = [...said].slice(0, MAX_PROBLEMS);
  const list = named.map(([place, texts]) => `${place === '' ? 'the body' : place} ${[...texts].join(' or ')}`);
  const more = said.size > named.length ? ` (and ${said.size - named.length} more)` : '';
  return new HandleError('INVALID_REQUEST', `Mend the request: ${list.join('; ')}${more}.`, {
    at: named[0]?.[0] ?? where,
  });
}

/** In words that say what to do; null where another error of the same place says it better. */
function textOf(error: SchemaError): string | null {
  const params = error.params as { allowedValues?: readonly unknown[]; requiredProperties?: readonly string[] };
  switch (error.keyword) {
    case 'boolean':
      return 'is not known here: remove it';
    case 'additionalProperties':
    case 'anyOf':
      return null;
    case 'required':
      return `lacks ${params.requiredProperties?.join(', ')}`;
    case 'enum':
      return `must be one of ${params.allowedValues?.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'minProperties':
      return 'is empty: name what to change';
    default:
      return error.message;
  }
}
