// What a node loads is what its settings ask for: tracing costs nobody memory or time who does not trace.

import { expect, it } from 'vitest';
import { Connection, freePort, operatorToken, startNode, temporaryDirectory } from './node.ts';

const PRELOADED = new URL('./loaded-packages.ts', import.meta.url);

/** The packages that a node and its workers load until they have registered and resolved something. */
async function packagesOf(settings: Readonly<Record<string, string>>): Promise<ReadonlySet<string>> {
  const directory = temporaryDirectory();
  const wrapper = ['env', `NODE_OPTIONS=--import=${PRELOADED.href}`];
  const node = await startNode({ directory: directory.path, port: await freePort(), settings, wrapper });
  const connection = new Connection(node.url, operatorToken(directory.path));
  expect((await connection.ask('PUT', '/v1/identifiers/88.118/A', { values: [] })).status).toBe(201);
  expect((await connection.ask('GET', '/api/handles/88.118/A')).status).toBe(200);
  await connection.close();
  await node.stop();
  directory.remove();
  return new Set([...node.output().matchAll(/^loads (\S+)$/gm)].map(([, name = '']) => name));
}

// The words alone are loaded by the metrics as well.
const isTracing = (name: string): boolean => name.startsWith('@opentelemetry/') && name !== '@opentelemetry/api';

it('without tracing a node loads nothing of OpenTelemetry, in none of its threads', async () => {
  const loaded = await packagesOf({});
  // Workers have the door, the main thread commits: both were watched.
  for (const name of ['fastify', 'lmdb', 'pino']) expect(loaded).toContain(name);
  expect([...loaded].filter(isTracing)).toEqual([]);
});

it('with tracing it does, so the test above would see it', async () => {
  const loaded = await packagesOf({ TRACING__ENDPOINT: 'http://127.0.0.1:9/v1/traces' });
  expect([...loaded].filter(isTracing)).toContain('@opentelemetry/sdk-trace');
});
