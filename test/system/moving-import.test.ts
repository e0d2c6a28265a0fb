// An import at one of two nodes with one store: taken in by either, run by the one that leads, gone on with by the other when
// that one is killed in the middle of it, and in the end every row is there once.

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresProcess, startPostgres } from '../postgres-server.ts';
import { newEnterprise } from './enterprise.ts';
import { Connection, type RunningNode } from './node.ts';
import { openSharedStore, type SharedStore } from './shared-store.ts';

/** Written in some seconds: its middle must last longer than it takes to see it, and to kill the node that writes. */
const ROWS = 150_000;
/** The session of the one that died is gone at once, its jobs are begun again a second and a half later. */
const GOES_ON_WITHIN_MS = 10_000;

let postgres: PostgresProcess;
let shared: SharedStore;
const nodes = new Map<string, RunningNode>();

beforeAll(async () => {
  postgres = await startPostgres();
  shared = await openSharedStore([postgres.url]);
  for (const name of ['a', 'b']) nodes.set(name, await shared.startNode(name));
});

afterAll(async () => {
  for (const node of nodes.values()) await node.stop();
  await postgres?.close();
  shared?.remove();
});

async function leader(): Promise<string | null> {
  for (const [name, { url }] of nodes) {
    const text = await (await fetch(`${url}/metrics`)).text();
    if (/^jiabiao_leads 1$/m.test(text)) return name;
  }
  return null;
}

interface Job {
  readonly state: string;
  readonly counts: Readonly<Record<string, number>>;
}

async function jobWhen(at: Connection, id: string, ready: (job: Job) => boolean, withinMs: number): Promise<Job> {
  const startedAt = performance.now();
  for (;;) {
    const { body } = await at.ask('GET', `/v1/imports/${id}`);
    const job = body as unknown as Job;
    if (ready(job)) return job;
    if (performance.now() - startedAt > withinMs) throw new Error(`the import is ${JSON.stringify(job)}`);
    await delay(20);
  }
}

it('goes on at the other node, and writes each row once', { timeout: 120_000 }, async () => {
  await expect.poll(leader).not.toBeNull();
  const led = (await leader()) as string;
  const other = led === 'a' ? 'b' : 'a';
  const survivor = nodes.get(other) as RunningNode;
  const at = new Connection(survivor.url, shared.token());
  const prefix = await newEnterprise(at);
  const lines = Array.from({ length: ROWS }, (_, i) =>
    JSON.stringify({ handle: `${prefix}/ITEM-${String((i * 7919) % ROWS).padStart(6, '0')}`, values: [] }),
  );
  // The node that does not lead takes the file in.
  const headers = { authorization: `Bearer ${shared.token()}`, 'content-type': 'application/x-ndjson' };
  const taken = await fetch(`${survivor.url}/v1/imports`, { method: 'POST', headers, body: lines.join('\n') });
  const { id } = (await taken.json()) as { id: string };
  await jobWhen(at, id, ({ state, counts }) => state === 'writing' && (counts.created ?? 0) > 0, 60_000);
  await nodes.get(led)?.kill();
  const killedAt = performance.now();
  const { counts: before } = await jobWhen(at, id, () => true, 1000);
  await jobWhen(at, id, ({ counts }) => (counts.created ?? 0) > (before.created ?? 0), GOES_ON_WITHIN_MS);
  expect(performance.now() - killedAt).toBeLessThan(GOES_ON_WITHIN_MS);
  expect(await leader().catch(() => other)).toBe(other);
  const job = await jobWhen(at, id, ({ state }) => state === 'done' || state === 'failed', 60_000);
  expect(job).toMatchObject({ state: 'done', counts: { rows: ROWS, created: ROWS, refused: 0, unchanged: 0 } });
  const { body } = await at.ask('GET', `/v1/identifiers/${prefix}/ITEM-000001/history`);
  expect(body?.items).toHaveLength(1);
  const [{ count } = {}] = await postgres.query(
    'SELECT count(*)::int AS count FROM jiabiao.records WHERE prefix = $1',
    [prefix],
  );
  expect(count).toBe(ROWS);
  nodes.set(led, await shared.startNode(led));
  await at.close();
});
