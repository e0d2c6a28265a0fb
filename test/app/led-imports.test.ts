// Jobs of nodes with one store: run at one of them at a time, and at another when that one is gone.

import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { LedImports } from '../../src/app/led-imports.ts';
import { connectTo, until } from '../peers/world.ts';
import { type PostgresProcess, startPostgres } from '../postgres-server.ts';

let postgres: PostgresProcess;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());

interface Node {
  readonly imports: LedImports;
  readonly clients: Client[];
  readonly gauges: number[];
  woken: number;
}

/** Who runs jobs, from when to when; a name in it twice at once is a mistake. */
const events: string[] = [];
/** Whose directory is the one, as it was told. */
const places: string[] = [];
const nodes: Node[] = [];
afterEach(async () => {
  for (const { imports } of nodes.splice(0)) await imports.close();
  events.length = 0;
});

function open(name: string): Node {
  const clients: Client[] = [];
  const gauges: number[] = [];
  const node: Node = {
    clients,
    gauges,
    woken: 0,
    imports: new LedImports({
      async connect() {
        const client = await connectTo(postgres.url)();
        clients.push(client);
        return client;
      },
      start() {
        events.push(`${name} begins`);
        return {
          wake: () => {
            node.woken++;
          },
          close: async () => void events.push(`${name} ends`),
        };
      },
      wakeOthers: () => {
        for (const other of nodes) if (other !== node) other.imports.heard();
      },
      place: {
        declare: async () => void places.push(`${name} declares`),
        compare: async () => void places.push(`${name} compares`),
      },
      counters: { set: (_, value) => gauges.push(value) },
      log: { info() {} },
    }),
  };
  nodes.push(node);
  return node;
}

test('another node goes on when the one that ran them stops, which has left off by then', async () => {
  const first = open('first');
  await until(() => events.length === 1);
  open('second');
  await first.imports.close();
  await until(() => events.length === 3);
  expect(events).toEqual(['first begins', 'first ends', 'second begins']);
  expect(first.gauges).toEqual([1, 0]);
  expect(places.filter((told) => told.endsWith('declares'))).toEqual(['first declares', 'second declares']);
});

test('another node goes on when the one that ran them has lost its session, which has left off by then', async () => {
  const first = open('first');
  await until(() => events.length === 1);
  open('second');
  await until(() => nodes[1]?.clients.length === 1);
  await postgres.query('SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = $1', ['advisory']);
  await until(() => events.length === 3);
  expect(events.slice(0, 2)).toEqual(['first begins', 'first ends']);
  expect(first.gauges.slice(0, 2)).toEqual([1, 0]);
});

test('a file that comes to any node wakes the one that runs them', async () => {
  const first = open('first');
  await until(() => events.length === 1);
  const second = open('second');
  second.imports.wake();
  first.imports.wake();
  expect([first.woken, second.woken]).toEqual([2, 0]);
});
