// What tests of nodes among themselves share: connections to a PostgreSQL, and patience.

import pg from 'pg';
import type { Connect } from '../../src/peers/session.ts';

export function connectTo(url: string): Connect {
  return async () => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 });
    await client.connect();
    return client;
  };
}

export async function until(holds: () => boolean, withinMs = 8000): Promise<number> {
  const startedAt = performance.now();
  while (!holds()) {
    if (performance.now() - startedAt > withinMs) throw new Error('it did not come to hold');
    await new Promise((resolve) => setImmediate(resolve));
  }
  return performance.now() - startedAt;
}
