// Opens, as the settings say, what threads and nodes share of what others told. It decides nothing itself.

import type { RedisConnection, RedisSettings, RedisState } from '../cache/redis-connection.ts';
import type { SecondTier } from '../cache/second-tier.ts';
import type { Observer } from '../domain/observer.ts';
import type { Config } from './config.ts';
import { readPassword } from './password-file.ts';

export function usesRedis({ redis }: Config): boolean {
  return redis.urls.length > 0;
}

/** Throws `INVALID_CONFIG` if the password cannot be read. */
export function redisSettingsOf({ redis }: Config): RedisSettings {
  const { urls, cluster: isCluster, username, passwordFile, timeoutMs } = redis;
  const password = passwordFile === null ? null : readPassword(passwordFile, 'redis.passwordFile');
  return { urls, isCluster, username, password, timeoutMs };
}

/** A Redis that is not there is no error: it may come. */
export async function connectRedis(config: Config, onState: (state: RedisState) => void): Promise<RedisConnection> {
  // Loaded only where it is wanted.
  const { RedisConnection } = await import('../cache/redis-connection.ts');
  return new RedisConnection(redisSettingsOf(config), onState);
}

/** The second tier of one thread; null if there is none. */
export async function openSecondTier(config: Config, observer: Observer): Promise<SecondTier | null> {
  if (!usesRedis(config)) return null;
  const connection = await connectRedis(config, (state) => observer.redisIs(state));
  const { RedisAnswers } = await import('../cache/redis-answers.ts');
  return new RedisAnswers(connection, config.redis.keyPrefix, observer);
}
