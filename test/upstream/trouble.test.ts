// What is said of an upstream that could not be asked: who asked learns which and why, and no address.

import { expect, test } from 'vitest';
import { createAuthority } from '../certificates.ts';
import { answer, openScripted, type Script } from './scripted-server.ts';
import { route, server, unavailable, world } from './world.ts';

test.each<[string, Script, RegExp]>([
  ['closes the connection', (request) => void request.socket.destroy(), /it closed the connection/],
  ['speaks no HTTP', (request) => void request.socket.end('garbage\r\n\r\n'), /what it sends is no HTTP/],
  ['is overloaded', (_request, response) => answer(response, 503, {}), /status 503/],
  ['says nothing', () => {}, /no answer within 200 ms/],
])('an upstream that %s is named, with the reason', async (_, script, reason) => {
  const { url, port } = await server(script);
  const failure = await world([url], { deadlineMs: 200 })
    .ask()
    .then(
      () => null,
      (error: Error) => error,
    );
  expect(failure).toMatchObject({ ...unavailable, message: expect.stringMatching(/^Another node, "world", answers/) });
  expect(failure?.message).toMatch(reason);
  expect(failure?.message).not.toMatch(new RegExp(`127|${port}`));
});

test('one that refuses connections is, too, and its address stands in the log alone', async () => {
  const gone = await openScripted();
  await gone.close();
  const { ask, failures } = world([gone.url]);
  await expect(ask()).rejects.toMatchObject({ message: expect.stringMatching(/found out: it refuses connections\./) });
  expect(failures).toEqual([expect.stringMatching(`^world: .*127.0.0.1:${gone.port}`)]);
});

test('one whose name leads nowhere, or inside, is too', async () => {
  const resolve = async (name: string) => {
    if (name === 'inside.example') return [{ address: '10.0.0.1', family: 4 }];
    throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
  };
  const { ask, askSite } = world([], { resolve, routes: [route(['http://nowhere.example'])] });
  await expect(ask()).rejects.toMatchObject({ message: expect.stringMatching(/its name cannot be looked up/) });
  await expect(askSite('http://inside.example')).rejects.toMatchObject({
    message: expect.stringMatching(/"site of 20.500".*an address that is not public/),
  });
});

test('one whose certificate has expired, or is for another, is too', async () => {
  const authority = await createAuthority();
  const expired = await authority.issue({ notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') });
  const { url } = await server(undefined, expired);
  const { ask, failures } = world([url], { ca: authority.certificate });
  await expect(ask()).rejects.toMatchObject({ message: expect.stringMatching(/its certificate is not accepted/) });
  expect(failures).toEqual(['world: certificate has expired']);
});
