// `GET /v1/changes`: pages of JSON, and streams that go on.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_CHANGE_STREAMS, MAX_STREAMS_OF_PRINCIPAL } from '../../src/domain/limits.ts';
import { parseRegistration } from '../../src/registry/registration-json.ts';
import { CHAIRS, LAMPS, type OpenDoor, openDoor } from './door.ts';
import { type EventStream, listen } from './event-stream.ts';
import { register } from './registering.ts';

let door: OpenDoor;
const streams: EventStream[] = [];
beforeEach(async () => {
  door = await openDoor();
});
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close();
  await door.close();
});

async function open(query = '', more: { key?: string; headers?: Record<string, string> } = {}): Promise<EventStream> {
  const headers = { authorization: `Bearer ${more.key ?? door.chairs}`, ...more.headers };
  const stream = await listen(`http://127.0.0.1:${door.port}/v1/changes${query}`, headers);
  streams.push(stream);
  return stream;
}

const ids = (stream: EventStream) => stream.events().map(({ id }) => Number(id));
const chair = (suffix: string) => register(door, { handle: `${CHAIRS}/${suffix}` });

describe('pages of changes', () => {
  it('tell what happened to the key’s own prefixes, and where to go on', async () => {
    await register(door, { handle: `${CHAIRS}/A` }, { handle: `${LAMPS}/A` }, { handle: `${CHAIRS}/B` });
    const first = await door.ask('GET', '/v1/changes?limit=2', { key: door.chairs });
    const at = new Date(door.clock.nowMs).toISOString();
    expect(first).toMatchObject({
      status: 200,
      headers: { 'cache-control': 'private, no-store' },
      json: {
        items: [
          { at, principalId: 'operator', requestId: 'test', entries: [{ subject: 'enterprise', name: CHAIRS }] },
          { entries: [{ subject: 'record', action: 'created', name: `${CHAIRS}/A`, revision: 1 }] },
        ],
      },
    });
    const second = await door.ask('GET', `/v1/changes?limit=2&after=${first.json.next}`, { key: door.chairs });
    expect(second.json).toMatchObject({ items: [{ entries: [{ name: `${CHAIRS}/B` }] }], next: null });
    const nothing = await door.ask('GET', `/v1/changes?after=${second.json.position}`, { key: door.chairs });
    expect(nothing.json).toEqual({ items: [], next: null, position: second.json.position });
  });

  it.each([
    ['a negative place', '?after=-1', 400],
    ['a place that is none', '?after=x', 400],
    ['a place beyond the end', '?after=999999', 400],
    ['an unknown parameter', '?since=1', 400],
    ['another’s prefix', `?prefix=${LAMPS}`, 403],
  ])('are refused for %s, and so are streams', async (_, query, status) => {
    expect((await door.ask('GET', `/v1/changes${query}`, { key: door.chairs })).status).toBe(status);
    const stream = await open(query);
    expect([stream.status, stream.headers['content-type']]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
  });

  it('need a key', async () => {
    expect((await door.ask('GET', '/v1/changes')).status).toBe(401);
    expect(
      (await door.ask('HEAD', '/v1/changes', { key: door.chairs, headers: { accept: 'text/event-stream' } })).status,
    ).toBe(200);
  });
});

describe('a stream of changes', () => {
  it('tells what happened, then what happens, within a second', async () => {
    await chair('BEFORE');
    const stream = await open();
    expect(stream).toMatchObject({ status: 200 });
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'private, no-store',
    });
    expect(stream.headers['x-request-id']).toBeDefined();
    await expect.poll(() => stream.events().length).toBe(2);
    await chair('AFTER');
    await expect.poll(() => stream.events().length, { timeout: 1000, interval: 20 }).toBe(3);
    const last = stream.events()[2];
    expect(last).toMatchObject({ event: 'change', data: { entries: [{ name: `${CHAIRS}/AFTER` }] } });
    expect(last?.id).toBe(String(last?.data?.sequence));
  });

  it('goes on after the last event that was got, without a gap or a repeat', async () => {
    for (let i = 0; i < 5; i++) await chair(`N${i}`);
    const whole = await open();
    await expect.poll(() => ids(whole).length).toBe(6);
    const all = ids(whole);
    for (const seen of [0, 3, 5]) {
      const resumed = await open('?after=0', { headers: { 'last-event-id': String(all[seen]) } });
      const rest = all.slice(seen + 1);
      await expect.poll(() => ids(resumed)).toEqual(rest);
    }
    const byQuery = await open(`?after=${all[4]}`);
    await expect.poll(() => ids(byQuery)).toEqual(all.slice(5));
    expect((await open('', { headers: { 'last-event-id': 'x' } })).status).toBe(400);
  });

  it('has nothing of others, and everything for an operator', async () => {
    const [own, every] = [await open(), await open('', { key: door.operator })];
    await register(door, { handle: `${LAMPS}/L` }, { handle: `${CHAIRS}/C` });
    await expect.poll(() => own.text()).toContain(`${CHAIRS}/C`);
    await expect.poll(() => every.text()).toContain(`${CHAIRS}/C`);
    expect(own.text()).not.toContain(LAMPS);
    expect(every.text()).toContain(`${LAMPS}/L`);
    expect(every.text()).toContain('"subject":"key"');
    expect(own.text()).not.toContain('"subject":"key"');
  });

  it('ends when its key is revoked, and when its prefix goes to another', async () => {
    const { id } = await door.directory.createPrincipal(door.actor, { name: 'x', role: 'enterprise', scope: CHAIRS });
    const issued = await door.directory.issueKey(door.actor, { principalId: id, label: 'x', expiresAt: null });
    const [revoked, narrowed] = [await open('', { key: issued.token }), await open(`?prefix=${CHAIRS}`)];
    await door.directory.revokeKey(door.actor, issued.key.id);
    await revoked.ended;
    expect(revoked.events().at(-1)).toMatchObject({ event: 'end', data: { code: 'UNAUTHENTICATED', status: 401 } });
    await door.directory.transferEnterprise(door.actor, CHAIRS, LAMPS, null);
    await chair('AFTER');
    await narrowed.ended;
    expect(narrowed.events().at(-1)).toMatchObject({ event: 'end', data: { code: 'FORBIDDEN' } });
    expect(narrowed.text()).not.toContain('AFTER');
  });

  it('ends in order when the node stops', async () => {
    const stream = await open();
    await expect.poll(() => stream.events().length).toBe(1);
    await door.close();
    await stream.ended;
    expect(stream.text()).not.toContain('event: end');
  });

  it('is bounded for each principal and each worker, and makes room when one ends', async () => {
    const refused = { status: 503, headers: { 'retry-after': '5' } };
    const own = await Promise.all(Array.from({ length: MAX_STREAMS_OF_PRINCIPAL }, () => open()));
    expect(own.map(({ status }) => status)).toEqual(own.map(() => 200));
    expect(await open()).toMatchObject(refused);
    expect((await open('', { key: door.reader })).status).toBe(200);
    own[0]?.close();
    await expect.poll(async () => (await open()).status).toBe(200);
    const keys = await Promise.all(
      Array.from({ length: MAX_CHANGE_STREAMS / MAX_STREAMS_OF_PRINCIPAL }, async () => {
        const { id } = await door.directory.createPrincipal(door.actor, { name: 'x', role: 'reader', scope: LAMPS });
        return (await door.directory.issueKey(door.actor, { principalId: id, label: 'x', expiresAt: null })).token;
      }),
    );
    const many = await Promise.all(
      keys.flatMap((key) => Array.from({ length: MAX_STREAMS_OF_PRINCIPAL }, () => open('', { key }))),
    );
    const statuses = many.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(MAX_CHANGE_STREAMS - MAX_STREAMS_OF_PRINCIPAL - 1);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
  });

  it('waits for a listener that does not read, and loses nothing', async () => {
    const stream = await open();
    await expect.poll(() => stream.events().length).toBe(1);
    stream.pause();
    // More than the sockets on the way take, so the rest has to wait for its listener.
    for (let round = 0; round < 6; round++) {
      const batch = Array.from({ length: 2500 }, (_, i) =>
        parseRegistration({ handle: `${CHAIRS}/${'x'.repeat(900)}${round}-${i}`, values: [] }, '', { mode: 'create' }),
      );
      await door.identifiers.register(door.actor, batch, { dryRun: false, idempotency: null });
    }
    const other = await open();
    await expect.poll(() => other.events().length, { timeout: 5000 }).toBe(7);
    expect(stream.events()).toHaveLength(1);
    stream.resume();
    await expect.poll(() => ids(stream), { timeout: 5000 }).toEqual(ids(other));
  });
});

describe('a stream on which nothing happens', () => {
  it('shows that it lives, and up to where the log was read', async () => {
    const quiet = await openDoor({ options: { heartbeatMs: 50 } });
    const stream = await listen(`http://127.0.0.1:${quiet.port}/v1/changes`, {
      authorization: `Bearer ${quiet.chairs}`,
    });
    await register(quiet, { handle: `${LAMPS}/L` });
    const newest = String(quiet.store.stats().sequence);
    await expect.poll(() => stream.text()).toContain(`id: ${newest}\n: still here\n\n`);
    expect(stream.events()).toHaveLength(1);
    expect(stream.lastId()).toBe(newest);
    stream.close();
    await quiet.close();
  });
});
