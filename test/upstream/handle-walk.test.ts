// Whom the Handle protocol's client asks: prefix records, services, referrals and aliases lead on, up to a limit, in no circle, and
// to no address inside.

import { describe, expect, test } from 'vitest';
import { type ByteString, bytesFromText } from '../../src/domain/bytes.ts';
import { type HandleValue, makeValue } from '../../src/domain/handle-value.ts';
import { serverPlaceOf } from '../../src/upstream/handle-hash.ts';
import { siteOfHost } from '../../src/upstream/handle-sites.ts';
import { FLAG, RESPONSE } from '../../src/wire/protocol.ts';
import { bytes, url } from '../handle-server/client.ts';
import {
  failure,
  type HandleScript,
  openScriptedHandle,
  reply,
  type ScriptedHandleServer,
  serves,
  siteOn,
} from './scripted-handle-server.ts';
import { because, HANDLE, handleServer, handleWorld, LEARNED_AT, world } from './world.ts';

const typed = (index: number, type: string, data: ByteString, ttl = 600) =>
  makeValue({ index, type: bytes(type), data, ttl });
const site = (...servers: ScriptedHandleServer[]) => typed(1, 'HS_SITE', siteOn(servers));
const text = (index: number, type: string, data: string, ttl?: number) => typed(index, type, bytesFromText(data), ttl);
const OAK = [url(1, 'https://oak.example/')];
const LOCAL = { allowedNetworks: ['127.0.0.0/8'] } as const;
/** As `serves`, of a server that answers for nothing else. */
const servesAlone =
  (records: Readonly<Record<string, readonly HandleValue[]>>): HandleScript =>
  (request, door) =>
    records[request.handle] === undefined
      ? door.send(failure(request, RESPONSE.notResponsible))
      : serves(records)(request, door);
const refersTo =
  (values: readonly HandleValue[], handle = '', code: number = RESPONSE.prefixReferral): HandleScript =>
  (request, door) =>
    door.send(
      reply(request, code, { kind: 'referral', handle: bytes(handle), values: values.length === 0 ? null : values }),
    );
const rootAt = ({ port }: { port: number }) =>
  ({ start: { kind: 'root', sites: [siteOfHost('127.0.0.1', port)] } }) as const;
const handlesOf = ({ asked }: ScriptedHandleServer): readonly string[] => asked.map(({ handle }) => handle);

describe('from a root', () => {
  test('the prefix record leads to the site, once for as long as it says', async () => {
    const leaf = await handleServer(serves({ [HANDLE]: OAK }));
    const root = await handleServer(servesAlone({ '0.NA/20.500': [site(leaf)] }));
    let now = LEARNED_AT;
    const { ask } = handleWorld(root, { ...LOCAL, clock: () => now }, rootAt(root));
    expect(await ask()).toMatchObject({ kind: 'found', values: [{ data: 'https://oak.example/' }] });
    expect(await ask('20.500/OTHER')).toMatchObject({ kind: 'not-found' });
    expect(root.asked.map(({ handle, request }) => [handle, request.body])).toEqual([
      ['0.NA/20.500', expect.objectContaining({ types: ['HS_SITE', 'HS_SITE.6', 'HS_SERV', 'HS_NAMESPACE'] })],
    ]);
    now += 601_000;
    await ask('20.500/THIRD');
    expect(handlesOf(root)).toEqual(['0.NA/20.500', '0.NA/20.500']);
    expect(handlesOf(leaf)).toEqual([HANDLE, '20.500/OTHER', '20.500/THIRD']);
  });

  test('sites that have moved are looked for anew once they cannot be asked any more', async () => {
    const before = await openScriptedHandle(serves({ [HANDLE]: OAK }));
    const after = await handleServer(serves({ '20.500/B': OAK }));
    const root = await handleServer(servesAlone({ '0.NA/20.500': [site(before)] }));
    const { ask } = handleWorld(root, LOCAL, rootAt(root));
    expect(await ask()).toMatchObject({ kind: 'found' });
    await before.close();
    root.script = servesAlone({ '0.NA/20.500': [site(after)] });
    await expect(ask('20.500/A')).rejects.toMatchObject(because(/ECONNREFUSED|ended the connection/));
    expect(await ask('20.500/B')).toMatchObject({ kind: 'found' });
  });

  test('whoever has a prefix record that names nobody answers for the prefix', async () => {
    const root = await handleServer(serves({ '0.NA/20.500': [text(9, 'NOTE', 'no site')], [HANDLE]: OAK }));
    expect(await handleWorld(root, {}, rootAt(root)).ask()).toMatchObject({ kind: 'found' });
    root.script = (request, door) =>
      request.handle === HANDLE
        ? serves({ [HANDLE]: OAK })(request, door)
        : door.send(failure(request, RESPONSE.valuesNotFound));
    expect(await handleWorld(root, {}, rootAt(root)).ask()).toMatchObject({ kind: 'found' });
  });

  test('a prefix that does not exist has no handles, once a primary has said so', async () => {
    const root = await handleServer(serves({}));
    expect(await handleWorld(root, {}, rootAt(root)).ask()).toMatchObject({ kind: 'not-found' });
    expect(
      root.asked.map(({ handle, request }) => [handle, (request.header.opFlags & FLAG.authoritative) !== 0]),
    ).toEqual([
      ['0.NA/20.500', false],
      ['0.NA/20.500', true],
    ]);
  });

  test('that has no prefix records is none', async () => {
    const root = await handleServer(servesAlone({ [HANDLE]: OAK }));
    await expect(handleWorld(root, {}, rootAt(root)).ask()).rejects.toMatchObject(
      because(/0.NA\/20.500, so it is no root/),
    );
  });

  test('a service handle gives the sites that several prefixes share', async () => {
    const leaf = await handleServer(serves({ [HANDLE]: OAK }));
    const root = await handleServer(
      serves({
        '0.NA/20.500': [text(3, 'HS_SERV', '20.SERV/OAK')],
        '0.NA/20.SERV': [text(9, 'NOTE', 'here')],
        '20.SERV/OAK': [site(leaf)],
      }),
    );
    expect(await handleWorld(root, LOCAL, rootAt(root)).ask()).toMatchObject({ kind: 'found' });
    expect(handlesOf(root)).toEqual(['0.NA/20.500', '0.NA/20.SERV', '20.SERV/OAK']);
  });

  test.each<[string, string]>([
    ['to itself', '20.500/SERVICE'],
    ['to one of its own prefix through another', '20.SERV/OAK'],
  ])('service handles that lead %s end', async (_, service) => {
    const root = await handleServer(
      serves({
        '0.NA/20.500': [text(3, 'HS_SERV', service)],
        '0.NA/20.SERV': [text(3, 'HS_SERV', '20.500/X')],
      }),
    );
    await expect(handleWorld(root, LOCAL, rootAt(root)).ask()).rejects.toMatchObject(because(/in a circle/));
    expect(root.asked.length).toBeLessThan(4);
  });

  test('a derived prefix is looked for where its parent prefix says', async () => {
    const leaf = await handleServer(serves({ '20.500.7/X': OAK }));
    const parent = await handleServer(servesAlone({ '0.NA/20.500.7': [site(leaf)] }));
    const root = await handleServer(refersTo([typed(1, 'HS_SITE.PREFIX', siteOn([parent]))]));
    expect(await handleWorld(root, LOCAL, rootAt(root)).ask('20.500.7/X')).toMatchObject({ kind: 'found' });
    expect([handlesOf(root), handlesOf(parent)]).toEqual([['0.NA/20.500.7'], ['0.NA/20.500.7']]);
  });
});

