// Clients that say who they are by a certificate: registered with a principal, revoked like a key, beside bearer keys.

import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:https';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AUTHENTICATION_FAILURE_BURST as BURST } from '../../src/domain/limits.ts';
import type { TlsMaterial } from '../../src/http-server/tls.ts';
import { type Authority, createAuthority, type Issued } from '../certificates.ts';
import { CHAIRS, type OpenDoor, openDoor } from './door.ts';
import { NAME, PRIVATE, register } from './registering.ts';

const NAME_OF_ERP = 'O=Oak Works, CN=erp';

let node: Issued;
let clients: Authority;
let erp: Issued;
let door: OpenDoor;

beforeAll(async () => {
  node = await (await createAuthority('CN=Servers')).issue();
  clients = await createAuthority('CN=Clients');
  erp = await clients.issue({ name: NAME_OF_ERP });
});
afterEach(() => door?.close());

async function open(clientCertificate: TlsMaterial['clientCertificate'] = 'request'): Promise<void> {
  const rest = { minVersion: 'TLSv1.2', clientCa: clients.certificate, ticketKeys: randomBytes(48) } as const;
  door = await openDoor({ options: { tls: { ...node, ...rest, clientCertificate } } });
}

interface Asked {
  readonly by?: Issued;
  readonly key?: string;
  readonly method?: string;
  readonly json?: unknown;
}

function ask(path: string, { by, key, method = 'GET', json }: Asked = {}): Promise<{ status: number; body: unknown }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: unknown }>();
  const shown = by === undefined ? {} : { cert: by.certificate, key: by.key };
  const agent = new Agent({ ...shown, rejectUnauthorized: false, keepAlive: false });
  const headers = {
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    ...(json === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const sent = request({ host: '127.0.0.1', port: door.port, path, method, agent, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
  });
  sent.on('error', reject);
  sent.end(json === undefined ? undefined : JSON.stringify(json));
  return promise;
}

/** Registers the certificate with the principal that holds the key of the chairs. */
async function admit(certificate = erp.certificate): Promise<{ status: number; body: { id: string } }> {
  const me = (await ask('/v1/me', { key: door.chairs })).body as { id: string };
  const json = { principalId: me.id, label: 'ERP', certificate };
  const told = await ask('/v1/keys/certificates', { method: 'POST', key: door.operator, json });
  return told as { status: number; body: { id: string } };
}

describe('a registered certificate', () => {
  it('acts as its principal, who is told by what', async () => {
    await open();
    expect(await admit()).toMatchObject({ status: 201, body: { certificateSubject: NAME_OF_ERP, revokedAt: null } });
    const told = await ask('/v1/me', { by: erp });
    expect(told).toMatchObject({ status: 200, body: { scope: CHAIRS, authenticatedBy: 'certificate' } });
    expect(await ask('/v1/me', { by: erp, key: door.operator })).toMatchObject({
      body: { role: 'operator', authenticatedBy: 'bearer' },
    });
  });

  it('opens what its principal may see, on the common route too, and nothing of others', async () => {
    await open();
    await admit();
    await register(door, { handle: `${CHAIRS}/C1`, values: [NAME, PRIVATE] });
    const path = `/api/handles/${CHAIRS}/C1`;
    expect((await ask(path)).body).toMatchObject({ values: [{ index: NAME.index }] });
    expect((await ask(path, { by: erp })).body).toMatchObject({ values: [{}, { index: 2001 }] });
    expect((await ask('/v1/identifiers/88.118.10002/L1', { by: erp })).status).toBe(403);
  });

  it('goes on working when it is renewed under its name, and under no other', async () => {
    await open();
    await admit();
    const renewed = await clients.issue({ name: NAME_OF_ERP });
    expect((await ask('/v1/me', { by: renewed })).status).toBe(200);
    const similar = await clients.issue({ name: 'CN=erp' });
    expect((await ask('/v1/me', { by: similar })).status).toBe(401);
  });

  it('is revoked like a key, and may then be registered again', async () => {
    await open();
    const { id } = (await admit()).body;
    expect(await admit()).toMatchObject({ status: 409, body: { code: 'ALREADY_EXISTS' } });
    expect((await ask('/v1/me', { by: erp })).status).toBe(200);
    await ask(`/v1/keys/${id}`, { method: 'DELETE', key: door.operator });
    expect(await ask('/v1/me', { by: erp })).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    expect(await admit()).toMatchObject({ status: 201, body: { id } });
    expect((await ask('/v1/me', { by: erp })).status).toBe(200);
  });

  it('is not replaced here but by its authority', async () => {
    await open();
    const { id } = (await admit()).body;
    const told = await ask(`/v1/keys/${id}/rotate`, { method: 'POST', key: door.operator });
    expect(told).toMatchObject({ status: 409, body: { code: 'INVALID_STATE' } });
  });

  it('can be registered by operators alone, and only if it is one', async () => {
    await open();
    const json = { principalId: 'p_1', label: 'ERP', certificate: 'hello' };
    const route = '/v1/keys/certificates';
    expect((await ask(route, { method: 'POST', key: door.operator, json })).body).toMatchObject({
      code: 'INVALID_REQUEST',
      at: '/certificate',
    });
    const good = { ...json, certificate: erp.certificate };
    expect((await ask(route, { method: 'POST', key: door.chairs, json: good })).status).toBe(403);
  });
});

describe('a certificate that opens nothing', () => {
  const strange = async (): Promise<Issued> => (await createAuthority('CN=Strangers')).issue({ name: NAME_OF_ERP });
  const expired = () => clients.issue({ name: NAME_OF_ERP, notAfter: new Date(Date.now() - 1000) });

  it('of an accepted authority, but of nobody, is told so and counted as guessing', async () => {
    await open();
    for (let i = 0; i < BURST; i++) expect((await ask('/v1/me', { by: erp })).status).toBe(401);
    expect((await ask('/v1/me', { by: erp })).status).toBe(429);
    expect(new Set(door.seen.authenticationFailed)).toEqual(new Set(['certificate']));
  });

  it('leaves what is public as it is', async () => {
    await open();
    await register(door, { handle: `${CHAIRS}/C1`, values: [NAME] });
    for (const by of [erp, await strange(), await expired()]) {
      expect((await ask(`/api/handles/${CHAIRS}/C1`, { by })).status).toBe(200);
      expect((await ask('/v1/resolve', { by, method: 'POST', json: [`${CHAIRS}/C1`] })).status).toBe(200);
    }
  });

  it.each([
    ['of another authority', strange, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['that has expired', expired, 'CERT_HAS_EXPIRED'],
  ])('%s does not count, whatever its name, and says why', async (_, make, reason) => {
    await open();
    await admit();
    const told = await ask('/v1/me', { by: await make() });
    expect(told).toMatchObject({ status: 401, body: { detail: expect.stringContaining(reason) } });
  });

  it('is not let in where one is required, nor is who shows none', async () => {
    await open('require');
    for (const by of [undefined, await strange(), await expired()]) {
      await expect(ask('/healthz', by === undefined ? {} : { by })).rejects.toThrow();
    }
    expect((await ask('/healthz', { by: erp })).status).toBe(200);
  });
});
