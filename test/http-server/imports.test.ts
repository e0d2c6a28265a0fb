// Imports over HTTP: a file goes in as a stream, its job is told of in answers and events, its report is CSV.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHAIRS, type OpenDoor, openDoor, type Told } from './door.ts';

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

const NDJSON = { 'content-type': 'application/x-ndjson' };
const row = (suffix: string): string => `${JSON.stringify({ handle: `${CHAIRS}/${suffix}`, values: [] })}\n`;

async function send(body: string, query = '', headers: Record<string, string> = NDJSON): Promise<Told> {
  return door.ask('POST', `/v1/imports${query}`, { key: door.chairs, headers, body });
}

async function over(id: unknown): Promise<Told> {
  for (;;) {
    const told = await door.ask('GET', `/v1/imports/${id}`, { key: door.chairs });
    if (['done', 'stopped', 'cancelled', 'failed'].includes(String(told.json.state))) return told;
    await sleep(5); // asked again until it is over; a job that never is runs into the time limit of the test
  }
}

describe('POST /v1/imports', () => {
  it('answers with the job, which is then done in the background', async () => {
    const told = await send(
      row('a') + row('b') + row('a'),
      '?fileName=椅子.ndjson'.replace('椅子', encodeURIComponent('椅子')),
    );
    expect(told).toMatchObject({
      status: 202,
      json: { bytes: 3 * row('a').length, settings: { fileName: '椅子.ndjson' } },
    });
    expect(told.headers.location).toBe(`/v1/imports/${told.json.id}`);
    const { json } = await over(told.json.id);
    expect(json).toMatchObject({ state: 'done', counts: { rows: 3, created: 2, refused: 1 }, progress: null });
    const report = await door.ask('GET', `/v1/imports/${json.id}/report`, { key: door.chairs });
    expect(report.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(report.text.split('\r\n')[1]).toMatch(/^3,,88\.118\.10001\/a,ALREADY_EXISTS,/);
    const list = await door.ask('GET', '/v1/imports?limit=1', { key: door.chairs });
    expect((list.json.items as { id: string }[])[0]?.id).toBe(json.id);
  });

  it('takes choices in the query, and refuses what it does not know', async () => {
    const told = await send(row('c'), '?dryRun=true&onError=stop&mode=create');
    expect(told.json.settings).toMatchObject({ dryRun: true, onError: 'stop', mode: 'create' });
    expect((await over(told.json.id)).json.counts).toMatchObject({ created: 1 });
    expect(await door.store.get(`${CHAIRS}/c` as never)).toBeNull();
    expect(await send(row('c'), '?onError=wait')).toMatchObject({ status: 400, json: { at: 'query/onError' } });
    expect(await send(row('c'), '?profile=none')).toMatchObject({ status: 404 });
  });

  it('finds out what kind of file it is, and wants a mapping for a table', async () => {
    const anything = { 'content-type': 'application/octet-stream' };
    expect((await send(row('d'), '', anything)).json.settings).toMatchObject({ format: 'ndjson' });
    const table = await send('编号\n1\n', '', anything);
    expect(table).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
    expect(table.json.detail).toContain('needs a mapping');
  });

  it('refuses choices that are of other kinds of files', async () => {
    const mapping = encodeURIComponent(JSON.stringify({ handle: `${CHAIRS}/{编号}`, values: [] }));
    expect((await send(row('e'), `?mapping=${mapping}`)).json.detail).toContain('ndjson needs no mapping');
    expect((await send(row('e'), '?sheet=1')).json.detail).toContain('Only a workbook (xlsx) has sheets');
    expect(await door.store.get(`${CHAIRS}/e` as never)).toBeNull();
  });

  it('is not for readers, and not for no file', async () => {
    const told = await door.ask('POST', '/v1/imports', { key: door.reader, headers: NDJSON, body: row('e') });
    expect(told).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
    expect(await send('')).toMatchObject({ status: 400 });
    expect(await send('x'.repeat(1_000_001))).toMatchObject({ status: 413, headers: { connection: 'close' } });
  });
});

describe('a job', () => {
  it('is told as events until it is over', async () => {
    const { json } = await send(row('f'));
    const told = await door.ask('GET', `/v1/imports/${json.id}/events`, { key: door.chairs });
    const events = told.text.split('\n\n').filter((event) => event.startsWith('event: import'));
    expect(JSON.parse(events.at(-1)?.split('data: ')[1] ?? '')).toMatchObject({ id: json.id, state: 'done' });
  });

  it('is nobody else’s, and cannot be cancelled when it is over', async () => {
    const { json } = await send(row('g'));
    await over(json.id);
    const path = `/v1/imports/${json.id}`;
    expect(await door.ask('GET', path, { key: door.reader })).toMatchObject({ status: 404 });
    expect(await door.ask('GET', `${path}/events`, { key: door.reader })).toMatchObject({ status: 404 });
    expect(await door.ask('DELETE', path, { key: door.chairs })).toMatchObject({ status: 409 });
    expect(await door.ask('GET', path, { key: door.operator })).toMatchObject({ status: 200 });
  });
});

it.each(['parent', 'template'])('a %s that is no handle is refused before anything is kept', async (name) => {
  const before = (await door.ask('GET', '/v1/imports', { key: door.chairs })).json.items;
  const { json } = await send('{}\n', `?${name}=nope`);
  expect(json).toMatchObject({ status: 400, code: 'INVALID_HANDLE', at: `query/${name}` });
  expect((await door.ask('GET', '/v1/imports', { key: door.chairs })).json.items).toEqual(before);
});

describe('/v1/import-profiles', () => {
  const path = `/v1/import-profiles/${encodeURIComponent('灯具 2026')}`;
  const mapping = { handle: `${CHAIRS}/{编号}`, values: [{ column: '品名', index: 2000, type: 'NAME' }] };

  it('keeps mappings by name, each enterprise its own', async () => {
    expect(await door.ask('PUT', path, { key: door.chairs, json: mapping })).toMatchObject({ status: 200 });
    expect((await door.ask('GET', path, { key: door.chairs })).json).toEqual({ name: '灯具 2026', mapping });
    expect((await door.ask('GET', '/v1/import-profiles', { key: door.chairs })).json.items).toHaveLength(1);
    expect(await door.ask('GET', path, { key: door.operator })).toMatchObject({ status: 404 });
    const query = `?profile=${encodeURIComponent('灯具 2026')}`;
    const { json } = await send('编号,品名\nT1,椅子\n', query, { 'content-type': 'text/csv' });
    expect((await over(json.id)).json).toMatchObject({ state: 'done', encoding: 'utf-8', counts: { created: 1 } });
    expect(await door.ask('DELETE', path, { key: door.chairs })).toMatchObject({ status: 204 });
    expect(await door.ask('DELETE', path, { key: door.chairs })).toMatchObject({ status: 404 });
  });

  it('refuses a mapping that is none, a name that is none, and readers', async () => {
    const wrong = await door.ask('PUT', path, { key: door.chairs, json: { ...mapping, handle: 'x' } });
    expect(wrong.json).toMatchObject({ status: 400, code: 'INVALID_REQUEST', at: '/handle' });
    const large = { ...mapping, constants: { note: 'x'.repeat(300_000) } };
    expect(await door.ask('PUT', path, { key: door.chairs, json: large })).toMatchObject({ status: 413 });
    const dots = await door.ask('PUT', '/v1/import-profiles/..%2F..%2Fetc', { key: door.chairs, json: mapping });
    expect(dots).toMatchObject({ status: 400 });
    expect(await door.ask('PUT', path, { key: door.reader, json: mapping })).toMatchObject({ status: 403 });
  });
});
