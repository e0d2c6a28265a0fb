// The Handle protocol of a real node with several workers: connections fall on any of them, and challenges and sessions are
// carried on wherever they began.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import { encodeMessage, type RequestMessage } from '../../src/wire/message.ts';
import { OPERATION } from '../../src/wire/protocol.ts';
import { decodeSite } from '../../src/wire/site-value.ts';
import {
  answered,
  bytes,
  ClientSession,
  codeOf,
  PUBLIC,
  request,
  resolution,
  response,
  url,
  write,
} from '../handle-server/client.ts';
import { askByTcp, askByUdp } from '../handle-server/door.ts';
import { ADMIN, registerAdministrator } from './administrator.ts';
import { freePort, type RunningNode, startNode, temporaryDirectory } from './node.ts';

const PREFIX = '88.118';
/** As many connections are most unlikely to fall all on one of two workers. */
const CONNECTIONS = 24;

const directory = temporaryDirectory();
let node: RunningNode;
let port: number;
let httpPort: number;

beforeAll(async () => {
  [port, httpPort] = [await freePort(), await freePort()];
  node = await start();
  await registerAdministrator(node, directory.path);
});

afterAll(async () => {
  await node?.kill();
  directory.remove();
});

async function start(): Promise<RunningNode> {
  const settings = { HANDLE__PORT: String(port), LOG__KEPT_PER_SECOND: 'all' };
  return startNode({ directory: directory.path, port: httpPort, workers: 2, settings });
}

async function told(message: ByteString): Promise<ByteString> {
  return (await askByTcp(port, [message]))[0] as ByteString;
}

const creation = (name: string) => write(OPERATION.createHandle, `${PREFIX}/${name}`, [url(1, 'https://example.com/')]);
const siteInfo = encodeMessage(request(OPERATION.siteInfo, { kind: 'handle', handle: bytes('/') }));

it('answers challenges wherever they were made, and what was written is told at every worker', async () => {
  for (let i = 0; i < CONNECTIONS; i++) {
    const challenge = response(await told(encodeMessage(creation(`C-${i}`))));
    expect(challenge.header.responseCode).toBe(402);
    expect(codeOf(await told(encodeMessage(answered(challenge, ADMIN))))).toBe(1);
    const [tcp, udp] = [
      await told(resolution(`${PREFIX}/C-${i}`)),
      await askByUdp(port, [resolution(`${PREFIX}/C-${i}`)]),
    ];
    expect([codeOf(tcp), codeOf(udp.message)]).toEqual([1, 1]);
  }
});

it('carries a session on over any connection, and takes no message twice at any', async () => {
  const { message, open } = ClientSession.setup(ADMIN);
  const session = open(response((await askByUdp(port, [message])).message));
  const challenge = session.open(await told(session.seal(creation('S-0'))));
  expect(session.open(await told(session.seal(answered(challenge, ADMIN)))).header.responseCode).toBe(1);
  const said: ByteString[] = [];
  for (let i = 1; i < CONNECTIONS; i++) {
    said.push(session.seal(creation(`S-${i}`)));
    expect(codeOf(await told(said.at(-1) as ByteString))).toBe(1);
  }
  for (const one of said) expect(codeOf(await told(one))).toBe(505);
});

it('answers many connections at once', async () => {
  const message = resolution(`${PREFIX}/C-0`, { flags: PUBLIC });
  const answers = await Promise.all(Array.from({ length: 200 }, () => told(message)));
  expect(new Set(answers.map(codeOf))).toEqual(new Set([1]));
});

it('keeps resolutions in the request log as those of HTTP are kept', async () => {
  await told(resolution(`${PREFIX}/C-1`));
  await askByUdp(port, [resolution(`${PREFIX}/LOGGED-NONE`)]);
  expect(await node.stop()).toBe(0);
  const logs = join(directory.path, 'logs');
  const files = readdirSync(logs).filter((name) => name.startsWith('requests'));
  const lines = files.flatMap((name) => readFileSync(join(logs, name), 'utf8').trim().split('\n'));
  const logged = (path: string) => lines.map((line) => JSON.parse(line)).filter((line) => line.path === path);
  const plain = { method: 'HDL-TCP', route: 'resolution', status: 200 };
  expect(logged(`${PREFIX}/C-1`)).toContainEqual(expect.objectContaining(plain));
  expect(logged(`${PREFIX}/LOGGED-NONE`)).toMatchObject([{ method: 'HDL-UDP', route: 'resolution', status: 404 }]);
  node = await start();
});

it('keeps its site and its key over a restart, and ends in time', async () => {
  const before = response(await told(siteInfo)).body.content;
  expect(await node.stop()).toBe(0);
  node = await start();
  const after = response(await told(siteInfo)).body.content;
  expect(after).toEqual(before);
  if (after.kind !== 'site') throw new Error('That is no site.');
  expect(decodeSite(after.site)).toMatchObject({ primary: true, serialNumber: 1, servers: [{ serverId: 1 }] });
  const challenge = response(await told(encodeMessage(creation('C-0') satisfies RequestMessage)));
  expect(codeOf(await told(encodeMessage(answered(challenge, ADMIN))))).toBe(101);
});
