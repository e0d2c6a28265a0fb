// HTTP Basic over this node's own TLS: a real handshake, no proxy whose word is taken.

import { randomBytes } from 'node:crypto';
import { request } from 'node:https';
import { expect, it } from 'vitest';
import { createAuthority } from '../certificates.ts';
import { ADMIN, admin, secretKey, user } from './administration.ts';
import { openDoor } from './door.ts';
import { register } from './registering.ts';

it('an administrator’s secret opens private values over TLS, and nothing without it', async () => {
  const authority = await createAuthority();
  const pair = await authority.issue();
  const settings = { minVersion: 'TLSv1.2', clientCa: null, clientCertificate: 'request' } as const;
  const door = await openDoor({ options: { tls: { ...pair, ...settings, ticketKeys: randomBytes(48) } } });
  await register(door, { handle: ADMIN, values: [secretKey(301, 'over the wire'), admin(100, ADMIN, 301)] });
  const ask = async (headers: Record<string, string>): Promise<{ status: number; text: string; asks: unknown }> => {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string; asks: unknown }>();
    const path = `/api/handles/${ADMIN}?publicOnly=false&index=301`;
    const { port } = door;
    const options = { host: '127.0.0.1', port, path, headers, ca: authority.certificate, agent: false };
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text, asks: response.headers['www-authenticate'] }),
      );
    });
    sent.on('error', reject).end();
    return promise;
  };
  const basic = (secret: string) => `Basic ${Buffer.from(user(ADMIN, 301, secret)).toString('base64')}`;
  const opened = await ask({ authorization: basic('over the wire') });
  expect(opened).toMatchObject({ status: 200, text: expect.stringContaining('over the wire') });
  expect(await ask({})).toMatchObject({
    status: 401,
    asks: expect.stringContaining('Basic realm="handle", Handle sessionId='),
  });
  expect(await ask({ authorization: basic('guessed') })).toMatchObject({ status: 401, text: '' });
  await door.close();
});
