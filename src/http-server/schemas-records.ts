// The form of the requests for what the node keeps on record: the audit trail.

import Type from 'typebox';
import { AUDIT_KINDS } from '../domain/audit.ts';
import { MAX_PAGE_SIZE } from '../domain/limits.ts';

const CLOSED = { additionalProperties: false };
/** Characters of an id, an instant or a cursor. */
const text = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }));
const limit = Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE_SIZE }));

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
