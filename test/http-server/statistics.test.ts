// Statistics over HTTP: who sees which, by pages.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chinaDayOf } from '../../src/domain/china-day.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import { CHAIRS, LAMPS, type OpenDoor, openDoor } from './door.ts';

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor();
  for (const prefix of [CHAIRS, LAMPS]) {
    await door.ask('PUT', `/v1/identifiers/${prefix}/A`, { key: door.operator, json: { values: [] } });
  }
  const today = chinaDayOf(door.clock.nowMs);
  const days = [today, today - 30, today - 31];
  await door.store.addResolutions([
    ...days.map((day) => ({ day, prefix: CHAIRS as Prefix, counts: [5, 4, 3, 2, 1] })),
    { day: today, prefix: null, counts: [0, 9, 0, 0, 0] },
  ]);
});
afterAll(() => door.close());

const read = (query: string, key = door.operator) => door.ask('GET', `/v1/statistics${query}`, { key });
const placesOf = (items: unknown): string[] =>
  (items as { prefix: string; day: string }[]).map((r) => `${r.prefix} ${r.day}`);

describe('statistics', () => {
  it('say for each prefix and day what was registered, resolved, and is there', async () => {
    const { status, json } = await read(`?prefix=${CHAIRS}&from=2026-11-23`);
    expect(status).toBe(200);
    expect(json).toEqual({
      items: [
        {
          prefix: CHAIRS,
          day: '2026-11-23',
          registrations: { created: 1, updated: 0, revoked: 0, deleted: 0 },
          live: 1,
          resolutions: { requests: 15, found: 5, notFound: 4, revoked: 3, referred: 2, failed: 1 },
        },
      ],
      next: null,
    });
  });

  it('are of a month if no days are named, and come by pages', async () => {
    const all = ['2026-10-24', '2026-11-23'].map((day) => `${CHAIRS} ${day}`);
    const expected = [...all, `${LAMPS} 2026-11-23`, 'null 2026-11-23'];
    expect(placesOf((await read('')).json.items)).toEqual(expected);
    const seen: string[] = [];
    for (let next: unknown = ''; next !== null; ) {
      const { json } = await read(`?limit=1${next === '' ? '' : `&after=${encodeURIComponent(String(next))}`}`);
      seen.push(...placesOf(json.items));
      next = json.next;
    }
    expect(seen).toEqual(expected);
  });

  it('are an enterprise’s own to itself, and everybody’s to operators', async () => {
    const own = await read('', door.chairs);
    expect(new Set((own.json.items as { prefix: string }[]).map(({ prefix }) => prefix))).toEqual(new Set([CHAIRS]));
    expect((await read(`?prefix=${CHAIRS}`, door.chairs)).status).toBe(200);
    expect(await read(`?prefix=${LAMPS}`, door.chairs)).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
    expect((await read('?prefix=88.118', door.chairs)).status).toBe(403);
    const { id } = await door.directory.createPrincipal(door.actor, { name: 'r', role: 'reader', scope: null });
    const { token } = await door.directory.issueKey(door.actor, { principalId: id, label: 'x', expiresAt: null });
    expect((await read('', token)).status).toBe(403);
    expect((await read(`?prefix=${LAMPS}`, token)).status).toBe(200);
    expect((await door.ask('GET', '/v1/statistics')).status).toBe(401);
  });

  it('are of a leap day too', async () => {
    expect((await read('?from=2024-02-29&to=2024-02-29')).json.items).toEqual([]);
  });

  it.each([
    ['?after=x', 'INVALID_REQUEST'],
    ['?from=yesterday', 'INVALID_REQUEST'],
    ['?from=2026-13-01', 'INVALID_REQUEST'],
    ['?to=2026-02-29', 'INVALID_REQUEST'],
    ['?prefix=a%20b', 'INVALID_PREFIX'],
    ['?day=2026-11-23', 'INVALID_REQUEST'],
  ])('are not read with %s', async (query, code) => {
    expect(await read(query)).toMatchObject({ status: 400, json: { code } });
  });
});
