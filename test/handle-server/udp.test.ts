// UDP: messages of several datagrams, in bounded memory and time; and never much more sent than was received.

import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import {
  AMPLIFIED_BYTES_BURST,
  MAX_AMPLIFICATION,
  MAX_PARTIAL_MESSAGES,
  MAX_PARTIAL_MESSAGES_OF_NETWORK,
  PARTIAL_MESSAGE_TTL_MS,
} from '../../src/domain/handle-protocol-limits.ts';
import { PartialMessages } from '../../src/handle-server/partial-messages.ts';
import { decodeDatagram, splitMessage } from '../../src/wire/datagrams.ts';
import { encodeMessage } from '../../src/wire/message.ts';
import { OPERATION } from '../../src/wire/protocol.ts';
import { FOLDED } from '../http-server/door.ts';
import { answered, bytes, codeOf, PUBLIC, request, resolution, response } from './client.ts';
import { type OpenHandleDoor, openHandleDoor } from './door.ts';
import { ADMIN, register, registerAdmin } from './registering.ts';

let door: OpenHandleDoor;

beforeAll(async () => {
  door = await openHandleDoor();
  await registerAdmin(door);
  await register(door, `${FOLDED}/u1`, [{ index: 1, type: 'URL', data: 'http://x/' }]);
  await register(door, `${FOLDED}/large`, [{ index: 1, type: 'DESC', data: 'x'.repeat(20_000) }]);
});

afterAll(() => door.close());

const long = resolution(`${FOLDED}/u1`, { types: ['URL', ...Array.from({ length: 100 }, (_, i) => `TYPE-${i}`)] });

describe('a message of several datagrams', () => {
  it('is put together in whatever order they come, also if one comes twice', async () => {
    const datagrams = splitMessage(long);
    expect(datagrams.length).toBeGreaterThan(2);
    const shuffled = [...datagrams].reverse();
    const { message } = await door.udp(...shuffled.slice(0, -1), shuffled[0] as string, ...shuffled.slice(-1));
    expect(response(message)).toMatchObject({ header: { responseCode: 1 }, envelope: { isTruncated: true } });
  });

  it('is also what a large answer is', async () => {
    const { message, datagrams } = await door.udp(resolution(`${FOLDED}/large`));
    expect(codeOf(message)).toBe(1);
    expect(datagrams).toBe(Math.ceil((message.length - 20) / 492));
  });

  it('is forgotten when the rest does not come in time', () => {
    const clock = { nowMs: 0 };
    const partials = new PartialMessages(() => clock.nowMs);
    const [first, second] = splitMessage(resolution('x'.repeat(500))).map(decodeDatagram);
    if (first === undefined || second === undefined) throw new Error('That is one datagram.');
    expect(partials.add('192.0.2.1', 1, first)).toBeNull();
    clock.nowMs = PARTIAL_MESSAGE_TTL_MS - 1;
    expect(partials.size).toBe(1);
    clock.nowMs = PARTIAL_MESSAGE_TTL_MS;
    expect(partials.add('192.0.2.1', 1, second)).toBeNull();
    expect(partials.size).toBe(1);
  });

  it('takes memory in bounded number, of one network and of all', () => {
    const partials = new PartialMessages(() => 0);
    const [first] = splitMessage(resolution('x'.repeat(500))).map(decodeDatagram);
    if (first === undefined) throw new Error('That is no datagram.');
    for (let port = 1; port <= 1000; port++) partials.add('192.0.2.1', port, first);
    expect(partials.size).toBe(MAX_PARTIAL_MESSAGES_OF_NETWORK);
    for (let i = 0; i < 5000; i++) partials.add(`10.${i >> 8}.${i & 255}.1`, 1, first);
    expect(partials.size).toBe(MAX_PARTIAL_MESSAGES);
  });

  it('is none of two clients together', () => {
    const partials = new PartialMessages(() => 0);
    const [first, second] = splitMessage(resolution('x'.repeat(500))).map(decodeDatagram);
    if (first === undefined || second === undefined) throw new Error('That is one datagram.');
    expect(partials.add('192.0.2.1', 1, first)).toBeNull();
    expect(partials.add('192.0.2.2', 1, second)).toBeNull();
    expect(partials.add('192.0.2.1', 1, second)).not.toBeNull();
  });
});

describe('what is sent for what was received', () => {
  it('is at most a stated factor and a budget of the network; beyond it a short refusal', async () => {
    const asked = resolution(`${FOLDED}/large`);
    const beyond = 20_000 - asked.length * MAX_AMPLIFICATION;
    let answers = 0;
    while (codeOf((await door.udp(asked)).message) === 1) answers++;
    // The clock stands still, so the budget is what it was.
    expect(answers).toBeLessThanOrEqual(Math.ceil(AMPLIFIED_BYTES_BURST / beyond));
    expect(answers).toBeGreaterThan(5);
    const { message } = await door.udp(asked);
    expect(codeOf(message)).toBe(3);
    expect(message.length).toBeLessThan(asked.length * MAX_AMPLIFICATION);
    expect(door.http.seen.refused).toContain('amplification');
    expect(codeOf((await door.udp(resolution(`${FOLDED}/u1`))).message)).toBe(1);
    door.http.clock.nowMs += 60_000;
    expect(codeOf((await door.udp(asked)).message)).toBe(1);
  });

  it('is nothing for what has no whole envelope, and an error for other mistakes', async () => {
    const sound = resolution(`${FOLDED}/u1`);
    await expect(quiet(door.port, sound.slice(0, 19))).resolves.toBe(0);
    const { message } = await door.udp(sound.slice(0, -1));
    expect(codeOf(message)).toBe(4);
    expect(response(message).envelope.requestId).toBe(requestIdIn(sound));
  });

  it('is no listing', async () => {
    const listing = request(OPERATION.listHandles, { kind: 'handle', handle: bytes(`0.NA/${FOLDED}`) });
    expect(codeOf((await door.udp(encodeMessage(listing))).message)).toBe(5);
  });

  it('is what a challenge holds up, once it is answered', async () => {
    const body = { kind: 'handle', handle: bytes('/') } as const;
    const asked = encodeMessage(request(OPERATION.listHomedPrefixes, body, { flags: PUBLIC }));
    const challenge = response((await door.udp(asked)).message);
    expect(challenge.header.responseCode).toBe(402);
    const { message } = await door.udp(encodeMessage(answered(challenge, ADMIN)));
    expect(response(message).body.content).toEqual({ kind: 'handles', handles: [`0.NA/${FOLDED}`] });
  });
});

function requestIdIn(message: ByteString): number {
  return Buffer.from(message, 'latin1').readInt32BE(8);
}

/** How many datagrams come back before those of a later question do. */
function quiet(port: number, datagram: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const socket = createSocket('udp4');
  const last = resolution(`${FOLDED}/u1`, { requestId: 4711 });
  let others = 0;
  socket.on('message', (chunk) => {
    if (chunk.readInt32BE(8) !== 4711) others++;
    else resolve(others);
  });
  socket.send(Buffer.from(datagram, 'latin1'), port, '127.0.0.1', () => {
    socket.send(Buffer.from(last, 'latin1'), port, '127.0.0.1');
  });
  return promise.finally(() => socket.close());
}
