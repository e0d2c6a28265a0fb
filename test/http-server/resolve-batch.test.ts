// `POST /v1/resolve`: many handles in one call, as JSON and as a stream of lines.

import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LineSplitter } from '../../src/http-server/ndjson.ts';
import { CHAIRS, type OpenDoor, openDoor } from './door.ts';
import { NAME, PRIVATE, register } from './registering.ts';

let door: OpenDoor;
beforeAll(async () => {
  door = await openDoor({ limits: { bodyBytes: 16 << 20 } });
  await register(door, { handle: `${CHAIRS}/A`, values: [NAME, PRIVATE] }, { handle: `${CHAIRS}/椅`, values: [NAME] });
});
afterAll(() => door.close());

const post = (json: unknown) => door.ask('POST', '/v1/resolve', { json });
const postLines = (body: string | Buffer) =>
  door.ask('POST', '/v1/resolve', { body, headers: { 'content-type': 'application/x-ndjson' } });
const answers = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('a JSON array', () => {
  it('is answered in order, as the Handle API answers, with public values only', async () => {
    const told = await post([
      `${CHAIRS}/椅`,
      `${CHAIRS}/A`,
      `${CHAIRS}/A`,
      `${CHAIRS}/NEVER`,
      'no\thandle/x',
      '',
      '88.999/x',
    ]);
    expect(told.json).toMatchObject([
      { responseCode: 1, handle: `${CHAIRS}/椅` },
      { responseCode: 1, values: [{ index: 2000 }] },
      { responseCode: 1 },
      { responseCode: 100 },
      { responseCode: 102, handle: 'no\thandle/x' },
      { responseCode: 102 },
      { responseCode: 301 },
    ]);
    expect(told.text).not.toContain('12.50');
  });

  it('may be empty, and must be an array of at most 10,000 strings', async () => {
    expect((await post([])).text).toBe('[]');
    expect(await post({})).toMatchObject({ status: 400 });
    expect(await post(['a/b', 7])).toMatchObject({ status: 400, json: { at: '/1' } });
    expect((await post(Array(10_000).fill('88.118.1/x'))).status).toBe(200);
    expect(await post(Array(10_001).fill('88.118.1/x'))).toMatchObject({ status: 413 });
  });

  it('may take a mebibyte, since anyone may send one; lines may take more', async () => {
    const asked = (bytes: number) => `["${CHAIRS}/A"${' '.repeat(bytes - CHAIRS.length - 6)}]`;
    const send = (body: string) =>
      door.ask('POST', '/v1/resolve', { body, headers: { 'content-type': 'application/json' } });
    expect(asked(1 << 20)).toHaveLength(1 << 20);
    expect((await send(asked(1 << 20))).status).toBe(200);
    expect(await send(asked((1 << 20) + 1))).toMatchObject({ status: 413, json: { code: 'PAYLOAD_TOO_LARGE' } });
    const lines = `${CHAIRS}/A\n`.repeat(Math.ceil((2 << 20) / (CHAIRS.length + 3)));
    expect((await postLines(lines)).status).toBe(200);
  });

  it('is answered only if the answers can be gathered', async () => {
    const data = 'x'.repeat(65_000);
    const values = [1, 2, 3].map((index) => ({ index, type: 'NOTE', data }));
    await register(door, { handle: `${CHAIRS}/LARGE`, values });
    expect((await post(Array(340).fill(`${CHAIRS}/LARGE`))).status).toBe(200);
    expect(await post(Array(350).fill(`${CHAIRS}/LARGE`))).toMatchObject({
      status: 413,
      json: { code: 'PAYLOAD_TOO_LARGE', detail: expect.stringContaining('NDJSON') },
    });
  });

  it('with a key that is not known is refused', async () => {
    const told = await door.ask('POST', '/v1/resolve', { key: 'jb_wrong', json: [] });
    expect(told.status).toBe(401);
  });
});

