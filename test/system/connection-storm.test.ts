// Nodes want more connections than their PostgreSQL has, lose all they have again and again, or get none at all: they go on
// answering what they can, say so where they cannot, lose nothing they acknowledged, and recover by themselves.

import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresProcess, startPostgres } from '../postgres-server.ts';
import { identifierPath, newEnterprise, recordOf, textAt } from './enterprise.ts';
import { Connection, type JsonAnswer, type RunningNode } from './node.ts';
import { openSharedStore, type SharedStore } from './shared-store.ts';

/** Three nodes that are busy want twice as many. */
const MAX_CONNECTIONS = 40;
const NAMES = ['a', 'b', 'c'] as const;
const CLIENTS = 300;
const ROUNDS = 4;
/** After which everything works again, by itself. */
const RECOVERED_WITHIN_MS = 8000;
const COULD_NOT = 503;

let postgres: PostgresProcess;
/** Kept: by the end there is none to be had. */
let admin: pg.Client;
let shared: SharedStore;
let nodes: readonly RunningNode[];
let prefix: string;

beforeAll(async () => {
  postgres = await startPostgres({ settings: [`max_connections=${MAX_CONNECTIONS}`] });
  admin = new pg.Client(postgres.url);
  await admin.connect();
  shared = await openSharedStore([postgres.url], { LIMITS__MISSES_PER_SECOND: '0' });
  // At once, on an empty registry.
  nodes = await Promise.all(NAMES.map((name) => shared.startNode(name)));
  const operator = connectionTo(0);
  prefix = await newEnterprise(operator);
  const items = Array.from({ length: 2 * CLIENTS }, (_, i) => ({ handle: `${prefix}/R-${i}`, ...recordOf(`r${i}`) }));
  expect((await operator.ask('POST', '/v1/identifiers', items)).status).toBe(200);
  await operator.close();
});

afterAll(async () => {
  for (const node of nodes ?? []) await node.stop();
  await admin?.end();
  await postgres?.close();
  shared?.remove();
});

function connectionTo(place: number): Connection {
  return new Connection((nodes[place % NAMES.length] as RunningNode).url, shared.token());
}

class Storm {
  readonly acknowledged = new Map<string, string>();
  readonly statuses = new Map<string, number>();
  readonly strange: string[] = [];

  async client(label: string, place: number, isOver: (round: number) => boolean): Promise<void> {
    const connection = connectionTo(place);
    for (let round = 0; !isOver(round); round++) {
      const handle = `${prefix}/${label}-${place}-${round}`;
      const put = await connection.ask('PUT', identifierPath(handle), recordOf(handle));
      if (put.status === 201) this.acknowledged.set(handle, handle);
      this.#note('PUT', put, 201);
      const path = `/api/handles/${prefix}/R-${(place * ROUNDS + round) % (2 * CLIENTS)}`;
      this.#note('GET', await connection.ask('GET', path), 200);
    }
    await connection.close();
  }

  count(what: string): number {
    return this.statuses.get(what) ?? 0;
  }

  /** What was acknowledged and is not there, at each node. */
  async missing(): Promise<string[]> {
    const missing: string[] = [];
    for (const place of NAMES.keys()) {
      const connection = connectionTo(place);
      for (const [handle, text] of this.acknowledged) {
        const { body } = await connection.ask('GET', `/api/handles/${handle}`);
        if (textAt(body, 2000) !== text) missing.push(handle);
      }
      await connection.close();
    }
    return missing;
  }

  #note(method: string, { status, headers, text, body }: JsonAnswer, good: number): void {
    const what = `${method} ${status}`;
    this.statuses.set(what, this.count(what) + 1);
    const isClean = method === 'GET' || (body !== null && headers['retry-after'] !== undefined);
    if (status !== good && !(status === COULD_NOT && isClean)) this.strange.push(`${what} ${text}`);
  }
}

/** Everything, at every node, without a failure. */
async function recovered(): Promise<number> {
  const startedAt = performance.now();
  for (let inARow = 0, i = 0; inARow < 60; i++) {
    const connection = connectionTo(i);
    const path = identifierPath(`${prefix}/AFTER-${startedAt}-${i}`);
    const put = await connection.ask('PUT', path, recordOf('after'));
    const get = await connection.ask('GET', path);
    await connection.close();
    inARow = put.status === 201 && get.status === 200 ? inARow + 1 : 0;
    if (performance.now() - startedAt > 3 * RECOVERED_WITHIN_MS) throw new Error(`still ${put.status}, ${get.status}`);
  }
  return performance.now() - startedAt;
}

async function runs(): Promise<boolean[]> {
  return Promise.all(nodes.map(async ({ url }) => (await fetch(`${url}/healthz`)).ok));
}

describe('more clients at once than there are connections', () => {
  it('are answered, or told to come again', { timeout: 120_000 }, async () => {
    const storm = new Storm();
    await Promise.all(
      Array.from({ length: CLIENTS }, (_, place) => storm.client('S', place, (round) => round >= ROUNDS)),
    );
    console.log(`${CLIENTS} clients: ${[...storm.statuses].map(([what, count]) => `${what}: ${count}`).join(', ')}`);
    expect(storm.strange).toEqual([]);
    expect(storm.count('GET 200')).toBeGreaterThan(0.9 * CLIENTS * ROUNDS);
    expect(storm.count('PUT 201')).toBeGreaterThan(0.9 * CLIENTS * ROUNDS);
    expect(await recovered()).toBeLessThan(RECOVERED_WITHIN_MS);
    expect(await storm.missing()).toEqual([]);
    expect(await runs()).toEqual([true, true, true]);
  });
});

describe('connections that are ended again and again', () => {
  it('cost those who wait a clear answer, and are made again', { timeout: 120_000 }, async () => {
    const storm = new Storm();
    let isOver = false;
    const clients = Array.from({ length: 30 }, (_, place) => storm.client('T', place, () => isOver));
    for (let i = 0; i < 20; i++) {
      await admin.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'jiabiao%'",
      );
      await delay(100);
    }
    isOver = true;
    await Promise.all(clients);
    console.log([...storm.statuses].map(([what, count]) => `${what}: ${count}`).join(', '));
    expect(storm.strange).toEqual([]);
    expect(storm.count('PUT 201')).toBeGreaterThan(0);
    expect(await recovered()).toBeLessThan(RECOVERED_WITHIN_MS);
    expect(await storm.missing()).toEqual([]);
    expect(await runs()).toEqual([true, true, true]);
  });
});

describe('no connection at all', () => {
  it('is told to those who ask, ends no node, and is over soon after there are some again', {
    timeout: 120_000,
  }, async () => {
    const known = connectionTo(0);
    const hogs: pg.Client[] = [];
    await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'jiabiao%'");
    while (hogs.length < MAX_CONNECTIONS - 1) {
      const hog = new pg.Client(postgres.url);
      hog.on('error', () => {});
      const isIn = await hog.connect().then(
        () => true,
        () => false,
      );
      if (isIn) hogs.push(hog);
      else
        await admin.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'jiabiao%'",
        );
    }
    for (let i = 0; i < 30; i++) {
      const put = await known.ask('PUT', identifierPath(`${prefix}/NONE`), recordOf('none'));
      expect(put.status, put.text).toBe(COULD_NOT);
      expect((await known.ask('GET', `/api/handles/${prefix}/NONE-${i}`)).status).toBe(COULD_NOT);
      await delay(50);
    }
    expect(await runs()).toEqual([true, true, true]);
    for (const hog of hogs) await hog.end();
    expect(await recovered()).toBeLessThan(RECOVERED_WITHIN_MS);
    await known.close();
  });
});
