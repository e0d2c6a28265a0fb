// The settings of a PostgreSQL that nodes share as their store, and the rules that join them. It opens no connection.

const text = { anyOf: [{ type: 'null' }, { type: 'string', minLength: 1 }], default: null } as const;
const number = (value: number, minimum: number, maximum: number, description: string) =>
  ({ type: 'integer', default: value, minimum, maximum, description }) as const;
/** No password: command lines and listings of settings show what stands here. */
const servers = (description: string) =>
  ({
    type: 'array',
    maxItems: 16,
    items: {
      type: 'string',
      pattern: '^postgres(ql)?://[^ :@/]+@[^ @/?]+/[^ /?]+$',
      description: 'is written postgres://user@host:5432/database, its password in the file of postgres.passwordFile',
    },
    default: [],
    description,
  }) as const;

export const POSTGRES_SECTION = {
  urls: servers(
    'PostgreSQL of store.kind postgres: postgres://user@host:5432/database. Of several, the one that takes writes is used, so that a promoted replica takes over. The password stands in postgres.passwordFile.',
  ),
  replicaUrls: servers(
    'Replicas that resolutions may be read from, written as postgres.urls, which may name them too; none: all is read there.',
  ),
  passwordFile: { ...text, description: 'File whose first line is the password of PostgreSQL; null for none.' },
  tls: {
    type: 'boolean',
    default: false,
    description: 'Whether connections to PostgreSQL use TLS and check its certificate.',
  },
  caFile: { ...text, description: 'PEM file of the authorities of that certificate; null for those of Node.js.' },
  schema: {
    type: 'string',
    pattern: '^[a-z_][a-z0-9_]{0,39}$',
    default: 'jiabiao',
    description: 'Schema of the tables: one database may hold several registries.',
  },
  readConnections: number(4, 1, 64, 'Connections that each thread which answers keeps for reading.'),
  writeConnections: number(8, 2, 64, 'Connections that a node keeps for commits.'),
  connectTimeoutMs: number(2000, 100, 60_000, 'How long a connection may take to be made.'),
  statementTimeoutMs: number(5000, 100, 600_000, 'How long a statement may take before PostgreSQL ends it.'),
  maxStalenessMs: number(
    1000,
    0,
    30_000,
    'How far behind a replica may be and still be read from; one that is further behind is left alone until it has caught up.',
  ),
} as const;

interface Joined {
  readonly kind: string;
  readonly urls: readonly string[];
  readonly replicaUrls: readonly string[];
  readonly tls: boolean;
  readonly caFile: string | null;
}

/** What is wrong with settings that are right one by one: path and reason. */
export function postgresObjections(settings: Joined): readonly (readonly [path: string, reason: string])[] {
  const { kind, urls, replicaUrls, tls, caFile } = settings;
  if (kind !== 'postgres') {
    const given = Object.entries({ urls, replicaUrls }).filter(([, list]) => list.length > 0);
    return given.map(([name]) => [
      `postgres.${name}`,
      'counts only with store.kind postgres: set that too, or neither',
    ]);
  }
  if (urls.length === 0)
    return [['postgres.urls', 'must name the PostgreSQL of store.kind postgres: postgres://user@host:5432/database']];
  const [only] = urls;
  if (urls.length === 1 && replicaUrls.includes(only as string))
    return [['postgres.replicaUrls', `${only} is all that postgres.urls names, so it is no replica: name another`]];
  if (caFile !== null && !tls) return [['postgres.caFile', 'counts only with postgres.tls: set that too, or neither']];
  return [];
}
