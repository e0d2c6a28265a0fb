// Templates on a whole node: an acknowledged version counts at once in every worker, and outlives a kill.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { identifierPath, newEnterprise } from './enterprise.ts';
import { Connection, freePort, operatorToken, type RunningNode, startNode, temporaryDirectory } from './node.ts';

const WORKERS = 3;
/** The system spreads connections over the workers that share the port: this many reach them all. */
const CONNECTIONS = 24;
const ROUNDS = 30;

const directory = temporaryDirectory();
let node: RunningNode;
let path: string;
let prefix: string;

beforeAll(async () => {
  await start();
  const operator = new Connection(node.url, operatorToken(directory.path));
  prefix = await newEnterprise(operator);
  path = `/v1/templates/${encodeURIComponent(`${prefix}/META_CHAIR`)}`;
  await operator.close();
});
afterAll(async () => {
  await node?.stop();
  directory.remove();
});

async function start(): Promise<void> {
  node = await startNode({ directory: directory.path, port: await freePort(), workers: WORKERS });
}

/** Version `n` takes texts of up to `n` characters. */
function versionOf(n: number): object {
  const name = { zh: '名称', en: 'Name' };
  return { name, elements: [{ index: 2000, type: 'PRODUCT_NAME', kind: 'string', name, maxLength: n }] };
}

function recordOf(length: number): object {
  const values = [{ index: 2000, type: 'PRODUCT_NAME', data: 'x'.repeat(length) }];
  return { template: `${prefix}/META_CHAIR`, values };
}

it('hold every registration that begins after their acknowledgement', { timeout: 60_000 }, async () => {
  const token = operatorToken(directory.path);
  const writer = new Connection(node.url, token);
  const others = Array.from({ length: CONNECTIONS }, () => new Connection(node.url, token));
  for (let n = 1; n <= ROUNDS; n++) {
    const put = await writer.ask('PUT', path, versionOf(n));
    expect([put.status, put.body?.version], put.text).toEqual([n === 1 ? 201 : 200, n]);
    const answers = await Promise.all(
      others.map((connection, i) => {
        const to = `${identifierPath(`${prefix}/N${n}-${i}`)}?dryRun=true`;
        return connection.ask('PUT', to, recordOf(i % 2 === 0 ? n : n + 1));
      }),
    );
    for (const [i, { status, text }] of answers.entries()) {
      expect(status, text).toBe(i % 2 === 0 ? 200 : 400);
      if (i % 2 === 1) expect(text).toContain(`(version ${n}): element 2000 (名称 / Name)`);
    }
  }
  await Promise.all([writer, ...others].map((connection) => connection.close()));
});

it('stand with all their versions after a kill', { timeout: 60_000 }, async () => {
  await node.kill();
  await start();
  const connection = new Connection(node.url, operatorToken(directory.path));
  expect((await connection.ask('GET', path)).body).toMatchObject({ version: ROUNDS });
  expect((await connection.ask('GET', `${path}?version=1`)).body).toMatchObject({ elements: [{ maxLength: 1 }] });
  expect((await connection.ask('PUT', identifierPath(`${prefix}/A`), recordOf(ROUNDS + 1))).status).toBe(400);
  expect((await connection.ask('PUT', identifierPath(`${prefix}/A`), recordOf(ROUNDS))).status).toBe(201);
  await connection.close();
});
