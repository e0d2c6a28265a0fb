// The HTTP door over TLS: real handshakes, renewed certificates, and what it refuses.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TlsMaterial } from '../../src/http-server/tls.ts';
import { type Authority, createAuthority, type Issued } from '../certificates.ts';
import { CHAIRS, type DoorSettings, type OpenDoor, openDoor } from './door.ts';
import { NAME, register } from './registering.ts';

let authority: Authority;
let issued: Issued;
let door: OpenDoor;
const ends: (() => void)[] = [];

beforeAll(async () => {
  authority = await createAuthority();
  issued = await authority.issue();
});
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await door?.close();
});

function materialOf(pair: Issued, more: Partial<TlsMaterial> = {}): TlsMaterial {
  const rest = { minVersion: 'TLSv1.2', clientCa: null, clientCertificate: 'request' } as const;
  return { ...pair, ...rest, ticketKeys: randomBytes(48), ...more };
}

async function openSecure(settings: DoorSettings = {}, more: Partial<TlsMaterial> = {}): Promise<void> {
  door = await openDoor({ ...settings, options: { tls: materialOf(issued, more), ...settings.options } });
}

async function shakeHands(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: door.port, ca: authority.certificate, ...options });
  ends.push(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

const serialOf = (socket: TLSSocket) => socket.getPeerCertificate().serialNumber;

function get(path: string, agent: Agent): Promise<{ status: number; text: string; headers: object }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string; headers: object }>();
  const { port } = door;
  const sent = request({ host: '127.0.0.1', port, path, agent, ca: authority.certificate }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
  });
  sent.on('error', reject);
  sent.end();
  return promise;
}

describe('a door with a certificate', () => {
  it('answers on the hot path and through the framework what it answers in plain', async () => {
    await openSecure();
    await register(door, { handle: `${CHAIRS}/C1`, values: [NAME] });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    ends.push(() => agent.destroy());
    const hot = await get(`/api/handles/${CHAIRS}/C1`, agent);
    expect(hot.status).toBe(200);
    expect(JSON.parse(hot.text)).toMatchObject({ responseCode: 1, handle: `${CHAIRS}/C1` });
    const framework = await get(`/api/handles/${CHAIRS}/C1?type=PRODUCT_NAME`, agent);
    expect(framework.status).toBe(200);
  });

  it('tells browsers to come back over TLS only, with each page', async () => {
    await openSecure();
    const page = await get('/docs', new Agent());
    expect(page.headers).toMatchObject({ 'strict-transport-security': 'max-age=31536000' });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    await openSecure();
    const socket = await shakeHands({ minVersion: version, maxVersion: version });
    expect(socket.getProtocol()).toBe(version);
  });

  it.each([
    ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }],
    ['a cipher without forward secrecy', { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }],
    ['a cipher without authenticated encryption', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }],
  ] as const)('does not speak %s', async (_, options) => {
    await openSecure();
    await expect(shakeHands(options)).rejects.toThrow(/handshake failure|protocol version/);
  });

  it('speaks no TLS below the version it is told to', async () => {
    await openSecure({}, { minVersion: 'TLSv1.3' });
    await expect(shakeHands({ maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol version/);
    expect((await shakeHands()).getProtocol()).toBe('TLSv1.3');
  });

  it('does not answer plain HTTP, and goes on', async () => {
    await openSecure();
    const socket = connectPlain(door.port, '127.0.0.1');
    socket.resume().end('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.on('error', () => {}); // a reset is an end too
    await once(socket, 'close');
    expect(socket.bytesRead).toBe(0);
    await shakeHands();
  });

  it('ends a connection whose handshake does not come', async () => {
    await openSecure({ limits: { headersTimeoutMs: 100 } });
    const socket = connectPlain(door.port, '127.0.0.1');
    await once(socket.resume(), 'close');
  });

  it('counts and ends connections above its limit before their handshake', async () => {
    await openSecure({ limits: { connections: 1 } });
    await shakeHands();
    await expect(shakeHands()).rejects.toThrow();
    expect(door.seen.refused).toEqual(['connections']);
  });
});

describe('a renewed certificate', () => {
  it('serves new connections, and those that are open go on', async () => {
    await openSecure();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    ends.push(() => agent.destroy());
    await get('/healthz', agent);
    const [before] = Object.values(agent.freeSockets)[0] as [TLSSocket];
    door.renewTls(materialOf(await authority.issue()));
    expect((await get('/healthz', agent)).status).toBe(200);
    const [after] = Object.values(agent.freeSockets)[0] as [TLSSocket];
    expect(after).toBe(before);
    expect(serialOf(await shakeHands())).not.toBe(serialOf(before));
  });

  it('resumes sessions that workers with the same ticket keys began, and none from before', async () => {
    const material = materialOf(issued);
    door = await openDoor({ options: { tls: material } });
    const version = { maxVersion: 'TLSv1.2' } as const;
    const session = (await shakeHands(version)).getSession();
    if (session === undefined) throw new Error('no session');
    const other = await openDoor({ options: { tls: material } });
    const [own] = [door];
    door = other;
    expect((await shakeHands({ ...version, session })).isSessionReused()).toBe(true);
    door.renewTls(materialOf(issued));
    expect((await shakeHands({ ...version, session })).isSessionReused()).toBe(false);
    await own.close();
  });
});
