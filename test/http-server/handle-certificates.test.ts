// Administrators who say who they are by a client certificate that stands for itself: its key is that of an HS_PUBKEY value.

import { randomBytes, X509Certificate } from 'node:crypto';
import { Agent, request } from 'node:https';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TlsMaterial } from '../../src/http-server/tls.ts';
import { type Authority, createAuthority, type Issued } from '../certificates.ts';
import { ADMIN, admin } from './administration.ts';
import { type OpenDoor, openDoor } from './door.ts';
import { register } from './registering.ts';

const NOW = Date.now();

let node: Issued;
/** Of whom the node knows nothing. */
let anyone: Authority;
let shown: Issued;
let door: OpenDoor;

beforeAll(async () => {
  node = await (await createAuthority('CN=Servers')).issue();
  anyone = await createAuthority('CN=Anyone');
  shown = await anyone.issue({ name: `CN=300:${ADMIN}` });
});
afterEach(() => door.close());

async function open(settings: Partial<TlsMaterial> = { clientCertificate: 'handle' }): Promise<void> {
  const rest = { minVersion: 'TLSv1.2', clientCa: null, clientCertificate: 'request' } as const;
  const tls = { ...node, ...rest, ticketKeys: randomBytes(48), ...settings };
  door = await openDoor({ options: { tls }, startsAtMs: NOW });
  const jwk = new X509Certificate(shown.certificate).publicKey.export({ format: 'jwk' });
  const key = { index: 300, type: 'HS_PUBKEY', data: { format: 'key', value: jwk } };
  await register(door, { handle: ADMIN, values: [key, admin(100, ADMIN, 300)] });
}

const BY_CERTIFICATE = 'Handle clientCert="true"';

function write(by: Issued | null, authorization?: string): Promise<{ status: number; asks: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; asks: string }>();
  const own = by === null ? {} : { cert: by.certificate, key: by.key };
  const agent = new Agent({ ...own, rejectUnauthorized: false, keepAlive: false });
  const headers = { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) };
  const options = {
    host: '127.0.0.1',
    port: door.port,
    path: `/api/handles/${ADMIN}-2`,
    method: 'PUT',
    agent,
    headers,
  };
  const sent = request(options, (response) => {
    response.resume();
    const asks = response.headers['www-authenticate'] ?? '';
    response.on('end', () => resolve({ status: response.statusCode ?? 0, asks }));
  });
  sent.on('error', reject);
  sent.end('[]');
  return promise;
}

describe('a certificate whose key is that of a handle', () => {
  it('is enough to write, whoever issued it', async () => {
    await open();
    expect(await write(shown, BY_CERTIFICATE)).toMatchObject({ status: 201 });
  });

  it('is asked for beside those that authorities vouch for', async () => {
    await open({ clientCa: (await createAuthority('CN=Clients')).certificate });
    expect(await write(shown, BY_CERTIFICATE)).toMatchObject({ status: 201 });
  });

  it('counts only for who says so', async () => {
    await open();
    expect(await write(shown)).toMatchObject({ status: 401 });
  });

  it('ends when the key of the handle is replaced', async () => {
    await open();
    expect((await write(shown, BY_CERTIFICATE)).status).toBe(201);
    const other = new X509Certificate((await anyone.issue()).certificate).publicKey.export({ format: 'jwk' });
    const key = { index: 300, type: 'HS_PUBKEY', data: { format: 'key', value: other } };
    const json = [key, admin(100, ADMIN, 300)];
    const body = JSON.stringify(json);
    const headers = { authorization: `Bearer ${door.operator}`, 'content-type': 'application/json' };
    const put = Promise.withResolvers<number>();
    const agent = new Agent({ rejectUnauthorized: false, keepAlive: false });
    const options = {
      host: '127.0.0.1',
      port: door.port,
      path: `/api/handles/${ADMIN}`,
      method: 'PUT',
      agent,
      headers,
    };
    request(options, (response) => put.resolve(response.resume().statusCode ?? 0)).end(body);
    expect(await put.promise).toBe(200);
    expect((await write(shown, BY_CERTIFICATE)).status).toBe(401);
  });
});

describe('nobody gets in', () => {
  it.each([
    ['with another key of the same name', () => anyone.issue({ name: `CN=300:${ADMIN}` })],
    ['with the name of another value', () => anyone.issue({ name: `CN=301:${ADMIN}` })],
    ['with a name that is no handle', () => anyone.issue({ name: 'CN=300' })],
    ['with a handle of another node', () => anyone.issue({ name: 'CN=300:99.9999/ADMIN' })],
    ['without a certificate', async () => null],
  ])('%s', async (_what, issue) => {
    await open();
    expect(await write(await issue(), BY_CERTIFICATE)).toMatchObject({
      status: 401,
      asks: expect.stringMatching(/^Handle sessionId=/),
    });
  });

  it('with one that has expired, or is not yet in force', async () => {
    await open();
    door.clock.nowMs = NOW + 365 * 86_400_000;
    expect((await write(shown, BY_CERTIFICATE)).status).toBe(401);
    door.clock.nowMs = NOW - 365 * 86_400_000;
    expect((await write(shown, BY_CERTIFICATE)).status).toBe(401);
  });

  it('where certificates are not asked for', async () => {
    await open({});
    expect((await write(shown, BY_CERTIFICATE)).status).toBe(401);
  });
});
