// Parameters that are read by hand where they are used, for the description of the interface alone.

import Type from 'typebox';

const yesOrNo = (description: string) =>
  Type.Optional(Type.String({ description: `${description} Yes: \`true\`, \`yes\`, or nothing.`, examples: ['true'] }));
const several = (description: string, example: string) =>
  Type.Optional(Type.Array(Type.String(), { description, examples: [[example]] }));

/** handle-api-query.ts reads it. */
export const HANDLE_API_QUERY = Type.Object({
  type: several('Only values of these types.', 'PRODUCT_NAME'),
  index: several('Only the values of these indexes.', '2000'),
  pretty: yesOrNo('Indent the JSON.'),
  callback: Type.Optional(Type.String({ description: 'Wrap a public answer in a call of this function (JSONP).' })),
  publicOnly: yesOrNo('Leave out private values, whatever the key.'),
  auth: yesOrNo('Pass by the caches.'),
  at: Type.Optional(Type.String({ description: 'The state of this instant (ISO 8601); needs a key for the prefix.' })),
  noredirect: yesOrNo('Taken for compatibility: nothing is redirected here.'),
});

/** pages.ts reads it. */
export const PAGE_LANGUAGE_QUERY = Type.Object({
  lang: Type.Optional(Type.Enum(['zh', 'en'], { description: 'Language of the page, over Accept-Language.' })),
});
