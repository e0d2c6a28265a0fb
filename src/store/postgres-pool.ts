// Connections to one database: a bounded number, opened when they are needed, given up when they fail, and after a failure
// not tried again before a while has passed. Every failure becomes one of the node's own.

import { Client, type ClientConfig, Pool, type PoolClient, type PoolConfig } from 'pg';
import { HandleError } from '../domain/error.ts';
import { copyRows } from './postgres-copy.ts';
import { databaseFailure, endsConnection } from './postgres-failure.ts';
import type { FollowedPrimary } from './postgres-primary.ts';
import type { Statement } from './postgres-statements.ts';
import { COLUMN_TYPES } from './postgres-values.ts';

/** Those who may wait for a connection: more would wait longer than anybody is patient. */
const MAX_WAITING = 2000;

/** Between attempts to connect, doubled with each that failed. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/** What the pool says when all connections were in use for as long as one may be waited for. */
const NONE_IS_FREE = 'timeout exceeded when trying to connect';

export interface PoolOptions {
  /** In place of `url`, if that may change. */
  readonly primary?: FollowedPrimary | undefined;
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Where the tables are; letters, digits and `_`. */
  readonly schema: string;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** Shown among the connections of the database. */
  readonly name: string;
}

export type Values = readonly unknown[];

/** What connections are doing, and how many wait for one. */
export interface PoolUsage {
  readonly busy: number;
  readonly idle: number;
  readonly waiting: number;
}

export function usageOf(pools: readonly PostgresPool[]): PoolUsage {
  let [busy, idle, waiting] = [0, 0, 0];
  for (const { usage } of pools) {
    busy += usage.busy;
    idle += usage.idle;
    waiting += usage.waiting;
  }
  return { busy, idle, waiting };
}

export interface Asked {
  query<R = Record<string, unknown>>(statement: Statement, values?: Values): Promise<readonly R[]>;
}

/** A connection within one transaction. */
export interface Session extends Asked {
  /** As `query`, of what nobody waits for: the transaction fails if it does. What is asked afterwards sees it done. */
  send(statement: Statement, values: Values): void;
  /** As `send`, of a statement that takes rows (postgres-copy.ts). */
  copy(statement: string, rows: Buffer): void;
}

export class PostgresPool implements Asked {
  readonly #pool: Pool;
  readonly #primary: FollowedPrimary | undefined;
  #failures = 0;
  #notBefore = 0;

  constructor(options: PoolOptions) {
    this.#primary = options.primary;
    this.#pool = new Pool(configOf(options));
    // Of connections that nobody uses: they are replaced when they are needed.
    this.#pool.on('error', () => undefined);
    // Of those in use: told by the query that then fails.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  get usage(): PoolUsage {
    const { totalCount, idleCount: idle, waitingCount: waiting } = this.#pool;
    return { busy: totalCount - idle, idle, waiting };
  }

  async query<R = Record<string, unknown>>(statement: Statement, values: Values = []): Promise<readonly R[]> {
    const client = await this.#connect();
    try {
      const rows = await ask<R>(client, statement, values);
      client.release();
      return rows;
    } catch (cause) {
      client.release(this.#isLost(cause));
      throw databaseFailure(cause);
    }
  }

  /**
   * What `work` does happens whole or not at all, and is on disk on return. Throws what it threw as it was, so that its
   * caller can tell contention; when the connection is lost at the end, nobody knows whether it happened.
   */
  async transact<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    let failure: unknown;
    const sent: Promise<unknown>[] = [];
    const send = (promise: Promise<unknown>): void => {
      promise.catch(() => undefined); // looked at in the end
      sent.push(promise);
    };
    try {
      send(client.query('BEGIN'));
      const result = await work({
        query: (statement, values = []) => ask(client, statement, values),
        send: (statement, values) => send(ask(client, statement, values)),
        copy: (statement, rows) => send(copyRows(client, statement, rows)),
      });
      const end = client.query('COMMIT');
      end.catch(() => undefined); // looked at below
      await throwFirst(sent);
      // A transaction that failed before and was not noticed is only rolled back.
      if ((await end).command === 'COMMIT') return result;
      throw new HandleError('STORE_UNAVAILABLE', 'The database rolled the transaction back.');
    } catch (cause) {
      // What failed first is the reason of all that failed after it.
      failure = await throwFirst(sent).then(
        () => cause,
        (first) => first,
      );
      throw failure;
    } finally {
      await this.#release(client, failure);
    }
  }

