// Writing and listing through the Handle API: what a request says, what it changes, and that what is refused changes nothing.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AdministeredDoor, openAdministered, url } from './administration.ts';
import { CHAIRS, FOLDED, LAMPS } from './door.ts';

let door: AdministeredDoor;
let made = 0;
let handle = '';

beforeAll(async () => {
  door = await openAdministered();
});

afterAll(() => door.close());

beforeEach(() => {
  handle = `${CHAIRS}/w${++made}`;
});

const ask = (method: string, query: string, body?: unknown, type = 'application/json') =>
  door.ask(method, `/api/handles/${handle}${query}`, {
    key: door.operator,
    headers: { 'content-type': type },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
const record = async () => door.store.get(handle as never);
const indexes = async () => (await record())?.values.map((value) => value.index);

describe('PUT', () => {
  it('creates and replaces, in the order given', async () => {
    expect(await ask('PUT', '', [url(7), url(3)])).toMatchObject({
      status: 201,
      text: `{"responseCode":1,"handle":"${handle}"}`,
    });
    expect(await indexes()).toEqual([7, 3]);
    expect((await ask('PUT', '', { values: [url(2)] })).status).toBe(200);
    expect((await ask('PUT', '', url(9))).status).toBe(200);
    expect(await indexes()).toEqual([9]);
    expect((await record())?.revision).toBe(3);
  });

  it('replaces nothing if it was told not to', async () => {
    await ask('PUT', '?overwrite=false', [url(1)]);
    expect(await ask('PUT', '?overwrite=false', [url(2)])).toMatchObject({
      status: 409,
      json: { responseCode: 101, handle },
    });
    expect(await ask('PUT', '?index=1&overwrite=no', [url(1, 'http://y/')])).toMatchObject({
      status: 409,
      text: `{"responseCode":201,"message":"Index conflict for 1","handle":"${handle}"}`,
    });
    expect((await record())?.revision).toBe(1);
  });

  it('adds and replaces values, and orders them by index', async () => {
    await ask('PUT', '', [url(7), url(3)]);
    expect((await ask('PUT', '?index=5&index=1', [url(5), url(1)])).status).toBe(201);
    expect(await indexes()).toEqual([1, 3, 5, 7]);
    expect((await ask('PUT', '?index=various', [url(9), url(3, 'http://y/')])).status).toBe(200);
    expect(await indexes()).toEqual([1, 3, 5, 7, 9]);
  });

  it('keeps what this interface does not speak of: the parent', async () => {
    await door.write(`${CHAIRS}/MODEL`, url(50));
    const json = { parent: `${CHAIRS}/MODEL`, values: [url(1)] };
    expect((await door.ask('PUT', `/v1/identifiers/${handle}`, { key: door.operator, json })).status).toBe(201);
    await ask('PUT', '', [url(2)]);
    expect(await record()).toMatchObject({ parent: `${CHAIRS}/MODEL`, values: [{ index: 2 }] });
  });

  it('mints a suffix, another one each time', async () => {
    const spelled = `/api/handles/${FOLDED}/Mint-?mintNewSuffix`;
    const minted = new Set<unknown>();
    for (let i = 0; i < 2; i++) {
      const told = await door.ask('PUT', spelled, { key: door.operator, json: [url(1)] });
      expect(told).toMatchObject({ status: 201, json: { handle: expect.stringMatching(/\/Mint-[0-9a-f-]{36}$/) } });
      minted.add(told.json.handle);
    }
    expect(minted.size).toBe(2);
    expect((await ask('PUT', '?mintNewSuffix=true&index=1', [url(1)])).status).toBe(400);
  });

  it('reads permissions as the binary number they are', async () => {
    const texts = ['0000', '0110', '1111', '110', '*', '00010'];
    const values = texts.map((permissions, i) => ({ ...url(i + 1), permissions }));
    await ask('PUT', '', values);
    expect((await record())?.values.map((value) => value.permissions)).toEqual([0, 6, 15, 6, 15, 2]);
    expect((await ask('PUT', '', [{ ...url(1), permissions: '11111' }])).status).toBe(400);
  });

  it.each([
    ['broken JSON', '', '[{', 4],
    ['no body', '', '', 4],
    ['a string', '', '"x"', 4],
    ['a value without type', '', [{ index: 1, data: 'x' }], 4],
    ['a value without data', '', [{ index: 1, type: 'URL' }], 4],
    ['a data format that is none', '', [{ index: 1, type: 'URL', data: { format: 'zzz', value: 'x' } }], 4],
    ['index 0', '', [url(0)], 202],
    ['an index twice', '', [url(1), url(1)], 201],
    ['a type that names a family', '', [{ index: 1, type: 'URL.', data: 'x' }], 202],
    ['another handle', '', { handle: `${CHAIRS}/other`, values: [] }, 4],
    ['another index', '?index=2', [url(1)], 4],
    ['more indexes than values', '?index=1&index=2', [url(1)], 4],
    ['an index that is none', '?index=abc', [url(1)], 4],
    ['no values to add', '?index=various', [], 202],
    ['a public secret', '', [{ index: 1, type: 'HS_SECKEY', data: 'x' }], 202],
  ])('refuses %s, and changes nothing', async (_what, query, body, responseCode) => {
    await ask('PUT', '', [url(50)]);
    const told = await ask('PUT', query, body);
    expect(told.status).toBe(responseCode === 201 ? 409 : 400);
    expect(told.json).toMatchObject({ responseCode });
    expect((await record())?.revision).toBe(1);
  });

  it('refuses other media types, and bodies that are too large', async () => {
    const text = { responseCode: 4, message: 'java.lang.Exception: Unsupported media type text/plain' };
    expect((await ask('PUT', '', '[]', 'text/plain')).json).toEqual(text);
    const large = await ask('PUT', '', `[${' '.repeat(1_100_000)}]`);
    expect(large).toMatchObject({ status: 413, json: { responseCode: 4 } });
    expect(await record()).toBeNull();
  });

  it('takes the handle of the body in any case, as the reference server does', async () => {
    expect((await ask('PUT', '', { handle: handle.toLowerCase(), values: [url(1)] })).status).toBe(201);
  });
});

describe('DELETE', () => {
  it('removes values, all or none', async () => {
    await ask('PUT', '', [url(1), url(2), url(3)]);
    expect((await ask('DELETE', '?index=1&index=3')).status).toBe(200);
    expect(await ask('DELETE', '?index=2&index=9')).toMatchObject({
      status: 400,
      text: `{"responseCode":200,"handle":"${handle}"}`,
    });
    expect(await indexes()).toEqual([2]);
    expect((await ask('DELETE', '?index=2')).status).toBe(200);
    expect((await ask('GET', '')).json).toMatchObject({ responseCode: 200 });
  });

  it('truly deletes: the handle can be created again, and revisions go on counting', async () => {
    await ask('PUT', '', [url(1)]);
    expect(await ask('DELETE', '')).toMatchObject({ status: 200, text: `{"responseCode":1,"handle":"${handle}"}` });
    expect(await ask('DELETE', '')).toMatchObject({ status: 404, json: { responseCode: 100 } });
    expect(await ask('GET', '')).toMatchObject({ status: 404 });
    expect((await ask('PUT', '', [url(2)])).status).toBe(201);
    expect((await record())?.revision).toBe(3);
  });

  it('does not undo a revocation, and neither does PUT', async () => {
    await ask('PUT', '', [url(1)]);
    await door.ask('POST', `/v1/identifiers/${handle}/revoke`, { key: door.operator, json: { reason: 'recalled' } });
    await door.ask('DELETE', `/v1/identifiers/${handle}`, { key: door.operator, json: { reason: 'recalled' } });
    expect((await record())?.status).toBe('revoked');
    expect((await ask('DELETE', '')).status).toBe(404);
    expect(await ask('PUT', '', [url(1)])).toMatchObject({ status: 403, json: { responseCode: 401 } });
    expect((await record())?.status).toBe('revoked');
  });
});

describe('listing', () => {
  const list = (query: string, key = door.operator) => door.ask('GET', `/api/handles?prefix=${query}`, { key });

  it('goes page after page, whatever is written meanwhile', async () => {
    for (let i = 10; i < 30; i++) await door.write(`${LAMPS}/${i}`);
    const seen: unknown[] = [];
    for (let page = 0; page < 5; page++) {
      const told = await list(`${LAMPS}&page=${page}&pageSize=5`);
      expect(told.json).toMatchObject({
        responseCode: 1,
        prefix: LAMPS,
        totalCount: String(20 + page),
        page,
        pageSize: 5,
      });
      seen.push(...(told.json.handles as string[]));
      await door.write(`${LAMPS}/0${page}`);
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => `${LAMPS}/${i + 10}`));
    expect((await list(`${LAMPS}&page=0&pageSize=2`)).json.handles).toEqual([`${LAMPS}/00`, `${LAMPS}/01`]);
  });

  it('reaches a far page at once, counts alone, and ends with nothing', async () => {
    const { totalCount } = (await list(`0.NA/${LAMPS}&pageSize=0`)).json;
    expect(totalCount).toBe('25');
    expect((await list(`${LAMPS}&page=6&pageSize=4`)).json.handles).toEqual([`${LAMPS}/29`]);
    expect((await list(`${LAMPS}&page=99&pageSize=4`)).json.handles).toEqual([]);
  });

  it('is for those who may read there', async () => {
    expect((await list(LAMPS, door.reader)).status).toBe(200);
    expect(await list(LAMPS, door.chairs)).toMatchObject({ status: 403, json: { responseCode: 400, handle: LAMPS } });
    expect(await door.ask('GET', `/api/handles?prefix=${LAMPS}`)).toMatchObject({
      status: 403,
      json: { responseCode: 402 },
    });
    expect(await list('99.9999')).toMatchObject({ status: 400, json: { responseCode: 301, handle: '99.9999' } });
  });

  it.each(['page=-1', 'pageSize=x', 'pageSize=10001', 'page=1.5'])('refuses %s', async (query) => {
    expect(await list(`${LAMPS}&${query}`)).toMatchObject({ status: 400, json: { responseCode: 4 } });
  });
});

describe('prefixes', () => {
  const prefixes = (method: string, path = '', key = door.operator) =>
    door.ask(method, `/api/prefixes${path}`, { key });

  it('are homed by request, and answer from then on', async () => {
    expect((await prefixes('GET')).json).toEqual({
      responseCode: 1,
      totalCount: '2',
      prefixes: ['0.NA/88.118', `0.NA/${FOLDED}`],
    });
    const inNew = () => door.ask('GET', '/api/handles/20.500.88888/a');
    expect((await inNew()).json).toMatchObject({ responseCode: 301 });
    expect((await prefixes('POST', '/20.500.88888')).text).toBe('{"responseCode":1,"handle":"20.500.88888"}');
    expect((await inNew()).json).toMatchObject({ responseCode: 100 });
    await door.write('20.500.88888/a', url(1));
    expect((await inNew()).status).toBe(200);
    expect((await prefixes('POST', '/0.NA/20.500.88888')).status).toBe(200);
    expect((await prefixes('POST', '/20.500.88888?foldsCase')).status).toBe(403);
    expect((await prefixes('DELETE', '/20.500.88888')).status).toBe(200);
    expect((await inNew()).json).toMatchObject({ responseCode: 301 });
    expect(await prefixes('DELETE', '/20.500.88888')).toMatchObject({ status: 400, json: { responseCode: 301 } });
  });

  it('of the settings stay, and only operators decide', async () => {
    expect((await prefixes('DELETE', '/88.118')).status).toBe(403);
    expect((await prefixes('POST', '/20.500.77777', door.chairs)).status).toBe(403);
    expect((await prefixes('POST', '/0.NA')).status).toBe(400);
    expect((await prefixes('GET', '', door.chairs)).status).toBe(403);
    expect(await prefixes('GET', '/88.118')).toMatchObject({
      status: 405,
      headers: { allow: 'POST, DELETE, OPTIONS' },
    });
  });

  it('take a rule of case with them', async () => {
    expect((await prefixes('POST', '/20.500.66666?foldsCase=flase')).status).toBe(400);
    expect((await prefixes('POST', '/20.500.66666?foldsCase')).status).toBe(200);
    await door.ask('PUT', '/api/handles/20.500.66666/abc', { key: door.operator, json: [url(1)] });
    expect((await door.ask('GET', '/api/handles/20.500.66666/ABC')).status).toBe(200);
    const { json } = await door.ask('GET', '/api/handles?prefix=20.500.66666', { key: door.operator });
    expect(json.handles).toEqual(['20.500.66666/ABC']);
  });
});
