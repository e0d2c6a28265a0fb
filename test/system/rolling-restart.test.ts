// Nodes with one PostgreSQL behind a TCP balancer are restarted one after the other, under load: no request fails.

import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresProcess, startPostgres } from '../postgres-server.ts';
import { identifierPath, newEnterprise, recordOf } from './enterprise.ts';
import { Connection, type RunningNode } from './node.ts';
import { openSharedStore, type SharedStore } from './shared-store.ts';
import { type Balancer, startBalancer } from './tcp-balancer.ts';

/** Longer than the balancer takes to notice. */
const DRAIN_MS = 1000;
const CLIENTS = 6;

type Node = RunningNode & { readonly port: number };

let postgres: PostgresProcess;
let shared: SharedStore;
let balancer: Balancer;
const nodes = new Map<string, Node>();

beforeAll(async () => {
  postgres = await startPostgres();
  shared = await openSharedStore([postgres.url], { HTTP__DRAIN_MS: String(DRAIN_MS) });
  for (const name of ['a', 'b']) nodes.set(name, await shared.startNode(name));
  balancer = await startBalancer([...nodes.values()].map(({ port }) => port));
});

afterAll(async () => {
  await balancer?.close();
  for (const node of nodes.values()) await node.stop();
  await postgres?.close();
  shared?.remove();
});

it('answers every request while each node is restarted in turn', async () => {
  const operator = new Connection((nodes.get('a') as Node).url, shared.token());
  const prefix = await newEnterprise(operator);
  await operator.close();
  const failures: string[] = [];
  let answered = 0;
  let running = true;
  const agent = new Agent({ connections: CLIENTS, pipelining: 1, keepAliveTimeout: 60_000 });
  const client = async (index: number): Promise<void> => {
    for (let i = 0; running; i++) {
      const path = identifierPath(`${prefix}/C${index}-${i}`);
      const headers = { authorization: `Bearer ${shared.token()}`, 'content-type': 'application/json' };
      try {
        const body = JSON.stringify(recordOf(`text ${i}`));
        const put = await request(balancer.url + path, { dispatcher: agent, method: 'PUT', headers, body });
        const told = await put.body.text();
        if (put.statusCode !== 201) failures.push(`PUT ${put.statusCode} ${told}`);
        const get = await request(`${balancer.url}/api/handles/${prefix}/C${index}-${i}`, { dispatcher: agent });
        await get.body.dump();
        if (get.statusCode !== 200) failures.push(`GET ${get.statusCode}`);
        answered += 2;
      } catch (error) {
        failures.push(String(error));
      }
    }
  };
  const clients = Array.from({ length: CLIENTS }, (_, index) => client(index));
  for (const name of ['a', 'b']) {
    const before = answered;
    expect(await nodes.get(name)?.stop()).toBe(0);
    expect(answered).toBeGreaterThan(before);
    nodes.set(name, await shared.startNode(name));
    // The balancer has to have seen it before the next one goes.
    await expect.poll(() => balancer.handed.get(nodes.get(name)?.port ?? 0)).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  running = false;
  await Promise.all(clients);
  await agent.close();
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(200);
});
