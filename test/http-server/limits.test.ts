// Limits that are really hit: slow clients, too many connections, too much in flight, bytes that are no HTTP, the end.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/domain/answer.ts';
import { HandleError } from '../../src/domain/error.ts';
import { CHAIRS, type OpenDoor, openDoor } from './door.ts';
import { NAME, register } from './registering.ts';

let door: OpenDoor;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await door?.close();
});

async function open(localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port: door.port, host: '127.0.0.1', localAddress });
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

describe('a slow client', () => {
  it('that does not finish its head is told and let go', async () => {
    door = await openDoor({ limits: { headersTimeoutMs: 100, requestTimeoutMs: 200 } });
    const socket = await open();
    socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ');
    expect(await text(socket)).toMatch(/^HTTP\/1.1 408 /);
  });

  it('that does not finish its body is told and let go', async () => {
    door = await openDoor({ limits: { headersTimeoutMs: 100, requestTimeoutMs: 200 } });
    const socket = await open();
    socket.write(
      'POST /v1/resolve HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n["',
    );
    expect(await text(socket)).toMatch(/^HTTP\/1.1 408 /);
  });
});

describe('connections beyond the cap', () => {
  it('are told to come back, and the others go on', async () => {
    door = await openDoor({ limits: { connections: 2 } });
    const kept = [await open(), await open()];
    const refused = await open();
    refused.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
    const told = await text(refused);
    expect(told).toMatch(/^HTTP\/1.1 503 /);
    expect(told).toMatch(/Retry-After: 1\r\n/);
    expect(door.seen.refused).toEqual(['connections']);
    for (const socket of kept) socket.end('GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    for (const socket of kept) expect(await text(socket)).toMatch(/^HTTP\/1.1 200 /);
    expect((await door.ask('GET', '/healthz')).status).toBe(200);
  });
});

describe('connections beyond the share of a network', () => {
  it('are told to come back, and other networks find room', async () => {
    door = await openDoor({ limits: { connections: 16 } });
    for (let i = 0; i < 13; i++) await open();
    await expect.poll(async () => text(await openAsking())).toMatch(/^HTTP\/1.1 503 /);
    expect(door.seen.refused).toContain('connection-share');
    expect(await text(await openAsking('127.0.1.1'))).toMatch(/^HTTP\/1.1 200 /);
  });

  async function openAsking(localAddress?: string): Promise<Socket> {
    const socket = await open(localAddress);
    socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    return socket;
  }
});

describe('too much in flight', () => {
  it('gets 503 where it would have to wait; hits, probes and metrics are answered', async () => {
    const held = Promise.withResolvers<Answer>();
    door = await openDoor({
      limits: { inFlight: 2 },
      interrupt: ({ handle }) => (handle.endsWith('SLOW') ? held.promise : null),
    });
    await register(door, { handle: `${CHAIRS}/KNOWN`, values: [NAME] });
    const slow = `/api/handles/${CHAIRS}/SLOW`;
    const waiting = [door.ask('GET', slow), door.ask('POST', '/v1/resolve', { json: [`${CHAIRS}/SLOW`] })];
    await expect.poll(async () => (await door.ask('GET', '/v1/me')).status).toBe(503);
    const refused = await door.ask('GET', slow);
    expect(refused).toMatchObject({ status: 503, json: { responseCode: 3 }, headers: { 'retry-after': '1' } });
    expect(await door.ask('GET', '/v1/me')).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect((await door.ask('GET', `/api/handles/${CHAIRS}/KNOWN`)).status).toBe(200);
    for (const path of ['/healthz', '/readyz', '/metrics']) expect((await door.ask('GET', path)).status).toBe(200);
    held.reject(new HandleError('STORE_UNAVAILABLE', 'The store is away.'));
    expect((await Promise.all(waiting)).map((told) => told.status)).toEqual([503, 200]);
    expect((await door.ask('GET', '/v1/me')).status).toBe(401);
  });

  it('is over when a client that waited has gone', async () => {
    const held = Promise.withResolvers<Answer>();
    door = await openDoor({ limits: { inFlight: 1 }, interrupt: () => held.promise });
    const socket = await open();
    socket.write(
      'POST /v1/resolve HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n["a/b"]',
    );
    await expect.poll(async () => (await door.ask('GET', '/v1/me')).status).toBe(503);
    socket.destroy();
    await expect.poll(async () => (await door.ask('GET', '/v1/me')).status).toBe(401);
    held.reject(new HandleError('STORE_UNAVAILABLE', 'The store is away.'));
  });
});

describe('a body', () => {
  it('that is too large is refused by its announced length, and as it comes', async () => {
    door = await openDoor({ limits: { bodyBytes: 1000 } });
    const body = JSON.stringify('x'.repeat(2000));
    const headers = { 'content-type': 'application/json' };
    expect(await door.ask('POST', '/v1/resolve', { headers, body })).toMatchObject({
      status: 413,
      json: { code: 'PAYLOAD_TOO_LARGE' },
    });
    const socket = await open();
    socket.write(
      'POST /v1/resolve HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    socket.write(`${body.length.toString(16)}\r\n${body}\r\n`);
    const [told] = await once(socket, 'data');
    expect(String(told)).toMatch(/^HTTP\/1.1 413 /);
    expect((await door.ask('POST', '/v1/resolve', { json: ['a'] })).status).toBe(200);
  });
});

describe('HTTP as few speak it', () => {
  it.each([
    ['a target with scheme and host', 'GET http://node.example/api/handles/%K HTTP/1.1', '', 200],
    ['one that names the host alone', 'GET https://node.example?hdl=%K HTTP/1.1', '', 200],
    ['a body that is compressed', 'POST /v1/resolve HTTP/1.1', 'Content-Encoding: gzip\r\n', 415],
    ['one that is compressed on its way', 'POST /v1/resolve HTTP/1.1', 'Transfer-Encoding: gzip, chunked\r\n', 415],
    ['a body that says it is as it is', 'POST /v1/resolve HTTP/1.1', 'Content-Encoding: identity\r\n', 200],
  ])('%s', async (_name, line, head, status) => {
    door = await openDoor();
    await register(door, { handle: `${CHAIRS}/KNOWN`, values: [NAME] });
    const socket = await open();
    const isChunked = head.startsWith('Transfer');
    const body = line.startsWith('GET') ? '' : isChunked ? '2\r\n[]\r\n0\r\n\r\n' : '[]';
    const length = isChunked || body === '' ? '' : `Content-Length: ${body.length}\r\n`;
    const fields = `Host: a\r\nConnection: close\r\nContent-Type: application/json\r\n${head}${length}`;
    socket.write(`${line.replace('%K', `${CHAIRS}/KNOWN`)}\r\n${fields}\r\n${body}`);
    expect(await text(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });
});

describe('bytes that are no HTTP', () => {
  it.each([
    ['noise', '\x00\xff\x16\x03\x01garbage\r\n\r\n', 400],
    ['a broken request line', 'GET\r\n\r\n', 400],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    ['two lengths', 'POST /v1/resolve HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    [
      'length and chunks',
      'POST /v1/resolve HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['a head without end', `GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('%s is answered once and closed', async (_name, bytes, status) => {
    door = await openDoor();
    const socket = await open();
    socket.write(bytes, 'latin1');
    expect(await text(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect((await door.ask('GET', '/healthz')).status).toBe(200);
  });
});

describe('the end', () => {
  it('finishes what is in flight, keeps no connection, and takes none', async () => {
    const held = Promise.withResolvers<Answer>();
    const asked = Promise.withResolvers<void>();
    door = await openDoor({
      interrupt: () => {
        asked.resolve();
        return held.promise;
      },
    });
    const idle = await open();
    const waiting = door.ask('GET', `/api/handles/${CHAIRS}/SLOW`);
    await asked.promise;
    const closed = door.close();
    await once(idle, 'close');
    held.reject(new HandleError('STORE_UNAVAILABLE', 'The store is away.'));
    expect(await waiting).toMatchObject({ status: 503, headers: { connection: 'close' } });
    await closed;
    await expect(door.ask('GET', '/healthz')).rejects.toThrow('ECONNREFUSED');
    await door.close();
  });

  it('does not wait for connections that their clients would keep', async () => {
    const held = Promise.withResolvers<Answer>();
    const asked = Promise.withResolvers<void>();
    door = await openDoor({
      interrupt: () => {
        asked.resolve();
        return held.promise;
      },
    });
    const kept = await open();
    const body = `${CHAIRS}/SLOW\n`;
    const head = 'POST /v1/resolve HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson';
    kept.write(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await asked.promise;
    const closed = door.close();
    held.reject(new HandleError('STORE_UNAVAILABLE', 'The store is away.'));
    expect(await text(kept)).toContain('"responseCode":2');
    await closed;
  });
});
