// The form of the requests for what the node keeps on record: the change log, the audit trail and the statistics.

import Type from 'typebox';
import { AUDIT_KINDS } from '../domain/audit.ts';
import { MAX_HANDLE_BYTES, MAX_PAGE_SIZE, MAX_PREFIX_LENGTH, MAX_TYPE_LENGTH } from '../domain/limits.ts';

const CLOSED = { additionalProperties: false };
/** Of a search: a handle and a value in base64. */
const MAX_SEARCH_CURSOR_LENGTH = 4096;
/** Characters of an id, an instant or a cursor. */
const text = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }));
const limit = Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE_SIZE }));

export const CHANGES_QUERY = Type.Object(
  {
    after: Type.Optional(Type.Integer({ minimum: 0, description: 'A sequence: what follows it is told.' })),
    limit,
    prefix: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_PREFIX_LENGTH,
        description: 'Only what touches this prefix or anything below it.',
      }),
    ),
  },
  CLOSED,
);

export const AUDIT_QUERY = Type.Object(
  {
    requestId: text,
    principalId: text,
    kind: Type.Optional(Type.Enum([...AUDIT_KINDS])),
    /** Instants, ISO 8601: from inclusive, to exclusive. */
    from: text,
    to: text,
    after: text,
    limit,
  },
  CLOSED,
);

const day = Type.Optional(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }));

/** Days in China, both inclusive. */
export const STATISTICS_QUERY = Type.Object(
  {
    prefix: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_PREFIX_LENGTH })),
    from: day,
    to: day,
    after: text,
    limit,
  },
  CLOSED,
);

const ownPrefix = Type.String({
  minLength: 1,
  maxLength: MAX_PREFIX_LENGTH,
  description: "Exactly this one; the key's own if left out.",
});
const instant = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 40, description }));

export const SEARCH_QUERY = Type.Object(
  {
    prefix: Type.Optional(ownPrefix),
    code: Type.Optional(
      Type.String({ minLength: 1, maxLength: MAX_HANDLE_BYTES, description: 'What stands behind the prefix.' }),
    ),
    element: Type.Optional(
      Type.String({ minLength: 1, maxLength: MAX_TYPE_LENGTH, description: 'The type of a searchable element.' }),
    ),
    value: Type.Optional(
      Type.String({ minLength: 1, maxLength: MAX_HANDLE_BYTES, description: 'Its text, in either ASCII case.' }),
    ),
    match: Type.Optional(
      Type.Enum(['exact', 'prefix'], { description: 'Code and value whole (the default), or their beginning.' }),
    ),
    status: Type.Optional(Type.Enum(['active', 'reserved', 'revoked', 'recalled'])),
    createdFrom: instant('ISO 8601; inclusive.'),
    createdTo: instant('ISO 8601; exclusive.'),
    updatedFrom: instant('ISO 8601; inclusive.'),
    updatedTo: instant('ISO 8601; exclusive.'),
    after: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_SEARCH_CURSOR_LENGTH })),
    limit,
  },
  CLOSED,
);
