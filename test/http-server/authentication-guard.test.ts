// The guessing of keys and secrets is bounded by client network, and harms nobody else.

import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HandleError } from '../../src/domain/error.ts';
import { AUTHENTICATION_FAILURE_BURST as BURST } from '../../src/domain/limits.ts';
import { type AuthenticationScheme, type Refusal, SILENT_OBSERVER } from '../../src/domain/observer.ts';
import { createSecureCheck } from '../../src/http-server/client-network.ts';
import { AuthenticationGuard } from '../../src/registry/authentication-guard.ts';
import { CHAIRS, type OpenDoor, openDoor } from './door.ts';
import { NAME, register } from './registering.ts';

const WRONG_KEY = `jb_${'A'.repeat(43)}`;

let door: OpenDoor;
afterEach(() => door?.close());

describe('a network that tries keys', () => {
  const from = (network: string) => ({ 'x-forwarded-for': `${network}.7` });
  const me = (key: string, network = '192.0.2') => door.ask('GET', '/v1/me', { key, headers: from(network) });

  async function exhaust(): Promise<void> {
    door = await openDoor({ options: { trustedProxies: ['127.0.0.1'] } });
    for (let i = 0; i < BURST; i++) expect((await me(WRONG_KEY)).status).toBe(401);
  }

  it('gets 429 after a burst of failures, and says how long to wait', async () => {
    await exhaust();
    const told = await me(WRONG_KEY);
    expect(told).toMatchObject({ status: 429, json: { code: 'RATE_LIMITED' }, headers: { 'retry-after': '5' } });
    expect(door.seen.authenticationFailed).toEqual(Array(BURST + 1).fill('bearer'));
    expect(door.seen.refused).toEqual(['authentication']);
  });

  it('may try again as time passes', async () => {
    await exhaust();
    expect((await me(WRONG_KEY)).status).toBe(429);
    door.clock.nowMs += 5000;
    expect((await me(WRONG_KEY)).status).toBe(401);
    expect((await me(WRONG_KEY)).status).toBe(429);
  });

  it('leaves others alone: those of other networks, and good keys of its own', async () => {
    await exhaust();
    expect((await me(WRONG_KEY, '198.51.100')).status).toBe(401);
    expect((await me(door.chairs, '198.51.100')).status).toBe(200);
    expect((await me(door.chairs)).status).toBe(200);
  });

  it('is charged at every door that takes keys, and resolves without a key as before', async () => {
    await exhaust();
    await register(door, { handle: `${CHAIRS}/C1`, values: [NAME] });
    const headers = from('192.0.2');
    const api = `/api/handles/${CHAIRS}/C1`;
    const wrong = { key: WRONG_KEY, headers };
    expect(await door.ask('GET', api, wrong)).toMatchObject({ status: 429, json: { responseCode: 3 } });
    expect((await door.ask('POST', '/v1/resolve', { ...wrong, json: [`${CHAIRS}/C1`] })).status).toBe(429);
    expect((await door.ask('GET', api, { headers })).status).toBe(200);
  });

  it('is not charged for showing no key, or one that opens less than it asks', async () => {
    door = await openDoor();
    for (let i = 0; i <= BURST; i++) {
      expect((await door.ask('GET', '/v1/me')).status).toBe(401);
      expect((await door.ask('GET', `/v1/identifiers/${CHAIRS}/C1`, { key: door.reader })).status).toBe(403);
    }
    expect(door.seen.authenticationFailed).toEqual([]);
  });
});

describe('a network that tries secrets', () => {
  const seen: (AuthenticationScheme | Refusal)[] = [];
  const clock = { nowMs: 0 };
  let guard: AuthenticationGuard<IncomingMessage>;
  const client = new IncomingMessage(new Socket());
  const wrong = () => {
    throw new HandleError('UNAUTHENTICATED', 'wrong');
  };
  const right = async () => 'somebody';

  function exhaust(): void {
    seen.length = 0;
    guard = new AuthenticationGuard({
      networkOf: () => 'network',
      clock: () => clock.nowMs,
      observer: {
        ...SILENT_OBSERVER,
        refused: (reason) => seen.push(reason),
        authenticationFailed: (scheme) => seen.push(scheme),
      },
    });
    for (let i = 0; i < BURST; i++) expect(() => guard.check(client, 'basic', wrong)).toThrow('wrong');
  }

  it('is not told which one is right once it has failed too often', async () => {
    exhaust();
    expect(() => guard.check(client, 'basic', right)).toThrow(/try again later/);
    expect(seen.slice(BURST)).toEqual(['basic', 'authentication']);
    clock.nowMs += 5000;
    expect(await guard.check(client, 'basic', right)).toBe('somebody');
  });

  it('does not get past the limit by trying many at once', async () => {
    exhaust();
    clock.nowMs += 10_000; // two may be tried
    const late = async () => wrong();
    const tries = Array.from({ length: 3 }, async () => guard.check(client, 'basic', late));
    const outcomes = await Promise.allSettled(tries);
    expect(outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason.code)).toEqual([
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
      'RATE_LIMITED',
    ]);
  });

  it('does not pay for what succeeds, nor for what could not be found out', async () => {
    exhaust();
    clock.nowMs += 5000; // one may be tried
    const unavailable = async () => {
      throw new HandleError('STORE_UNAVAILABLE', 'later');
    };
    for (let i = 0; i < 3; i++) {
      expect(await guard.check(client, 'basic', right)).toBe('somebody');
      await expect(guard.check(client, 'basic', unavailable)).rejects.toThrow('later');
    }
    expect(() => guard.check(client, 'basic', wrong)).toThrow('wrong');
    expect(() => guard.check(client, 'basic', right)).toThrow(/try again later/);
  });
});

describe('a request is secure', () => {
  const isSecure = createSecureCheck(['10.0.0.0/8']);

  function from(address: string, more: { readonly proto?: string; readonly encrypted?: boolean } = {}): boolean {
    const request = new IncomingMessage(new Socket());
    Object.defineProperty(request.socket, 'remoteAddress', { value: address });
    if (more.encrypted !== undefined) Object.defineProperty(request.socket, 'encrypted', { value: more.encrypted });
    if (more.proto !== undefined) request.headers['x-forwarded-proto'] = more.proto;
    return isSecure(request);
  }

  it('on an encrypted connection, or where a trusted proxy says that it had one', () => {
    expect(from('192.0.2.1', { encrypted: true })).toBe(true);
    expect(from('10.1.1.1', { proto: 'https' })).toBe(true);
    expect(from('::ffff:10.1.1.1', { proto: 'HTTPS, https' })).toBe(true);
  });

  it.each([
    ['in plain', '192.0.2.1', undefined],
    ['from a stranger who says so', '192.0.2.1', 'https'],
    ['through a trusted proxy that says nothing', '10.1.1.1', undefined],
    ['through a trusted proxy that was reached in plain', '10.1.1.1', 'http'],
    ['with a plain hop on its way', '10.1.1.1', 'https, http'],
  ])('not %s', (_, address, proto) => {
    expect(from(address, proto === undefined ? {} : { proto })).toBe(false);
  });

  it('never by a header, if no proxy is trusted', () => {
    const request = new IncomingMessage(new Socket());
    request.headers['x-forwarded-proto'] = 'https';
    expect(createSecureCheck([])(request)).toBe(false);
  });
});
