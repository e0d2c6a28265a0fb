// Finds, of several servers that replicate one database, the one that takes writes, and connects to it. After a failover
// that is another one; which may be promoted when is not decided here.

import { Client } from 'pg';
import { HandleError } from '../domain/error.ts';
import { wrongSetting } from './postgres-failure.ts';

export interface PrimaryOptions {
  /** `postgres://user:password@host:port/database?sslmode=…`; all of one database. */
  readonly urls: readonly string[];
  readonly schema: string;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** Shown among the connections of the database. */
  readonly name: string;
}

/** Where the server that takes writes is: as was found out last. */
export interface FollowedPrimary {
  readonly url: string;
  /** A connection failed, or takes no writes: it is found out anew, once for all who doubt meanwhile. */
  doubt(): void;
}

/** Throws as `connectPrimary`. */
export async function followPrimary(options: PrimaryOptions): Promise<FollowedPrimary> {
  let url = await urlOfPrimary(options);
  let isSearching = false;
  return {
    get url() {
      return url;
    },
    doubt() {
      if (isSearching || options.urls.length === 1) return;
      isSearching = true;
      urlOfPrimary(options)
        .then((found) => {
          url = found;
        })
        .catch(() => {}) // none at present: whoever fails next doubts again
        .finally(() => {
          isSearching = false;
        });
    },
  };
}

interface Primary {
  readonly client: Client;
  readonly url: string;
}

/** Its owner ends it. Throws `STORE_UNAVAILABLE` if no server takes writes. */
export async function connectPrimary(options: PrimaryOptions): Promise<Client> {
  return (await findPrimary(options)).client;
}

/** As `connectPrimary`, of who needs only to know where it is. */
export async function urlOfPrimary(options: PrimaryOptions): Promise<string> {
  const { client, url } = await findPrimary(options);
  leave(client);
  return url;
}

/** All are tried at once, since one that is gone may take its time to be found so. */
async function findPrimary(options: PrimaryOptions): Promise<Primary> {
  const attempts = options.urls.map((url) => connectIfPrimary(url, options));
  let first: Primary;
  try {
    first = await Promise.any(attempts);
  } catch (cause) {
    const reasons = (cause as AggregateError).errors as readonly Error[];
    const text = `No PostgreSQL of postgres.urls takes writes at present: ${whyNone(reasons)}`;
    throw new HandleError('STORE_UNAVAILABLE', text, { cause });
  }
  // Two that take writes are a split; one of them is used, and the other not.
  for (const attempt of attempts)
    attempt.then(({ client }) => client !== first.client && leave(client)).catch(() => {});
  return first;
}

/** Each reason once, with how to mend it. */
function whyNone(reasons: readonly Error[]): string {
  const settings = reasons.map(wrongSetting).filter((one) => one !== null);
  const others = reasons.filter((reason) => wrongSetting(reason) === null).map(({ message }) => message);
  const gone = `${[...new Set(others)].join('; ')}. Start it, or promote a replica that is named there.`;
  return [...new Set(settings), ...(others.length === 0 ? [] : [gone])].join(' ');
}

async function connectIfPrimary(url: string, options: PrimaryOptions): Promise<Primary> {
  const { schema, connectTimeoutMs, statementTimeoutMs, name } = options;
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: statementTimeoutMs,
    keepAlive: true,
    application_name: name,
    options: `-c search_path=${schema}`,
  });
  client.on('error', () => {}); // told by the query that then fails
  try {
    await client.connect();
    const { rows } = await client.query('SELECT pg_is_in_recovery() AS follows');
    if (rows[0]?.follows === false) return { client, url };
  } catch (error) {
    leave(client);
    throw error;
  }
  leave(client);
  throw new Error(`${client.host}:${client.port} is a replica`);
}

/** Nothing is waited for: who is gone does not answer. */
function leave(client: Client): void {
  client.end().catch(() => {});
}