describe('lines', () => {
  it('hold handles bare or as JSON strings; what is neither is answered in its place', async () => {
    const told = await postLines(
      Buffer.concat([
        Buffer.from(`${CHAIRS}/A\r\n"${CHAIRS}/\\u6905"\n\n${CHAIRS}/椅\n"broken\na\tb/c\n`),
        Buffer.from([0x61, 0xff, 0x0a]),
        Buffer.from(`${'x'.repeat(20_000)}\n${CHAIRS}/A`),
      ]),
    );
    expect(answers(told.text)).toMatchObject([
      { responseCode: 1 },
      { responseCode: 1, handle: `${CHAIRS}/椅` },
      { responseCode: 1, handle: `${CHAIRS}/椅` },
      { responseCode: 4 },
      { responseCode: 102 },
      { responseCode: 4 },
      { responseCode: 4 },
      { responseCode: 1 },
    ]);
  });

  it('are answered while the client still sends', async () => {
    const headers = { 'content-type': 'application/x-ndjson' };
    const sent = request({ port: door.port, host: '127.0.0.1', method: 'POST', path: '/v1/resolve', headers });
    sent.write(`${CHAIRS}/A\n`);
    const [response] = await once(sent, 'response');
    const chunks: AsyncIterator<Buffer> = response[Symbol.asyncIterator]();
    const next = async () => JSON.parse(String((await chunks.next()).value));
    expect(await next()).toMatchObject({ responseCode: 1 });
    const handle = Buffer.from(`${CHAIRS}/椅\n`);
    sent.write(handle.subarray(0, -2)); // within a character
    sent.end(handle.subarray(-2));
    expect(await next()).toMatchObject({ responseCode: 1, handle: `${CHAIRS}/椅` });
    expect(await chunks.next()).toMatchObject({ done: true });
  });

  it('beyond any buffer are answered, each one', async () => {
    const count = 50_000;
    const told = await postLines(`${CHAIRS}/A\n`.repeat(count));
    expect(told.text.match(/\n/g)).toHaveLength(count);
  });

  it('are read no faster than their answers are taken', async () => {
    const headers = { 'content-type': 'application/x-ndjson' };
    const sent = request({ port: door.port, host: '127.0.0.1', method: 'POST', path: '/v1/resolve', headers });
    sent.on('response', () => {}); // and never reads
    sent.on('error', () => {});
    const chunk = `${CHAIRS}/A\n`.repeat(3000);
    const most = 1000;
    let written = 0;
    let isStuck = false;
    while (!isStuck && written < most) {
      written += 1;
      if (!sent.write(chunk)) isStuck = await Promise.race([once(sent, 'drain').then(() => false), standstill()]);
    }
    sent.destroy();
    expect(written).toBeLessThan(most);
  });

  /** Resolves when nothing has been resolved for a while. */
  async function standstill(): Promise<true> {
    for (let last = -1, turns = 0; turns < 50; turns++) {
      if (door.seen.resolved.length !== last) turns = 0;
      last = door.seen.resolved.length;
      await setTimeout(2);
    }
    return true;
  }
});

describe('lines out of chunks', () => {
  it('are the same however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', '\n', '\r', '椅', ' ') })),
        fc.nat({ max: 40 }),
        (texts, size) => {
          const bytes = Buffer.from(texts.join('\n'));
          const whole = split([bytes]);
          const cuts: Buffer[] = [];
          for (let i = 0; i < bytes.length; i += size + 1) cuts.push(bytes.subarray(i, i + size + 1));
          expect(split(cuts)).toEqual(whole);
        },
      ),
    );
  });

  it('that are too long are named once, and the next one is whole', () => {
    const long = Buffer.from('x'.repeat(25));
    expect(split([Buffer.from('a\n'), long, long, Buffer.from('\nb\n'), long])).toEqual(['a', null, 'b', null]);
    expect(split([Buffer.from(`${'y'.repeat(11)}\n${'z'.repeat(10)}`)])).toEqual([null, 'z'.repeat(10)]);
  });

  function split(chunks: readonly Buffer[]) {
    const splitter = new LineSplitter(10);
    return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
  }
});
