// Sessions of the Handle API: begun, proven, ended, and what must not come of them. The recorded ones of the reference server
// are replayed in handle-session.test.ts.

import { createHash, createHmac, createPrivateKey, generateKeyPairSync, pbkdf2Sync, sign, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_SESSION_IDLE_MS } from '../../src/domain/handle-protocol-limits.ts';
import { VERIFICATION_BURST } from '../../src/domain/limits.ts';
import { SITE } from '../handle-server/door.ts';
import { recording } from '../wire/handle-vectors.ts';
import { ADMIN, type AdministeredDoor, admin, openAdministered, secretKey, user } from './administration.ts';
import { type Asked, CHAIRS, type Told } from './door.ts';

const SECRET = 'secret';
const CNONCE = Buffer.from('client nonce');
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });

interface Began {
  readonly sessionId: string;
  readonly nonce: Buffer;
}

let door: AdministeredDoor;

beforeAll(async () => {
  door = await openAdministered({ site: SITE });
  await door.write(
    ADMIN,
    secretKey(301, SECRET),
    { index: 300, type: 'HS_PUBKEY', data: { format: 'key', value: keys.publicKey.export({ format: 'jwk' }) } },
    admin(100, ADMIN, 301),
    admin(101, ADMIN, 300),
  );
});
afterAll(() => door.close());

let asked = 0;
const over = (protocol: string, more: Asked, network: string): Asked => ({
  ...more,
  headers: { ...more.headers, 'x-forwarded-proto': protocol, 'x-forwarded-for': network },
});
/** Over TLS that a proxy ends, each from another network unless one is named. */
const ask = (method: string, path: string, more: Asked = {}, network = `10.1.${++asked}.1`): Promise<Told> =>
  door.ask(method, path, over('https', more, network));

async function begin(network?: string): Promise<Began> {
  const told = await ask('POST', '/api/sessions', {}, network);
  expect(told).toMatchObject({ status: 201, headers: { location: '/api/sessions/this' } });
  return { sessionId: String(told.json.sessionId), nonce: Buffer.from(String(told.json.nonce), 'base64') };
}

