// The form of a registration's body as JSON schema, for the PUT that does nothing: what our own door checks by hand.

export const REGISTRATION_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['values'],
  properties: {
    parent: { type: ['string', 'null'], maxLength: 2048 },
    template: { type: ['string', 'null'], maxLength: 2048 },
    status: { enum: ['reserved', 'active'] },
    values: {
      type: 'array',
      maxItems: 2048,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['index', 'type', 'data'],
        properties: {
          index: { type: 'integer', minimum: 1, maximum: 2_147_483_647 },
          type: { type: 'string', minLength: 1, maxLength: 128 },
          data: {
            anyOf: [
              { type: 'string' },
              {
                type: 'object',
                required: ['format', 'value'],
                properties: { format: { type: 'string' }, value: {} },
              },
            ],
          },
          ttl: { anyOf: [{ type: 'integer' }, { type: 'string' }] },
          timestamp: { type: 'string' },
          permissions: { type: 'string', pattern: '^[01]{4,5}$' },
          references: { type: 'array' },
        },
      },
    },
  },
} as const;
