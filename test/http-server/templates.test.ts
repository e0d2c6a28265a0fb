// `/v1/templates`, and registrations that are held against them at every door.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHAIRS, LAMPS, type OpenDoor, openDoor } from './door.ts';

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

const name = { zh: '产品名称', en: 'Product name' };
const element = { index: 2000, type: 'PRODUCT_NAME', kind: 'string', name, required: true, maxLength: 5 };
const content = { name: { zh: '椅子', en: 'Chairs' }, elements: [element] };
const META = `${CHAIRS}/META_CHAIR`;

const chairs = (method: string, path: string, json?: unknown, headers: Record<string, string> = {}) =>
  door.ask(method, path, { key: door.chairs, headers, ...(json === undefined ? {} : { json }) });
const pathOf = (handle: string, behind = '') => `/v1/templates/${encodeURIComponent(handle)}${behind}`;

describe('templates', () => {
  it('are created, read, put anew, disabled in part, and every version stays', async () => {
    const created = await chairs('POST', '/v1/templates', { handle: META, ...content });
    expect(created).toMatchObject({ status: 201, headers: { etag: '"r1"', location: pathOf(META) } });
    expect(created.json).toMatchObject({ handle: META, version: 1, carrier: 'passive', elements: [element] });
    expect(await chairs('POST', '/v1/templates', { handle: META, ...content })).toMatchObject({
      status: 409,
      json: { code: 'ALREADY_EXISTS', at: '/handle' },
    });
    // What was read can be sent back: it changes nothing.
    const read = await chairs('GET', `/v1/templates/${META}`);
    expect(read).toMatchObject({ status: 200, headers: { etag: '"r1"' }, json: created.json });
    expect(await chairs('PUT', pathOf(META), read.json)).toMatchObject({ status: 200, headers: { etag: '"r1"' } });

    const more = { ...content, elements: [element, { ...element, index: 2001, required: false, type: 'NOTE' }] };
    expect(await chairs('PUT', pathOf(META), more, { 'if-match': '"r1"' })).toMatchObject({
      status: 200,
      headers: { etag: '"r2"' },
    });
    expect(await chairs('PUT', pathOf(META), content, { 'if-match': '"r1"' })).toMatchObject({ status: 412 });
    expect(await chairs('PUT', pathOf(META), content)).toMatchObject({
      status: 409,
      json: { code: 'INVALID_STATE', at: '/elements' },
    });
    expect(await chairs('POST', pathOf(META, '/disable'), { elements: [2001] })).toMatchObject({
      status: 200,
      json: { version: 3, elements: [element, { index: 2001, disabled: true }] },
    });
    const version = async (number: number) => (await chairs('GET', `${pathOf(META)}?version=${number}`)).json.version;
    expect([await version(1), await version(2), await version(3)]).toEqual([1, 2, 3]);
    expect(await chairs('GET', `${pathOf(META)}?version=4`)).toMatchObject({ status: 404 });
    const { updatedAt } = (await chairs('GET', `${pathOf(META)}?version=1`)).json;
    expect((await chairs('GET', `${pathOf(META)}?at=${updatedAt}`)).json.version).toBeLessThan(3);
    expect(await chairs('GET', `${pathOf(META)}?at=2020-01-01T00:00:00Z`)).toMatchObject({ status: 404 });
    expect(await chairs('GET', `${pathOf(META)}?at=${updatedAt}&version=1`)).toMatchObject({ status: 400 });
    expect(await chairs('GET', `${pathOf(META)}?version=0`)).toMatchObject({ status: 400 });
  });

  it('are listed in short, by pages', async () => {
    await door.ask('PUT', pathOf('88.118/META_ALL'), { key: door.operator, json: content });
    const first = await chairs('GET', '/v1/templates?limit=1');
    expect(first.json).toMatchObject({ items: [{ handle: META, elements: 2, version: 3 }], next: META });
    const second = await chairs('GET', `/v1/templates?limit=1&after=${encodeURIComponent(META)}`);
    expect(second.json).toMatchObject({ items: [{ handle: '88.118/META_ALL' }] });
    expect((await chairs('GET', '/v1/templates?prefix=88.118')).json.items).toHaveLength(1);
    expect(await chairs('GET', `/v1/templates?prefix=${LAMPS}`)).toMatchObject({ status: 403 });
  });

  it('are the operator’s and their enterprise’s', async () => {
    expect(await chairs('PUT', pathOf('88.118/META_X'), content)).toMatchObject({ status: 403 });
    expect(await chairs('PUT', pathOf(`${LAMPS}/META_X`), content)).toMatchObject({ status: 403 });
    expect(await chairs('GET', pathOf(`${LAMPS}/META_X`))).toMatchObject({ status: 403 });
    expect(await chairs('GET', pathOf('88.118/META_ALL'))).toMatchObject({ status: 200 });
  });

  it('answer a repeated request with its first outcome', async () => {
    const headers = { 'idempotency-key': 'once' };
    const handle = `${CHAIRS}/META_ONCE`;
    const first = await chairs('POST', '/v1/templates', { handle, ...content }, headers);
    const again = await chairs('POST', '/v1/templates', { handle, ...content }, headers);
    expect(again).toMatchObject({ status: 201, headers: { 'idempotency-replayed': 'true' }, json: first.json });
    expect(await chairs('POST', '/v1/templates', { handle, ...content, isOpen: true }, headers)).toMatchObject({
      status: 422,
      json: { code: 'IDEMPOTENCY_MISMATCH' },
    });
  });

  const DISABLE = pathOf(META, '/disable');
  const withElement = (more: object) => ({ ...content, elements: [{ ...element, ...more }] });
  it.each([
    ['no handle', ['POST', '/v1/templates', content], '/handle'],
    ['another handle than the path says', ['PUT', pathOf(META), { ...content, handle: 'a/b' }], '/handle'],
    ['no object', ['PUT', pathOf(META), [content]], ''],
    ['a mistake in an element', ['PUT', pathOf(META), withElement({ kind: 'x' })], '/elements/0/kind'],
    ['an unsafe pattern', ['PUT', pathOf(META), withElement({ pattern: '(a)\\1' })], '/elements/0/pattern'],
    ['no elements to disable', ['POST', DISABLE, { elements: [] }], '/elements'],
  ] as const)('are refused with %s', async (_, [method, path, json], at) => {
    expect(await chairs(method, path, json)).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST', at } });
  });

  it('tell of other paths and elements that there is nothing', async () => {
    expect(await chairs('POST', pathOf(META), content)).toMatchObject({ status: 404 });
    expect(await chairs('POST', pathOf(META, '/disable'), { elements: [2999] })).toMatchObject({ status: 404 });
    expect(await chairs('DELETE', pathOf(META))).toMatchObject({ status: 405 });
  });
});

