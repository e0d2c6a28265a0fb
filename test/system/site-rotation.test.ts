// The key of a running node's site is rotated and withdrawn: every worker takes it without a restart.

import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import { signedBytes } from '../../src/wire/credential.ts';
import { decodeMessage, encodeMessage } from '../../src/wire/message.ts';
import { FLAG, OPERATION } from '../../src/wire/protocol.ts';
import { publicKeyDer } from '../../src/wire/public-key-der.ts';
import { decodePublicKey } from '../../src/wire/public-key-value.ts';
import { decodeSite } from '../../src/wire/site-value.ts';
import { run } from '../cli/command-line.ts';
import { bytes, request, resolution, response } from '../handle-server/client.ts';
import { askByTcp } from '../handle-server/door.ts';
import { freePort, type RunningNode, startNode, temporaryDirectory } from './node.ts';

/** As many connections are most unlikely to fall all on one of two workers. */
const CONNECTIONS = 24;

const directory = temporaryDirectory();
let node: RunningNode;
let port: number;

beforeAll(async () => {
  port = await freePort();
  const settings = { HANDLE__PORT: String(port) };
  node = await startNode({ directory: directory.path, port: await freePort(), workers: 2, settings });
});
afterAll(async () => {
  await node?.kill();
  directory.remove();
});

interface Answered {
  readonly serial: number;
  /** Of the site that is told. */
  readonly key: KeyObject;
  isSignedBy(key: KeyObject): boolean;
}

/** Asks for the site, certified, as one who knows it by a serial number. */
async function ask(knownSerial: number): Promise<Answered> {
  const asked = request(OPERATION.siteInfo, { kind: 'handle', handle: bytes('/') }, { flags: FLAG.certify });
  const message = encodeMessage({ ...asked, header: { ...asked.header, siteInfoSerial: knownSerial } });
  const [answer] = await askByTcp(port, [message]);
  const { envelope, content, credential, header, body } = decodeAnswer(answer);
  if (body.content.kind !== 'site' || credential === null) throw new Error('That is no certified site.');
  const key = keyIn(body.content.site);
  const covered = Buffer.from(signedBytes(envelope, 0, content), 'latin1');
  const signature = Buffer.from(credential.signature, 'latin1');
  const isSignedBy = (by: KeyObject) => verify('sha256', covered, by, signature);
  return { serial: header.siteInfoSerial, key, isSignedBy };
}

function decodeAnswer(answer: ByteString | undefined) {
  response(answer);
  const decoded = decodeMessage(answer as ByteString);
  if (decoded.kind !== 'response') throw new Error('That is no response.');
  return decoded;
}

function keyIn(site: ByteString): KeyObject {
  const data = decodeSite(site).servers[0]?.publicKey as ByteString;
  return createPublicKey({
    key: Buffer.from(publicKeyDer(decodePublicKey(data)), 'latin1'),
    format: 'der',
    type: 'spki',
  });
}

const everywhere = (knownSerial: number) => Promise.all(Array.from({ length: CONNECTIONS }, () => ask(knownSerial)));
const site = (command: string) =>
  run(['site', command], {
    environment: { JIABIAO_STORE__PATH: directory.path, JIABIAO_HANDLE__PORT: String(port) },
  });

it('answers with the new key at every worker, with the one before for who knows the site by that, until it is withdrawn', async () => {
  const [before] = await everywhere(1);
  expect(before?.serial).toBe(1);
  expect((await site('rotate-key')).code).toBe(0);
  const patience = { timeout: 15_000, interval: 250 };
  const newer = await vi.waitFor(async () => {
    const answers = await everywhere(0xffff);
    expect(new Set(answers.map(({ serial }) => serial))).toEqual(new Set([2]));
    return answers;
  }, patience);
  const key = newer[0]?.key as KeyObject;
  expect(key.equals(before?.key as KeyObject)).toBe(false);
  for (const answer of newer) expect([answer.key.equals(key), answer.isSignedBy(key)]).toEqual([true, true]);
  for (const answer of await everywhere(1))
    expect([answer.serial, answer.isSignedBy(before?.key as KeyObject)]).toEqual([2, true]);
  expect((await site('withdraw-key')).code).toBe(0);
  await vi.waitFor(async () => {
    for (const answer of await everywhere(1)) expect(answer.isSignedBy(key)).toBe(true);
  }, patience);
  const plain = Array.from({ length: CONNECTIONS }, () => askByTcp(port, [resolution('0.NA/88.118')]));
  const serials = (await Promise.all(plain)).map(([answer]) => decodeAnswer(answer).header.siteInfoSerial);
  expect(new Set(serials)).toEqual(new Set([2]));
  const shown = await fetch(`${node.url}/siteinfo.json`);
  expect(await shown.json()).toMatchObject({ serialNumber: 2 });
  expect(await node.stop()).toBe(0);
});
