// Which addresses are asked at all: none inside, whoever names them, and none whose certificate does not hold.

import { describe, expect, test } from 'vitest';
import { createAuthority } from '../certificates.ts';
import { answer, foundJson, type Script, saysFound } from './scripted-server.ts';
import { because, HANDLE, server, world } from './world.ts';

describe('addresses inside', () => {
  const redirectTo =
    (target: string): Script =>
    (_request, response) => {
      response.writeHead(302, { location: target }).end();
    };

  test('a redirect to a private address is not followed', async () => {
    const inside = await server();
    const { url } = await server(redirectTo(`${inside.url}/api/handles/${HANDLE}`));
    await expect(world([url]).ask()).rejects.toMatchObject(because(/not a public address/));
    expect(inside.asked).toEqual([]);
  });

  test('neither is one to a name that leads there, whatever it led to before', async () => {
    const inside = await server();
    const { url } = await server(redirectTo(`http://rebound.example:${inside.port}/api/handles/${HANDLE}`));
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    await expect(world([url], { resolve }).ask()).rejects.toMatchObject(because(/not a public address/));
    expect(inside.asked).toEqual([]);
  });

  test('one within a network that the settings allow is, and one to the same endpoint', async () => {
    const inside = await server();
    const { url } = await server(redirectTo(`${inside.url}/api/handles/${HANDLE}`));
    expect(await world([url], { allowedNetworks: ['127.0.0.0/8'] }).ask()).toMatchObject({ kind: 'found' });
    const itself = await server((request, response, handle) =>
      request.url?.includes('moved') === true
        ? answer(response, 200, foundJson(HANDLE))
        : response.writeHead(301, { location: `/moved/${handle}` }).end(),
    );
    expect(await world([itself.url]).ask()).toMatchObject({ kind: 'found' });
  });

  test('a circle of redirects, and one to another protocol, end', async () => {
    const { url, asked } = await server(redirectTo('/again'));
    await expect(world([url]).ask()).rejects.toMatchObject(because(/redirects/));
    expect(asked.length).toBe(3);
    const other = await server(redirectTo('file:///etc/passwd'));
    await expect(world([other.url]).ask()).rejects.toMatchObject(because(/file:/));
  });

  test.each([
    'http://127.0.0.1',
    'http://[::1]',
    'http://[::ffff:10.0.0.1]',
    'http://169.254.169.254',
  ])('a site that a prefix record puts at %s is not asked', async (base) => {
    const inside = await server();
    await expect(world([]).askSite(`${base}:${inside.port}`)).rejects.toMatchObject(because(/not a public address/));
    expect(inside.asked).toEqual([]);
  });

  test('a site in a network that the settings allow is', async () => {
    const inside = await server();
    const { askSite } = world([], { allowedNetworks: ['127.0.0.1'] });
    expect(await askSite(inside.url)).toMatchObject({ kind: 'found' });
  });
});

describe('TLS', () => {
  test('a certificate that has expired, or that nobody trusts, is not believed', async () => {
    const authority = await createAuthority();
    const past = { notBefore: new Date(Date.now() - 9e7), notAfter: new Date(Date.now() - 8e7) };
    const expired = await server(saysFound, await authority.issue(past));
    const valid = await server(saysFound, await authority.issue());
    const ca = authority.certificate;
    await expect(world([expired.url], { ca }).ask()).rejects.toMatchObject(because(/expired/));
    await expect(world([valid.url]).ask()).rejects.toMatchObject(because(/certificate|issuer/));
    expect(await world([valid.url], { ca }).ask()).toMatchObject({ kind: 'found' });
  });
});
