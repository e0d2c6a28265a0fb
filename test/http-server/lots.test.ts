// `/v1/lots`, and what every door says of their codes.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHAIRS, LAMPS, type OpenDoor, openDoor } from './door.ts';

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

const chairs = (method: string, path: string, json?: unknown, headers: Record<string, string> = {}) =>
  door.ask(method, path, { key: door.chairs, headers, ...(json === undefined ? {} : { json }) });
const values = [{ index: 2010, type: 'SERIAL', data: 'SN {serial}' }];
const shape = (head: string) => ({ prefix: CHAIRS, head, width: 5, from: 1, to: 2000, values });
const pathOf = (id: string, behind = '') => `/v1/lots/${id}${behind}`;

async function create(head: string, more: object = {}): Promise<string> {
  return String((await chairs('POST', '/v1/lots', { ...shape(head), ...more })).json.id);
}

const lines = async (id: string, query = ''): Promise<string[]> =>
  (await chairs('GET', `${pathOf(id, '/codes')}${query}`)).text.trimEnd().split(/\r?\n/);

describe('lots', () => {
  it('are registered with check tags unless none are wanted, and read back without their secret', async () => {
    const created = await chairs('POST', '/v1/lots', shape('A-'));
    expect(created).toMatchObject({
      status: 201,
      headers: { etag: '"r1"', location: `/v1/lots/${encodeURIComponent(String(created.json.id))}` },
      json: { size: 2000, tagLength: 9, guessing: { bits: 41.2 }, state: 'open', revision: 1, parent: null },
    });
    expect(created.text).not.toMatch(/secret/i);
    expect(await chairs('GET', pathOf(String(created.json.id)))).toMatchObject({ status: 200, json: created.json });
    const bare = await chairs('POST', '/v1/lots', { ...shape('B-'), tagLength: 0 });
    expect(bare.json).toMatchObject({ tagLength: 0, guessing: { bits: 0, oneIn: 1 } });
  });

  it('are changed step by step, by who saw them as they are', async () => {
    const id = await create('C-');
    const step = (name: string, json: object, tag?: string) =>
      chairs('POST', pathOf(id, `/${name}`), json, tag === undefined ? {} : { 'if-match': tag });
    expect(await step('extend', { to: 3000 }, '"r1"')).toMatchObject({ status: 200, headers: { etag: '"r2"' } });
    expect(await step('extend', { to: 4000 }, '"r1"')).toMatchObject({ status: 412 });
    expect(await step('close', { to: 2500 })).toMatchObject({ json: { state: 'closed', to: 2500 } });
    expect(await step('extend', { to: 4000 })).toMatchObject({ status: 409, json: { code: 'INVALID_STATE' } });
    const divided = await step('split', { at: 1001 });
    expect(divided.json).toMatchObject({ id, to: 1000, part: { from: 1001, to: 2500, splitFrom: id } });
    expect(await step('revoke', { reason: 'glue' })).toMatchObject({ json: { state: 'revoked', reason: 'glue' } });
    expect(await chairs('PATCH', pathOf(id), { values: [] })).toMatchObject({ status: 409 });
    const part = String((divided.json.part as { id: unknown }).id);
    expect((await chairs('PATCH', pathOf(part), { values: [] })).json).toMatchObject({ values: [], revision: 2 });
    const items = (await chairs('GET', pathOf(id, '/history'))).json.items as { to: number }[];
    expect(items.map(({ to }) => to)).toEqual([2000, 3000, 2500, 1000, 1000]);
    expect((await chairs('GET', `${pathOf(id, '/history')}?after=4`)).json.items).toHaveLength(1);
  });

  it('that are revoked say why to whoever scans a code, as revoked records do', async () => {
    const id = await create('R-', { tagLength: 0 });
    await chairs('POST', pathOf(id, '/revoke'), { reason: 'the glue <b>' });
    await chairs('PUT', `/v1/identifiers/${CHAIRS}/ALONE`, { values: [] });
    await chairs('DELETE', `/v1/identifiers/${CHAIRS}/ALONE?reason=${encodeURIComponent('the glue <b>')}`);
    for (const name of ['R-00001', 'ALONE']) {
      const page = await door.ask('GET', `/${CHAIRS}/${name}?lang=en`, { headers: { accept: 'text/html' } });
      expect(page.status).toBe(410);
      expect(page.text).toContain('<dt>Reason</dt><dd>the glue &lt;b&gt;</dd>');
      const [told] = (await door.ask('POST', '/v1/resolve', { json: [`${CHAIRS}/${name}`] }))
        .json as unknown as object[];
      expect(told).toMatchObject({ responseCode: 100, revoked: true, reason: 'the glue <b>' });
    }
  });

  it('are repeated safely', async () => {
    const headers = { 'idempotency-key': 'lot-1' };
    const first = await chairs('POST', '/v1/lots', shape('D-'), headers);
    const again = await chairs('POST', '/v1/lots', shape('D-'), headers);
    expect(again).toMatchObject({ status: 201, headers: { 'idempotency-replayed': 'true' }, json: first.json });
    expect(await chairs('POST', '/v1/lots', shape('D2-'), headers)).toMatchObject({ status: 422 });
  });

  it.each([
    ['a member too many', { ...shape('E-'), size: 5 }, 400, undefined],
    ['a text for a number', { ...shape('E-'), from: '1' }, 400, undefined],
    ['serials that do not fit', { ...shape('E-'), to: 100_000 }, 400, '/to'],
    ['a tag too short', { ...shape('E-'), tagLength: 3 }, 400, '/tagLength'],
    ['a value of one record', { ...shape('E-'), values: [{ index: 300, type: 'X', data: 'x' }] }, 400, '/values/0'],
    ['no such parent', { ...shape('E-'), parent: `${CHAIRS}/NONE` }, 422, undefined],
    ['another enterprise', { ...shape('E-'), prefix: LAMPS }, 403, undefined],
  ])('are refused with %s', async (_, body, status, at) => {
    const told = await chairs('POST', '/v1/lots', body);
    expect(told.status).toBe(status);
    if (at !== undefined) expect(told.json.at).toBe(at);
  });

  it('are not told to others, and those that are not there not found', async () => {
    const id = await create('F-');
    expect(await door.ask('GET', pathOf(id))).toMatchObject({ status: 401 });
    const told = await door.ask('GET', pathOf(`${LAMPS}:none`), { key: door.chairs });
    expect(told.status).toBe(403);
    expect(await chairs('GET', pathOf(`${CHAIRS}:none`))).toMatchObject({ status: 404 });
    expect(await chairs('GET', pathOf('none', '/codes'))).toMatchObject({ status: 404 });
  });

  it('overlap none, and the refusal names the other', async () => {
    const id = await create('G-');
    const told = await chairs('POST', '/v1/lots', { ...shape('G-'), from: 2000, to: 3000 });
    expect(told).toMatchObject({ status: 409, json: { code: 'LOT_OVERLAP' } });
    expect(told.json.detail).toContain(id);
  });

  it('are listed page by page', async () => {
    const page = (await chairs('GET', '/v1/lots?limit=2')).json;
    const [items, next] = [page.items as { id: string }[], String(page.next)];
    expect(items).toHaveLength(2);
    expect(next).toBe(items[1]?.id);
    const behind = (await chairs('GET', `/v1/lots?prefix=${CHAIRS}&limit=2&after=${next}`)).json.items as {
      id: string;
    }[];
    expect(behind.map(({ id }) => id)).not.toContain(next);
    expect(await chairs('GET', '/v1/lots?after=none')).toMatchObject({ status: 404 });
  });
});

