// `GET /v1/identifiers/{handle}` with history and instants, and `?at=` at the Handle API.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHAIRS, LAMPS, type OpenDoor, openDoor, type Told } from './door.ts';
import { NAME, PRIVATE, register, revoke } from './registering.ts';

let door: OpenDoor;
let start: number;
const CHAIR = `${CHAIRS}/CHAIR 椅?`;
const PATH = `/v1/identifiers/${CHAIRS}/CHAIR%20%E6%A4%85%3F`;
const API = PATH.replace('/v1/identifiers/', '/api/handles/');

const name = (data: string) => ({ ...NAME, data });
const iso = (seconds: number) => new Date(start + seconds * 1000).toISOString();
const chairs = (path: string, more: object = {}): Promise<Told> => door.ask('GET', path, { key: door.chairs, ...more });

beforeAll(async () => {
  door = await openDoor();
  start = door.clock.nowMs;
  await register(door, { handle: `${CHAIRS}/MODEL`, values: [name('old model')] });
  door.clock.nowMs = start + 1000;
  await register(door, { handle: CHAIR, parent: `${CHAIRS}/MODEL`, values: [PRIVATE] });
  door.clock.nowMs = start + 2000;
  await register(door, { handle: `${CHAIRS}/MODEL`, values: [name('new model')] });
  door.clock.nowMs = start + 3000;
  await revoke(door, CHAIR, '召回');
  door.clock.nowMs = start + 4000;
});
afterAll(() => door.close());

describe('a history over HTTP', () => {
  it('has who, when, what and the request, newest first and by pages', async () => {
    const whole = await chairs(`${PATH}?view=history`);
    expect(whole.headers['cache-control']).toBe('private, no-store');
    const stamped = { timestamp: iso(1).replace('.000', '') };
    const created = { index: 2001, type: 'COST', data: { format: 'string', value: '12.50' }, ...stamped };
    expect(whole).toMatchObject({
      status: 200,
      json: {
        handle: CHAIR,
        next: null,
        items: [
          {
            revision: 2,
            at: iso(3),
            action: 'revoked',
            principalId: 'operator',
            requestId: 'test',
            changes: [
              { field: 'status', before: 'active', after: 'revoked' },
              { field: 'reason', before: null, after: '召回' },
            ],
          },
          {
            revision: 1,
            at: iso(1),
            action: 'created',
            principalId: 'operator',
            requestId: 'test',
            changes: [
              { field: 'status', before: null, after: 'active' },
              { field: 'parent', before: null, after: `${CHAIRS}/MODEL` },
              { field: 'value', index: 2001, before: null, after: created },
            ],
          },
        ],
      },
    });
    const first = await chairs(`${PATH}?view=history&limit=1`);
    expect(first.json).toMatchObject({ items: [{ revision: 2 }], next: '2' });
    const second = await chairs(`${PATH}?view=history&limit=1&after=${first.json.next}`);
    expect(second.json).toMatchObject({ items: [{ revision: 1 }], next: null });
  });

  it('is at /history too, unless an identifier of that whole name is registered', async () => {
    const history = (await chairs(`${PATH}?view=history`)).text;
    const encoded = PATH.replace(`${CHAIRS}/`, `${CHAIRS}%2F`);
    expect((await chairs(`${PATH}/history`)).text).toBe(history);
    expect((await chairs(`${encoded}/history`)).text).toBe(history);
    await register(door, { handle: `${CHAIR}/history`, values: [name('a page')] });
    expect((await chairs(`${PATH}/history`)).json).toMatchObject({ handle: `${CHAIR}/history`, revision: 1 });
    expect((await chairs(`${encoded}/history`)).text).toBe(history);
    expect((await chairs(`${encoded}%2Fhistory`)).json).toMatchObject({ handle: `${CHAIR}/history`, revision: 1 });
    expect((await chairs(`${PATH}/history?view=history`)).json).toMatchObject({ items: [{ revision: 1 }] });
    expect((await chairs(`${encoded}%2Fhistory/history`)).json).toMatchObject({ handle: `${CHAIR}/history` });
  });

  it.each([
    ['a prefix and nothing before /history', `/v1/identifiers/${CHAIRS}/history`, 404],
    ['nothing of either name', `/v1/identifiers/${CHAIRS}/NEVER/history`, 404],
    ['an identifier that never was', `/v1/identifiers/${CHAIRS}/NEVER?view=history`, 404],
    ['a view that is none', `${PATH}?view=future`, 400],
    ['a cursor that is none', `${PATH}?view=history&after=x`, 400],
    ['an instant with a history', `${PATH}?view=history&at=2026-01-01T00:00:00Z`, 400],
    ['another prefix', `/v1/identifiers/${LAMPS}/A?view=history`, 403],
    ['another prefix by path', `/v1/identifiers/${LAMPS}/A/history`, 403],
  ])('answers %s with %3$i', async (_, path, status) => {
    expect((await chairs(path)).status).toBe(status);
  });

  it('needs a key', async () => {
    expect((await door.ask('GET', `${PATH}?view=history`)).status).toBe(401);
  });
});