describe('from a server', () => {
  test('it is asked first, and for the prefix record if it does not answer for the handle', async () => {
    const leaf = await handleServer(serves({ [HANDLE]: OAK, '20.500/B': OAK }));
    const top = await handleServer(servesAlone({ '0.NA/20.500': [site(leaf)] }));
    const { ask } = handleWorld(top, LOCAL);
    expect(await ask()).toMatchObject({ kind: 'found' });
    expect(await ask('20.500/B')).toMatchObject({ kind: 'found' });
    expect(handlesOf(top)).toEqual([HANDLE, '/', '0.NA/20.500']);
  });

  test('its site information tells among which servers a handle is to be looked for', async () => {
    const all = [await handleServer(), await handleServer(), await handleServer()];
    const data = siteOn(all);
    for (const [place, one] of all.entries()) {
      one.script = (request, door) => {
        if (request.body.kind === 'handle') door.send(reply(request, 1, { kind: 'site', site: data }));
        else if (serverPlaceOf(request.handle as never, 2, 3) === place)
          serves({ [request.handle]: OAK })(request, door);
        else door.send(failure(request, RESPONSE.notResponsible, 'Request was hashed incorrectly'));
      };
    }
    const [first] = all as [ScriptedHandleServer];
    const { ask } = handleWorld(first, LOCAL);
    for (let i = 0; i < 30; i++) expect(await ask(`20.500/${i}`)).toMatchObject({ kind: 'found' });
    expect(all.every(({ asked }) => asked.length > 1)).toBe(true);
  });

  test('what it says of its own address does not count while it is alone: it may be behind another', async () => {
    const top = await handleServer();
    top.script = (request, door) => {
      const data = siteOn([{ port: 1, address: '203.0.113.9' }]);
      if (request.body.kind === 'handle') door.send(reply(request, 1, { kind: 'site', site: data }));
      else servesAlone({ '0.NA/20.500': [text(9, 'NOTE', 'here'), site(top)] })(request, door);
    };
    await expect(handleWorld(top).ask()).rejects.toMatchObject(because(/response code is 301/));
    expect(handlesOf(top)).toEqual([HANDLE, '/', '0.NA/20.500', HANDLE]);
  });
});

