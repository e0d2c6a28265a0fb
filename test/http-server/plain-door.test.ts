// Plain resolutions are answered without node:http; nobody may notice but by the time it takes. So whatever a client sends is
// compared with what the same bytes get on a connection that node:http has read from the first byte.

import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/domain/answer.ts';
import { HandleError } from '../../src/domain/error.ts';
import type { Tracer } from '../../src/domain/tracer.ts';
import { CHAIRS, type OpenDoor, openDoor } from './door.ts';
import { NAME, PRIVATE, register, revoke } from './registering.ts';
import { openSocket, type RawReply, repliesIn, tell } from './wire.ts';

const HOST = 'Host: a\r\n';
const plain = (name: string, fields = HOST): string => `GET /api/handles/${CHAIRS}/${name} HTTP/1.1\r\n${fields}\r\n`;
const OTHER = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';
const LAST = OTHER.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');

let door: OpenDoor;
/** With a tracer, every request is read by node:http from the first byte. */
let nodes: OpenDoor;
const TRACER: Tracer = { beginRequest: () => null };

async function fill(one: OpenDoor): Promise<void> {
  await register(
    one,
    { handle: `${CHAIRS}/MODEL`, values: [NAME, PRIVATE] },
    { handle: `${CHAIRS}/ITEM`, parent: `${CHAIRS}/MODEL`, values: [{ index: 2020, type: 'SERIAL', data: 'S-1' }] },
    { handle: `${CHAIRS}/GONE`, values: [NAME] },
    { handle: `${CHAIRS}/RESERVED`, values: [NAME], status: 'reserved' },
    { handle: `${CHAIRS}/椅子`, values: [NAME] },
  );
  await revoke(one, `${CHAIRS}/GONE`, 'broken');
}

/** The same bytes read by node:http alone. */
const toldByNode = (...pieces: readonly string[]): Promise<readonly RawReply[]> => tell(nodes.port, ...pieces);