describe('a move of children over HTTP', () => {
  it('goes step by step, and says what stays', async () => {
    const [from, to] = [`${CHAIRS}/BATCH-1`, `${CHAIRS}/BATCH-2`];
    const items = ['1', '2', '3'].map((n) => ({ handle: `${CHAIRS}/ITEM-${n}`, parent: from }));
    await register(door, { handle: from }, { handle: to }, ...items);
    const move = (json: object, query = '') => door.ask('POST', `/v1/moves${query}`, { key: door.chairs, json });
    expect((await move({ from, to }, '?dryRun=true')).json).toEqual({ moved: 3, refused: [], next: null });
    const first = await move({ from, to, limit: 2 });
    expect(first).toMatchObject({ status: 200, json: { moved: 2, refused: [], next: `${CHAIRS}/ITEM-2` } });
    await revoke(door, `${CHAIRS}/ITEM-3`, 'x');
    const second = await move({ from, to, limit: 2, after: first.json.next });
    const stays = [{ handle: `${CHAIRS}/ITEM-3`, code: 'INVALID_STATE' }];
    expect(second.json).toMatchObject({ moved: 0, refused: stays, next: null });
    expect((await move({ from })).status).toBe(400);
    expect((await move({ from: `${LAMPS}/A`, to: null })).status).toBe(403);
    expect((await move({ from, to: from })).status).toBe(422);
  });
});

describe('an instant over HTTP', () => {
  it('shows the own record of then at /v1', async () => {
    const then = await chairs(`${PATH}?at=${iso(1)}`);
    expect(then).toMatchObject({ status: 200, json: { revision: 1, status: 'active', values: [{ index: 2001 }] } });
    expect(then.headers).toMatchObject({ 'cache-control': 'private, no-store' });
    expect(then.headers.etag).toBeUndefined();
    expect(await chairs(`${PATH}?at=${iso(3)}`)).toMatchObject({ status: 410, json: { reason: '召回' } });
    expect(await chairs(`${PATH}?at=${iso(0)}`)).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
  });

  it('resolves as it was at the Handle API, with the inheritance of then, and is kept by nobody', async () => {
    const at = async (seconds: number): Promise<unknown[]> => {
      const told = await chairs(`${API}?at=${iso(seconds)}`);
      expect(told.headers).toMatchObject({ 'cache-control': 'private, no-store' });
      const values = (told.json.values ?? []) as { data: { value: string } }[];
      return [told.status, told.json.responseCode, ...values.map(({ data }) => data.value)];
    };
    expect(await at(0)).toEqual([404, 100]);
    expect(await at(1)).toEqual([200, 1, 'old model', '12.50']);
    expect(await at(2)).toEqual([200, 1, 'new model', '12.50']);
    expect(await at(3)).toEqual([404, 100]);
    expect(await at(2)).toEqual([200, 1, 'new model', '12.50']);
    const publicOnly = await chairs(`${API}?at=${iso(2)}&publicOnly=true&type=COST`);
    expect(publicOnly).toMatchObject({ json: { responseCode: 200, values: [] } });
    expect(publicOnly.headers).toMatchObject({ 'cache-control': 'private, no-store' });
  });

  it('takes any form of an instant, with a plus that arrived as a space', async () => {
    const china = new Date(start + 1000 + 8 * 3_600_000).toISOString().replace('Z', '+08:00');
    expect((await chairs(`${API}?at=${china}`)).json).toMatchObject({ responseCode: 1 });
    expect((await chairs(`${PATH}?at=${encodeURIComponent(china)}`)).json).toMatchObject({ revision: 1 });
  });

  it.each([
    ['no instant', 'at=yesterday', 400],
    ['an empty one', 'at=', 400],
    ['one in the future', 'at=2999-01-01T00:00:00Z', 400],
  ])('is refused for %s', async (_, query, status) => {
    expect((await chairs(`${API}?${query}`)).status).toBe(status);
    expect((await chairs(`${PATH}?${query}`)).status).toBe(status);
  });

  it('is for keys of the prefix', async () => {
    expect(await door.ask('GET', `${API}?at=${iso(1)}`)).toMatchObject({ status: 403, json: { responseCode: 402 } });
    const foreign = await door.ask('GET', `${API}?at=${iso(1)}`, { key: door.reader });
    expect(foreign).toMatchObject({ status: 403, json: { responseCode: 400 } });
  });

  it('does not show what today’s permissions close', async () => {
    const handle = `${CHAIRS}/COSTLY`;
    await register(door, { handle, values: [PRIVATE, NAME] });
    const then = new Date(door.clock.nowMs).toISOString();
    const path = `/api/handles/${handle}?at=${then}`;
    expect((await chairs(path)).json).toMatchObject({ values: [{ index: 2001 }, { index: 2000 }] });
    door.clock.nowMs += 1000;
    await register(door, { handle, values: [{ ...PRIVATE, permissions: '0100' }, NAME] });
    expect((await chairs(path)).json).toMatchObject({ values: [{ index: 2000 }] });
  });
});
