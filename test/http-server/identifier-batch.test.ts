// `POST /v1/identifiers`: many registrations in one call, each with its own outcome.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHAIRS, LAMPS, type OpenDoor, openDoor } from './door.ts';
import { NAME } from './registering.ts';

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor({ limits: { bodyBytes: 4_000_000 } });
});
afterAll(() => door.close());

const post = (json: unknown, query = '', headers: Record<string, string> = {}) =>
  door.ask('POST', `/v1/identifiers${query}`, { key: door.chairs, json, headers });
const postLines = (body: string | Buffer, headers: Record<string, string> = {}) =>
  door.ask('POST', '/v1/identifiers', {
    key: door.chairs,
    body,
    headers: { 'content-type': 'application/x-ndjson', ...headers },
  });

describe('a batch as JSON', () => {
  it('gives every item its outcome in its place, and counts them', async () => {
    await post([{ handle: `${CHAIRS}/B2`, values: [] }]);
    const told = await post([
      { handle: `${CHAIRS}/B1`, values: [NAME] },
      { operation: 'patch', handle: `${CHAIRS}/B2`, values: [NAME] },
      { operation: 'revoke', handle: `${CHAIRS}/B2`, reason: 'wrong' },
      { handle: `${LAMPS}/B3`, values: [] },
      { handle: `${CHAIRS}/B4`, values: [], colour: 1 },
      'no object',
      { handle: `${CHAIRS}/B1`, values: [NAME] },
    ]);
    expect(told.status).toBe(200);
    expect(told.json).toMatchObject({
      results: [
        { handle: `${CHAIRS}/B1`, outcome: 'created', revision: 1 },
        { outcome: 'updated', revision: 2 },
        { outcome: 'revoked', revision: 3 },
        { outcome: 'refused', code: 'FORBIDDEN', at: '/3' },
        { outcome: 'refused', code: 'INVALID_REQUEST', at: '/4/colour' },
        { outcome: 'refused', code: 'INVALID_REQUEST', at: '/5' },
        { outcome: 'unchanged' },
      ],
      counts: { created: 1, updated: 1, unchanged: 1, revoked: 1, deleted: 0, refused: 3 },
    });
  });

  it('takes its mode and dry run from the query, and each item its own', async () => {
    const items = [
      { handle: `${CHAIRS}/B1`, values: [] },
      { handle: `${CHAIRS}/B1`, values: [], mode: 'upsert' },
    ];
    const told = await post(items, '?mode=create&dryRun=true');
    expect(told.json).toMatchObject({ results: [{ code: 'ALREADY_EXISTS' }, { outcome: 'updated' }] });
    expect((await door.ask('GET', `/api/handles/${CHAIRS}/B1`)).json).toMatchObject({ responseCode: 1 });
  });

  it('is repeated as a whole under its Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'batch-1' };
    const items = [
      { handle: `${CHAIRS}/I1`, values: [] },
      { handle: `${LAMPS}/I2`, values: [] },
    ];
    const first = await post(items, '', headers);
    const second = await post(items, '', headers);
    expect(second.json).toEqual(first.json);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect((await post([items[0]], '', headers)).status).toBe(422);
  });

  it('that is no array, or too long, is refused whole', async () => {
    expect(await post({ handle: 'a/b' })).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
    const items = Array.from({ length: 10_001 }, (_, i) => ({ handle: `${CHAIRS}/T${i}`, values: [] }));
    expect(await post(items)).toMatchObject({ status: 413, json: { code: 'PAYLOAD_TOO_LARGE' } });
    expect((await door.ask('GET', `/api/handles/${CHAIRS}/T0`)).status).toBe(404);
    expect((await post([])).json).toMatchObject({ results: [] });
  });
});

describe('a batch as lines', () => {
  it('names a broken line and its column, and takes the others', async () => {
    const lines = [
      JSON.stringify({ handle: `${CHAIRS}/椅子`, values: [NAME] }),
      '',
      '{"handle": oops}',
      JSON.stringify({ handle: `${CHAIRS}/L2`, values: [{ index: 0, type: 'A', data: '' }] }),
      JSON.stringify({ handle: `${CHAIRS}/L3`, values: [] }),
    ];
    const told = await postLines(lines.join('\r\n'));
    expect(told.headers['content-type']).toMatch(/^application\/x-ndjson/);
    const outcomes = told.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(outcomes).toMatchObject([
      { handle: `${CHAIRS}/椅子`, outcome: 'created' },
      { outcome: 'refused', code: 'INVALID_REQUEST', at: 'line 3, column 12' },
      { outcome: 'refused', code: 'INVALID_VALUE', at: 'line 4 /values/0/index' },
      { outcome: 'created' },
    ]);
  });

  it('of illegal UTF-8 is refused whole', async () => {
    expect(await postLines(Buffer.from([0x22, 0xc3, 0x22, 0x0a]))).toMatchObject({ status: 400 });
  });

  it('is repeated under its Idempotency-Key by its bytes', async () => {
    const headers = { 'idempotency-key': 'lines-1' };
    const body = `${JSON.stringify({ handle: `${CHAIRS}/L9`, values: [] })}\n`;
    const first = await postLines(body, headers);
    expect((await postLines(body, headers)).text).toBe(first.text);
    expect((await postLines(`${body}\n`, headers)).status).toBe(422);
  });
});
