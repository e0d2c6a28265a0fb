// What nodes tell each other over a real PostgreSQL: heard, or known to have been missed.

import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Notices } from '../../src/peers/notices.ts';
import { type PostgresProcess, startPostgres } from '../postgres-server.ts';
import { connectTo, until } from './world.ts';

let postgres: PostgresProcess;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());

interface Node {
  readonly notices: Notices;
  readonly changed: number[];
  readonly created: number[];
  readonly states: string[];
  readonly clients: Client[];
  gaps: number;
  wakes: number;
}

const nodes: Node[] = [];
afterEach(async () => {
  for (const { notices } of nodes.splice(0)) await notices.close();
});

async function open(nodeId: string): Promise<Node> {
  const [changed, created, states, clients]: [number[], number[], string[], Client[]] = [[], [], [], []];
  const node: Node = {
    changed,
    created,
    states,
    clients,
    gaps: 0,
    wakes: 0,
    notices: new Notices({
      async connect() {
        const client = await connectTo(postgres.url)();
        clients.push(client);
        return client;
      },
      channel: 'test_notices',
      nodeId,
      onHeard(noticed) {
        changed.push(...noticed.changed);
        created.push(...noticed.created);
      },
      onGap: () => {
        node.gaps++;
      },
      onWake: () => {
        node.wakes++;
      },
      onState: (state) => states.push(state),
    }),
  };
  nodes.push(node);
  await until(() => states.at(-1) === 'up');
  return node;
}

const told = (message: object) => postgres.query('SELECT pg_notify($1, $2)', ['test_notices', JSON.stringify(message)]);

describe('a change at one node', () => {
  test('is heard by the others, soon, and not by itself', async () => {
    const [a, b, c] = [await open('a'), await open('b'), await open('c')];
    a.notices.publish({ changed: [1, 2], created: [3] });
    expect(await until(() => b.changed.length === 2 && c.created.length === 1)).toBeLessThan(1000);
    expect([b.changed, b.created, a.changed]).toEqual([[1, 2], [3], []]);
    expect([b.gaps, c.gaps]).toEqual([1, 1]); // the one at the start
  });

  test('is told in as many messages as it takes, and none is missed', async () => {
    const [a, b] = [await open('a'), await open('b')];
    const slots = Array.from({ length: 10_000 }, (_, i) => 4_000_000 + i);
    a.notices.publish({ changed: slots, created: slots });
    await until(() => b.created.length === slots.length);
    expect([b.changed, b.created]).toEqual([slots, slots]);
    expect(b.gaps).toBe(1);
  });

  test('of everything is a gap, as are too many', async () => {
    const [a, b] = [await open('a'), await open('b')];
    a.notices.publish({ changed: [], created: [] }, true);
    await until(() => b.gaps === 2);
    a.notices.publish({ changed: Array.from({ length: 20_001 }, (_, i) => i), created: [] });
    await until(() => b.gaps === 3);
    expect(b.changed).toEqual([]);
  });

  test('is not lost while PostgreSQL is away: it is told when that is back, and who listened knows of the gap', async () => {
    const [a, b] = [await open('a'), await open('b')];
    await postgres.kill();
    await until(() => a.states.at(-1) === 'down' && b.states.at(-1) === 'down');
    a.notices.publish({ changed: [7], created: [] });
    await postgres.restart();
    await until(() => b.states.at(-1) === 'up' && a.states.at(-1) === 'up');
    expect(b.gaps).toBe(2);
  });

  test('may be said in words that no node says, which is a gap and nothing worse', async () => {
    const b = await open('b');
    const spoilt = ['', '{', 'null', '7', '{"n":"x","c":1,"changed":5}', '{"n":"x","c":2,"created":{}}'];
    for (const text of spoilt) await postgres.query('SELECT pg_notify($1, $2)', ['test_notices', text]);
    await until(() => b.gaps === 1 + spoilt.length);
    const a = await open('a');
    a.notices.publish({ changed: [9], created: [] });
    await until(() => b.changed.length === 1);
    expect(b.states).toEqual(['down', 'up']);
  });

  test('may be a job to do, which ends no answer', async () => {
    const [a, b] = [await open('a'), await open('b')];
    a.notices.wake();
    await until(() => b.wakes === 1);
    expect([a.wakes, b.gaps, b.changed]).toEqual([0, 1, []]);
  });

  test('is told before the node ends in order, which is no gap', async () => {
    const [a, b] = [await open('a'), await open('b')];
    a.notices.publish({ changed: [5], created: [] });
    await a.notices.close();
    await until(() => b.changed.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 3600)); // longer than a silence
    expect(b.gaps).toBe(1);
  });
});

describe('a node that listens', () => {
  test('knows by their numbers that it missed a message, and takes one that comes twice as it is', async () => {
    const b = await open('b');
    await told({ n: 'z', c: 7, changed: [1], created: [] });
    await told({ n: 'z', c: 8, changed: [2], created: [] });
    await told({ n: 'z', c: 8, changed: [2], created: [] });
    await told({ n: 'z', c: 9, changed: [3], created: [] });
    await until(() => b.changed.length === 4);
    expect(b.gaps).toBe(1);
    await told({ n: 'z', c: 11, changed: [5], created: [] });
    await until(() => b.gaps === 2);
    expect(b.changed).toEqual([1, 2, 2, 3, 5]);
  });

  test('knows that it missed the last one, though nothing more is told', async () => {
    const b = await open('b');
    await told({ n: 'z', c: 1, changed: [1], created: [] });
    await told({ n: 'z', c: 1 });
    await told({ n: 'y', c: 0 });
    await until(() => b.changed.length === 1);
    expect(b.gaps).toBe(1);
    await told({ n: 'z', c: 2 });
    await until(() => b.gaps === 2);
  });

  test('takes the silence of a node that was there for a gap', async () => {
    const b = await open('b');
    await told({ n: 'z', c: 1, changed: [1], created: [] });
    await until(() => b.changed.length === 1);
    expect(await until(() => b.gaps === 2)).toBeLessThan(5000);
  });

  test('notices that its session was ended, and takes it for a gap', async () => {
    const b = await open('b');
    await postgres.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = $1',
      ['client backend'],
    );
    await until(() => b.states.at(-1) === 'up' && b.gaps === 2);
    expect(b.states.slice(-2)).toEqual(['down', 'up']);
  });
});
