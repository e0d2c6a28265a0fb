// What other nodes answer for, at every door: found, not found, referred, does not live here, could not find out.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SecondTier } from '../../src/cache/second-tier.ts';
import { bytesFromText } from '../../src/domain/bytes.ts';
import { HandleError } from '../../src/domain/error.ts';
import type { ForeignAnswer, ForeignQuestion, ForeignReader } from '../../src/domain/foreign-answer.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import { type OpenDoor, openDoor } from './door.ts';
import { register } from './registering.ts';

/** Other nodes that know everything but what the handle says they do not. */
class Others implements ForeignReader {
  readonly asked: ForeignQuestion[] = [];

  async forget(): Promise<void> {}

  async held(): Promise<null> {
    return null;
  }

  async fetch(question: ForeignQuestion): Promise<ForeignAnswer> {
    this.asked.push(question);
    const { handle } = question;
    if (handle.endsWith('/DOWN')) throw new HandleError('UPSTREAM_UNAVAILABLE', 'Try again.');
    if (handle.endsWith('/NONE')) return { kind: 'not-found', learnedAt: 1 };
    const value = makeValue({ index: 1, type: bytesFromText('NAME'), data: bytesFromText(handle), ttl: 600 });
    return { kind: 'found', values: [value], learnedAt: Date.UTC(2026, 10, 23, 3, 51, 48) };
  }
}

const DELEGATED = '88.118.10002';
const others = new Others();
let door: OpenDoor;

beforeAll(async () => {
  const routes = [
    { name: 'world', scheme: 'handle', prefixes: ['20', '86'] },
    { name: 'objects', scheme: 'oid', prefixes: ['*'] },
  ] as const;
  door = await openDoor({
    foreign: { reader: others, tier: null, routes, delegation: 'refer', ownAddresses: [], staleSeconds: 0 },
  });
  const site = { index: 1, type: 'SITE_URL', data: 'https://lamps.example' };
  await register(door, { handle: `0.NA/${DELEGATED}`, values: [site] });
});

afterAll(() => door.close());

const api = (handle: string, headers = {}) => door.ask('GET', `/api/handles/${handle}`, { headers });
const page = (handle: string) => door.ask('GET', `/${handle}`, { headers: { accept: 'text/html' } });
const batch = async (handle: string) =>
  ((await door.ask('POST', '/v1/resolve', { json: [handle] })).json as unknown as Record<string, unknown>[])[0];

describe.each([
  ['found', '20.500/OAK', 200, 1, 200, '由其他节点登记'],
  ['not found', '20.500/NONE', 404, 100, 404, '未登记'],
  ['could not find out', '20.500/DOWN', 502, 2, 502, '这不代表标识无效'],
  ['referred', `${DELEGATED}/LAMP`, 300, 303, 300, '企业自有节点'],
  ['of a prefix that lives nowhere we know', '10.1/X', 400, 301, 404, '不由本节点负责'],
] as const)('a handle that is %s', (...[, handle, status, responseCode, pageStatus, words]) => {
  it('is so at the Handle API, in a batch and on a page', async () => {
    const told = await api(handle);
    expect([told.status, told.json.responseCode]).toEqual([status, responseCode]);
    expect(told.json.handle).toBe(handle);
    expect((await batch(handle))?.responseCode).toBe(responseCode);
    const shown = await page(handle);
    expect(shown.status).toBe(pageStatus);
    expect(shown.text).toContain(words);
  });
});

