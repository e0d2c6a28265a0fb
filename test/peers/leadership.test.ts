// Who leads among nodes that share a PostgreSQL: one at a time, another soon after the first is gone.

import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Leadership } from '../../src/peers/leadership.ts';
import { type PostgresProcess, startPostgres } from '../postgres-server.ts';
import { connectTo, until } from './world.ts';

/** What nodes promise. */
const HANDOVER_MS = 2000;

let postgres: PostgresProcess;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());

const open: Leadership[] = [];
afterEach(async () => {
  for (const leadership of open.splice(0)) await leadership.close();
});

interface Candidate {
  readonly leadership: Leadership;
  readonly changes: boolean[];
  readonly clients: Client[];
}

function candidate(name = 'jobs'): Candidate {
  const changes: boolean[] = [];
  const clients: Client[] = [];
  const connect = async (): Promise<Client> => {
    const client = await connectTo(postgres.url)();
    clients.push(client);
    return client;
  };
  const leadership = new Leadership({ connect, name, onChange: (leads) => changes.push(leads) });
  open.push(leadership);
  return { leadership, changes, clients };
}

describe('of several nodes', () => {
  test('one leads, and another at once when it stops', async () => {
    const first = candidate();
    await until(() => first.leadership.leads);
    const others = [candidate(), candidate()];
    await until(() => others.every(({ clients }) => clients.length === 1));
    expect(others.map(({ leadership }) => leadership.leads)).toEqual([false, false]);
    await first.leadership.close();
    expect(first.changes).toEqual([true, false]);
    expect(await until(() => others.some(({ leadership }) => leadership.leads))).toBeLessThan(HANDOVER_MS);
    expect(others.filter(({ leadership }) => leadership.leads)).toHaveLength(1);
  });

  test('another leads within two seconds when the session of the first is lost, which knows of it', async () => {
    const first = candidate();
    await until(() => first.leadership.leads);
    const second = candidate();
    await until(() => second.clients.length === 1);
    // Nothing is said: the socket closes, as that of a process that was killed.
    const socket = (first.clients[0] as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
    socket.destroy();
    expect(await until(() => second.leadership.leads || first.changes.length > 2)).toBeLessThan(HANDOVER_MS);
    expect(first.changes.slice(0, 2)).toEqual([true, false]);
  });

  test('those that lead something else do not stand in the way', async () => {
    const [one, other] = [candidate('jobs'), candidate('reports')];
    await until(() => one.leadership.leads && other.leadership.leads);
  });
});

test('nobody leads while PostgreSQL is gone, and somebody soon after it is back', async () => {
  const only = candidate();
  await until(() => only.leadership.leads);
  await postgres.kill();
  await until(() => !only.leadership.leads);
  await postgres.restart();
  expect(await until(() => only.leadership.leads)).toBeLessThan(HANDOVER_MS);
});
