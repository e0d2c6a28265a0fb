// The settings of a Redis that nodes share, and the rules that join them. It opens no connection.

const text = { anyOf: [{ type: 'null' }, { type: 'string', minLength: 1 }], default: null } as const;

export const REDIS_SECTION = {
  urls: {
    type: 'array',
    maxItems: 32,
    items: {
      type: 'string',
      pattern: '^rediss?://[^ @/]+(/\\d+)?$',
      description: 'is written redis://host:6379, its password in the file of redis.passwordFile',
    },
    default: [],
    description:
      'Redis that keeps what other nodes told, shared by the threads and nodes that name it: redis://host:6379, rediss:// with TLS. Nothing for none. Passwords stand in redis.passwordFile.',
  },
  cluster: {
    type: 'boolean',
    default: false,
    description: 'Whether redis.urls are seeds of a Redis Cluster; else there is one.',
  },
  username: { ...text, description: 'User of Redis; null for its default one.' },
  passwordFile: { ...text, description: 'File whose first line is the password of Redis; null for none.' },
  keyPrefix: {
    type: 'string',
    pattern: '^[A-Za-z0-9_.-]{1,40}$',
    default: 'jiabiao',
    description: 'What every key begins with: nodes that share it share what they know.',
  },
  announce: {
    type: 'boolean',
    default: false,
    description:
      'Whether nodes tell each other over this Redis what changes: what one has of another is then old for a second at most, and for 30 while Redis is away.',
  },
  timeoutMs: {
    type: 'integer',
    default: 15,
    minimum: 1,
    maximum: 1000,
    description:
      'How long a command may take; the first that takes longer has Redis left alone until it answers again.',
  },
} as const;

/** What is wrong with settings that are right one by one. */
export function redisObjections(settings: {
  readonly urls: readonly string[];
  readonly cluster: boolean;
  readonly announce: boolean;
}): readonly (readonly [path: string, reason: string])[] {
  const { urls, cluster, announce } = settings;
  if (urls.length > 1 && !cluster) return [['redis.urls', 'must name one server, or be the seeds of a redis.cluster']];
  if (cluster && urls.length === 0) return [['redis.cluster', 'counts only beside redis.urls: name its seeds']];
  if (announce && urls.length === 0)
    return [['redis.announce', 'counts only beside redis.urls: name the shared Redis']];
  return [];
}
