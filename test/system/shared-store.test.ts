// Real nodes with one PostgreSQL: any takes any request, and what one acknowledges the others have.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresProcess, startPostgres } from '../postgres-server.ts';
import { identifierPath, newEnterprise, recordOf, textAt } from './enterprise.ts';
import { Connection, type RunningNode } from './node.ts';
import { openSharedStore, type SharedStore } from './shared-store.ts';

/** What nodes promise while they hear each other. */
const BOUND_MS = 1000;

let postgres: PostgresProcess;
let shared: SharedStore;
let nodes: readonly RunningNode[];
let connections: readonly Connection[];
let prefix: string;

beforeAll(async () => {
  postgres = await startPostgres();
  shared = await openSharedStore([postgres.url]);
  nodes = [await shared.startNode('a'), await shared.startNode('b')];
  connections = nodes.map(({ url }) => new Connection(url, shared.token()));
  prefix = await newEnterprise(at(0));
});

afterAll(async () => {
  for (const connection of connections ?? []) await connection.close();
  for (const node of nodes ?? []) await node.stop();
  await postgres?.close();
  shared?.remove();
});

const at = (place: number): Connection => connections[place] as Connection;

async function put(place: number, suffix: string, text: string, parent?: string): Promise<void> {
  const { status, text: said } = await at(place).ask(
    'PUT',
    identifierPath(`${prefix}/${suffix}`),
    recordOf(text, parent === undefined ? undefined : `${prefix}/${parent}`),
  );
  expect([200, 201], said).toContain(status);
}

async function seen(place: number, suffix: string): Promise<string | null> {
  return textAt((await at(place).ask('GET', `/api/handles/${prefix}/${suffix}`)).body, 2000);
}

async function delayUntil(place: number, suffix: string, text: string | null): Promise<number> {
  const startedAt = performance.now();
  while ((await seen(place, suffix)) !== text) {
    if (performance.now() - startedAt > 5000) throw new Error(`${suffix} still is not ${text}`);
  }
  return performance.now() - startedAt;
}

describe('two nodes with one store', () => {
  it('answer for what the other has registered, and show its changes within a second', async () => {
    for (let round = 0; round < 40; round++) {
      const [writer, reader] = round % 2 === 0 ? [0, 1] : [1, 0];
      await put(writer, 'CHAIR', `chair ${round}`);
      expect(await seen(writer, 'CHAIR')).toBe(`chair ${round}`);
      expect(await delayUntil(reader, 'CHAIR', `chair ${round}`)).toBeLessThan(BOUND_MS);
    }
  });

  it('show the change of a model in its items, and a new identifier where there was none', async () => {
    await put(0, 'MODEL', 'old');
    const item = await at(1).ask('PUT', identifierPath(`${prefix}/ITEM`), { parent: `${prefix}/MODEL`, values: [] });
    expect(item.status, item.text).toBe(201);
    expect(await seen(0, 'ITEM')).toBe('old');
    expect(await seen(1, 'ITEM')).toBe('old');
    await put(0, 'MODEL', 'new');
    expect(await delayUntil(1, 'ITEM', 'new')).toBeLessThan(BOUND_MS);
    for (let i = 0; i < 3; i++) expect(await seen(1, 'LATER')).toBeNull();
    await put(0, 'LATER', 'here');
    expect(await delayUntil(1, 'LATER', 'here')).toBeLessThan(BOUND_MS);
  });

  it('take a key that the other has issued, and no more within a second after it was revoked there', async () => {
    const reader = await at(0).ask('POST', '/v1/principals', { name: 'auditor', role: 'reader' });
    const issued = await at(0).ask('POST', '/v1/keys', { principalId: reader.body?.id, label: 'audit' });
    const guest = new Connection((nodes[1] as RunningNode).url, String(issued.body?.token));
    expect((await guest.ask('GET', '/v1/me')).status).toBe(200);
    expect((await at(0).ask('DELETE', `/v1/keys/${issued.body?.id}`)).status).toBe(200);
    const revokedAt = performance.now();
    while ((await guest.ask('GET', '/v1/me')).status !== 401)
      expect(performance.now() - revokedAt).toBeLessThan(BOUND_MS);
    await guest.close();
  });

  it('end an answer that a commit of the other has ended, with one log for both', async () => {
    await put(0, 'LOGGED', 'one');
    await put(1, 'LOGGED', 'two');
    const { body } = await at(0).ask('GET', `/v1/identifiers/${prefix}/LOGGED/history`);
    expect(body?.items).toHaveLength(2);
  });

  it('are ready, and one of them leads', async () => {
    const metrics = await Promise.all(nodes.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()));
    const values = (name: string) => metrics.map((text) => new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
    expect(values('jiabiao_notices_down')).toEqual(['0', '0']);
    expect(values('jiabiao_leads').toSorted()).toEqual(['0', '1']);
    expect(values('jiabiao_sequences').toSorted()).toEqual(['0', '1']);
    expect(values('jiabiao_store_waiting')).toEqual(['0', '0']);
    for (const text of metrics) expect(text).toMatch(/^jiabiao_store_connections\{state="idle"\} [1-9]/m);
    expect(values('jiabiao_store_shared')).toEqual(['1', '1']);
  });
});
