// `/v1/identifiers/{handle}`: registering one identifier, conditionally, repeatably, and reading it back.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHAIRS, LAMPS, type OpenDoor, openDoor } from './door.ts';
import { NAME, PRIVATE } from './registering.ts';

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor({ limits: { bodyBytes: 100_000 } });
});
afterAll(() => door.close());

let count = 0;
const fresh = () => `/v1/identifiers/${CHAIRS}/N${++count}`;
const put = (path: string, json: unknown, headers: Record<string, string> = {}) =>
  door.ask('PUT', path, { key: door.chairs, json, headers });
const get = (path: string, headers: Record<string, string> = {}) =>
  door.ask('GET', path, { key: door.chairs, headers });

describe('PUT', () => {
  it('creates, then updates, then leaves unchanged', async () => {
    const path = fresh();
    const created = await put(path, { values: [NAME] });
    expect(created).toMatchObject({
      status: 201,
      headers: { etag: '"r1"' },
      json: { outcome: 'created', revision: 1 },
    });
    expect(created.json.updatedAt).toMatch(/^2026-11-23T03:51:48\.\d{3}Z$/);
    expect(await put(path, { values: [NAME] })).toMatchObject({
      status: 200,
      json: { outcome: 'unchanged', revision: 1 },
    });
    const updated = await put(path, { values: [NAME, PRIVATE] });
    expect(updated).toMatchObject({
      status: 200,
      headers: { etag: '"r2"' },
      json: { outcome: 'updated', revision: 2 },
    });
  });

  it('is seen by the next resolution', async () => {
    const path = fresh();
    const seen = path.replace('/v1/identifiers', '/api/handles');
    expect((await door.ask('GET', seen)).status).toBe(404);
    await put(path, { values: [NAME] });
    expect((await door.ask('GET', seen)).json).toMatchObject({ values: [{ data: { value: '高级椅子' } }] });
    await put(path, { values: [{ ...NAME, data: 'other' }] });
    expect((await door.ask('GET', seen)).json).toMatchObject({ values: [{ data: { value: 'other' } }] });
  });

  it('with If-None-Match: * or mode=create creates only', async () => {
    const path = fresh();
    expect((await put(path, { values: [] }, { 'if-none-match': '*' })).status).toBe(201);
    expect(await put(path, { values: [NAME] }, { 'if-none-match': '*' })).toMatchObject({
      json: { code: 'ALREADY_EXISTS' },
    });
    expect(await put(`${path}?mode=create`, { values: [NAME] })).toMatchObject({ status: 409 });
    expect(await put(`${fresh()}?mode=update`, { values: [NAME] })).toMatchObject({ status: 404 });
  });

  it('with If-Match changes only the revision the client saw', async () => {
    const path = fresh();
    await put(path, { values: [] });
    expect(await put(path, { values: [NAME] }, { 'if-match': '"r9"' })).toMatchObject({ status: 412 });
    expect(await put(path, { values: [NAME] }, { 'if-match': '"r1"' })).toMatchObject({
      status: 200,
      json: { revision: 2 },
    });
  });

  it.each([
    ['a weak tag', { 'if-match': 'W/"r1"' }],
    ['a star', { 'if-match': '*' }],
    ['revision zero', { 'if-match': '"r0"' }],
    ['a tag not to have', { 'if-none-match': '"r1"' }],
    ['both', { 'if-none-match': '*', 'if-match': '"r1"' }],
  ])('refuses the precondition of %s', async (_name, headers) => {
    expect(await put(fresh(), { values: [] }, headers)).toMatchObject({
      status: 400,
      json: { code: 'INVALID_REQUEST' },
    });
  });

  it('in a dry run changes nothing', async () => {
    const path = fresh();
    expect(await put(`${path}?dryRun=true`, { values: [NAME] })).toMatchObject({
      status: 200,
      json: { outcome: 'created' },
    });
    expect((await get(path)).status).toBe(404);
  });

  it('takes handles as they are written in a path', async () => {
    const told = await put(`/v1/identifiers/${CHAIRS}/%E6%A4%85+a%2Fb%3Fc`, { values: [] });
    expect(told).toMatchObject({ status: 201, json: { handle: `${CHAIRS}/椅+a/b?c` } });
    for (const path of [`${CHAIRS}/%ff`, `${CHAIRS}/a%00`, CHAIRS]) {
      expect(await put(`/v1/identifiers/${path}`, { values: [] })).toMatchObject({
        status: 400,
        json: { code: 'INVALID_HANDLE' },
      });
    }
  });
});