  /** A connection that is kept: whoever asks for one releases it. */
  async session(): Promise<PoolClient> {
    return this.#connect();
  }

  async close(): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }

  async #release(client: PoolClient, failure: unknown): Promise<void> {
    if (failure === undefined) return client.release();
    if (this.#isLost(failure)) return client.release(true);
    try {
      await client.query('ROLLBACK');
      client.release();
    } catch {
      client.release(true); // the connection is gone, and its transaction with it
    }
  }

  /** Whether a connection is of no more use: where it led may not be the primary any more. */
  #isLost(cause: unknown): boolean {
    const isLost = endsConnection(cause) || ((cause ?? {}) as { code?: unknown }).code === READ_ONLY;
    if (isLost) this.#primary?.doubt();
    return isLost;
  }

  async #connect(): Promise<PoolClient> {
    if (this.#pool.ending) throw new HandleError('STORE_UNAVAILABLE', 'The store is closed: the node is stopping.');
    if (this.#pool.waitingCount >= MAX_WAITING) {
      throw new HandleError('OVERLOADED', 'Too many questions wait for the database: try again in a moment.');
    }
    if (performance.now() < this.#notBefore) {
      throw new HandleError('STORE_UNAVAILABLE', 'The database cannot be reached: it is tried again in a moment.');
    }
    try {
      const client = await this.#pool.connect();
      this.#failures = 0;
      return client;
    } catch (cause) {
      if ((cause as Error).message === NONE_IS_FREE) {
        const text = 'All connections to the database are in use: try again in a moment.';
        throw new HandleError('OVERLOADED', text, { cause });
      }
      this.#notBefore = performance.now() + Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
      this.#failures += 1;
      this.#primary?.doubt();
      throw databaseFailure(cause);
    }
  }
}

/** Waits for all. */
async function throwFirst(promises: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(promises)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

async function ask<R>(client: PoolClient, statement: Statement, values: Values): Promise<readonly R[]> {
  const { rows } = await client.query({ name: statement.name, text: statement.text, values: values as unknown[] });
  return rows;
}

/**
 * What is acknowledged is on disk. Plans are made once for each statement, by its indexes: one that is made while a
 * table is empty would else read all of it until it is analysed.
 */
const SETTINGS = [
  'synchronous_commit=on',
  'plan_cache_mode=force_generic_plan',
  ...['seqscan', 'hashjoin', 'mergejoin'].map((way) => `enable_${way}=off`),
  'jit=off',
];

/** What a server says that was the primary, or was taken for it. */
const READ_ONLY = '25006';

const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/** Throws `INVALID_REQUEST`: it stands in settings of the connection, where nothing else may come in. */
export function assertSchemaName(schema: string): void {
  if (SCHEMA_NAME.test(schema)) return;
  const text = `"${schema}" cannot name a schema: use lower-case letters, digits and "_", at most 63.`;
  throw new HandleError('INVALID_REQUEST', text);
}

function configOf(options: PoolOptions): PoolConfig {
  const { url, primary, schema, connections, connectTimeoutMs, statementTimeoutMs, name } = options;
  assertSchemaName(schema);
  return {
    ...(primary === undefined ? { connectionString: url } : { Client: clientOf(primary) }),
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    // The server's own limit comes first; this is for one that says nothing more.
    query_timeout: statementTimeoutMs + connectTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    keepAlive: true,
    application_name: name,
    types: COLUMN_TYPES as never,
    // Several questions of one connection are on their way at once.
    pipeline: true,
    options: [`search_path=${schema}`, ...SETTINGS].map((setting) => `-c ${setting}`).join(' '),
  };
}

/** Each connection leads to where the primary is by then. */
function clientOf(primary: FollowedPrimary): new () => Client {
  return class extends Client {
    constructor(config: ClientConfig = {}) {
      super({ ...config, connectionString: primary.url });
    }
  };
}
