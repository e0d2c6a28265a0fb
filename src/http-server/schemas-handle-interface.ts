// The form of what the Handle API answers about sessions and the node's site, for the description of the interface alone.

import Type from 'typebox';

export const API_SESSION = Type.Object({
  sessionId: Type.String(),
  nonce: Type.String({ description: 'Base64.' }),
  authenticated: Type.Optional(Type.Boolean()),
  id: Type.Optional(Type.String({ description: 'Whose it is: index:handle.' })),
  error: Type.Optional(Type.String()),
  serverAlg: Type.Optional(Type.String()),
  serverSignature: Type.Optional(Type.String({ description: 'Of nonce and cnonce, with the site’s key.' })),
});

export const VERIFICATION = Type.Object({
  responseCode: Type.Integer(),
  isValid: Type.Boolean(),
  handle: Type.String(),
});

export const SITE = Type.Object({
  version: Type.Integer(),
  protocolVersion: Type.String(),
  serialNumber: Type.Integer({ description: 'Rises with every change.' }),
  primarySite: Type.Boolean(),
  multiPrimary: Type.Boolean(),
  hashOption: Type.Optional(Type.Integer()),
  hashFilter: Type.Optional(Type.String()),
  attributes: Type.Array(Type.Object({ name: Type.String(), value: Type.String() })),
  servers: Type.Array(
    Type.Object({
      serverId: Type.Integer(),
      address: Type.String(),
      publicKey: Type.Object({ format: Type.String(), value: Type.Unknown() }),
      interfaces: Type.Array(
        Type.Object({
          query: Type.Boolean(),
          admin: Type.Boolean(),
          protocol: Type.String(),
          port: Type.Integer(),
        }),
      ),
    }),
  ),
});

export const SITE_ANSWER = Type.Object({ responseCode: Type.Integer(), site: SITE });
