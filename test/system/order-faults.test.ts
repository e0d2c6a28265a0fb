// What keeps nodes with one PostgreSQL from going on: a statement that waits for too long, and the death of the node that
// orders the change log of all.

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresProcess, startPostgres } from '../postgres-server.ts';
import { identifierPath, newEnterprise, recordOf } from './enterprise.ts';
import { Connection, type RunningNode } from './node.ts';
import { rollDice } from './seed.ts';
import { openSharedStore, type SharedStore } from './shared-store.ts';
import { Ledger, startWriters } from './writers.ts';

const STATEMENT_TIMEOUT_MS = 500;
/** What nodes promise, and the time that a metric takes to show it. */
const HANDOVER_MS = 2000 + 1500;

let postgres: PostgresProcess;
let shared: SharedStore;
const nodes = new Map<string, RunningNode>();
let prefix: string;

beforeAll(async () => {
  postgres = await startPostgres();
  shared = await openSharedStore([postgres.url], { POSTGRES__STATEMENT_TIMEOUT_MS: String(STATEMENT_TIMEOUT_MS) });
  for (const name of ['a', 'b']) nodes.set(name, await shared.startNode(name));
  const operator = connectionTo('a');
  prefix = await newEnterprise(operator);
  await operator.close();
});

afterAll(async () => {
  for (const node of nodes.values()) await node.stop();
  await postgres?.close();
  shared?.remove();
});

function connectionTo(name: string): Connection {
  return new Connection((nodes.get(name) as RunningNode).url, shared.token());
}

async function sequencing(): Promise<string | null> {
  for (const [name, { url }] of nodes) {
    const text = await fetch(`${url}/metrics`).then(
      (answer) => answer.text(),
      () => '',
    );
    if (/^jiabiao_sequences 1$/m.test(text)) return name;
  }
  return null;
}

describe('a statement that waits for too long', () => {
  it('fails its write with 503, leaves nothing of it, and keeps nobody from reading', async () => {
    const at = connectionTo('a');
    const path = identifierPath(`${prefix}/WAITED`);
    expect((await at.ask('PUT', path, recordOf('before'))).status).toBe(201);
    const holder = new pg.Client(postgres.url);
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT * FROM jiabiao.prefixes WHERE prefix = $1 FOR UPDATE', [prefix]);
    const startedAt = performance.now();
    const refused = await at.ask('PUT', path, recordOf('after'));
    expect(refused.status, refused.text).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(10 * STATEMENT_TIMEOUT_MS);
    expect((await at.ask('GET', `/api/handles/${prefix}/WAITED`)).text).toContain('before');
    await holder.query('ROLLBACK');
    await holder.end();
    const { body } = await at.ask('GET', path);
    expect(body?.revision).toBe(1);
    expect((await at.ask('PUT', path, recordOf('after'))).status).toBe(200);
    await at.close();
  });
});

describe('the death of the node that orders the log', () => {
  it('leaves the order to another within two seconds, without a gap', { timeout: 60_000 }, async () => {
    await expect.poll(sequencing).not.toBeNull();
    const first = (await sequencing()) as string;
    const other = first === 'a' ? 'b' : 'a';
    const ledger = new Ledger();
    const { url } = nodes.get(other) as RunningNode;
    const writers = startWriters({
      url,
      token: shared.token(),
      prefix,
      ledger,
      dice: rollDice(),
      count: 4,
      label: 'S',
    });
    await writers.acknowledged(100);
    await nodes.get(first)?.kill();
    const killedAt = performance.now();
    await expect.poll(sequencing, { interval: 50 }).toBe(other);
    expect(performance.now() - killedAt).toBeLessThan(HANDOVER_MS);
    await writers.acknowledged(300);
    writers.finish();
    await writers.ended;
    expect(writers.unexpected).toEqual([]);
    const at = connectionTo(other);
    const wanted = new Map([...ledger.acknowledged.values()].map(({ handle, revision }) => [handle, revision]));
    const seen = new Map<string, number>();
    let newest = 0;
    for (;;) {
      const { body } = await at.ask('GET', `/v1/changes?after=${newest}&limit=1000`);
      const rows = (body?.items ?? []) as { sequence: number; entries: { name: string; revision: number }[] }[];
      if (rows.length === 0) break;
      for (const { sequence, entries } of rows) {
        expect(sequence).toBe(newest + 1);
        newest = sequence;
        for (const { name, revision } of entries) {
          expect(revision, `${name} in its own order`).toBe((seen.get(name) ?? 0) + 1);
          seen.set(name, revision);
        }
      }
    }
    expect([...wanted].filter(([handle, revision]) => (seen.get(handle) ?? 0) < revision)).toEqual([]);
    await at.close();
    nodes.set(first, await shared.startNode(first));
  });
});
