// Makes out of the settings how the PostgreSQL that nodes share is spoken to. It opens nothing itself.

import type { Agreements } from '../peers/agreements.ts';
import type { Connect } from '../peers/session.ts';
import type { DatabasePlace } from '../store/postgres-migrations.ts';
import type { PoolOptions } from '../store/postgres-pool.ts';
import type { FollowedPrimary, PrimaryOptions } from '../store/postgres-primary.ts';
import type { PostgresLimits } from '../store/postgres-store.ts';
import type { Config } from './config.ts';
import { readPassword } from './password-file.ts';

/** `name`: what for, as the database shows its connections. Throws `INVALID_CONFIG` if a file cannot be read. */
function primaryOptionsOf(config: Pick<Config, 'postgres'>, name: string): PrimaryOptions {
  const { urls, schema, connectTimeoutMs, statementTimeoutMs } = config.postgres;
  const servers = { urls: urls.map((url) => completeUrl(url, config)), schema };
  return { ...servers, connectTimeoutMs, statementTimeoutMs, name: `jiabiao ${name}` };
}

/** Where the tables are, of who connects once. Throws `STORE_UNAVAILABLE` if nobody takes writes. */
export async function placeOf(config: Pick<Config, 'postgres'>, name: string): Promise<DatabasePlace> {
  const { urlOfPrimary } = await import('../store/postgres-primary.ts');
  return { url: await urlOfPrimary(primaryOptionsOf(config, name)), schema: config.postgres.schema };
}

export interface OpeningParts extends DatabasePlace {
  readonly primary: FollowedPrimary;
  readonly limits: PostgresLimits;
}

/** For a store that stays open. Throws as `placeOf`. */
export async function openingOf({ postgres }: Pick<Config, 'postgres'>): Promise<OpeningParts> {
  const { followPrimary } = await import('../store/postgres-primary.ts');
  const { schema, readConnections, writeConnections, connectTimeoutMs, statementTimeoutMs } = postgres;
  const primary = await followPrimary(primaryOptionsOf({ postgres }, 'store'));
  const limits = { readConnections, writeConnections, connectTimeoutMs, statementTimeoutMs };
  return { url: primary.url, primary, schema, limits };
}

/** For each replica: how it is reached, and the primary it is compared with. */
export async function replicaOptionsOf(
  config: Pick<Config, 'postgres'>,
): Promise<readonly { readonly primary: PoolOptions; readonly replica: PoolOptions }[]> {
  const { replicaUrls, readConnections } = config.postgres;
  if (replicaUrls.length === 0) return [];
  const { limits, ...place } = await openingOf(config);
  const { connectTimeoutMs, statementTimeoutMs } = limits;
  const common = { schema: place.schema, connections: readConnections, connectTimeoutMs, statementTimeoutMs };
  return replicaUrls.map((url) => ({
    primary: { ...common, ...place, name: 'jiabiao replication' },
    replica: { ...common, url: completeUrl(url, config), name: 'jiabiao reads' },
  }));
}

/** For locks and notices, a session each. */
export function sessionsOf(config: Pick<Config, 'postgres'>, name: string): Connect {
  const options = primaryOptionsOf(config, name);
  return async () => {
    // Loaded only where there is a PostgreSQL.
    const { connectPrimary } = await import('../store/postgres-primary.ts');
    return connectPrimary(options);
  };
}

/** With the password and what TLS needs, as libpq writes it. */
function completeUrl(text: string, { postgres }: Pick<Config, 'postgres'>): string {
  const url = new URL(text);
  if (postgres.passwordFile !== null) {
    url.password = encodeURIComponent(readPassword(postgres.passwordFile, 'postgres.passwordFile'));
  }
  if (postgres.tls) url.searchParams.set('sslmode', 'verify-full');
  if (postgres.caFile !== null) url.searchParams.set('sslrootcert', postgres.caFile);
  return url.href;
}

/** Null for a node whose store is its own. */
export async function agreementsOf(config: Pick<Config, 'store' | 'postgres'>): Promise<Agreements | null> {
  if (config.store.kind !== 'postgres') return null;
  const { openAgreements } = await import('../peers/agreements.ts');
  return openAgreements(sessionsOf(config, 'agreements'));
}
