// Nodes with one PostgreSQL lose it under load, and get it back or another in its place: nothing acknowledged is lost, what
// is remembered goes on being answered, and a write that cannot be done says so.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresProcess, startPostgres } from '../postgres-server.ts';
import { identifierPath, newEnterprise, textAt } from './enterprise.ts';
import { Connection, type RunningNode } from './node.ts';
import { rollDice } from './seed.ts';
import { openSharedStore, type SharedStore } from './shared-store.ts';
import { Ledger, startWriters, type Writers } from './writers.ts';

let postgres: PostgresProcess;
let standby: PostgresProcess;
let shared: SharedStore;
let nodes: readonly RunningNode[];
let operator: Connection;
let prefix: string;
const dice = rollDice();

beforeAll(async () => {
  // Acknowledged only when the replica has it: otherwise its promotion would lose what the primary alone had.
  postgres = await startPostgres();
  standby = await postgres.startReplica();
  await postgres.query("ALTER SYSTEM SET synchronous_standby_names = '*'");
  await postgres.query('SELECT pg_reload_conf()');
  shared = await openSharedStore([postgres.url, standby.url], {
    POSTGRES__CONNECT_TIMEOUT_MS: '1000',
    POSTGRES__STATEMENT_TIMEOUT_MS: '2000',
  });
  nodes = [await shared.startNode('a'), await shared.startNode('b')];
  operator = new Connection((nodes[0] as RunningNode).url, shared.token());
  prefix = await newEnterprise(operator);
});

afterAll(async () => {
  await operator?.close();
  for (const node of nodes ?? []) await node.stop();
  await standby?.close();
  await postgres?.close();
  shared?.remove();
});

function writersAt(label: string, ledger: Ledger): readonly Writers[] {
  return nodes.map(({ url }, i) =>
    startWriters({ url, token: shared.token(), prefix, ledger, dice, count: 4, label: `${label}${i}` }),
  );
}

/** What was acknowledged and is not there, or is older, at a node. */
async function missing(ledger: Ledger, { url }: RunningNode): Promise<string[]> {
  const connection = new Connection(url, shared.token());
  const lost: string[] = [];
  for (const { handle, revision, text } of ledger.acknowledged.values()) {
    const { status, body } = await connection.ask('GET', identifierPath(handle));
    const found = Number(body?.revision ?? 0);
    const isNewer = found > revision && ledger.inDoubt.has(handle);
    if (status !== 200 || !(isNewer || (found === revision && textAt(body, 2000) === text)))
      lost.push(`${handle}: ${found} of ${revision}`);
  }
  await connection.close();
  return lost;
}

async function untilWritable(at: Connection, suffix: string, withinMs: number): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const { status } = await at.ask('PUT', identifierPath(`${prefix}/${suffix}`), { values: [] });
    if (status < 300) return performance.now() - startedAt;
    if (performance.now() - startedAt > withinMs) throw new Error(`still ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('a primary that is killed under load', () => {
  it('loses nothing it acknowledged, and is written to again by itself when it is back', {
    timeout: 90_000,
  }, async () => {
    const ledger = new Ledger();
    const writers = writersAt('K', ledger);
    await Promise.all(writers.map((each) => each.acknowledged(100)));
    const [known] = ledger.acknowledged.values();
    const reader = new Connection((nodes[1] as RunningNode).url, null);
    const path = `/api/handles/${known?.handle}`;
    // Twice: what is asked for once is not remembered yet.
    for (let i = 0; i < 3; i++) expect((await reader.ask('GET', path)).status).toBe(200);
    await postgres.kill();
    await Promise.all(writers.map((each) => each.ended));
    expect(writers.flatMap(({ unexpected }) => unexpected)).toEqual([]);
    const refused = await operator.ask('PUT', identifierPath(`${prefix}/WHILE-GONE`), { values: [] });
    expect(refused.status, refused.text).toBe(503);
    expect((await reader.ask('GET', path)).status).toBe(200);
    await expect.poll(async () => (await reader.ask('GET', '/readyz')).body?.status).toBe('degraded');
    const absent = await reader.ask('GET', `/api/handles/${prefix}/NEVER-ASKED`);
    expect(absent.status, 'what cannot be found out is not called absent').toBe(503);
    await postgres.restart();
    expect(await untilWritable(operator, 'BACK', 15_000)).toBeLessThan(15_000);
    for (const node of nodes) expect(await missing(ledger, node)).toEqual([]);
    await expect.poll(async () => (await reader.ask('GET', '/readyz')).body?.status).toBe('ready');
    await reader.close();
  });
});

describe('a replica that is promoted', () => {
  it('takes the place of a primary that stays away, with everything acknowledged', { timeout: 90_000 }, async () => {
    const ledger = new Ledger();
    const writers = writersAt('P', ledger);
    await Promise.all(writers.map((each) => each.acknowledged(100)));
    await postgres.kill();
    await Promise.all(writers.map((each) => each.ended));
    await standby.query('SELECT pg_promote()');
    const others = new Connection((nodes[1] as RunningNode).url, shared.token());
    expect(await untilWritable(operator, 'PROMOTED-A', 15_000)).toBeLessThan(15_000);
    expect(await untilWritable(others, 'PROMOTED-B', 15_000)).toBeLessThan(15_000);
    await others.close();
    for (const node of nodes) expect(await missing(ledger, node)).toEqual([]);
  });
});
