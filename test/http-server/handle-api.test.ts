// Resolution through the Handle API beyond the reference's vectors: caching, views, keys, spelling, origins.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHAIRS, FOLDED, LAMPS, type OpenDoor, openDoor } from './door.ts';
import { NAME, PRIVATE, register, revoke } from './registering.ts';

const HANDLE = `${CHAIRS}/CHAIR-01`;
const PATH = `/api/handles/${HANDLE}`;

let door: OpenDoor;

beforeAll(async () => {
  door = await openDoor({ options: { corsOrigins: ['https://good.example'] } });
  await register(
    door,
    { handle: HANDLE, values: [NAME, PRIVATE] },
    { handle: `${CHAIRS}/a+b c/d%e`, values: [NAME] },
    { handle: `${CHAIRS}/椅子`, values: [NAME] },
    { handle: `${FOLDED}/Folded`, values: [NAME] },
    { handle: `${CHAIRS}/GONE`, values: [NAME] },
    { handle: `${CHAIRS}/LATER`, values: [NAME], status: 'reserved' },
    { handle: `${LAMPS}/L1`, values: [NAME, PRIVATE] },
  );
  await revoke(door, `${CHAIRS}/GONE`, 'recalled');
});

afterAll(() => door.close());

describe('a plain resolution', () => {
  it('shows public values, how long they hold, and a weak tag', async () => {
    const told = await door.ask('GET', PATH);
    expect(told.status).toBe(200);
    expect(told.headers).toMatchObject({
      etag: 'W/"1"',
      'cache-control': 'public, max-age=86400',
      'content-length': String(Buffer.byteLength(told.text)),
    });
    expect(told.json).toMatchObject({ responseCode: 1, handle: HANDLE, values: [{ index: 2000 }] });
    expect(told.text).toContain('高级椅子');
    expect(told.text).not.toContain('12.50');
  });

  it('says the same from the cache', async () => {
    const [first, second] = [await door.ask('GET', PATH), await door.ask('GET', PATH)];
    expect(second.text).toBe(first.text);
    expect({ ...second.headers, date: '' }).toEqual({ ...first.headers, date: '' });
  });

  it('answers 304 to who holds the state, 200 to who holds another', async () => {
    for (const held of ['W/"1"', '"1"', 'W/"9", W/"1"', '*']) {
      const told = await door.ask('GET', PATH, { headers: { 'if-none-match': held } });
      expect(told).toMatchObject({ status: 304, text: '', headers: { etag: 'W/"1"' } });
    }
    const told = await door.ask('GET', PATH, { headers: { 'if-none-match': 'W/"2"' } });
    expect(told.status).toBe(200);
  });

  it('answers 304 to a view with parameters too, but never to POST', async () => {
    const headers = { 'if-none-match': 'W/"1"' };
    expect((await door.ask('GET', `${PATH}?index=2000`, { headers })).status).toBe(304);
    expect((await door.ask('POST', PATH, { headers })).status).toBe(200);
  });

  it('of a revoked or reserved handle is not found', async () => {
    for (const suffix of ['GONE', 'LATER', 'NEVER']) {
      const told = await door.ask('GET', `/api/handles/${CHAIRS}/${suffix}`);
      expect(told).toMatchObject({ status: 404, text: `{"responseCode":100,"handle":"${CHAIRS}/${suffix}"}` });
    }
  });

  it('of a prefix that is not homed here says so', async () => {
    const told = await door.ask('GET', '/api/handles/88.1180.1/x');
    expect(told).toMatchObject({ status: 400, json: { responseCode: 301 } });
  });
});

