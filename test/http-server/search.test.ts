// `GET /v1/search` over HTTP: an enterprise finds what it registered, page by page.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHAIRS, LAMPS, type OpenDoor, openDoor } from './door.ts';
import { register } from './registering.ts';

const TEMPLATE = `${CHAIRS}/META_CHAIR`;
const element = { index: 2000, type: 'SKU', kind: 'string', name: { zh: '货号', en: 'SKU' }, searchable: true };

let door: OpenDoor;
let start: number;
beforeAll(async () => {
  door = await openDoor();
  start = door.clock.nowMs;
  const template = { name: { zh: '椅子', en: 'Chair' }, carrier: 'passive', isOpen: true, elements: [element] };
  const path = `/v1/templates/${encodeURIComponent(TEMPLATE)}`;
  expect((await door.ask('PUT', path, { key: door.chairs, json: template })).status).toBeLessThan(300);
  for (const [i, sku] of ['OAK-1', 'Oak-2', 'ELM-1'].entries()) {
    door.clock.nowMs = start + 1000 * i;
    const values = [{ index: 2000, type: 'SKU', data: sku }];
    await register(door, { handle: `${CHAIRS}/C-${i}`, template: TEMPLATE, values });
  }
});
afterAll(() => door.close());

const search = (query: Record<string, string>, key = door.chairs) =>
  door.ask('GET', `/v1/search?${new URLSearchParams({ prefix: CHAIRS, ...query })}`, { key });
const found = async (query: Record<string, string>) =>
  ((await search(query)).json.items as { handle: string }[]).map(({ handle }) => handle.slice(CHAIRS.length + 1));

describe('a search over HTTP', () => {
  it.each([
    [{ code: 'C-1' }, ['C-1']],
    [{ code: 'C-', match: 'prefix' }, ['C-0', 'C-1', 'C-2']],
    [{ element: 'SKU', value: 'oak-1' }, ['C-0']],
    [{ element: 'SKU', value: 'oak', match: 'prefix' }, ['C-0', 'C-1']],
    [{ element: 'SKU', value: 'oak', match: 'prefix', code: 'C-1' }, ['C-1']],
    [{ status: 'revoked' }, []],
  ])('finds by %o', async (query, handles) => {
    expect(await found(query as unknown as Record<string, string>)).toEqual(handles);
  });

  it('finds by time, with offsets, whose "+" may come as a space', async () => {
    const from = new Date(start + 1000 + 8 * 3_600_000).toISOString().replace('Z', '+08:00');
    expect(await found({ createdFrom: from })).toEqual(['C-1', 'C-2']);
    expect(await found({ createdFrom: from.replace('+', ' ') })).toEqual(['C-1', 'C-2']);
    expect(await found({ createdTo: new Date(start + 1000).toISOString(), code: 'C-', match: 'prefix' })).toEqual([
      'C-0',
    ]);
    expect(await found({ updatedFrom: new Date(start + 2000).toISOString() })).toEqual(['C-2']);
  });

  it('answers with what a record is, and with a cursor that goes on', async () => {
    const first = await search({ code: 'C-', match: 'prefix', limit: '2' });
    const instant = new Date(start).toISOString();
    expect(first.headers['cache-control']).toBe('private, no-store');
    expect((first.json.items as object[])[0]).toEqual({
      ...{ handle: `${CHAIRS}/C-0`, status: 'active', isRecalled: false, parent: null, template: TEMPLATE },
      ...{ revision: 1, createdAt: instant, updatedAt: instant },
    });
    const second = await search({ code: 'C-', match: 'prefix', after: first.json.next as string });
    expect(second.json).toMatchObject({ items: [{ handle: `${CHAIRS}/C-2` }], next: null });
  });

  it.each([
    ['no prefix', { prefix: '' }, 400],
    ['another enterprise’s prefix', { prefix: LAMPS }, 403],
    ['a status that is none', { status: 'lost' }, 400],
    ['a match that is none', { code: 'C', match: 'fuzzy' }, 400],
    ['a value without its element', { value: 'x' }, 400],
    ['an instant that is none', { createdFrom: 'yesterday' }, 400],
    [
      'a time that ends before it begins',
      { createdFrom: '2026-02-01T00:00:00Z', createdTo: '2026-01-01T00:00:00Z' },
      400,
    ],
    ['a cursor of another search', { code: 'C', match: 'prefix', after: 'WyJ0aW1lIiwxLDJd' }, 400],
    ['a page too large', { limit: '1001' }, 400],
  ])('is refused with %s', async (_, query, status) => {
    expect((await search(query as unknown as Record<string, string>)).status).toBe(status);
  });

  it('needs a key', async () => {
    expect((await door.ask('GET', `/v1/search?prefix=${CHAIRS}`)).status).toBe(401);
  });

  it('needs no prefix of whoever has one', async () => {
    const answer = await door.ask('GET', '/v1/search?element=SKU&value=elm-1', { key: door.chairs });
    expect(answer.json).toMatchObject({ items: [{ handle: `${CHAIRS}/C-2` }] });
  });
});