describe('a referral', () => {
  test.each<[string, number, boolean]>([
    ['of the service, by its values', RESPONSE.serviceReferral, true],
    ['of the prefix, by its values', RESPONSE.prefixReferral, true],
    ['of the service, by a handle that has them', RESPONSE.serviceReferral, false],
  ])('%s is followed', async (_, code, byValues) => {
    const leaf = await handleServer(serves({ [HANDLE]: OAK }));
    const top = await handleServer((request, door) => {
      if (request.handle !== HANDLE) serves({ '0.NA/20.SERV': [], '20.SERV/OAK': [site(leaf)] })(request, door);
      else refersTo(byValues ? [site(leaf)] : [], byValues ? '' : '20.SERV/OAK', code)(request, door);
    });
    expect(await handleWorld(top, LOCAL).ask()).toMatchObject({ kind: 'found' });
    expect(handlesOf(leaf)).toEqual([HANDLE]);
  });

  test('in a circle ends', async () => {
    const [a, b] = [await handleServer(), await handleServer()];
    a.script = refersTo([site(b)]);
    b.script = refersTo([site(a)]);
    await expect(handleWorld(a, LOCAL).ask()).rejects.toMatchObject(because(/circle/));
    expect(a.asked.length + b.asked.length).toBeLessThan(5);
  });

  test('that leads on and on ends', async () => {
    const all = await Promise.all(Array.from({ length: 9 }, () => handleServer()));
    for (const [i, one] of all.entries()) one.script = refersTo([site(all[i + 1] ?? one)]);
    await expect(handleWorld(all[0] as ScriptedHandleServer, LOCAL).ask()).rejects.toMatchObject(
      because(/more than 6 referrals/),
    );
    expect(all.filter(({ asked }) => asked.length > 0)).toHaveLength(7);
  });

  test('to nobody is no answer', async () => {
    const top = await handleServer(refersTo([text(1, 'URL', 'https://example.com/')]));
    await expect(handleWorld(top, LOCAL).ask()).rejects.toMatchObject(because(/refers to nobody/));
  });

  test.each([
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '::1',
    '::ffff:10.0.0.1',
  ])('to %s is not followed unless the settings allow it', async (address) => {
    const inside = await handleServer(serves({ [HANDLE]: OAK }));
    // Another port of a server that stands in the settings is as foreign as any.
    const top = await handleServer(refersTo([typed(1, 'HS_SITE', siteOn([{ port: inside.port, address }]))]));
    await expect(handleWorld(top).ask()).rejects.toMatchObject(because(/not a public address/));
    expect(inside.asked).toEqual([]);
  });
});

describe('an alias', () => {
  test('is followed to where it leads, and holds as long as itself', async () => {
    const server = await handleServer(serves({ [HANDLE]: [text(1, 'HS_ALIAS', '20.500/B', 60)], '20.500/B': OAK }));
    expect(await handleWorld(server).ask()).toMatchObject({
      kind: 'found',
      values: [{ type: 'URL', data: 'https://oak.example/', ttl: 60 }],
    });
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['to itself', { [HANDLE]: HANDLE }, /circle/],
    ['in a circle', { [HANDLE]: '20.500/B', '20.500/B': HANDLE }, /circle/],
    [
      'on and on',
      {
        [HANDLE]: '20.500/1',
        ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((i) => [`20.500/${i}`, `20.500/${i + 1}`])),
      },
      /more than 4 aliases/,
    ],
    ['to what is no handle', { [HANDLE]: '/nothing' }, /no handle/],
  ])('%s ends', async (_, aliases, reason) => {
    const records = Object.entries(aliases).map(([handle, to]) => [handle, [text(1, 'HS_ALIAS', to)]]);
    const server = await handleServer(serves(Object.fromEntries(records)));
    await expect(handleWorld(server).ask()).rejects.toMatchObject(because(reason));
  });
});

describe('a delegated site', () => {
  const question = (...sites: ByteString[]) => ({
    ...{ handle: HANDLE, via: '1.1 jiabiao-88.200', isRenewal: false },
    site: { prefix: '20.500' as never, urls: [], sites },
  });

  test('is asked, and nobody else', async () => {
    const leaf = await handleServer(serves({ [HANDLE]: [text(1, 'HS_ALIAS', '20.600/B')] }));
    const { upstreams } = world([], LOCAL);
    // Where its alias leads is not its own, and its asker may go there.
    expect(await upstreams.fetch(question(siteOn([leaf])))).toMatchObject({ values: [{ type: 'HS_ALIAS' }] });
    const [{ request } = { request: null }] = leaf.asked;
    expect(request?.header).toMatchObject({ recursionCount: 2, opFlags: FLAG.publicOnly | FLAG.keepConnection });
  });

  test('that does not answer for it is not asked for the prefix', async () => {
    const leaf = await handleServer(servesAlone({}));
    await expect(world([], LOCAL).upstreams.fetch(question(siteOn([leaf])))).rejects.toMatchObject(
      because(/code is 301/),
    );
    expect(handlesOf(leaf)).toEqual([HANDLE]);
  });

  test('inside is not asked', async () => {
    const leaf = await handleServer();
    await expect(world([]).upstreams.fetch(question(siteOn([leaf])))).rejects.toMatchObject(because(/not a public/));
    expect(leaf.asked).toEqual([]);
  });
});
