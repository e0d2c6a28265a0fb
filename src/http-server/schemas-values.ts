// The form of handle values as they are answered, for the description of the interface (openapi.ts).

import Type from 'typebox';

export const handle = Type.String({ examples: ['88.118.10001/OAK-CHAIR'] });

const interfaces = Type.Array(
  Type.Object({
    query: Type.Boolean(),
    admin: Type.Boolean(),
    protocol: Type.Enum(['UDP', 'TCP', 'HTTP', 'HTTPS']),
    port: Type.Integer(),
  }),
);
const publicKey = Type.Object({ format: Type.Enum(['key', 'base64']), value: Type.Any() });
const site = Type.Object({
  version: Type.Optional(Type.Integer()),
  protocolVersion: Type.Optional(Type.String({ examples: ['2.11'] })),
  serialNumber: Type.Optional(Type.Integer()),
  primarySite: Type.Optional(Type.Boolean()),
  multiPrimary: Type.Optional(Type.Boolean()),
  hashOption: Type.Optional(Type.Integer()),
  hashFilter: Type.Optional(Type.String()),
  attributes: Type.Optional(Type.Array(Type.Object({ name: Type.String(), value: Type.String() }))),
  servers: Type.Array(
    Type.Object({
      serverId: Type.Integer(),
      address: Type.String({ examples: ['192.0.2.1'] }),
      publicKey: Type.Optional(publicKey),
      interfaces: Type.Optional(interfaces),
    }),
  ),
});
export const VALUE_REFERENCE = Type.Object({ handle, index: Type.Integer({ minimum: 0, maximum: 0x7fff_ffff }) });

/** What structured types look like: HS_ADMIN, HS_VLIST, HS_SITE, HS_PUBKEY. */
export const STRUCTURED_DATA = [
  Type.Object({
    format: Type.Literal('admin'),
    value: Type.Object({
      handle,
      index: Type.Integer({ minimum: 0 }),
      permissions: Type.String({ pattern: '^[01]{12}$', description: 'From "list handles" down to "add handle".' }),
    }),
  }),
  Type.Object({ format: Type.Literal('vlist'), value: Type.Array(VALUE_REFERENCE) }),
  Type.Object({ format: Type.Literal('site'), value: site }),
  Type.Object({
    format: Type.Literal('key'),
    value: Type.Object({ kty: Type.String() }, { additionalProperties: true }),
  }),
] as const;

export const HANDLE_VALUE = Type.Object(
  {
    index: Type.Integer({ minimum: 1, maximum: 0x7fff_ffff }),
    type: Type.String({ examples: ['PRODUCT_NAME'] }),
    data: Type.Union([
      Type.Object({ format: Type.Enum(['string', 'base64']), value: Type.String() }),
      ...STRUCTURED_DATA,
    ]),
    permissions: Type.Optional(
      Type.String({
        pattern: '^[01]{4}$',
        description: 'Admin read, admin write, public read, public write; left out if it is 1110.',
      }),
    ),
    ttl: Type.Union([
      Type.Integer({ description: 'Seconds it may be kept.' }),
      Type.String({ format: 'date-time', description: 'Until when it may be kept.' }),
    ]),
    timestamp: Type.String({ format: 'date-time', description: 'When this value was last changed.' }),
    references: Type.Optional(Type.Array(VALUE_REFERENCE)),
    from: Type.Optional(
      Type.String({
        description: 'The record it stands in: the one that was asked for, or one above it. With `provenance`.',
      }),
    ),
  },
  { description: 'One value of an identifier (RFC 3651).' },
);
