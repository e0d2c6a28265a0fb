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
}

const READ = 'SELECT value FROM agreements WHERE name = $1';

/** A connection for each question: they are asked when a node starts. Throws `STORE_UNAVAILABLE`. */
export function openAgreements(connect: Connect): Agreements {
  const ask = async (name: string, write: (client: Client) => Promise<unknown>): Promise<string | null> => {
    const client = await connect();
    try {
      await write(client);
      const { rows } = await client.query(READ, [name]);
      return rows[0] === undefined ? null : String(rows[0].value);
    } finally {
      client.end().catch(() => {}); // who is gone does not answer
    }
  };
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
  };
}
