// What nodes of one registry agree on: whoever names a value first has named it for all. Small, seldom asked for, and no
// secret.

import type { Client } from 'pg';
import type { Connect } from './session.ts';

export interface Agreements {
  /** Null if nothing was agreed on. */
  read(name: string): Promise<string | null>;
  /** What is agreed on from now on: this value, unless another was named before. */
  propose(name: string, value: string): Promise<string>;
  /** Takes the place of `before`, if that is what was agreed on; tells what is. */
  replace(name: string, before: string, value: string): Promise<string | null>;
  /** Does it while no other node does what has this name: others wait for their turn, or fail when that takes long. */
  alone<T>(name: string, work: () => Promise<T>): Promise<T>;
}

const READ = 'SELECT value FROM agreements WHERE name = $1';
/** Until the session ends, with whatever becomes of its node. */
const LOCK = "SELECT pg_advisory_lock(hashtextextended(current_schema() || ':' || $1, 0))";
/** What an engine says that has none: it serves one node, which is alone anyway. */
const NO_LOCKS: ReadonlySet<string> = new Set(['0A000', '42883']);

/** A connection for each question: they are asked when a node starts. Throws `STORE_UNAVAILABLE`. */
export function openAgreements(connect: Connect): Agreements {
  const using = async <T>(use: (client: Client) => Promise<T>): Promise<T> => {
    const client = await connect();
    try {
      return await use(client);
    } finally {
      client.end().catch(() => {}); // who is gone does not answer
    }
  };
  const ask = (name: string, write: (client: Client) => Promise<unknown>): Promise<string | null> =>
    using(async (client) => {
      await write(client);
      const { rows } = await client.query(READ, [name]);
      return rows[0] === undefined ? null : String(rows[0].value);
    });
  return {
    read: (name) => ask(name, async () => {}),
    propose: async (name, value) =>
      (await ask(name, (client) =>
        client.query('INSERT INTO agreements (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [
          name,
          value,
        ]),
      )) ?? value,
    replace: (name, before, value) =>
      ask(name, (client) =>
        client.query('UPDATE agreements SET value = $3 WHERE name = $1 AND value = $2', [name, before, value]),
      ),
    alone: (name, work) =>
      using(async (client) => {
        await client.query(LOCK, [name]).catch((cause: { readonly code?: unknown }) => {
          if (!NO_LOCKS.has(String(cause.code))) throw cause;
        });
        return await work();
      }),
  };
}