describe('the Handle API', () => {
  it('tells where to ask, or asks there, as the question wants it', async () => {
    const referred = await api(`${DELEGATED}/LAMP`);
    expect(referred.json.values).toMatchObject([{ type: 'SITE_URL', data: { value: 'https://lamps.example' } }]);
    const asked = await api(`${DELEGATED}/LAMP?recursive=true`);
    expect(asked.json.values).toMatchObject([{ data: { value: `${DELEGATED}/LAMP` } }]);
    expect((await api('20.500/OAK?recursive=false')).json.responseCode).toBe(301);
  });

  it.each([
    ['recursive', 'maybe'],
    ['recursive', '1'],
    ['provenance', 'treu'],
  ])('refuses %s=%s, of which nobody can know what was meant', async (name, value) => {
    const told = await api(`${DELEGATED}/LAMP?${name}=${value}`);
    expect(told).toMatchObject({ status: 400, json: { responseCode: 4, message: expect.stringContaining(name) } });
    for (const meant of ['true', 'YES', 'no', 'False', '']) {
      expect((await api(`${DELEGATED}/LAMP?${name}=${meant}`)).status).not.toBe(400);
    }
    expect((await api(`${DELEGATED}/LAMP?pretty=${value}&unknown=${value}`)).status).toBe(300);
  });

  it('says that what failed may be asked for again, and lets nobody keep it', async () => {
    const { headers } = await api('20.500/DOWN');
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'retry-after': '1' });
  });

  it('lets what was learned be kept as long as its TTL says, under a tag of its content', async () => {
    const first = await api('20.500/TAGGED');
    expect(first.headers).toMatchObject({
      'cache-control': 'public, max-age=600',
      etag: expect.stringMatching(/^W\//),
    });
    const again = await api('20.500/TAGGED', { 'if-none-match': first.headers.etag });
    expect(again.status).toBe(304);
  });

  it('tells who gave what others told, how old it is and how long it took; of our own it tells nothing', async () => {
    const first = await api('20.500/TIMED');
    expect(first.headers).toMatchObject({
      age: '0',
      'cache-status': expect.stringMatching(/^jiabiao; fwd=miss; ttl=5\d\d; detail=upstream$/),
      'server-timing': expect.stringMatching(/^upstream;dur=\d+\.\d$/),
    });
    door.clock.nowMs += 60_000;
    const second = await api('20.500/TIMED');
    expect(second.headers).toMatchObject({
      age: '60',
      'cache-status': expect.stringMatching(/; hit; ttl=4\d\d; detail=l1$/),
    });
    expect(second.headers['server-timing']).toBeUndefined();
    door.clock.nowMs -= 60_000;
    expect((await api('20.500/TIMED?auth=true')).headers['cache-status']).toContain('fwd=request');
    expect((await api(`0.NA/${DELEGATED}`)).headers['cache-status']).toBeUndefined();
  });

  it('hands on where a question has been, and hands on none that was here before or came too far', async () => {
    await api('20.500/TRAVELLED', { via: '1.1 jiabiao-88.200' });
    expect(others.asked.at(-1)).toMatchObject({ handle: '20.500/TRAVELLED', via: '1.1 jiabiao-88.200' });
    const count = others.asked.length;
    for (const via of ['1.1 jiabiao-88.200, 1.1 jiabiao-88.118', '1.1 a, 1.1 b, 1.1 c, 1.1 d']) {
      expect((await api('20.500/CIRCLE', { via })).json.responseCode).toBe(301);
    }
    expect(others.asked.length).toBe(count);
  });

  it('takes identifiers of other schemes that a route answers for, and prefixes as before', async () => {
    expect((await api('1.2.156.3088')).json).toMatchObject({ responseCode: 1, handle: '1.2.156.3088' });
    expect(others.asked.at(-1)?.handle).toBe('0.OID/1.2.156.3088');
    expect((await api('VAA08611812345678/X')).json.responseCode).toBe(1);
    expect(others.asked.at(-1)?.handle).toBe('86.118.12345678/X');
    expect((await api('did:bid:ef24NBA7au48UTZ')).json.responseCode).toBe(301);
    expect((await api(DELEGATED)).json).toMatchObject({ responseCode: 1, handle: DELEGATED });
  });
});

describe('a network that asks for much that is not known here', () => {
  it('is refused before anything is looked up, but for a trickle, and gets what is stale meanwhile', async () => {
    const looks: string[] = [];
    const shared: SecondTier = {
      async get({ handle }) {
        looks.push(handle);
        return null;
      },
      set() {},
      held: async () => null,
      async forget() {},
      async close() {},
    };
    const routes = [{ name: 'world', scheme: 'handle', prefixes: ['*'] }] as const;
    const limited = await openDoor({
      foreign: { reader: new Others(), tier: shared, routes, delegation: 'off', ownAddresses: [], staleSeconds: 3600 },
      limits: { tripsPerSecond: 1, tripBurst: 3 },
    });
    const ask = async (suffix: string) => (await limited.ask('GET', `/api/handles/20.500/${suffix}`)).status;
    for (let i = 0; i < 20; i++) expect(await ask(String(i))).toBe(i < 3 ? 200 : 429);
    expect(looks).toHaveLength(3 + 5);
    limited.clock.nowMs += 3_600_000 + 1;
    for (let i = 20; i < 40; i++) await ask(String(i));
    expect(await ask('0')).toBe(200);
    await limited.close();
  });

  it('is limited in that, and still gets what is known', async () => {
    const reader = new Others();
    const routes = [{ name: 'world', scheme: 'handle', prefixes: ['*'] }] as const;
    const limited = await openDoor({
      foreign: { reader, tier: null, routes, delegation: 'off', ownAddresses: [], staleSeconds: 0 },
      limits: { tripsPerSecond: 1, tripBurst: 3 },
    });
    const ask = async (suffix: string, key?: string) =>
      (await limited.ask('GET', `/api/handles/20.500/${suffix}`, key === undefined ? {} : { key })).status;
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push(await ask(String(i)));
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect(limited.seen.refused).toEqual(['trip-limit', 'trip-limit']);
    expect(await ask('0')).toBe(200);
    expect(await ask('KEYED', limited.operator)).toBe(200);
    expect(reader.asked).toHaveLength(4);
    limited.clock.nowMs += 1000;
    expect(await ask('4')).toBe(200);
    await limited.close();
  });
});
