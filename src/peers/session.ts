// A connection to the PostgreSQL that nodes share, kept for what lives as long as it: locks and notices. It opens none
// itself: who wires the node knows where the primary is and how to speak to it.

import type { Client } from 'pg';
import { SESSION_KEEPALIVE } from '../domain/limits.ts';

/** Of the server that takes writes, with the registry's schema. Rejects if there is none at present. */
export type Connect = () => Promise<Client>;

/** Between two looks at a connection; and how long PostgreSQL may take to answer one. Together well below two seconds. */
export const LOOK_MS = 500;
const PATIENCE_MS = 1000;
/** Before another attempt to connect. */
export const RETRY_MS = 100;

const NOTICES_DEATH = Object.entries(SESSION_KEEPALIVE)
  .map(([what, value]) => `SET tcp_keepalives_${what} = ${value}`)
  .join('; ');

/** Runs `use` with a session of its own; ends with it. Rejects as soon as the connection is lost. */
export async function withSession(connect: Connect, use: (client: Client) => Promise<void>): Promise<void> {
  const client = await connect();
  try {
    const lost = new Promise<never>((_, reject) => {
      client.once('error', reject);
      client.once('end', () => reject(new Error('PostgreSQL has closed the connection.')));
    });
    lost.catch(() => {}); // told by the race below, unless that is over
    await Promise.race([lost, client.query(NOTICES_DEATH).then(() => use(client))]);
  } finally {
    // Nothing is waited for: who is gone does not answer.
    client.end().catch(() => {});
  }
}

/** Rejects if it takes longer than a connection that works. */
export function inTime<T>(reply: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('PostgreSQL does not answer.')), PATIENCE_MS);
    reply.then(resolve, reject).finally(() => clearTimeout(late));
  });
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
