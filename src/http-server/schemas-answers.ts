// The form of what `/v1` and the Handle API answer, for the description of the interface (openapi.ts). Nothing here checks
// or renders an answer: tests hold the two together.

import Type, { type TSchema } from 'typebox';
import { AUDIT_KINDS } from '../domain/audit.ts';
import { ROLES } from '../domain/principal.ts';
import { HANDLE_VALUE, handle } from './schemas-values.ts';

export const orNull = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
export const instant = Type.String({ format: 'date-time', examples: ['2026-11-23T03:51:48.000Z'] });
export const revision = Type.Integer({ minimum: 1, description: 'Rises by one with every change.' });
const stamped = { revision, createdAt: instant, updatedAt: instant };
const errorCode = Type.String({
  pattern: '^[A-Z_]+$',
  description: 'One of the closed set of codes (src/http-server/errors.md).',
});

export const PROBLEM = Type.Object(
  {
    type: Type.String({ format: 'uri', description: 'urn:jiabiao:problem:… with the code in small letters.' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What is wrong and how to mend it.' }),
    code: errorCode,
    at: Type.Optional(
      Type.String({ description: 'Where in the input: a JSON pointer, a parameter, or line and column.' }),
    ),
    requestId: Type.String({ description: 'The X-Request-Id of the answer.' }),
  },
  { description: 'What went wrong (RFC 9457).' },
);

export const ENTERPRISE = Type.Object({
  prefix: Type.String({ examples: ['88.118.10004'] }),
  name: Type.String(),
  state: Type.Enum(['pending', 'active', 'suspended', 'closed']),
  hosting: Type.Enum(['here', 'delegated']),
  contact: orNull(Type.String()),
  quota: orNull(Type.Integer({ description: 'Identifiers it may hold; null for no quota.' })),
  holder: orNull(Type.String({ description: 'The enterprise the prefix was transferred to, by its own prefix.' })),
  ...stamped,
});

const principalMembers = {
  id: Type.String(),
  name: Type.String(),
  role: Type.Enum([...ROLES]),
  scope: orNull(Type.String({ description: 'The prefix it is bound to, with everything below it.' })),
  state: Type.Enum(['active', 'disabled']),
  ...stamped,
};

export const PRINCIPAL = Type.Object(principalMembers);
export const OWN_PRINCIPAL = Type.Object({
  ...principalMembers,
  authenticatedBy: Type.Enum(['bearer', 'certificate']),
});

const keyMembers = {
  id: Type.String(),
  principalId: Type.String(),
  label: Type.String(),
  certificateSubject: Type.Optional(
    Type.String({ description: 'Of a client certificate.', examples: ['O=Oak Works, CN=erp'] }),
  ),
  expiresAt: orNull(instant),
  revokedAt: orNull(instant),
  ...stamped,
};

export const ACCESS_KEY = Type.Object(keyMembers);
export const ISSUED_KEY = Type.Object({
  ...keyMembers,
  token: Type.String({ description: 'The key itself. It is shown this once.', examples: ['jb_…'] }),
});

/** A page of a listing. */
export const pageOfItems = (items: TSchema) =>
  Type.Object({
    items: Type.Array(items),
    next: orNull(Type.String({ description: 'The "after" of the page that follows; null on the last one.' })),
  });

export const RECORD = Type.Object(
  {
    handle,
    status: Type.Enum(['reserved', 'active', 'revoked']),
    parent: orNull(handle),
    template: orNull(handle),
    reason: orNull(Type.String({ description: 'Why it is revoked; null unless it is.' })),
    recall: orNull(
      Type.Object(
        { reason: Type.String(), notice: Type.String(), since: instant },
        { description: 'What is wrong with what it stands for; null unless it is recalled itself.' },
      ),
    ),
    ...stamped,
    values: Type.Array(HANDLE_VALUE),
  },
  { description: 'The own record, without what it inherits.' },
);

export const OUTCOME = Type.Object({
  handle,
  outcome: Type.Enum(['created', 'updated', 'unchanged', 'revoked', 'deleted']),
  revision: Type.Integer({ minimum: 0, description: 'Of the state that now stands; in a dry run, of the one before.' }),
  updatedAt: instant,
});

/** Records of a listing, without their values. */
export const RECORD_PAGE = pageOfItems(
  Type.Object({
    handle,
    status: Type.Enum(['reserved', 'active', 'revoked']),
    isRecalled: Type.Boolean({ description: 'By itself, whatever it inherits from.' }),
    parent: orNull(handle),
    template: orNull(handle),
    ...stamped,
  }),
);

const REFUSED_ITEM = Type.Object({
  handle: Type.String({ description: 'As it was spelled; empty if the item names none.' }),
  outcome: Type.Literal('refused'),
  code: errorCode,
  detail: Type.String(),
  at: Type.String({ description: 'Where in the call: a JSON pointer, or a line.' }),
});

export const ITEM_OUTCOME = Type.Union([OUTCOME, REFUSED_ITEM]);

export const MOVE_OUTCOME = Type.Object({
  moved: Type.Integer({ minimum: 0 }),
  refused: Type.Array(Type.Object({ handle, code: errorCode, detail: Type.String() }), {
    description: 'What stays where it is, and why.',
  }),
  next: orNull(Type.String({ description: 'The "after" of the step that follows; null on the last one.' })),
});

const textOrNull = orNull(Type.String());
export const AUDIT_LINE = Type.Object(
  {
    place: Type.String({ description: 'File and line of the trail.' }),
    at: instant,
    kind: Type.Enum([...AUDIT_KINDS]),
    principalId: textOrNull,
    requestId: textOrNull,
    client: textOrNull,
    subject: textOrNull,
    detail: Type.Object({}, { additionalProperties: true }),
  },
  { description: 'What was done, by whom, to what; with the seal of the chain of lines.', additionalProperties: true },
);

const count = Type.Integer({ minimum: 0 });
export const STATISTICS_ROW = Type.Object({
  prefix: orNull(
    Type.String({ description: 'Null for what was asked under prefixes of which nothing is known here.' }),
  ),
  day: Type.String({ format: 'date', description: 'In China.' }),
  registrations: Type.Object({ created: count, updated: count, revoked: count, deleted: count }),
  live: Type.Integer({ description: 'Identifiers at the end of the day, revoked ones included.' }),
  resolutions: Type.Object({
    requests: Type.Integer({ minimum: 0, description: 'The sum of what follows.' }),
    found: count,
    notFound: count,
    revoked: count,
    referred: count,
    failed: Type.Integer({ minimum: 0, description: 'It could not be found out.' }),
  }),
});
export const BATCH_OUTCOME = Type.Object({
  results: Type.Array(ITEM_OUTCOME, { description: 'One for each item, in order.' }),
  counts: Type.Object({
    created: count,
    updated: count,
    unchanged: count,
    revoked: count,
    deleted: count,
    refused: count,
  }),
});

export const PRESERVED_OUTCOME = Type.Object({
  results: Type.Array(
    Type.Union([
      Type.Object({
        outcome: Type.Enum(['created', 'updated', 'unchanged']),
        handle: Type.String({ description: 'Handle, prefix or id.' }),
        revision: Type.Integer({ minimum: 1 }),
      }),
      REFUSED_ITEM,
    ]),
    { description: 'One for each line, in order.' },
  ),
  counts: Type.Object({ created: count, updated: count, unchanged: count, refused: count }),
});

/** An answer of the Handle API, of whatever response code. */
export const HANDLE_ANSWER = Type.Object(
  {
    responseCode: Type.Integer({
      description: '1 done or found, 100 not found, 200 no such values, 301 prefix not homed here, 303 referral.',
    }),
    message: Type.Optional(Type.String()),
    handle: Type.Optional(handle),
    values: Type.Optional(Type.Array(HANDLE_VALUE)),
  },
  { description: "The reference Handle server's JSON." },
);

const responseCode = Type.Literal(1);
const totalCount = Type.String({ pattern: '^\\d+$', description: 'A number, as text.' });

export const LISTED_HANDLES = Type.Object({
  responseCode,
  prefix: Type.String(),
  totalCount,
  page: Type.Integer({ minimum: 0 }),
  pageSize: Type.Integer({ minimum: 0 }),
  handles: Type.Array(handle),
});

export const HOMED_PREFIXES = Type.Object({ responseCode, totalCount, prefixes: Type.Array(handle) });

/** The same as a call of the function that `callback` names. */
export const JSONP = { schema: Type.String({ description: 'With `callback`.' }) };

/** As the Handle API answers; of a revoked handle also that and why. */
export const RESOLVED_ITEM = Type.Object({
  ...HANDLE_ANSWER.properties,
  revoked: Type.Optional(Type.Literal(true)),
  revokedBy: Type.Optional(handle),
  reason: Type.Optional(orNull(Type.String())),
});

export const HEALTH = Type.Object({ status: Type.Literal('ok') });
export const READINESS = Type.Object({
  status: Type.Enum(['ready', 'degraded', 'not ready']),
  reasons: Type.Array(Type.String()),
});
