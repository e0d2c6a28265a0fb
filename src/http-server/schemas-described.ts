// Parameters that are read by hand where they are used, for the description of the interface alone.

import Type from 'typebox';

const yesOrNo = (description: string) =>
  Type.Optional(Type.String({ description: `${description} Yes: \`true\`, \`yes\`, or nothing.`, examples: ['true'] }));
const choice = (description: string) =>
  Type.Optional(Type.String({ description: `${description} \`true\` or \`false\`.`, examples: ['true'] }));
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
  recursive: choice(
    'Whether other nodes are asked for what they answer for, or named; as the node is set, if left out.',
  ),
  at: Type.Optional(Type.String({ description: 'The state of this instant (ISO 8601); needs a key for the prefix.' })),
  provenance: choice('Show for each value which record it comes from.'),
  noredirect: yesOrNo('Taken for compatibility: this address never redirects.'),
});

const indexes = several('Only the values of these indexes.', '2000');
const wholeNumber = (description: string) => Type.Optional(Type.Integer({ minimum: 0, description }));

/** handle-admin-input.ts reads it, as the next two. */
export const HANDLE_WRITE_QUERY = Type.Object({
  index: { ...indexes, description: 'Add or replace these values, or with `various` those of the body.' },
  overwrite: yesOrNo('Whether what exists may be replaced; yes if left out.'),
  mintNewSuffix: yesOrNo('Append a UUID to the handle.'),
  pretty: yesOrNo('Indent the JSON.'),
});

export const HANDLE_REMOVE_QUERY = Type.Object({ index: indexes, pretty: yesOrNo('Indent the JSON.') });

export const HANDLE_LIST_QUERY = Type.Object({
  prefix: Type.String({ description: 'A prefix, or its handle 0.NA/<prefix>.', examples: ['88.118.10001'] }),
  page: wholeNumber('From 0.'),
  pageSize: wholeNumber('At most 10,000; 1,000 if left out, 0 to count only.'),
});

/** handle-admin.ts reads it. */
export const HOME_QUERY = Type.Object({
  foldsCase: choice('Whether suffixes compare without case; as before, or as above it, if left out.'),
});

/** handle-session-routes.ts reads it. */
export const VERIFICATION_QUERY = Type.Object({
  nonce: Type.String({ description: 'What was to be signed, in base64.' }),
  cnonce: Type.String({ description: 'What the client put behind it, in base64.' }),
  alg: Type.String({ examples: ['SHA256', 'PBKDF2-HMAC-SHA1'] }),
  signature: Type.String({ description: 'Base64.' }),
  type: Type.Optional(Type.Enum(['HS_SECKEY', 'HS_PUBKEY'])),
  salt: Type.Optional(Type.String({ description: 'Of PBKDF2, as the next two; base64.' })),
  iterations: Type.Optional(Type.Integer({ minimum: 1 })),
  length: Type.Optional(Type.Integer({ minimum: 8, description: 'In bits; 160 if left out.' })),
});

/** proxy-query.ts and page-language.ts read it. */
export const PAGE_QUERY = Type.Object({
  type: several('Follow or show only values of these types.', 'URL'),
  index: several('Only the values of these indexes.', '1'),
  noredirect: yesOrNo('Show what is registered instead of following it.'),
  action: Type.Optional(
    Type.Enum(['showvalues', 'showlocs'], { description: 'As `noredirect`; or show the locations.' }),
  ),
  ignore_aliases: yesOrNo('Show an alias instead of following it.'),
  urlappend: Type.Optional(Type.String({ description: 'Put behind the address that is followed.' })),
  locatt: several('Only locations with these attributes, as `name:value`.', 'country:cn'),
  auth: yesOrNo('Pass by the caches.'),
  cert: yesOrNo('Taken for compatibility: this node asks nobody for signatures here.'),
  lang: Type.Optional(Type.Enum(['zh', 'en'], { description: 'Language of the page, over Accept-Language.' })),
});
