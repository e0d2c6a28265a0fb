// The audit trail over HTTP, and what the door tells for it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditFile } from '../../src/logbook/audit-trail.ts';
import { searchLog } from '../../src/logbook/search.ts';
import { event, type LogWorld, logWorld } from '../logbook/world.ts';
import { LAMPS, type OpenDoor, openDoor } from './door.ts';

let world: LogWorld;
let file: AuditFile;
let door: OpenDoor;
beforeAll(async () => {
  world = logWorld();
  file = world.openAudit();
  for (const subject of ['a', 'b', 'c', 'd', 'e'])
    file.append({ ...event(subject), requestId: subject }, world.clock.nowMs);
  await file.close();
  door = await openDoor({ options: { searchAudit: (query) => searchLog(world.directory, 'audit', query) } });
});
afterAll(async () => {
  await door.close();
  world.remove();
});

const read = (query: string, key = door.operator) => door.ask('GET', `/v1/audit${query}`, { key });
const subjectsOf = (items: unknown): unknown[] => (items as { subject: string }[]).map(({ subject }) => subject);

describe('the trail', () => {
  it('is read by pages, oldest first, and searched by request', async () => {
    const first = await read('?limit=3');
    expect(subjectsOf(first.json.items)).toEqual(['a', 'b', 'c']);
    expect((first.json.items as object[])[0]).toMatchObject({ place: 'audit-2026-03-01.0001:1', kind: 'backup-made' });
    const second = await read(`?limit=3&after=${first.json.next}`);
    expect(second.json).toMatchObject({ next: null });
    expect(subjectsOf(second.json.items)).toEqual(['d', 'e']);
    expect(subjectsOf((await read('?requestId=c')).json.items)).toEqual(['c']);
    expect((await read('?from=2026-03-02T00:00:00%2B08:00')).json.items).toEqual([]);
  });

  it('is for operators and reviewers', async () => {
    for (const key of [door.chairs, door.reader]) {
      expect(await read('', key)).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
    }
    expect((await door.ask('GET', '/v1/audit')).status).toBe(401);
    const { id } = await door.directory.createPrincipal(door.actor, { name: 'r', role: 'reviewer', scope: null });
    const { token } = await door.directory.issueKey(door.actor, { principalId: id, label: 'x', expiresAt: null });
    expect((await read('', token)).status).toBe(200);
  });

  it.each([
    ['?after=x'],
    ['?kind=x'],
    ['?limit=0'],
    ['?from=yesterday'],
    ['?who=me'],
  ])('is not read with %s', async (query) => {
    expect(await read(query)).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
  });

  it('that is not kept is not found, and the answer says how to keep one', async () => {
    const without = await openDoor();
    const told = await without.ask('GET', '/v1/audit', { key: without.operator });
    expect(told).toMatchObject({ status: 404 });
    expect(told.json.detail).toContain('log.directory');
    await without.close();
  });
});

describe('a denial', () => {
  async function denialOf(ask: () => Promise<unknown>) {
    door.seen.log.length = 0;
    await ask();
    while (door.seen.log.length === 0) await new Promise((resolve) => setImmediate(resolve));
    return door.seen.log[0];
  }

  it('of nobody known is told with the route, the reason and the address', async () => {
    expect(await denialOf(() => door.ask('GET', '/v1/keys'))).toMatchObject({
      route: '/v1/keys',
      status: 401,
      client: '127.0.0.1',
      denial: { code: 'UNAUTHENTICATED', reason: expect.stringContaining('key'), principalId: null },
    });
  });

  it('of a good key that may not do this is told with whose it is', async () => {
    const entry = await denialOf(() => door.ask('GET', '/v1/audit', { key: door.chairs }));
    expect(entry).toMatchObject({
      status: 403,
      denial: { code: 'FORBIDDEN' },
      principalId: expect.stringMatching(/./),
    });
  });

  it('of a key that was revoked is told with whose it was, which its bearer is not', async () => {
    const { id } = await door.directory.createPrincipal(door.actor, { name: 'x', role: 'operator', scope: null });
    const { token, key } = await door.directory.issueKey(door.actor, { principalId: id, label: 'x', expiresAt: null });
    await door.directory.revokeKey(door.actor, key.id);
    let text = '';
    const entry = await denialOf(async () => {
      text = (await door.ask('GET', '/v1/keys', { key: token })).text;
    });
    expect(entry?.denial).toMatchObject({ code: 'UNAUTHENTICATED', principalId: id });
    expect(text).not.toContain(id);
    expect(JSON.stringify(entry)).not.toContain(token);
  });

  it('of one item of a batch is told too', async () => {
    const json = [{ handle: `${LAMPS}/X`, values: [] }];
    const entry = await denialOf(() => door.ask('POST', '/v1/identifiers', { key: door.chairs, json }));
    expect(entry).toMatchObject({ status: 200, denial: { code: 'FORBIDDEN', reason: expect.stringContaining(LAMPS) } });
  });

  it('of one who guesses keys and is slowed down for it is told as such', async () => {
    const key = `jb_${'y'.repeat(43)}`;
    let status = 401;
    for (let i = 0; i < 100 && status === 401; i++) ({ status } = await door.ask('GET', '/v1/keys', { key }));
    expect(status).toBe(429);
    const entry = await denialOf(() => door.ask('GET', '/v1/keys', { key }));
    expect(entry).toMatchObject({ status: 429, denial: { code: 'RATE_LIMITED' } });
  });

  it('is nothing that was let in', async () => {
    expect(await denialOf(() => door.ask('GET', '/v1/keys', { key: door.operator }))).not.toHaveProperty('denial');
    expect(await denialOf(() => door.ask('GET', '/v1/nothing', { key: door.operator }))).not.toHaveProperty('denial');
  });
});