describe('codes of a lot', () => {
  it('stream as CSV or as NDJSON, all of them or some', async () => {
    const id = await create('H-');
    const csv = await chairs('GET', pathOf(id, '/codes'));
    expect(csv.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      vary: expect.stringContaining('Accept'),
    });
    const all = await lines(id);
    expect(all).toHaveLength(2001);
    expect(all.slice(0, 2)).toEqual([
      'serial,handle',
      expect.stringMatching(/^00001,88\.118\.10001\/H-00001[A-Z0-9]{9}$/),
    ]);
    const ndjson = await chairs('GET', pathOf(id, '/codes?from=7&to=8'), undefined, { accept: 'application/x-ndjson' });
    expect(ndjson.headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
    const [seventh] = ndjson.text.split('\n');
    expect(JSON.parse(seventh ?? '')).toEqual({ serial: '00007', handle: all[7]?.slice(6) });
    expect(await lines(id, '?format=csv&from=1999')).toHaveLength(3);
    expect(await chairs('GET', pathOf(id, '/codes?from=0'))).toMatchObject({ status: 400 });
  });

  it('stand in quotation marks where their head has a comma', async () => {
    const id = await create('I,"x"-', { tagLength: 0 });
    expect((await lines(id, '?to=1'))[1]).toBe(`00001,"${CHAIRS}/I,""x""-00001"`);
  });

  it('resolve at every door, and are false with another tag', async () => {
    const id = await create('J-');
    const code = (await lines(id, '?from=42&to=42'))[1]?.slice(6) as string;
    const wrong = `${code.slice(0, -1)}${code.endsWith('3') ? '4' : '3'}`;
    const api = await door.ask('GET', `/api/handles/${code}`);
    expect(api.json).toMatchObject({ responseCode: 1, values: [{ index: 2010, data: { value: 'SN 00042' } }] });
    expect(await door.ask('GET', `/api/handles/${wrong}`)).toMatchObject({ status: 404 });
    const batch = await door.ask('POST', '/v1/resolve', { json: [code, wrong] });
    expect(batch.json).toMatchObject([
      { handle: code, responseCode: 1 },
      { handle: wrong, responseCode: 100 },
    ]);
    const page = await door.ask('GET', `/${code}`, { headers: { accept: 'text/html' } });
    expect(page.text).toContain('SN 00042');
    const sources = await door.ask('GET', `/api/handles/${code}?provenance=true`);
    expect(sources.text).toContain(id);
    await chairs('POST', pathOf(id, '/revoke'), { reason: 'glue' });
    expect(await door.ask('GET', `/api/handles/${code}`)).toMatchObject({ status: 404 });
    expect((await door.ask('POST', '/v1/resolve', { json: [code] })).json).toMatchObject([{ responseCode: 100 }]);
  });

  it('become records when they are written to, and no others in the room of the lot do', async () => {
    const id = await create('K-');
    const code = (await lines(id, '?from=42&to=42'))[1]?.slice(6) as string;
    const repaired = { values: [{ index: 2011, type: 'NOTE', data: 'repaired' }] };
    expect(await chairs('PUT', `/v1/identifiers/${code}`, repaired)).toMatchObject({ status: 201 });
    const values = (await door.ask('GET', `/api/handles/${code}`)).json.values as { data: { value: string } }[];
    expect(values.map(({ data }) => data.value)).toEqual(['SN 00042', 'repaired']);
    const wrong = `${code.slice(0, -1)}${code.endsWith('3') ? '4' : '3'}`;
    expect(await chairs('PUT', `/v1/identifiers/${wrong}`, repaired)).toMatchObject({
      status: 422,
      json: { code: 'INVALID_LOT_CODE' },
    });
  });
});
