// TCP: who keeps a connection, how much of it is answered at once, and what becomes of clients that are slow, wrong or too many.

import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import {
  MAX_PARTIAL_BYTES_OF_NETWORK,
  MAX_REQUESTS_OF_CONNECTION,
  MAX_SIGNATURES_AT_ONCE,
} from '../../src/domain/handle-protocol-limits.ts';
import { FLAG } from '../../src/wire/protocol.ts';
import { FOLDED } from '../http-server/door.ts';
import { messagesOfStream } from '../wire/handle-vectors.ts';
import { codeOf, KEPT, PUBLIC, resolution, response } from './client.ts';
import { type HandleDoorSettings, type OpenHandleDoor, openHandleDoor } from './door.ts';
import { register } from './registering.ts';

const opened: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function open(settings: HandleDoorSettings = {}): Promise<OpenHandleDoor> {
  const door = await openHandleDoor(settings);
  opened.push(door);
  await register(door, `${FOLDED}/t1`, [{ index: 1, type: 'URL', data: 'http://x/' }]);
  return door;
}

it('more signed answers than a thread can sign are told so, unsigned, and the next is signed again', async () => {
  const door = await open();
  const asked = resolution(`${FOLDED}/t1`, { flags: PUBLIC | FLAG.certify });
  const client = { address: '192.0.2.1', door: 'handle-udp' } as const;
  const replies = await Promise.all(Array.from({ length: 300 }, () => door.answerer.answer(asked, client)));
  const codes = await Promise.all(
    replies.map(async ({ messages }) => {
      for await (const message of messages) return codeOf(message);
      return 0;
    }),
  );
  expect(new Set(codes)).toEqual(new Set([1, 3]));
  expect(codes.filter((code) => code === 1)).toHaveLength(MAX_SIGNATURES_AT_ONCE);
  expect(response((await door.tcp(asked))[0]).credential).not.toBeNull();
});

/** A connection that says and hears what a test wants, when it wants. */
class Line {
  readonly socket: Socket;
  heard = '';
  readonly ended: Promise<void>;

