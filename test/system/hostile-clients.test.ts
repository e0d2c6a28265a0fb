// A real node while its Handle port is misused: connections that say half a message and stay, that drip byte by byte, that
// send rubbish. Others are answered meanwhile, and the node takes no more memory for the tenth wave than for the first.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, KEPT, resolution } from '../handle-server/client.ts';
import { askByTcp, askByUdp } from '../handle-server/door.ts';
import { recordOf } from './enterprise.ts';
import { Connection, freePort, operatorToken, type RunningNode, startNode, temporaryDirectory } from './node.ts';

const HANDLE = '88.118/MODEL';
const CAP = 200;
/** More than the node takes at once. */
const FLOOD = 300;
const WAVES = 10;
/** Of these the first fill what is kept for use again: buffers, pages of the heap. */
const WARM_WAVES = 4;
/** What collecting garbage sooner or later makes of it; a wave brings a node 3 MB of bytes. */
const PLAY_BYTES = 24 * 2 ** 20;
const TIMEOUT_MS = 300;

const question = Buffer.from(resolution(HANDLE, { flags: KEPT }), 'latin1');
const directory = temporaryDirectory();
let node: RunningNode;
let port: number;

beforeAll(async () => {
  port = await freePort();
  const settings = {
    HANDLE__PORT: String(port),
    HANDLE__MAX_CONNECTIONS: String(CAP),
    HANDLE__MESSAGE_TIMEOUT_MS: String(TIMEOUT_MS),
  };
  node = await startNode({ directory: directory.path, port: await freePort(), workers: 1, settings });
  const operator = new Connection(node.url, operatorToken(directory.path));
  expect((await operator.ask('PUT', `/v1/identifiers/${HANDLE}`, recordOf('model'))).status).toBe(201);
  await operator.close();
});

afterAll(async () => {
  await node?.kill();
  directory.remove();
});

/** Connections that send this and never end; the promise is kept when the node has ended them all. */
async function flood(count: number, bytes: () => Buffer): Promise<void> {
  const sockets = Array.from({ length: count }, () => connect({ host: '127.0.0.1', port, allowHalfOpen: true }));
  await Promise.all(sockets.map((socket) => ended(socket, () => socket.write(bytes()))));
}

function ended(socket: Socket, begin: () => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('error', () => {}); // that it is cut off is what is waited for
  socket.on('end', () => socket.destroy());
  socket.on('close', () => resolve());
  socket.once('connect', begin).resume();
  return promise;
}

/** Gives a byte at a time, the next when the last has gone, until the node has had enough. */
async function drip(bytes: Buffer): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port });
  let given = 0;
  const timer = setInterval(() => socket.writable && socket.write(bytes.subarray(given % bytes.length, ++given)), 10);
  await ended(socket, () => {}).finally(() => clearInterval(timer));
  return given;
}

function ownBytes(): number {
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${node.pid}/status`, 'latin1'))?.[1]) * 1024;
}

async function isAnswered(): Promise<boolean> {
  const [byTcp] = await askByTcp(port, [resolution(HANDLE)]);
  const { message } = await askByUdp(port, [resolution(HANDLE)]);
  return codeOf(byTcp) === 1 && codeOf(message) === 1;
}

describe('clients that misuse the Handle port', () => {
  it('are cut off in time, and others are answered meanwhile', async () => {
    const half = flood(CAP / 2, () => question.subarray(0, 30));
    const slow = drip(Buffer.concat([question.subarray(0, 24), Buffer.alloc(1000)]));
    expect(await isAnswered()).toBe(true);
    await half;
    expect(await slow).toBeGreaterThan(1);
  });

  it('cost no memory that stays', { timeout: 60_000 }, async () => {
    let first = 0;
    for (let wave = 0; wave < WAVES; wave++) {
      await Promise.all([
        flood(FLOOD, () => Buffer.concat([question, question.subarray(0, 40)])),
        flood(20, () => randomBytes(64 * 1024)),
        flood(20, () => Buffer.concat([question.subarray(0, 20), randomBytes(40_000)])),
      ]);
      if (wave === WARM_WAVES) first = ownBytes();
    }
    const last = ownBytes();
    console.log(
      `own memory after ${WARM_WAVES + 1} waves ${first / 2 ** 20} MiB, after ${WAVES} ${last / 2 ** 20} MiB`,
    );
    expect(last).toBeLessThan(first + PLAY_BYTES);
    expect(await isAnswered()).toBe(true);
    const { text } = await new Connection(node.url, null).ask('GET', '/metrics');
    expect(text).toMatch(/jiabiao_refusals_total\{reason="connection-share"\} [1-9]/);
  });

  it('do not keep the node from ending in time', async () => {
    const waiting = flood(CAP / 2, () => question.subarray(0, 30));
    expect(await isAnswered()).toBe(true);
    expect(await node.stop()).toBe(0);
    await waiting;
  });
});