describe('the spelling of a handle', () => {
  it.each([
    [`${CHAIRS}/a+b%20c/d%25e`, `${CHAIRS}/a+b c/d%e`],
    [`${CHAIRS}%2Fa%2Bb%20c%2Fd%25e`, `${CHAIRS}/a+b c/d%e`],
    [`${CHAIRS}/%E6%A4%85%E5%AD%90`, `${CHAIRS}/椅子`],
    [`${FOLDED}/fOLDED`, `${FOLDED}/fOLDED`],
  ])('%s is decoded and echoed as %s', async (path, echoed) => {
    const told = await door.ask('GET', `/api/handles/${path}`);
    expect(told).toMatchObject({ status: 200, json: { responseCode: 1, handle: echoed } });
    expect(told.headers['content-length']).toBe(String(Buffer.byteLength(told.text)));
  });

  it('keeps a plus, which is no space', async () => {
    expect((await door.ask('GET', `/api/handles/${CHAIRS}/a%20b%20c/d%25e`)).status).toBe(404);
  });

  it('without a slash asks for the prefix itself', async () => {
    const { prefix } = await door.directory.enterprise(door.actor, CHAIRS);
    await register(door, { handle: `0.NA/${prefix}`, values: [NAME] });
    const long = await door.ask('GET', `/api/handles/0.NA/${prefix}`);
    const short = await door.ask('GET', `/api/handles/${prefix}`);
    expect(long.json).toMatchObject({ responseCode: 1, handle: `0.NA/${prefix}` });
    expect(short.json).toMatchObject({ responseCode: 1, handle: prefix });
    expect(short.headers['content-length']).toBe(String(Buffer.byteLength(short.text)));
  });

  it.each([
    ['illegal UTF-8', `${CHAIRS}/%FF`],
    ['a cut escape', `${CHAIRS}/%E6%A4`],
    ['half an escape', `${CHAIRS}/100%`],
    ['a control character', `${CHAIRS}/a%00b`],
    ['an overlong slash', `${CHAIRS}%C0%AFx`],
    ['a surrogate', `${CHAIRS}/%ED%A0%80`],
    ['an empty suffix', `${CHAIRS}/`],
    ['an empty prefix', '/x'],
    ['too many bytes', `${CHAIRS}/${'x'.repeat(2048)}`],
  ])('is refused for %s, with and without parameters', async (_name, path) => {
    for (const query of ['', '?pretty']) {
      const told = await door.ask('GET', `/api/handles/${path}${query}`);
      expect(told).toMatchObject({ status: 400, json: { responseCode: 102 } });
      expect(told.headers['content-type']).toBe('application/json;charset=utf-8');
    }
  });

  it('never leaves the path of handles', async () => {
    for (const path of [`${CHAIRS}/../../metrics`, `${CHAIRS}/..%2f..%2fmetrics`, '..%2f..%2fmetrics']) {
      const told = await door.ask('GET', `/api/handles/${path}`);
      expect(told.text).not.toContain('jiabiao_up');
      expect(told.json).toHaveProperty('responseCode');
    }
  });
});

