// Recalls over HTTP, at every door; where values come from; children in pages.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CHAIRS, LAMPS, type OpenDoor, openDoor } from './door.ts';
import { NAME, PRIVATE, register } from './registering.ts';

const MODEL = `${CHAIRS}/MODEL`;
const BATCH = `${CHAIRS}/BATCH`;
const ITEM = `${CHAIRS}/ITEM`;
const RECALL = { reason: 'Supplier report 118', notice: '铰链可能断裂 <stop> "now"' };
const VALUE = { index: 1002, type: 'RECALL', data: { format: 'string', value: RECALL.notice } };

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());
beforeEach(async () => {
  await register(
    door,
    { handle: MODEL, values: [NAME] },
    { handle: BATCH, parent: MODEL, values: [{ index: 2002, type: 'BATCH', data: 'B-7' }] },
    { handle: ITEM, parent: BATCH, values: [PRIVATE, { index: 2003, type: 'SERIAL', data: '000001' }] },
  );
  await door.ask('DELETE', path(BATCH), { key: door.chairs });
});

const path = (handle: string) => `/v1/identifiers/${encodeURIComponent(handle)}/recall`;
const recallBatch = () => door.ask('POST', path(BATCH), { key: door.chairs, json: RECALL });
const resolveBatch = (query = '') => door.ask('POST', `/v1/resolve${query}`, { json: [ITEM] });
const page = (handle: string, language: string) =>
  door.ask('GET', `/${handle}?lang=${language}`, { headers: { accept: 'text/html' } });

describe('a recall over HTTP', () => {
  it('of what is no handle says how one is written', async () => {
    const answer = await door.ask('POST', '/v1/identifiers/SOFA/recall', { key: door.chairs, json: RECALL });
    expect(answer).toMatchObject({ status: 404, json: { detail: expect.stringContaining('write prefix/suffix') } });
  });

  it('shows at every door the moment it is acknowledged, and is gone when it is lifted', async () => {
    for (const _ of [1, 2]) await door.ask('GET', `/api/handles/${ITEM}`);
    const recalled = await recallBatch();
    expect(recalled).toMatchObject({ status: 200, json: { handle: BATCH, outcome: 'updated' } });
    expect(recalled.headers.etag).toBe(`"r${recalled.json.revision}"`);
    const single = await door.ask('GET', `/api/handles/${ITEM}`);
    expect(single).toMatchObject({ status: 200, json: { responseCode: 1 } });
    expect((single.json.values as object[])[0]).toMatchObject(VALUE);
    expect(single.headers['cache-control']).toBe('public, max-age=300');
    expect((await resolveBatch()).json).toMatchObject([{ responseCode: 1, values: single.json.values }]);
    expect((await door.ask('GET', `/${ITEM}`)).json).toEqual(single.json);
    const own = (handle: string) => door.ask('GET', `/v1/identifiers/${handle}`, { key: door.chairs });
    const since = new Date(door.clock.nowMs).toISOString();
    expect((await own(BATCH)).json.recall).toEqual({ ...RECALL, since });
    expect((await own(ITEM)).json.recall).toBeNull();
    const lifted = await door.ask('DELETE', path(BATCH), { key: door.chairs });
    expect(lifted).toMatchObject({ status: 200, json: { outcome: 'updated' } });
    expect((await door.ask('GET', `/api/handles/${ITEM}`)).text).not.toContain('RECALL');
    expect((await page(ITEM, 'en')).text).not.toContain('class="state recalled"');
  });

  it('keeps its reason from the public', async () => {
    await recallBatch();
    const answers = [
      await door.ask('GET', `/api/handles/${ITEM}`),
      await resolveBatch('?provenance=true'),
      await page(ITEM, 'en'),
      await door.ask('GET', `/api/handles/${BATCH}?publicOnly=false`),
    ];
    for (const { text } of answers) expect(text).not.toContain(RECALL.reason);
  });

  it('is loud on the page, in Chinese and English, escaped and above all else', async () => {
    await recallBatch();
    const chinese = await page(ITEM, 'zh');
    expect(chinese.status).toBe(200);
    expect(chinese.text).toContain('<p class="state recalled"><b>产品召回</b>');
    expect(chinese.text).toContain('<p class="notice">铰链可能断裂 &lt;stop&gt; &quot;now&quot;</p>');
    expect(chinese.text).toContain(`<dt>召回对象</dt><dd>${BATCH}</dd>`);
    expect(chinese.text.indexOf('class="notice"')).toBeLessThan(chinese.text.indexOf('<dl>'));
    const english = await page(BATCH, 'en');
    expect(english.text).toContain('<b>Product recall</b>');
    expect(english.text).toContain('<dt>Recalled since</dt><dd>2026-11-23</dd>');
    expect(english.text).not.toContain('Recalled with');
  });

  it('takes If-Match and Idempotency-Key as other writes', async () => {
    const stale = await door.ask('POST', path(BATCH), {
      key: door.chairs,
      json: RECALL,
      headers: { 'if-match': '"r999"' },
    });
    expect(stale).toMatchObject({ status: 412, json: { code: 'REVISION_CONFLICT' } });
    const headers = { 'idempotency-key': 'recall-1' };
    const first = await door.ask('POST', path(BATCH), { key: door.chairs, json: RECALL, headers });
    const again = await door.ask('POST', path(BATCH), { key: door.chairs, json: RECALL, headers });
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.json).toEqual(first.json);
    const dry = await door.ask('DELETE', `${path(BATCH)}?dryRun=true`, { key: door.chairs });
    expect(dry).toMatchObject({ status: 200, json: { outcome: 'updated' } });
    expect((await door.ask('GET', `/api/handles/${ITEM}`)).text).toContain('RECALL');
  });

  it('is an operation of a batch too', async () => {
    const json = [
      { operation: 'recall', handle: MODEL, ...RECALL },
      { operation: 'lift-recall', handle: MODEL },
      { operation: 'recall', handle: MODEL, reason: 'no notice' },
      { operation: 'lift-recall', handle: MODEL, reason: 'none is taken' },
    ];
    const { json: told } = await door.ask('POST', '/v1/identifiers', { key: door.chairs, json });
    expect(told.counts).toMatchObject({ updated: 2, refused: 2 });
  });

  it('tells a lifting from the revocation of an identifier that is called so, by the reason', async () => {
    const odd = `${ITEM}/recall`;
    await register(door, { handle: odd, values: [] });
    const plain = `/v1/identifiers/${ITEM}/recall`;
    await door.ask('POST', plain, { key: door.chairs, json: RECALL });
    expect(await door.ask('DELETE', plain, { key: door.chairs })).toMatchObject({ json: { handle: ITEM } });
    const revoked = await door.ask('DELETE', `${plain}?reason=gone`, { key: door.chairs });
    expect(revoked).toMatchObject({ json: { handle: odd, outcome: 'revoked' } });
    const both = await door.ask('DELETE', `${path(ITEM)}?reason=gone`, { key: door.chairs });
    expect(both).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
  });

  it.each([
    ['without a key', path(BATCH), RECALL, null, 401],
    ['with a key of another enterprise', path(`${LAMPS}/X`), RECALL, 'chairs', 403],
    ['without a notice', path(BATCH), { reason: 'r' }, 'chairs', 400],
    ['of what is not registered', path(`${CHAIRS}/NONE`), RECALL, 'chairs', 404],
    ['without the word behind', `/v1/identifiers/${BATCH}`, RECALL, 'chairs', 404],
  ] as const)('is refused %s', async (...[, url, json, who, status]) => {
    const told = await door.ask('POST', url, { json, ...(who === null ? {} : { key: door[who] }) });
    expect(told.status).toBe(status);
    expect((await door.ask('GET', `/api/handles/${ITEM}`)).text).not.toContain('RECALL');
  });
});

