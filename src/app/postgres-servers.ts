// Makes out of the settings how the PostgreSQL that nodes share is spoken to. It opens nothing itself.

import type { Connect } from '../peers/session.ts';
import type { PrimaryOptions } from '../store/postgres-primary.ts';
import type { Config } from './config.ts';
import { readPassword } from './password-file.ts';

/** `name`: what for, as the database shows its connections. Throws `INVALID_CONFIG` if a file cannot be read. */
function primaryOptionsOf(config: Pick<Config, 'postgres'>, name: string): PrimaryOptions {
  const { urls, schema, connectTimeoutMs, statementTimeoutMs } = config.postgres;
  const servers = { urls: urls.map((url) => completeUrl(url, config)), schema };
  return { ...servers, connectTimeoutMs, statementTimeoutMs, name: `jiabiao ${name}` };
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