describe('parameters', () => {
  it('choose values by index and type, in a query, a form or JSON', async () => {
    const asked = [
      await door.ask('GET', `${PATH}?type=product_name&index=7`),
      await door.ask('POST', PATH, {
        body: 'type=PRODUCT_NAME',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
      await door.ask('POST', PATH, { json: { type: ['PRODUCT_NAME'], index: 2000 } }),
    ];
    for (const told of asked) expect(told.json).toMatchObject({ responseCode: 1, values: [{ index: 2000 }] });
  });

  it('takes parameters in a body of at most 64 KiB', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const send = (bytes: number) => door.ask('POST', PATH, { body: `x=${'y'.repeat(bytes - 2)}`, headers });
    expect((await send(65_536)).status).toBe(200);
    expect(await send(65_537)).toMatchObject({ status: 413, json: { responseCode: 4 } });
  });

  it('in another form are refused', async () => {
    const told = await door.ask('POST', PATH, { body: 'x', headers: { 'content-type': 'text/plain' } });
    expect(told).toMatchObject({ status: 400, json: { responseCode: 4 } });
    expect(await door.ask('POST', PATH, { json: ['type'] })).toMatchObject({ status: 400, json: { responseCode: 4 } });
  });

  it('pretty prints, and changes no value', async () => {
    const told = await door.ask('GET', `${PATH}?pretty`);
    expect(told.text).toContain('\n  "responseCode": 1');
    expect(told.json).toEqual((await door.ask('GET', PATH)).json);
    expect(told.headers['content-length']).toBe(String(Buffer.byteLength(told.text)));
  });

  it('callback wraps answers and failures, and lets no browser guess another type', async () => {
    const told = await door.ask('GET', `/api/handles/${CHAIRS}/NEVER?callback=f`);
    expect(told.text).toBe(`f({"responseCode":100,"handle":"${CHAIRS}/NEVER"});`);
    expect(told.headers).toMatchObject({
      'content-type': 'application/javascript;charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
  });

  it('auth passes by the caches', async () => {
    await door.ask('GET', PATH);
    await door.ask('GET', PATH);
    expect(door.seen.resolved.at(-1)).toMatchObject({ outcome: 'found', tier: 'l1' });
    await door.ask('GET', `${PATH}?auth=true`);
    expect(door.seen.resolved.at(-1)).toMatchObject({ outcome: 'found', tier: 'store' });
  });
});

describe('a key', () => {
  it('of the prefix shows private values, which nobody may keep', async () => {
    for (const query of ['', '?publicOnly=false']) {
      const told = await door.ask('GET', `${PATH}${query}`, { key: door.chairs });
      expect(told.json).toMatchObject({ values: [{ index: 2000 }, { index: 2001 }] });
      expect(told.headers['cache-control']).toBe('private, no-store');
      expect(told.headers.etag).toBeUndefined();
    }
    const told = await door.ask('GET', `${PATH}?publicOnly=true`, { key: door.chairs });
    expect(told.text).not.toContain('12.50');
  });

  it('of another prefix shows public values, and refuses what was asked beyond them', async () => {
    const told = await door.ask('GET', `/api/handles/${LAMPS}/L1`, { key: door.chairs });
    expect(told).toMatchObject({ status: 200, json: { values: [{ index: 2000 }] } });
    const more = await door.ask('GET', `/api/handles/${LAMPS}/L1?publicOnly=false`, { key: door.chairs });
    expect(more).toMatchObject({ status: 403, json: { responseCode: 400, handle: `${LAMPS}/L1` } });
  });

  it('that is not known is refused', async () => {
    const told = await door.ask('GET', PATH, { key: 'jb_nonsense' });
    expect(told).toMatchObject({ status: 403, json: { responseCode: 402, handle: HANDLE } });
  });

  it('and a callback do not go together', async () => {
    const told = await door.ask('GET', `${PATH}?callback=f`, { key: door.chairs });
    expect(told.status).toBe(400);
    expect(told.text).not.toContain('高级椅子');
  });

  it('that is missing opens nothing private, and does not tell whether there is any', async () => {
    for (const suffix of ['CHAIR-01', 'a+b%20c%2Fd%25e']) {
      const told = await door.ask('GET', `/api/handles/${CHAIRS}/${suffix}?publicOnly=false&index=2001`);
      expect(told).toMatchObject({ status: 403, json: { responseCode: 402 } });
    }
  });
});

describe('another origin', () => {
  it('on the list may read', async () => {
    for (const path of [PATH, `${PATH}?pretty`]) {
      const { headers } = await door.ask('GET', path, { headers: { origin: 'https://good.example' } });
      expect(headers).toMatchObject({ 'access-control-allow-origin': 'https://good.example' });
      expect(headers.vary).toMatch(/^Origin, /);
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
    }
  });

  it('not on the list may not', async () => {
    for (const path of [PATH, `${PATH}?pretty`, '/v1/me']) {
      const { headers } = await door.ask('GET', path, { headers: { origin: 'https://good.example.evil' } });
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    }
  });

  it('is told before it writes to /v1', async () => {
    const told = await door.ask('OPTIONS', '/v1/identifiers/x', {
      headers: { origin: 'https://good.example', 'access-control-request-method': 'PUT' },
    });
    expect(told).toMatchObject({ status: 200, text: '' });
    expect(told.headers['access-control-allow-headers']).toContain('If-Match');
  });
});
