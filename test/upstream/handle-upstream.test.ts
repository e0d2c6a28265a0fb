// Upstreams asked over the Handle protocol on real sockets: what is accepted, who is asked, and how long anything may take.

import { describe, expect, test } from 'vitest';
import { makeValue } from '../../src/domain/handle-value.ts';
import { RESPONSE } from '../../src/wire/protocol.ts';
import { bytes, url } from '../handle-server/client.ts';
import { failure, found, type HandleScript, reply } from './scripted-handle-server.ts';
import { because, HANDLE, handleServer, handleWorld, LEARNED_AT, unavailable } from './world.ts';

describe('an answer', () => {
  test('for the handle asked is accepted, with its values as they are', async () => {
    const server = await handleServer();
    const told = await handleWorld(server).ask();
    expect(told).toMatchObject({ kind: 'found', learnedAt: LEARNED_AT });
    expect(told).toMatchObject({ values: [{ index: 1, type: 'URL', data: 'https://example.com/', ttl: 86_400 }] });
    expect(server.asked).toMatchObject([{ handle: HANDLE, transport: 'TCP' }]);
  });

  test('that the handle does not exist is an answer, and so is that it shows nothing', async () => {
    const server = await handleServer((request, door) => door.send(failure(request, RESPONSE.handleNotFound)));
    expect(await handleWorld(server).ask()).toEqual({ kind: 'not-found', learnedAt: LEARNED_AT });
    server.script = (request, door) => door.send(failure(request, RESPONSE.valuesNotFound));
    expect(await handleWorld(server).ask()).toMatchObject({ kind: 'found', values: [] });
  });

  test('may spell the prefix in another case, and not the suffix', async () => {
    const server = await handleServer((request, door) => door.send(found(request, [], 'x.y/Oak')));
    const { ask } = handleWorld(server);
    expect(await ask('X.Y/Oak')).toMatchObject({ kind: 'found' });
    await expect(ask('X.Y/OAK')).rejects.toMatchObject(because(/another handle/));
  });

  const value = (index: number, more: object = {}) => makeValue({ ...url(index, 'https://example.com/'), ...more });
  const says =
    (...values: ReturnType<typeof value>[]): HandleScript =>
    (request, door) =>
      door.send(found(request, values));
  test.each<[string, HandleScript, RegExp]>([
    ['for another handle', (request, door) => door.send(found(request, [], '20.500/OAK/2')), /another handle/],
    ['an index of 0', says(value(0)), /index 0/],
    ['an index twice', says(value(1), value(1)), /twice/],
    ['a type that is too long', says(value(1, { type: bytes('T'.repeat(129)) })), /too long/],
    ['a value that is too large', says(value(1, { data: bytes('x'.repeat(65_537)) })), /too large/],
    ['that it lives elsewhere', (request, door) => door.send(failure(request, RESPONSE.notResponsible)), /301/],
    [
      'a challenge',
      (request, door) => door.send(failure(request, RESPONSE.authenticationTimeout, 'show a key')),
      /405: show a key/,
    ],
  ])('is not accepted: %s', async (_, script, reason) => {
    const server = await handleServer(script);
    const { ask, trips } = handleWorld(server);
    await expect(ask()).rejects.toMatchObject(because(reason));
    expect(trips).toEqual(['refused']);
  });

  test.each([
    RESPONSE.error,
    RESPONSE.tooBusy,
    RESPONSE.maintenance,
    602,
  ])('of code %i is "could not find out", and counts against who gives it', async (code) => {
    const server = await handleServer((request, door) => door.send(failure(request, code, 'not now')));
    const { ask, trips } = handleWorld(server);
    await expect(ask()).rejects.toMatchObject(because(new RegExp(`${code}: not now`)));
    expect(trips).toEqual(['failed']);
  });
});

describe('a server', () => {
  test.each<[string, HandleScript, RegExp]>([
    [
      'that answers another request',
      (r, door) => door.send(reply(r, 1, content(), r.envelope.requestId + 1)),
      /not made/,
    ],
    ['that sends garbage', (_request, door) => door.send('\xff'.repeat(64)), /no length/],
    [
      'that sends a message of nonsense',
      (r, door) => door.send(found(r, [url(1, 'x')]).replace(/.{9}$/s, '\xff'.repeat(9))),
      /malformed/,
    ],
    [
      'that sends a request',
      (r, door) => door.send(reply(r, 0, { kind: 'done', bytes: bytes('') })),
      /malformed|no response/,
    ],
    [
      'that announces two gigabytes',
      (r, door) => door.send(`${found(r, []).slice(0, 16)}\x7f\xff\xff\xff`),
      /no length/,
    ],
    [
      'that announces more than is allowed',
      (r, door) => door.send(`${found(r, []).slice(0, 16)}\0\x02\0\0${'x'.repeat(131_072)}`),
      /more than 100000 bytes/,
    ],
    [
      'that ends in the middle',
      (r, door) => {
        door.send(found(r, []).slice(0, -5));
        door.end();
      },
      /ended the connection/,
    ],
  ])('%s is not believed', async (_, script, reason) => {
    const server = await handleServer(onlyOverTcp(script));
    await expect(handleWorld(server, { deadlineMs: 300 }).ask()).rejects.toMatchObject(because(reason));
  });

  const content = () => ({ kind: 'values', handle: bytes(HANDLE), values: [] }) as const;

  test.each<[string, HandleScript]>([
    ['is silent', () => {}],
    ['stops in the middle', (request, door) => door.send(found(request, []).slice(0, 30))],
    ['drips', (request, door) => drip(door, found(request, [url(1, 'x'.repeat(1000))]))],
  ])('that %s is given up at the deadline', async (_, script) => {
    const server = await handleServer(onlyOverTcp(script));
    const startedAt = performance.now();
    const { ask, trips } = handleWorld(server, { deadlineMs: 200 });
    await expect(ask()).rejects.toMatchObject(because(/within \d+ ms/));
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect(trips).toEqual(['timeout']);
  });

  test('that keeps failing is left alone after a while', async () => {
    const server = await handleServer((request, door) => door.send(failure(request, RESPONSE.error)));
    const { ask, trips, breaker } = handleWorld(server);
    for (let i = 0; i < 30; i++) await expect(ask(`20.500/${i}`)).rejects.toMatchObject(unavailable);
    expect(trips).toContain('broken');
    expect(breaker).toContain('open');
  });
});

/** UDP gets no answer. */
function onlyOverTcp(script: HandleScript): HandleScript {
  return (request, door) => (door.transport === 'TCP' ? script(request, door) : undefined);
}

function drip(door: Parameters<HandleScript>[1], message: string): void {
  let at = 0;
  const timer = setInterval(() => door.send(message[at++] ?? ''), 10);
  setTimeout(() => clearInterval(timer), 400);
}