  /** From another address of this machine, if it is to be. */
  constructor(port: number, localAddress = '127.0.0.1') {
    this.socket = connect({ host: '127.0.0.1', port, localAddress, allowHalfOpen: true });
    opened.push({ close: () => this.socket.destroy() });
    this.socket.on('data', (chunk: Buffer) => {
      this.heard += chunk.toString('latin1');
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.socket.on('end', resolve);
    this.socket.on('close', resolve);
    this.socket.on('error', () => {});
  }

  say(bytes: string): void {
    this.socket.write(bytes, 'latin1');
  }

  get messages(): ByteString[] {
    return messagesOfStream(this.heard as ByteString);
  }

  /** Waits until so many messages are there. */
  async hears(count: number): Promise<ByteString[]> {
    while (this.messages.length < count) await new Promise((resolve) => this.socket.once('data', resolve));
    return this.messages;
  }
}

const asked = (flags: number, requestId: number) => resolution(`${FOLDED}/t1`, { flags, requestId });

describe('a connection', () => {
  it('ends after the first response for who reads to its end, and what else was asked is not answered', async () => {
    const door = await open();
    const line = new Line(door.port);
    line.say(asked(PUBLIC, 1) + asked(PUBLIC, 2));
    await line.ended;
    expect(line.messages.map((one) => response(one).envelope.requestId)).toEqual([1]);
  });

  it('stays for who asks for that, and ends when they ask for it no more', async () => {
    const door = await open();
    const line = new Line(door.port);
    line.say(asked(KEPT, 1));
    await line.hears(1);
    line.say(asked(KEPT, 2) + asked(PUBLIC, 3));
    await line.ended;
    expect(line.messages.map((one) => response(one).envelope.requestId)).toEqual([1, 2, 3]);
  });

  it('answers pipelined requests, more than are carried out at once', async () => {
    const door = await open();
    const line = new Line(door.port);
    const count = 5 * MAX_REQUESTS_OF_CONNECTION;
    let all = '';
    for (let i = 1; i <= count; i++) all += resolution(`${FOLDED}/unknown-${i}`, { flags: KEPT, requestId: i });
    line.say(all);
    const ids = (await line.hears(count)).map((one) => response(one).envelope.requestId);
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  });

  it('answers what is at hand before what has to wait', async () => {
    const { promise, resolve: release } = Promise.withResolvers<void>();
    const slow = `${FOLDED}/SLOW`;
    const door = await open({
      http: {
        isFoldedAlone: true,
        interrupt: ({ handle }) =>
          handle === slow
            ? promise.then(() => {
                throw new Error('a defect');
              })
            : null,
      },
    });
    const line = new Line(door.port);
    line.say(resolution(slow, { flags: KEPT, requestId: 1 }) + asked(KEPT, 2));
    expect(response((await line.hears(1))[0]).envelope.requestId).toBe(2);
    release();
    const second = response((await line.hears(2))[1]);
    expect([second.envelope.requestId, second.header.responseCode]).toEqual([1, 2]);
    expect(JSON.stringify(second.body)).not.toContain('a defect');
  });

  it('answers a client that writes byte by byte', async () => {
    const door = await open();
    const line = new Line(door.port);
    line.socket.setNoDelay(true);
    for (const byte of asked(PUBLIC, 7)) {
      line.say(byte);
      await new Promise(setImmediate);
    }
    await line.ended;
    expect(line.messages.map(codeOf)).toEqual([1]);
  });

  it('answers a client that has ended its half', async () => {
    const door = await open();
    expect((await door.tcp(asked(KEPT, 1) + asked(KEPT, 2))).map(codeOf)).toEqual([1, 1]);
  });
});

describe('a connection is ended', () => {
  it('when nothing has been asked for a while', async () => {
    const door = await open({ limits: { idleTimeoutMs: 1000 } });
    const line = new Line(door.port);
    line.say(asked(KEPT, 1));
    await line.hears(1);
    door.http.clock.nowMs += 1000;
    await line.ended;
    expect(line.messages).toHaveLength(1);
  });

  it('when a message does not come in time, however steadily it comes', async () => {
    const door = await open({ limits: { idleTimeoutMs: 60_000, messageTimeoutMs: 100 } });
    const line = new Line(door.port);
    const message = asked(KEPT, 1);
    let said = 0;
    const tick = setInterval(() => {
      door.http.clock.nowMs += 15;
      line.say(message.slice(said, ++said));
    }, 10);
    await line.ended;
    clearInterval(tick);
    expect([line.heard, said < message.length]).toEqual(['', true]);
  });

  it.each([
    ['announces more than any message has', `\x02\x0b\x02\x0b${'\0'.repeat(8)}${'\0'.repeat(4)}\x00\x04\x00\x01`],
    ['announces less than nothing', `\x02\x0b\x02\x0b${'\0'.repeat(8)}${'\0'.repeat(4)}\xff\xff\xff\xff`],
    ['is no request', `\x02\x0b\x02\x0b${'\0'.repeat(8)}${'\0'.repeat(4)}\0\0\0\x04abcd`],
  ])('with an error when a message %s', async (_, message) => {
    const door = await open();
    const line = new Line(door.port);
    line.say(`${message}${asked(KEPT, 2)}`);
    await line.ended;
    expect(line.messages.map(codeOf)).toEqual([4]);
    expect(door.http.seen.failed).toEqual(['MALFORMED_MESSAGE']);
  });

  it('at once if there are too many, and the others are answered', async () => {
    const door = await open({ limits: { connections: 1 } });
    const first = new Line(door.port);
    first.say(asked(KEPT, 1));
    await first.hears(1);
    const second = new Line(door.port);
    await second.ended;
    first.say(asked(KEPT, 2));
    await first.hears(2);
    expect([second.heard, door.http.seen.refused]).toEqual(['', ['connections']]);
  });

  it('at once if its network has its share, while others still come in', async () => {
    const door = await open({ limits: { connections: 16 } });
    const lines: Line[] = [];
    for (let i = 0; i < 13; i++) {
      const line = new Line(door.port);
      lines.push(line);
      line.say(asked(KEPT, 1));
      await line.hears(1);
    }
    await new Line(door.port).ended;
    expect(door.http.seen.refused).toEqual(['connection-share']);
    const other = new Line(door.port, '127.0.1.1');
    other.say(asked(KEPT, 1));
    expect((await other.hears(1)).map(codeOf)).toEqual([1]);
    lines[0]?.socket.destroy();
    lines[1]?.socket.destroy();
    const again = async (): Promise<string> => {
      const line = new Line(door.port);
      line.say(asked(KEPT, 1));
      return Promise.race([line.ended.then(() => 'ended'), line.hears(1).then(() => 'answered')]);
    };
    await expect.poll(again).toBe('answered');
  });

  it('if its client does not read', async () => {
    const door = await open({ limits: { messageTimeoutMs: 100, idleTimeoutMs: 1e9 } });
    const data = 'x'.repeat(60_000);
    await register(
      door,
      `${FOLDED}/large`,
      [1, 2, 3].map((index) => ({ index, type: 'DESC', data })),
    );
    const line = new Line(door.port);
    line.socket.pause();
    const large = resolution(`${FOLDED}/large`, { flags: KEPT });
    for (let i = 0; i < 200; i++) line.say(large);
    const closed = new Promise((resolve) => line.socket.once('close', resolve));
    const tick = setInterval(() => {
      door.http.clock.nowMs += 200;
      line.say(large);
    }, 50);
    await closed;
    clearInterval(tick);
  });
});

it('a network has a share of the room for messages in part: beyond it its connections end, and no other network notices', async () => {
  const door = await open();
  const largest = `\x02\x0b\x02\x0b${'\0'.repeat(12)}\x00\x04\x00\x00${'x'.repeat(262_143)}`;
  const lines = Array.from({ length: MAX_PARTIAL_BYTES_OF_NETWORK / 262_144 + 1 }, () => new Line(door.port));
  for (const line of lines) line.say(largest);
  await Promise.race(lines.map((line) => line.ended));
  const other = new Line(door.port, '127.0.1.1');
  const message = asked(KEPT, 1);
  other.say(message.slice(0, 30));
  await new Promise((resolve) => other.socket.once('connect', () => setImmediate(resolve)));
  other.say(message.slice(30));
  expect((await other.hears(1)).map(codeOf)).toEqual([1]);
  const ended = lines.filter((line) => line.socket.readableEnded || line.socket.closed);
  expect(ended.length).toBeLessThan(lines.length / 4);
});

describe('closing the door', () => {
  it('answers what is in flight, and ends connections that wait', async () => {
    const { promise, resolve: release } = Promise.withResolvers<null>();
    const slow = `${FOLDED}/SLOW`;
    const door = await openHandleDoor({
      http: {
        isFoldedAlone: true,
        interrupt: ({ handle }) => (handle === slow ? (promise as never) : null),
      },
    });
    const idle = new Line(door.port);
    const busy = new Line(door.port);
    idle.say(resolution(`${FOLDED}/none`, { flags: KEPT }));
    await idle.hears(1);
    busy.say(resolution(slow, { flags: KEPT }));
    await new Promise(setImmediate);
    const closing = door.close();
    await idle.ended;
    release(null);
    await closing;
    await busy.ended;
  });
});