describe('who may', () => {
  it('write is the enterprise under its own prefix, and nobody without a key', async () => {
    const other = `/v1/identifiers/${LAMPS}/N1`;
    expect(await door.ask('PUT', other, { json: { values: [] } })).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
      json: { code: 'UNAUTHENTICATED' },
    });
    expect(await put(other, { values: [] })).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
    expect(await put(`/v1/identifiers/${CHAIRS}0/N1`, { values: [] })).toMatchObject({ status: 403 });
    for (const authorization of ['Bearer jb_wrong', 'Bearer', 'Basic eDp5', `Bearer ${door.chairs} x`]) {
      const told = await door.ask('PUT', fresh(), { json: { values: [] }, headers: { authorization } });
      expect(told.status).toBe(401);
    }
  });

  it('read is not told whether it exists', async () => {
    const path = fresh();
    await put(path, { values: [] });
    for (const known of [path, fresh()]) {
      expect(await door.ask('GET', known, { key: door.reader })).toMatchObject({ status: 403 });
    }
  });
});

describe('a body', () => {
  it.each([
    ['broken JSON', '{"values": [\n  {"index" 1}]}', 'line 2, column 12'],
    ['a cut body', '{"values": [', 'line 1, column 13'],
    ['more than one value', '{"values": []} {}', 'line 1, column 16'],
    ['an unknown member', '{"values": [], "colour": 1}', '/colour'],
    ['a member of the path', '{"values": [], "handle": "a/b"}', '/handle'],
    ['a poisoned prototype', '{"values": [], "__proto__": {"status": "reserved"}}', '/__proto__'],
    ['a poisoned value', '{"values": [{"index":1,"type":"A","data":"x","__proto__":{}}]}', '/values/0/__proto__'],
    ['a wrong type', '{"values": {}}', '/values'],
    ['a wrong status', '{"values": [], "status": "revoked"}', '/status'],
    [
      'a duplicate index',
      '{"values": [{"index":1,"type":"A","data":"x"},{"index":1,"type":"B","data":"y"}]}',
      '/values/1',
    ],
    ['no object', '[]', ''],
  ])('with %s is refused at its place', async (_name, body, at) => {
    const path = fresh();
    const headers = { 'content-type': 'application/json' };
    const told = await door.ask('PUT', path, { key: door.chairs, headers, body });
    expect(told.status).toBe(400);
    expect(told.json.at).toContain(at);
    expect((await get(path)).status).toBe(404);
  });

  it('of illegal UTF-8, of another type, or too large is refused', async () => {
    const headers = { 'content-type': 'application/json' };
    const illegal = Buffer.concat([Buffer.from('{"values":[],"parent":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    const told = await door.ask('PUT', fresh(), { key: door.chairs, headers, body: illegal });
    expect(told).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
    const xml = await door.ask('PUT', fresh(), {
      key: door.chairs,
      headers: { 'content-type': 'text/xml' },
      body: '<a/>',
    });
    expect(xml).toMatchObject({ status: 415, json: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
    const large = await put(fresh(), { values: [{ ...NAME, data: 'x'.repeat(100_000) }] });
    expect(large).toMatchObject({ status: 413, json: { code: 'PAYLOAD_TOO_LARGE' } });
    expect((await door.ask('PUT', fresh(), { key: door.chairs })).status).toBe(400);
  });

  it('and query with unknown parameters is refused, all problems at once', async () => {
    const told = await put(`${fresh()}?mode=force&dry=1&dryRun=maybe`, { values: [] });
    expect(told).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
    for (const name of ['query/mode', 'query/dry ', 'query/dryRun']) expect(told.json.detail).toContain(name);
  });
});

describe('PATCH', () => {
  it('changes what it names and keeps the rest', async () => {
    const path = fresh();
    await put(path, { values: [NAME, PRIVATE], status: 'reserved' });
    const patch = { status: 'active', values: [{ index: 3000, type: 'BRAND', data: 'b' }], removeIndexes: [2001] };
    const told = await door.ask('PATCH', path, { key: door.chairs, json: patch, headers: { 'if-match': '"r1"' } });
    expect(told).toMatchObject({ status: 200, headers: { etag: '"r2"' }, json: { outcome: 'updated' } });
    expect((await get(path)).json).toMatchObject({ status: 'active', values: [{ index: 2000 }, { index: 3000 }] });
  });
});

describe('DELETE', () => {
  it('revokes with a reason, in the query or the body, and leaves a tombstone', async () => {
    const path = fresh();
    await put(path, { values: [NAME] });
    const none = await door.ask('DELETE', path, { key: door.chairs });
    expect(none).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
    const told = await door.ask('DELETE', `${path}?reason=recalled`, { key: door.chairs });
    expect(told).toMatchObject({ status: 200, json: { outcome: 'revoked', revision: 2 } });
    const tombstone = await get(path);
    expect(tombstone).toMatchObject({
      status: 410,
      headers: { etag: '"r2"' },
      json: { status: 'revoked', reason: 'recalled' },
    });
    const second = fresh();
    await put(second, { values: [NAME] });
    expect((await door.ask('DELETE', second, { key: door.chairs, json: { reason: 'wrong' } })).status).toBe(200);
  });
});

describe('GET', () => {
  it('shows the own record with its strong tag, which answers 304', async () => {
    const path = fresh();
    await put(path, { values: [NAME, PRIVATE], parent: null });
    const told = await get(path);
    expect(told).toMatchObject({
      status: 200,
      headers: { etag: '"r1"', 'cache-control': 'private, no-store' },
      json: {
        handle: path.slice(16),
        status: 'active',
        revision: 1,
        parent: null,
        values: [{ index: 2000 }, { index: 2001 }],
      },
    });
    expect(await get(path, { 'if-none-match': '"r1"' })).toMatchObject({ status: 304, text: '' });
    expect((await get(path, { 'if-none-match': '"r2"' })).status).toBe(200);
    expect(await door.ask('HEAD', path, { key: door.chairs })).toMatchObject({ status: 200, text: '' });
  });
});

describe('an Idempotency-Key', () => {
  it('makes a repeat the same request, and another body a mistake', async () => {
    const path = fresh();
    const headers = { 'idempotency-key': 'order-1' };
    expect((await put(path, { values: [NAME] }, headers)).status).toBe(201);
    const repeated = await put(path, { values: [NAME] }, headers);
    expect(repeated).toMatchObject({
      status: 201,
      headers: { 'idempotency-replayed': 'true' },
      json: { outcome: 'created' },
    });
    expect(await put(path, { values: [] }, headers)).toMatchObject({
      status: 422,
      json: { code: 'IDEMPOTENCY_MISMATCH' },
    });
    // The bytes count, not what they mean.
    const body = JSON.stringify({ values: [NAME] }, null, 1);
    const spaced = { ...headers, 'content-type': 'application/json' };
    expect((await door.ask('PUT', path, { key: door.chairs, headers: spaced, body })).status).toBe(422);
  });

  it('must be sane', async () => {
    for (const key of ['x'.repeat(201), '']) {
      const told = await put(fresh(), { values: [] }, { 'idempotency-key': key });
      expect(told).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
    }
  });
});