const sha1 = (...parts: readonly (Buffer | string)[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha1')).digest('base64');
const proofBy = ({ nonce }: Began, secret = SECRET) => ({
  id: `301:${ADMIN}`,
  type: 'HS_SECKEY',
  cnonce: CNONCE.toString('base64'),
  alg: 'SHA1',
  signature: sha1(secret, nonce, CNONCE, secret),
});
const prove = (session: Began, proof: object, network?: string): Promise<Told> =>
  ask('PUT', '/api/sessions/this', { json: { sessionId: session.sessionId, ...proof } }, network);
const inSession = ({ sessionId }: Began): Asked => ({ headers: { authorization: `Handle sessionId="${sessionId}"` } });
const writeIn = (session: Began, suffix: string): Promise<Told> =>
  ask('PUT', `/api/handles/${CHAIRS}/${suffix}`, { ...inSession(session), json: [{ index: 1, type: 'A', data: 'a' }] });

describe('a session', () => {
  it('is nobody’s until its nonce is signed, and its owner’s by its id alone from then on', async () => {
    const session = await begin();
    expect(await writeIn(session, 's1')).toMatchObject({ status: 401, text: '' });
    expect(await prove(session, proofBy(session))).toMatchObject({
      status: 200,
      json: { sessionId: session.sessionId, authenticated: true, id: `301:${ADMIN}` },
    });
    expect(await writeIn(session, 's1')).toMatchObject({ status: 201 });
    expect((await ask('GET', '/api/sessions/this', inSession(session))).json).toMatchObject({ authenticated: true });
    expect(await ask('DELETE', '/api/sessions/this', inSession(session))).toMatchObject({ status: 204, text: '' });
    expect(await writeIn(session, 's2')).toMatchObject({ status: 401 });
    expect(await ask('DELETE', '/api/sessions/this', inSession(session))).toMatchObject({ status: 403 });
  });

  it.each([
    ['HMAC-SHA1', (n: Buffer) => ({ signature: createHmac('sha1', SECRET).update(n).update(CNONCE).digest('base64') })],
    [
      'HMAC-SHA256',
      (n: Buffer) => ({ signature: createHmac('sha256', SECRET).update(n).update(CNONCE).digest('base64') }),
    ],
    [
      'PBKDF2-HMAC-SHA1',
      (n: Buffer) => {
        const key = pbkdf2Sync(SECRET, 'salty', 1000, 20, 'sha1');
        const signature = createHmac('sha1', key).update(n).update(CNONCE).digest('base64');
        return { signature, salt: Buffer.from('salty').toString('base64'), iterations: 1000, length: 160 };
      },
    ],
  ])('is proven with a secret by %s', async (alg, codeOf) => {
    const session = await begin();
    expect((await prove(session, { ...proofBy(session), alg, ...codeOf(session.nonce) })).status).toBe(200);
  });

  it('is proven with a private key, in the header of the request that needs it', async () => {
    const session = await begin();
    const signature = sign('sha256', Buffer.concat([session.nonce, CNONCE]), keys.privateKey).toString('base64');
    const id = encodeURIComponent(`300:${ADMIN}`);
    const cnonce = CNONCE.toString('base64');
    const authorization = `Handle sessionId="${session.sessionId}", id="${id}", type="HS_PUBKEY", cnonce="${cnonce}", alg="SHA256", signature="${signature}"`;
    const json = [{ index: 1, type: 'A', data: 'a' }];
    expect(await ask('PUT', `/api/handles/${CHAIRS}/s3`, { headers: { authorization }, json })).toMatchObject({
      status: 201,
    });
    expect(await writeIn(session, 's4')).toMatchObject({ status: 201 });
  });

  it('belongs at once to whom HTTP Basic names, and is signed by the site for who asks', async () => {
    const more = { json: { cnonce: CNONCE.toString('base64') } };
    const told = await door.as(user(ADMIN, 301, SECRET), 'POST', '/api/sessions', more);
    expect(told).toMatchObject({
      status: 201,
      json: { authenticated: true, id: `301:${ADMIN}`, serverAlg: 'SHA-256' },
    });
    const covered = Buffer.concat([Buffer.from(String(told.json.nonce), 'base64'), CNONCE]);
    const signature = Buffer.from(String(told.json.serverSignature), 'base64');
    const { privateKey } = SITE;
    expect(
      verify('sha256', covered, createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' })), signature),
    ).toBe(true);
    expect((await door.as(user(ADMIN, 301, 'guess'), 'POST', '/api/sessions')).status).toBe(401);
  });

  it('ends half an hour after its last use', async () => {
    const session = await begin();
    await prove(session, proofBy(session));
    door.clock.nowMs += HTTP_SESSION_IDLE_MS - 1;
    expect((await writeIn(session, 's5')).status).toBe(201);
    door.clock.nowMs += HTTP_SESSION_IDLE_MS;
    expect((await writeIn(session, 's5')).status).toBe(401);
    expect((await ask('GET', '/api/sessions/this', inSession(session))).status).toBe(403);
  });

  it('is nobody’s again when the key of its owner is replaced', async () => {
    const holder = `${CHAIRS}/ROTATED`;
    await door.write(holder, secretKey(1, SECRET));
    const session = await begin();
    const proof = { ...proofBy(session), id: `1:${holder}` };
    expect((await prove(session, proof)).status).toBe(200);
    await door.write(holder, secretKey(1, 'another'));
    expect((await ask('GET', '/api/sessions/this', inSession(session))).json).not.toHaveProperty('authenticated');
    expect(await prove(session, proof)).toMatchObject({ status: 401 });
  });
});

describe('a session is not had', () => {
  it.each([
    ['with another secret', (one: Began) => proofBy(one, 'guess')],
    ['with the proof of another session', () => proofBy({ sessionId: '', nonce: Buffer.alloc(16) })],
    ['with a handle that is not there', (one: Began) => ({ ...proofBy(one), id: `301:${CHAIRS}/NOBODY` })],
    ['with a handle of another node', (one: Began) => ({ ...proofBy(one), id: '301:99.9999/ADMIN' })],
    ['with an index beyond 31 bits', (one: Began) => ({ ...proofBy(one), id: `${2 ** 31}:${ADMIN}` })],
    ['with a method nobody knows', (one: Began) => ({ ...proofBy(one), alg: 'SHA3' })],
    ['with a type that is no key', (one: Began) => ({ ...proofBy(one), type: 'URL' })],
    ['with a secret in place of a private key', (one: Began) => ({ ...proofBy(one), type: 'HS_PUBKEY' })],
    ['with what is no base64', (one: Began) => ({ ...proofBy(one), signature: '%%' })],
    ['without a client nonce', (one: Began) => ({ ...proofBy(one), cnonce: undefined })],
    [
      'by a million rounds of stretching',
      (one: Began) => ({ ...proofBy(one), alg: 'PBKDF2-HMAC-SHA1', salt: 'AAAA', iterations: 1e6 }),
    ],
  ])('%s, always in the same words', async (_what, proofOf) => {
    const session = await begin();
    const told = await prove(session, proofOf(session));
    const nonce = session.nonce.toString('base64');
    expect(told).toMatchObject({
      status: 401,
      json: { sessionId: session.sessionId, nonce, error: 'Authentication failed' },
    });
    expect(told.json).not.toHaveProperty('authenticated');
  });

  it('where others could listen', async () => {
    for (const [method, path] of [
      ['POST', '/api/sessions'],
      ['GET', '/api/sessions/this'],
    ] as const) {
      const told = await door.ask(method, path, over('http', {}, '10.2.0.1'));
      expect(told).toMatchObject({ status: 403, json: { responseCode: 400 } });
    }
    const session = await begin();
    await prove(session, proofBy(session));
    const told = await door.ask(
      'PUT',
      `/api/handles/${CHAIRS}/s6`,
      over('http', { ...inSession(session), json: [] }, '10.2.0.1'),
    );
    expect(told).toMatchObject({ status: 403, json: { responseCode: 402 } });
  });

  it.each([
    '',
    'n0-',
    'n9999-AAAAAAAAAAAAAAAAAAAAAAAA',
    'n1-AAAAAAAAAAAAAAAAAAAAAAAA',
    '../this',
    'a'.repeat(4000),
  ])('by an id that was made up: %s', async (sessionId) => {
    expect((await ask('GET', '/api/sessions/this', inSession({ sessionId, nonce: CNONCE }))).status).toBe(403);
    expect((await writeIn({ sessionId, nonce: CNONCE }, 's7')).status).toBe(401);
  });

  it.each([
    'Handle',
    'Handle x',
    'Handle sessionId=',
    'Handle sessionId="a" id="b"',
    `Handle ${'a="b", '.repeat(40)}`,
    'Handle id="%E0%A4"',
    'Handle clientCert="true"',
    `Handle ${'a'.repeat(8000)}`,
  ])('by a header that says nothing: %s', async (authorization) => {
    const json = [{ index: 1, type: 'A', data: 'a' }];
    expect((await ask('PUT', `/api/handles/${CHAIRS}/s8`, { headers: { authorization }, json })).status).toBe(401);
  });

  it.each([
    '[]',
    '{',
    '"x"',
    '\xff',
    JSON.stringify({ __proto__: null, sessionId: { a: 1 } }),
  ])('by a body that says nothing: %s', async (body) => {
    const headers = { 'content-type': 'application/json' };
    const told = await ask('PUT', '/api/sessions/this', { headers, body: Buffer.from(body, 'latin1') });
    expect([400, 403]).toContain(told.status);
  });

  it('by guessing on and on', async () => {
    const session = await begin();
    let last = 0;
    for (let i = 0; i < 500 && last !== 429; i++)
      last = (await prove(session, proofBy(session, 'guess'), '10.9.9.9')).status;
    expect(last).toBe(429);
    expect((await prove(session, proofBy(session), '10.8.8.8')).status).toBe(200);
  });
});

function answerOfOthers(secret: string): URLSearchParams {
  const nonce = Buffer.from('of another server');
  const { id: _, ...proof } = proofBy({ sessionId: '', nonce }, secret);
  return new URLSearchParams({ nonce: nonce.toString('base64'), ...proof });
}

describe('a verification', () => {
  const path = `/api/verifications/301:${ADMIN}`;
  it('tells whether an administrator has signed what another server gave', async () => {
    const isValid = async (secret: string) => (await ask('GET', `${path}?${answerOfOthers(secret)}`)).json;
    expect(await isValid(SECRET)).toEqual({ responseCode: 1, isValid: true, handle: ADMIN });
    expect(await isValid('guess')).toEqual({ responseCode: 1, isValid: false, handle: ADMIN });
    const nobody = await ask('GET', `/api/verifications/301:${CHAIRS}/NOBODY?${answerOfOthers(SECRET)}`);
    expect(nobody.json).toMatchObject({ isValid: false });
    expect((await ask('POST', path)).status).toBe(405);
  });

  it('is bounded for a network that keeps guessing', async () => {
    const query = new URLSearchParams({ nonce: 'AAAA', cnonce: 'AAAA', alg: 'SHA1', signature: 'AAAA' });
    let last = 0;
    for (let i = 0; i < 500 && last !== 429; i++) {
      last = (await ask('GET', `/api/verifications/301:${ADMIN}?${query}`, {}, '10.7.7.7')).status;
    }
    expect(last).toBe(429);
  });
});

describe('a good answer that is shown again and again', () => {
  it('is checked only so often for one network, which can still log in, and for others', async () => {
    const path = `/api/verifications/301:${ADMIN}?${answerOfOthers(SECRET)}`;
    for (let i = 0; i < VERIFICATION_BURST; i++) expect((await ask('GET', path, {}, '10.6.6.6')).status).toBe(200);
    const refused = await ask('GET', path, {}, '10.6.6.6');
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    const session = await begin('10.6.6.6');
    expect((await prove(session, proofBy(session), '10.6.6.6')).status).toBe(200);
    expect((await ask('GET', path)).json).toMatchObject({ isValid: true });
    door.clock.nowMs += 1000;
    expect((await ask('GET', path, {}, '10.6.6.6')).status).toBe(200);
  });
});

describe('the site of the node', () => {
  it('is shown in the reference server’s JSON, and as the file of that name', async () => {
    const told = await ask('GET', '/api/site');
    expect(told.json).toEqual({ responseCode: 1, site: recording.server.site });
    expect((await ask('GET', '/siteinfo.json')).json).toEqual(recording.server.site);
  });

  it('is not there where the protocol is off', async () => {
    const other = await openAdministered();
    for (const path of ['/api/site', '/siteinfo.json']) expect((await other.ask('GET', path)).status).toBe(404);
    await other.close();
  });
});
