// The form of a registration, for the description of the interface. registry/registration-json.ts reads registrations by
// hand, since that is where the time of a bulk import goes; a test holds the two together.

import Type from 'typebox';
import {
  MAX_BATCH_ITEMS,
  MAX_HANDLE_BYTES,
  MAX_NOTICE_LENGTH,
  MAX_REASON_LENGTH,
  MAX_REFERENCES,
  MAX_TYPE_LENGTH,
  MAX_VALUES,
} from '../domain/limits.ts';
import { STRUCTURED_DATA, VALUE_REFERENCE } from './schemas-values.ts';

const CLOSED = { additionalProperties: false };
const MAX_INT = 0x7fff_ffff;
const handle = Type.String({ minLength: 1, maxLength: MAX_HANDLE_BYTES });
const handleOrNull = Type.Optional(Type.Union([handle, Type.Null()]));

export const NEW_VALUE = Type.Object(
  {
    index: Type.Integer({ minimum: 1, maximum: MAX_INT, description: 'Product attributes start at 2000.' }),
    type: Type.String({ minLength: 1, maxLength: MAX_TYPE_LENGTH }),
    data: Type.Union([
      Type.String({ description: 'Text; the short form of {"format":"string","value":"…"}.' }),
      Type.Object({ format: Type.Enum(['string', 'base64', 'hex']), value: Type.String() }, CLOSED),
      ...STRUCTURED_DATA,
    ]),
    permissions: Type.Optional(
      Type.String({ pattern: '^[01]{4}$', description: 'Admin read, admin write, public read, public write.' }),
    ),
    ttl: Type.Optional(
      Type.Union([Type.Integer({ minimum: 0, maximum: MAX_INT }), Type.String({ format: 'date-time' })]),
    ),
    timestamp: Type.Optional(Type.Unknown({ description: 'Taken and ignored: the node sets it.' })),
    references: Type.Optional(Type.Array(VALUE_REFERENCE, { maxItems: MAX_REFERENCES })),
  },
  CLOSED,
);

const values = Type.Array(NEW_VALUE, { maxItems: MAX_VALUES, description: 'Each index once.' });
const reason = Type.String({ minLength: 1, maxLength: MAX_REASON_LENGTH });
const record = {
  values,
  parent: handleOrNull,
  template: handleOrNull,
  status: Type.Optional(Type.Enum(['reserved', 'active'])),
};
const changes = {
  values: Type.Optional(
    Type.Array(NEW_VALUE, { maxItems: MAX_VALUES, description: 'Added, or in place of its index.' }),
  ),
  removeIndexes: Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: MAX_INT }), { maxItems: MAX_VALUES })),
  parent: handleOrNull,
  template: handleOrNull,
  status: Type.Optional(Type.Enum(['reserved', 'active', 'revoked'])),
  reason: Type.Optional(
    Type.String({
      ...reason,
      description: 'With status "revoked", and only then: people who scan the identifier read it.',
    }),
  ),
};
const ifMatch = Type.Optional(Type.Integer({ minimum: 1, description: 'Revision it must have.' }));
const mode = Type.Optional(Type.Enum(['create', 'update', 'upsert']));

export const REGISTRATION = Type.Object(record, CLOSED);
export const REGISTRATION_PATCH = Type.Object(changes, CLOSED);
const recall = {
  reason: Type.String({ minLength: 1, maxLength: MAX_REASON_LENGTH, description: 'Why; shown to keys only.' }),
  notice: Type.String({ minLength: 1, maxLength: MAX_NOTICE_LENGTH, description: 'What people read who scan it.' }),
};
export const RECALL = Type.Object(recall, CLOSED);
export const REVOCATION = Type.Object({ reason: Type.Optional(reason) }, CLOSED);

/** `operation` says which of the five it is; without one it is `put`. */
export const REGISTRATION_ITEM = Type.Union([
  Type.Object({ operation: Type.Optional(Type.Literal('put')), handle, mode, ifMatch, ...record }, CLOSED),
  Type.Object({ operation: Type.Literal('patch'), handle, ifMatch, ...changes }, CLOSED),
  Type.Object({ operation: Type.Literal('revoke'), handle, ifMatch, reason }, CLOSED),
  Type.Object({ operation: Type.Literal('recall'), handle, ifMatch, ...recall }, CLOSED),
  Type.Object({ operation: Type.Literal('lift-recall'), handle, ifMatch }, CLOSED),
]);

export const REGISTRATION_BATCH = Type.Array(REGISTRATION_ITEM, { maxItems: MAX_BATCH_ITEMS });
export const HANDLES_TO_RESOLVE = Type.Array(Type.String(), { maxItems: MAX_BATCH_ITEMS });

/** What a line says is told by the README; the registry checks it member by member. */
export const PRESERVED_LINES = Type.Array(Type.Object({ kind: Type.String() }, { additionalProperties: true }), {
  maxItems: MAX_BATCH_ITEMS,
  description: 'Lines of an export.',
});
