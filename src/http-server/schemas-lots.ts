// The form of lots, for their requests and for the description of the interface.

import Type from 'typebox';
import {
  MAX_HANDLE_BYTES,
  MAX_PREFIX_LENGTH,
  MAX_REASON_LENGTH,
  MAX_STORED_HANDLE_BYTES,
  MAX_VALUES,
} from '../domain/limits.ts';
import { DEFAULT_TAG_LENGTH, MAX_COUNTER_WIDTH, MAX_TAG_LENGTH } from '../domain/lot-limits.ts';
import { PAGE_QUERY } from './schemas.ts';
import { instant, orNull, pageOfItems } from './schemas-answers.ts';
import { NEW_VALUE } from './schemas-registration.ts';
import { HANDLE_VALUE } from './schemas-values.ts';

const CLOSED = { additionalProperties: false };
const MOST = 10 ** MAX_COUNTER_WIDTH - 1;
const serial = (description: string) => Type.Integer({ minimum: 0, maximum: MOST, description });
const handle = Type.String({ minLength: 1, maxLength: MAX_HANDLE_BYTES });
const prefix = Type.String({ minLength: 1, maxLength: MAX_PREFIX_LENGTH });

const shape = {
  prefix,
  width: Type.Integer({
    minimum: 1,
    maximum: MAX_COUNTER_WIDTH,
    description: 'Digits of the serial, leading zeros count.',
  }),
  from: serial('First serial.'),
  to: serial('Last serial, inclusive.'),
};
const head = Type.String({ maxLength: MAX_STORED_HANDLE_BYTES, description: 'What every suffix begins with.' });
const tagLength = Type.Integer({
  minimum: 0,
  maximum: MAX_TAG_LENGTH,
  description: `Characters of check tag behind the serial: 4 to ${MAX_TAG_LENGTH}, or 0 for none. ${DEFAULT_TAG_LENGTH} if left out.`,
});

const ANSWERED = {
  parent: Type.Optional(orNull(handle)),
  template: Type.Optional(orNull(handle)),
  values: Type.Optional(
    Type.Array(NEW_VALUE, {
      maxItems: MAX_VALUES,
      description: 'What every code answers with; `{serial}` in the data stands for its digits.',
    }),
  ),
};

export const NEW_LOT = Type.Object(
  { ...shape, head: Type.Optional(head), tagLength: Type.Optional(tagLength), ...ANSWERED },
  CLOSED,
);
export const LOT_PATCH = Type.Object(ANSWERED, { ...CLOSED, minProperties: 1 });
export const LOT_EXTENSION = Type.Object({ to: serial('Its new last serial.') }, CLOSED);
export const LOT_CLOSING = Type.Object(
  { to: Type.Optional(serial('The last serial that was used; those behind it are withdrawn.')) },
  CLOSED,
);
export const LOT_REVOCATION = Type.Object(
  {
    reason: Type.String({ minLength: 1, maxLength: MAX_REASON_LENGTH, description: 'People who scan a code read it.' }),
  },
  CLOSED,
);
export const LOT_SPLIT = Type.Object({ at: serial('First serial of the second part.') }, CLOSED);

const LOT_MEMBERS = {
  id: Type.String({ description: '`prefix:name`.' }),
  ...shape,
  head,
  size: Type.Integer({ description: 'How many codes.' }),
  tagLength,
  guessing: Type.Object({
    bits: Type.Number({ description: 'Of the check tag.' }),
    oneIn: Type.Number({ description: 'One guess in so many is right, for a serial of the range.' }),
  }),
  parent: orNull(handle),
  template: orNull(handle),
  values: Type.Array(HANDLE_VALUE),
  state: Type.Enum(['open', 'closed', 'revoked'], { description: 'Closed: its range is final.' }),
  reason: orNull(Type.String()),
  splitFrom: orNull(Type.String({ description: 'The lot it was split off from.' })),
  revision: Type.Integer({ minimum: 1 }),
  createdAt: instant,
  updatedAt: instant,
};

export const LOT = Type.Object(LOT_MEMBERS);
export const LOT_AND_PART = Type.Object({ ...LOT_MEMBERS, part: LOT });
export const LOT_PAGE = pageOfItems(LOT);
export const LOT_CODE = Type.Object({ serial: Type.String(), handle });

export const LOTS_QUERY = Type.Object({ ...PAGE_QUERY.properties, prefix: Type.Optional(prefix) }, CLOSED);
export const LOT_HISTORY_QUERY = Type.Object(
  {
    limit: PAGE_QUERY.properties.limit,
    after: Type.Optional(Type.Integer({ minimum: 0, description: 'A revision.' })),
  },
  CLOSED,
);
export const LOT_CODES_QUERY = Type.Object(
  {
    from: Type.Optional(serial('From this serial on.')),
    to: Type.Optional(serial('Up to this one, inclusive.')),
    format: Type.Optional(Type.Enum(['csv', 'ndjson'], { description: 'Instead of Accept; csv if nothing says.' })),
  },
  CLOSED,
);
