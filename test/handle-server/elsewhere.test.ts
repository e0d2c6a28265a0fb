// What leads elsewhere: prefixes that others answer for are referred to, and aliases are told, as the reference server does, for
// the client to follow.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import { HandleError } from '../../src/domain/error.ts';
import { FLAG } from '../../src/wire/protocol.ts';
import { CHAIRS, LAMPS } from '../http-server/door.ts';
import { recording } from '../wire/handle-vectors.ts';
import { PUBLIC, resolution, response } from './client.ts';
import { type OpenHandleDoor, openHandleDoor } from './door.ts';
import { register } from './registering.ts';

const DELEGATED = LAMPS;
const nobody = () => Promise.reject(new HandleError('UPSTREAM_UNAVAILABLE', 'Nobody is asked here.'));

let door: OpenHandleDoor;

beforeAll(async () => {
  door = await openHandleDoor({
    http: {
      foreign: {
        ...{ reader: { fetch: nobody, forget: nobody, held: nobody }, tier: null, routes: [], delegation: 'refer' },
        ...{ ownAddresses: [], staleSeconds: 0 },
      },
    },
  });
  await register(door, `0.NA/${DELEGATED}`, [
    { index: 1, type: 'HS_SITE', data: { format: 'site', value: recording.server.site } },
    { index: 2, type: 'DESC', data: 'says nothing of where to ask' },
  ]);
  await register(door, `${CHAIRS}/TARGET`, [{ index: 1, type: 'URL', data: 'https://example.com/target' }]);
  await register(door, `${CHAIRS}/ALIAS`, [
    { index: 1, type: 'HS_ALIAS', data: `${CHAIRS}/TARGET` },
    { index: 2, type: 'DESC', data: 'of its own' },
  ]);
});

afterAll(() => door.close());

async function exchange(by: 'tcp' | 'udp', message: ByteString) {
  return response(by === 'tcp' ? (await door.tcp(message))[0] : (await door.udp(message)).message);
}

describe.each(['tcp', 'udp'] as const)('over %s', (by) => {
  it('a prefix that others answer for is referred to, with the sites that do', async () => {
    const { header, body } = await exchange(by, resolution(`${DELEGATED}/OAK`));
    expect(header.responseCode).toBe(303);
    expect(body.content).toMatchObject({ kind: 'referral', handle: '', values: [{ index: 1, type: 'HS_SITE' }] });
  });

  it('a client older than referrals of prefixes is given one of a service', async () => {
    const { header, body } = await exchange(by, resolution(`${DELEGATED}/OAK`, { minor: 4 }));
    expect(header.responseCode).toBe(302);
    expect(body.content).toMatchObject({ kind: 'referral', values: [{ type: 'HS_SITE' }] });
  });

  it('who wants no referral is told that it is not here', async () => {
    const wish = { flags: PUBLIC | FLAG.noReferral };
    expect((await exchange(by, resolution(`${DELEGATED}/OAK`, wish))).header.responseCode).toBe(100);
    expect((await exchange(by, resolution(`${CHAIRS}/TARGET`, wish))).header.responseCode).toBe(1);
  });

  it('the record that says where to ask is answered from here, and what nobody was delegated is not found', async () => {
    expect((await exchange(by, resolution(`0.NA/${DELEGATED}`))).header.responseCode).toBe(1);
    expect((await exchange(by, resolution('88.118.70/OAK'))).header.responseCode).toBe(100);
  });

  it('an alias is told, not followed: its own values answer, and none of its target', async () => {
    const all = (await exchange(by, resolution(`${CHAIRS}/ALIAS`))).body.content;
    expect(all).toMatchObject({
      kind: 'values',
      values: [
        { index: 1, type: 'HS_ALIAS', data: `${CHAIRS}/TARGET` },
        { index: 2, type: 'DESC' },
      ],
    });
    const urls = await exchange(by, resolution(`${CHAIRS}/ALIAS`, { types: ['URL'] }));
    expect(urls.header.responseCode).toBe(200);
  });
});

it('over HTTP an alias is told as over the Handle protocol', async () => {
  const { json } = await door.http.ask('GET', `/api/handles/${CHAIRS}/ALIAS?type=HS_ALIAS`);
  expect(json).toMatchObject({ responseCode: 1, values: [{ type: 'HS_ALIAS', data: { value: `${CHAIRS}/TARGET` } }] });
});
