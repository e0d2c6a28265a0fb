// The form of templates, for the description of the interface: registry/template-json.ts reads them, as their rules hang on
// the kind of each element. Queries are checked with what stands here.

import Type from 'typebox';
import {
  MAX_ELEMENT_CHOICES,
  MAX_HANDLE_BYTES,
  MAX_NAME_LENGTH,
  MAX_PATTERN_LENGTH,
  MAX_PREFIX_LENGTH,
  MAX_TEMPLATE_ELEMENTS,
  MAX_TYPE_LENGTH,
  MAX_VALUE_BYTES,
} from '../domain/limits.ts';
import { ELEMENT_KINDS, FIRST_ELEMENT_INDEX } from '../domain/template.ts';
import { PAGE_QUERY } from './schemas.ts';
import { instant, orNull, pageOfItems } from './schemas-answers.ts';

const CLOSED = { additionalProperties: false };
const line = Type.String({ minLength: 1, maxLength: MAX_NAME_LENGTH });
const localName = Type.Object({ zh: line, en: line }, { ...CLOSED, description: 'In Chinese and in English.' });
const length = Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_VALUE_BYTES, description: 'Characters.' }));
const number = (description: string) => Type.Optional(Type.Number({ description }));
const flag = (description: string) => Type.Optional(Type.Boolean({ description }));

export const TEMPLATE_ELEMENT = Type.Object(
  {
    index: Type.Integer({
      minimum: FIRST_ELEMENT_INDEX,
      maximum: 0x7fff_ffff,
      description: 'Of the values it describes.',
    }),
    type: Type.String({ minLength: 1, maxLength: MAX_TYPE_LENGTH, description: 'Of these values; fixed for ever.' }),
    kind: Type.Enum([...ELEMENT_KINDS], { description: 'Fixed for ever.' }),
    name: localName,
    required: flag('An active record has it, itself or from an ancestor.'),
    searchable: flag('Records can be found by it.'),
    disabled: flag('Takes no new values. Elements are disabled, never removed.'),
    minLength: length,
    maxLength: length,
    pattern: Type.Optional(
      Type.String({ maxLength: MAX_PATTERN_LENGTH, description: 'Of strings: RE2 syntax, matching the whole text.' }),
    ),
    minimum: number('Of numbers.'),
    maximum: number('Of numbers.'),
    decimals: Type.Optional(Type.Integer({ minimum: 0, maximum: 10, description: 'Of numbers; 0 for whole ones.' })),
    unit: Type.Optional(Type.String({ description: 'Of numbers: shown behind them, and no part of the value.' })),
    choices: Type.Optional(
      Type.Array(Type.Object({ value: line, name: localName }, CLOSED), {
        maxItems: MAX_ELEMENT_CHOICES,
        description: 'Of enumerations.',
      }),
    ),
    fileTypes: Type.Optional(
      Type.Array(Type.String({ pattern: '^[a-z0-9]{1,10}$' }), {
        maxItems: MAX_ELEMENT_CHOICES,
        description: 'Of files: endings their names may have.',
        examples: [['pdf']],
      }),
    ),
  },
  CLOSED,
);

const handle = Type.String({ minLength: 1, maxLength: MAX_HANDLE_BYTES });
const described = {
  name: localName,
  industry: orNull(Type.String({ pattern: '^[A-T](\\d{2,4})?$', description: 'GB/T 4754.', examples: ['C2110'] })),
  carrier: Type.Enum(['passive', 'active'], { description: 'Whether the products answer by themselves.' }),
  isOpen: Type.Boolean({ description: 'Whether records may have product values that no element describes.' }),
};
const content = {
  ...described,
  description: orNull(localName),
  elements: Type.Array(TEMPLATE_ELEMENT, { minItems: 1, maxItems: MAX_TEMPLATE_ELEMENTS }),
};
const stamps = { version: Type.Integer({ minimum: 1 }), createdAt: instant, updatedAt: instant };

export const TEMPLATE = Type.Object({ handle, ...content, ...stamps });

export const TEMPLATE_PAGE = pageOfItems(
  Type.Object({
    handle,
    ...described,
    elements: Type.Integer({ description: 'How many; disabled ones count.' }),
    ...stamps,
  }),
);

const givenContent = {
  ...content,
  description: Type.Optional(content.description),
  industry: Type.Optional(content.industry),
  carrier: Type.Optional(content.carrier),
  isOpen: Type.Optional(content.isOpen),
};
const ignored = Type.Optional(Type.Unknown({ description: 'Taken and ignored, so that what was read can be sent.' }));

export const NEW_TEMPLATE = Type.Object(
  { handle, ...givenContent, version: ignored, createdAt: ignored, updatedAt: ignored },
  CLOSED,
);
export const TEMPLATE_VERSION = Type.Object({ ...NEW_TEMPLATE.properties, handle: Type.Optional(handle) }, CLOSED);

export const ELEMENTS_TO_DISABLE = Type.Object(
  {
    elements: Type.Array(Type.Integer({ minimum: FIRST_ELEMENT_INDEX }), {
      minItems: 1,
      maxItems: MAX_TEMPLATE_ELEMENTS,
      description: 'By index.',
    }),
  },
  CLOSED,
);

export const TEMPLATES_QUERY = Type.Object(
  {
    ...PAGE_QUERY.properties,
    prefix: Type.Optional(
      Type.String({ minLength: 1, maxLength: MAX_PREFIX_LENGTH, description: 'Only of this one.' }),
    ),
  },
  CLOSED,
);

export const TEMPLATE_QUERY = Type.Object(
  {
    version: Type.Optional(Type.Integer({ minimum: 1, description: 'The newest if left out.' })),
    at: Type.Optional(
      Type.String({ minLength: 1, maxLength: 40, description: 'The version of this instant (ISO 8601).' }),
    ),
  },
  CLOSED,
);