describe('provenance', () => {
  it('names the record of each value, at the Handle API and in batches', async () => {
    await recallBatch();
    const { json } = await door.ask('GET', `/api/handles/${ITEM}?provenance=true`);
    const from = (json.values as { index: number; from: string }[]).map((value) => [value.index, value.from]);
    expect(from).toEqual([
      [1002, BATCH],
      [2000, MODEL],
      [2002, BATCH],
      [2003, ITEM],
    ]);
    expect((await resolveBatch('?provenance=true')).json).toMatchObject([{ values: json.values }]);
    expect((await resolveBatch()).text).not.toContain('"from"');
    expect((await resolveBatch('?provenance=maybe')).status).toBe(400);
  });

  it('shows of private values to whom the values are shown', async () => {
    const query = '?provenance=true&type=COST';
    const withKey = await door.ask('GET', `/api/handles/${ITEM}${query}`, { key: door.chairs });
    expect(withKey.json).toMatchObject({ values: [{ index: 2001, from: ITEM }] });
    expect((await door.ask('GET', `/api/handles/${ITEM}${query}`)).json).toMatchObject({ values: [] });
  });
});

describe('children', () => {
  it('are listed in pages that join without a gap, reserved and recalled ones told', async () => {
    const parent = `${CHAIRS}/LINE`;
    await register(door, { handle: parent });
    const handles = Array.from({ length: 25 }, (_, i) => `${CHAIRS}/L-${String(i).padStart(3, '0')}`);
    await register(door, ...handles.map((handle) => ({ handle, parent })));
    await register(door, { handle: `${CHAIRS}/L-Z`, parent, status: 'reserved' });
    await door.ask('POST', path(handles[3] as string), { key: door.chairs, json: RECALL });
    const found: { handle: string; status: string; isRecalled: boolean }[] = [];
    let after = '';
    do {
      const url = `/v1/identifiers/${encodeURIComponent(parent)}/children?limit=10${after}`;
      const { json } = await door.ask('GET', url, { key: door.chairs });
      found.push(...(json.items as typeof found));
      after = json.next === null ? '' : `&after=${encodeURIComponent(json.next as string)}`;
    } while (after !== '');
    expect(found.map(({ handle }) => handle)).toEqual([...handles, `${CHAIRS}/L-Z`]);
    expect(found.filter(({ isRecalled }) => isRecalled).map(({ handle }) => handle)).toEqual([handles[3]]);
    expect(found.at(-1)?.status).toBe('reserved');
    const asView = await door.ask('GET', `/v1/identifiers/${parent}?view=children&limit=1`, { key: door.chairs });
    expect(asView.json).toMatchObject({ items: [{ handle: handles[0] }], next: handles[0] });
    const none = await door.ask('GET', `/v1/identifiers/${encodeURIComponent(handles[0] as string)}/children`, {
      key: door.chairs,
    });
    expect(none.json).toEqual({ items: [], next: null });
  });

  it.each([
    ['of what never was registered', `/v1/identifiers/${CHAIRS}%2FNEVER/children`, 404],
    ['of another enterprise', `/v1/identifiers/${LAMPS}%2FX/children`, 403],
    ['with a cursor that is no handle', `/v1/identifiers/${CHAIRS}%2FMODEL/children?after=x`, 400],
    ['of an instant', `/v1/identifiers/${CHAIRS}%2FMODEL?view=children&at=2026-01-01T00:00:00Z`, 400],
  ])('are refused %s', async (_, url, status) => {
    expect((await door.ask('GET', url, { key: door.chairs })).status).toBe(status);
  });
});