describe('a registration against a template', () => {
  const record = (data: string) => ({ template: META, values: [{ index: 2000, type: 'PRODUCT_NAME', data }] });
  const problem = { status: 400, json: { code: 'INVALID_VALUE', at: '/values/0/data' } };
  const told = 'element 2000 (产品名称 / Product name): it has 6 characters, at most 5 fit';

  it('is refused by name of the element, one by one', async () => {
    const path = `/v1/identifiers/${CHAIRS}/T1`;
    const refused = await chairs('PUT', path, record('sixsix'));
    expect(refused).toMatchObject(problem);
    expect(refused.json.detail).toContain(told);
    expect(await chairs('PUT', `${path}?dryRun=true`, record('sixsix'))).toMatchObject(problem);
    expect(await chairs('PUT', path, record('chair'))).toMatchObject({ status: 201 });
    expect(await chairs('PATCH', path, { values: record('sixsix').values })).toMatchObject(problem);
    expect(await chairs('PUT', path, { ...record('chair'), template: `${CHAIRS}/META_NONE` })).toMatchObject({
      status: 422,
      json: { code: 'INVALID_TEMPLATE', at: '/template' },
    });
  });

  it('is refused in a batch, alone', async () => {
    const items = [
      { handle: `${CHAIRS}/T2`, ...record('chair') },
      { handle: `${CHAIRS}/T3`, ...record('sixsix') },
    ];
    const batch = await chairs('POST', '/v1/identifiers', items);
    const results = (batch.json as { results: Record<string, unknown>[] }).results;
    expect(results.map(({ outcome }) => outcome)).toEqual(['created', 'refused']);
    expect(results[1]).toMatchObject({ code: 'INVALID_VALUE', at: '/values/0/data' });
    expect(results[1]?.detail).toContain(told);
  });

  it('is refused at the Handle API, which keeps the template', async () => {
    const path = `/api/handles/${CHAIRS}/T1`;
    const values = (data: string) => ({ values: [{ index: 2000, type: 'PRODUCT_NAME', data }] });
    const refused = await chairs('PUT', path, values('sixsix'));
    expect(refused).toMatchObject({ status: 400, json: { responseCode: 202 } });
    expect(refused.json.message).toContain(told);
    expect(await chairs('PUT', path, values('stool'))).toMatchObject({ status: 200 });
    expect((await chairs('GET', `/v1/identifiers/${CHAIRS}/T1`)).json).toMatchObject({ template: META });
  });
});
