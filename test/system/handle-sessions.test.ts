// Sessions of the Handle API at a real node with several workers: begun at one, good at all of them, and so is their end.

import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADMIN, registerAdministrator } from './administrator.ts';
import { freePort, type RunningNode, startNode, temporaryDirectory } from './node.ts';

/** As many connections are most unlikely to fall all on one of two workers. */
const CONNECTIONS = 24;

const directory = temporaryDirectory();
let node: RunningNode;
let port: number;

beforeAll(async () => {
  port = await freePort();
  // A proxy that ends TLS is what these tests pretend to be.
  const settings = { HTTP__TRUSTED_PROXIES: '["127.0.0.1"]' };
  node = await startNode({ directory: directory.path, port, workers: 2, settings });
  await registerAdministrator(node, directory.path);
});

afterAll(async () => {
  await node?.kill();
  directory.remove();
});

interface Told {
  readonly status: number;
  readonly json: Record<string, unknown>;
}

/** On a connection of its own, so that it falls on any worker. */
function ask(
  method: string,
  path: string,
  given: { readonly session?: string; readonly json?: unknown } = {},
): Promise<Told> {
  const { promise, resolve, reject } = Promise.withResolvers<Told>();
  const { session, json } = given;
  const headers = {
    'x-forwarded-proto': 'https',
    ...(session === undefined ? {} : { authorization: `Handle sessionId="${session}"` }),
    ...(json === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, json: text === '' ? {} : JSON.parse(text) }));
  });
  sent.on('error', reject);
  sent.end(json === undefined ? undefined : JSON.stringify(json));
  return promise;
}

it('are one node’s, whichever worker is reached', async () => {
  const begun = await ask('POST', '/api/sessions');
  expect(begun.status).toBe(201);
  const session = String(begun.json.sessionId);
  const cnonce = Buffer.from('client');
  const signed = createHmac('sha256', ADMIN.secret)
    .update(Buffer.from(String(begun.json.nonce), 'base64'))
    .update(cnonce);
  const proof = {
    id: `${ADMIN.index}:${ADMIN.handle}`,
    type: 'HS_SECKEY',
    alg: 'HMAC-SHA256',
    cnonce: cnonce.toString('base64'),
  };
  const json = { sessionId: session, ...proof, signature: signed.digest('base64') };
  expect(await ask('PUT', '/api/sessions/this', { json })).toMatchObject({
    status: 200,
    json: { authenticated: true },
  });
  const writes = Array.from({ length: CONNECTIONS }, (_, i) =>
    ask('PUT', `/api/handles/88.118/S-${i}`, {
      session,
      json: [{ index: 1, type: 'URL', data: 'https://x.example/' }],
    }),
  );
  expect(new Set((await Promise.all(writes)).map(({ status }) => status))).toEqual(new Set([201]));
  expect((await ask('DELETE', '/api/sessions/this', { session })).status).toBe(204);
  const late = Array.from({ length: CONNECTIONS }, () => ask('DELETE', '/api/handles/88.118/S-0', { session }));
  expect(new Set((await Promise.all(late)).map(({ status }) => status))).toEqual(new Set([401]));
});

it('end with the node', async () => {
  const begun = await ask('POST', '/api/sessions');
  expect(await node.stop()).toBe(0);
  const settings = { HTTP__TRUSTED_PROXIES: '["127.0.0.1"]' };
  node = await startNode({ directory: directory.path, port, workers: 2, settings });
  expect((await ask('GET', '/api/sessions/this', { session: String(begun.json.sessionId) })).status).toBe(403);
});