describe('a plain resolution', () => {
  beforeAll(async () => {
    const options = { newRequestId: () => 'always-the-same' };
    door = await openDoor({ limits: { headersTimeoutMs: 300 }, options });
    nodes = await openDoor({ limits: { headersTimeoutMs: 300 }, options: { ...options, tracer: TRACER } });
    await fill(door);
    await fill(nodes);
  });
  afterAll(() => Promise.all([door.close(), nodes.close()]));

  it.each([
    'MODEL',
    'ITEM',
    'GONE',
    'RESERVED',
    'NOBODY',
    '%E6%A4%85%E5%AD%90',
    '%C3%28',
    '%zz',
    'a"b',
    'a\\b',
    "a'b",
    'a;b=c',
    'x'.repeat(3000),
  ])('of %s gets what node:http would have sent, the first time, the second and the third', async (name) => {
    const asked = plain(name).repeat(3);
    const replies = await tell(door.port, asked);
    expect(replies).toHaveLength(3);
    expect(replies).toEqual(await toldByNode(asked));
  });

  it('of a prefix, and of a handle in another spelling, echoes what was asked', async () => {
    for (const path of [CHAIRS, `0.na/${CHAIRS}`, `0.NA/${CHAIRS}`]) {
      const asked = `GET /api/handles/${path} HTTP/1.1\r\n${HOST}\r\n`;
      const replies = await tell(door.port, asked);
      expect(replies[0]?.body).toContain(`"handle":"${path}"`);
      expect(replies).toEqual(await toldByNode(asked));
    }
  });

  it.each([
    'Host: a\r\nUser-Agent: curl/8\r\nAccept: */*\r\n',
    'host:a\r\nACCEPT:\t text/html \r\nConnection: Keep-Alive\r\nReferer: http://a/b?c#d\r\n',
    'Host: a\r\nAccept-Encoding: gzip, br\r\nCache-Control: no-cache\r\nSec-Fetch-Mode: cors\r\n',
  ])('may come with fields that change nothing', async (fields) => {
    const asked = plain('ITEM', fields);
    const replies = await tell(door.port, asked);
    expect(replies.map(({ status }) => status)).toEqual([200]);
    expect(replies).toEqual(await toldByNode(asked));
  });

  it.each([
    ['no host', ''],
    ['two hosts', 'Host: a\r\nHost: b\r\n'],
    ['an empty host', 'Host:\r\n'],
    ['a space before the colon', 'Host : a\r\n'],
    ['a folded field', 'Host: a\r\nAccept: b\r\n c\r\n'],
    ['a field without a colon', 'Host: a\r\nAccept\r\n'],
    ['a bare line feed', 'Host: a\nAccept: b\r\n'],
    ['a bare carriage return', 'Host: a\r\nAccept: b\rX: c\r\n'],
    ['a control character', 'Host: a\r\nAccept: \x01\r\n'],
    ['a byte that is not ASCII', 'Host: a\r\nAccept: \xe6\r\n'],
    ['an end of the connection', 'Host: a\r\nConnection: close\r\n'],
    ['an upgrade', 'Host: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n'],
    ['an origin', 'Host: a\r\nOrigin: https://example.com\r\n'],
    ['a tag', 'Host: a\r\nIf-None-Match: *\r\n'],
    ['a key that is none', 'Host: a\r\nAuthorization: Bearer nothing\r\n'],
    ['a field nobody knows', 'Host: a\r\nX-Any: 1\r\n'],
    ['many fields', `Host: a\r\n${'Accept: b\r\n'.repeat(600)}`],
    ['more fields than Node reads', `Host: a\r\n${'Accept: b\r\n'.repeat(3000)}`],
  ])('with %s is read by node:http', async (_name, fields) => {
    const asked = plain('ITEM', fields);
    expect(await tell(door.port, asked)).toEqual(await toldByNode(asked));
    // Behind one that was plain, too.
    const behind = await tell(door.port, plain('MODEL') + asked);
    expect(behind.slice(1)).toEqual(await toldByNode(asked));
  });

  it.each([
    'GET /api/handles/88.118.10001/ITEM HTTP/1.0\r\nHost: a\r\n\r\n',
    'GET  /api/handles/88.118.10001/ITEM HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /api/handles/88.118.10001/ITEM  HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /api/handles/88.118.10001/ITEM X HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /api/handles/88.118.10001/ITEM\tHTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /api/handles/88.118.10001/ITEM HTTP/1.1\nHost: a\n\n',
    'GET /api/handles/88.118.10001/ITEM HTTP/2.0\r\nHost: a\r\n\r\n',
    'GET /api/handles/ HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /api/handles/88.118.10001/ITEM?pretty HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /api/handles/88.118.10001/ITEM#part HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET http://a/api/handles/88.118.10001/ITEM HTTP/1.1\r\nHost: a\r\n\r\n',
    'HEAD /api/handles/88.118.10001/ITEM HTTP/1.1\r\nHost: a\r\n\r\n',
    '\r\nGET /api/handles/88.118.10001/ITEM HTTP/1.1\r\nHost: a\r\n\r\n',
  ])('has one form: %j is read by node:http', async (asked) => {
    expect(await tell(door.port, asked)).toEqual(await toldByNode(asked));
  });

  it('has no body: what is announced as one is never taken for a request', async () => {
    const inner = plain('MODEL');
    const length = plain('ITEM', `Host: a\r\nContent-Length: ${inner.length}\r\n`) + inner;
    const chunked = `${plain('ITEM', 'Host: a\r\nTransfer-Encoding: chunked\r\n')}${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`;
    for (const asked of [length, chunked]) {
      const replies = await tell(door.port, plain('ITEM') + asked + plain('NOBODY'));
      expect(replies.map(({ status }) => status)).toEqual([200, 200, 404]);
    }
  });

  it('changed in any byte gets what node:http says to it', async () => {
    const asked = plain('ITEM', 'Host: a\r\nAccept: b\r\n');
    const place = fc.nat(asked.length - 1);
    const bytes = fc.constantFrom('', ' ', '\r', '\n', '\r\n', ':', '?', '#', '%', '/', '\t', '\x00', '\x80', 'A', '0');
    const changed = fc.record({ at: place, taken: fc.nat(2), put: bytes });
    await fc.assert(
      fc.asyncProperty(changed, async ({ at, taken, put }) => {
        const sent = asked.slice(0, at) + put + asked.slice(at + taken);
        expect(await tell(door.port, sent + plain('MODEL'))).toEqual(await toldByNode(sent + plain('MODEL')));
      }),
      { numRuns: 150 },
    );
  });

  it('may come in pieces, cut anywhere', async () => {
    const asked = plain('ITEM');
    const whole = await toldByNode(asked + asked);
    for (let cut = 1; cut < asked.length; cut += 7) {
      expect(await tell(door.port, asked.slice(0, cut), asked.slice(cut) + asked)).toEqual(whole);
      expect(await tell(door.port, asked + asked.slice(0, cut), asked.slice(cut))).toEqual(whole);
    }
  });

  it('and other requests are answered in the order they came, on one connection', async () => {
    const body = `["${CHAIRS}/ITEM"]`;
    const post = `POST /v1/resolve HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const replies = await tell(door.port, plain('MODEL') + plain('NOBODY') + post + plain('ITEM') + OTHER);
    expect(replies.map(({ status }) => status)).toEqual([200, 404, 200, 200, 200]);
    expect(replies[2]?.body.startsWith('[{"responseCode":1')).toBe(true);
  });

  it('sent thousands of times before anything is read is answered as often', async () => {
    const socket = await openSocket(door.port);
    const asked = plain('ITEM');
    const count = 20_000;
    socket.pause();
    socket.write(asked.repeat(count) + LAST);
    const replies = repliesIn(await text(socket));
    expect(replies).toHaveLength(count + 1);
    expect(new Set(replies.map(({ body }) => body)).size).toBe(2);
  });
});

describe('a connection of plain resolutions', () => {
  afterEach(() => door.close());

  it('is told and let go if nothing comes over it', async () => {
    door = await openDoor({ limits: { headersTimeoutMs: 100 } });
    expect(await text(await openSocket(door.port))).toMatch(/^HTTP\/1.1 408 /);
  });

  it('is let go when it has stood idle, later than was promised', async () => {
    door = await openDoor({ limits: { keepAliveTimeoutMs: 100 } });
    const socket = await openSocket(door.port);
    const startedAt = performance.now();
    socket.write(plain('ITEM'));
    expect(repliesIn(await text(socket))).toHaveLength(1);
    expect(performance.now() - startedAt).toBeGreaterThan(100);
  });

  it('waits for an answer on its way, and then answers what came behind it', async () => {
    const held = Promise.withResolvers<Answer>();
    door = await openDoor({ interrupt: ({ handle }) => (handle.endsWith('SLOW') ? held.promise : null) });
    await fill(door);
    const socket = await openSocket(door.port);
    socket.write(plain('ITEM') + plain('SLOW') + plain('MODEL') + LAST);
    const [first] = await once(socket, 'data');
    expect(repliesIn(String(first))).toHaveLength(1);
    held.reject(new HandleError('STORE_UNAVAILABLE', 'The store is away.'));
    expect(repliesIn(await text(socket)).map(({ status }) => status)).toEqual([503, 200, 200]);
  });

  it('ends with the server: at once if it is idle, else with its answer', async () => {
    const held = Promise.withResolvers<Answer>();
    const asked = Promise.withResolvers<void>();
    const interrupt = () => {
      asked.resolve();
      return held.promise;
    };
    door = await openDoor({ interrupt });
    const [idle, waiting] = [await openSocket(door.port), await openSocket(door.port)];
    waiting.write(plain('SLOW'));
    await asked.promise;
    const closed = door.close();
    await once(idle.resume(), 'close');
    held.reject(new HandleError('STORE_UNAVAILABLE', 'The store is away.'));
    const [told] = repliesIn(await text(waiting));
    expect(told).toMatchObject({ status: 503, headers: expect.arrayContaining(['Connection: close']) });
    await closed;
  });

  it('counts among the connections there may be', async () => {
    door = await openDoor({ limits: { connections: 1 } });
    await fill(door);
    const socket = await openSocket(door.port);
    socket.write(plain('ITEM'));
    await once(socket, 'data');
    expect((await tell(door.port, plain('ITEM'))).map(({ status }) => status)).toEqual([503]);
    socket.destroy();
    await expect.poll(async () => (await tell(door.port, plain('ITEM')))[0]?.status).toBe(200);
  });

  it('is logged by the sample, as others are', async () => {
    door = await openDoor({ options: { resolutionSample: 2 } });
    await fill(door);
    await tell(door.port, plain('ITEM') + plain('NOBODY') + plain('MODEL') + plain('ITEM'));
    const lines = door.seen.log.map(({ path, status, client }) => ({ path, status, client }));
    expect(lines).toEqual([
      { path: `/api/handles/${CHAIRS}/NOBODY`, status: 404, client: '127.0.0.1' },
      { path: `/api/handles/${CHAIRS}/ITEM`, status: 200, client: '127.0.0.1' },
    ]);
  });
});
