// The settings of who is asked for what is not ours, and the rules that join them. It opens no connection.

import { MAX_ROUTES } from '../domain/limits.ts';
import { SCHEMES } from '../domain/scheme.ts';

const MAPPING = {
  type: 'object',
  properties: {
    identifier: { type: 'string', pattern: '^(/[^/]*)+$' },
    values: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: {
          index: { type: 'integer', minimum: 1, maximum: 2_147_483_647 },
          type: { type: 'string', minLength: 1, maxLength: 128 },
          at: { type: 'string', pattern: '^(/[^/]*)+$' },
        },
        required: ['index', 'type', 'at'],
        additionalProperties: false,
      },
    },
  },
  required: ['identifier', 'values'],
  additionalProperties: false,
} as const;

const ROUTE = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 60 },
    scheme: { enum: SCHEMES },
    prefixes: { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } },
    endpoints: { type: 'array', minItems: 1, maxItems: 16, items: { type: 'string', pattern: '^https?://[^ @?#]+$' } },
    path: { type: 'string', pattern: '^/.*\\{(handle|identifier)\\}' },
    mapping: MAPPING,
    protocol: { enum: ['http', 'handle'] },
    host: { type: 'string', pattern: '^([^ /@?#:]+|[0-9A-Fa-f:.]+)$' },
    port: { type: 'integer', minimum: 1, maximum: 65_535 },
    site: { type: 'string', minLength: 1 },
    root: { type: 'boolean' },
    transport: { enum: ['tcp', 'udp'] },
    certified: { type: 'boolean' },
  },
  required: ['name'],
  additionalProperties: false,
} as const;

const texts = { type: 'array', items: { type: 'string', minLength: 1 } } as const;

export const UPSTREAM_SECTION = {
  routes: {
    type: 'array',
    maxItems: MAX_ROUTES,
    items: ROUTE,
    default: [],
    description:
      'Who is asked for what is not ours: [{"name": "global", "prefixes": ["*"], "endpoints": ["https://hdl.handle.net"]}]. The longest prefix wins. scheme: handle (if left out), vaa, oid, ecode, gs1 or bid. path: /api/handles/{handle} if left out; {identifier} has its slashes encoded. mapping: JSON pointers into an interface that is not Handle.net’s. protocol handle instead of endpoints: host and port (2641), or site, a file of the servers and their keys; root: it has the prefix records and is asked for these first; transport: tcp or udp; certified: answers must be signed.',
  },
  delegation: {
    enum: ['off', 'refer', 'recurse'],
    default: 'off',
    description:
      'What is done about a prefix below ours whose prefix record names a site of its own (HS_SITE, HS_SERV, SITE_URL) and whose identifier is not here: nothing, say where to ask, or ask there.',
  },
  ownAddresses: {
    type: 'array',
    items: { type: 'string', pattern: '^[^ /]+$' },
    default: [],
    description:
      'Addresses, host or host:port, under which this node is known to others: a prefix record that names one of them delegates nothing.',
  },
  allowedNetworks: {
    ...texts,
    default: [],
    description:
      'Networks (10.0.0.0/8) that may be asked when a prefix record or a redirect leads there, although they are not public. Endpoints of upstream.routes may be anywhere.',
  },
  deadlineMs: {
    type: 'integer',
    default: 3000,
    minimum: 50,
    maximum: 30_000,
    description: 'Longest that a question may take elsewhere, a second try at another endpoint included.',
  },
  maxConcurrent: {
    type: 'integer',
    default: 64,
    minimum: 1,
    maximum: 1000,
    description: 'Questions to one upstream that may be on their way at once; as many more may wait.',
  },
  maxAnswerBytes: {
    type: 'integer',
    default: 524_288,
    minimum: 1024,
    maximum: 16_777_216,
    description: 'Largest answer that is read; a record of the largest size fits twice.',
  },
  ca: {
    anyOf: [{ type: 'null' }, { type: 'string', minLength: 1 }],
    default: null,
    description: 'PEM file of the authorities to trust at upstreams in place of the usual ones.',
  },
  staleSeconds: {
    type: 'integer',
    default: 86_400,
    minimum: 0,
    maximum: 604_800,
    description: 'How long after its TTL an answer of others may stand in while they cannot be asked.',
  },
} as const;
