// Who asks: answers to challenges, each good once and for a while, with guessing bounded; and what is not told before.

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import {
  CHALLENGE_TTL_MS,
  MAX_CHALLENGES_OF_NETWORK,
  MAX_KEYS_TRIED,
  MAX_STRETCHING_ITERATIONS,
} from '../../src/domain/handle-protocol-limits.ts';
import { AUTHENTICATION_FAILURE_BURST as BURST } from '../../src/domain/limits.ts';
import { countedText, joinBytes } from '../../src/wire/byte-writer.ts';
import { decodeMessage, encodeMessage, type RequestMessage } from '../../src/wire/message.ts';
import { OPERATION } from '../../src/wire/protocol.ts';
import { encodePublicKey, type PublicKey, stripZeros } from '../../src/wire/public-key-value.ts';
import { FOLDED } from '../http-server/door.ts';
import { answered, bytes, codeOf, request, resolution, response, type Secret, url, write } from './client.ts';
import { type OpenHandleDoor, openHandleDoor } from './door.ts';
import { ADMIN, register, registerAdmin } from './registering.ts';

let door: OpenHandleDoor;

afterEach(() => door.close());

async function open(): Promise<void> {
  door = await openHandleDoor();
  await registerAdmin(door);
  await register(door, `${FOLDED}/c1`, [{ index: 1, type: 'URL', data: 'http://x/' }]);
}

async function told(message: RequestMessage): Promise<ByteString> {
  return (await door.tcp(encodeMessage(message)))[0] as ByteString;
}

const addition = (index: number) => write(OPERATION.addValue, `${FOLDED}/c1`, [url(index, 'http://y/')]);

async function prove(key: Secret, message: RequestMessage = addition(50)): Promise<number> {
  return codeOf(await told(answered(response(await told(message)), key)));
}

it('an identity of index 0 is tried with a few of its keys, and each is found by its own index', async () => {
  await open();
  const secrets = Array.from({ length: MAX_KEYS_TRIED + 1 }, (_, i) => ({
    index: 300 + i,
    type: 'HS_SECKEY',
    permissions: '1100',
    data: `a secret of some length ${i}`,
  }));
  const handle = `${FOLDED}/KEYS`;
  await register(door, handle, secrets);
  const last = `a secret of some length ${MAX_KEYS_TRIED}`;
  const known = await prove({ handle, index: 0, secret: 'a secret of some length 0' });
  const unknown = await prove({ handle, index: 0, secret: 'nobody has it' });
  expect(known).not.toBe(unknown);
  expect(await prove({ handle, index: 0, secret: last })).toBe(unknown);
  expect(await prove({ handle, index: 300 + MAX_KEYS_TRIED, secret: last })).toBe(known);
});

describe('a challenge', () => {
  it('is answered once', async () => {
    await open();
    const answer = answered(response(await told(addition(50))), ADMIN);
    expect(codeOf(await told(answer))).toBe(1);
    expect(codeOf(await told(answer))).toBe(500);
  });

  it('waits for a while', async () => {
    await open();
    const [first, second] = [response(await told(addition(50))), response(await told(addition(51)))];
    door.http.clock.nowMs += CHALLENGE_TTL_MS - 1;
    expect(codeOf(await told(answered(first, ADMIN)))).toBe(1);
    door.http.clock.nowMs += 1;
    expect(codeOf(await told(answered(second, ADMIN)))).toBe(500);
  });

  it('gives way to those its own network asks for afterwards', async () => {
    await open();
    const first = response(await told(addition(50)));
    for (let i = 0; i < MAX_CHALLENGES_OF_NETWORK; i++) await told(addition(51));
    expect(codeOf(await told(answered(first, ADMIN)))).toBe(500);
    expect(await prove(ADMIN)).toBe(1);
  });

  it('comes before anything is told of what exists', async () => {
    await open();
    const creation = (name: string) => write(OPERATION.createHandle, `${FOLDED}/${name}`, [url(1, 'http://y/')]);
    expect(codeOf(await told(creation('c1')))).toBe(402);
    expect(codeOf(await told(creation('c2')))).toBe(402);
    expect(await prove(ADMIN, creation('c1'))).toBe(101);
    const deletion = (name: string) => request(OPERATION.deleteHandle, { kind: 'handle', handle: bytes(name) });
    expect(codeOf(await told(deletion(`${FOLDED}/none`)))).toBe(402);
    expect(await prove(ADMIN, deletion(`${FOLDED}/none`))).toBe(100);
    expect(codeOf(await told(deletion('99.9.9/x')))).toBe(301);
  });
});

describe('an answer', () => {
  it.each([
    ['with another secret', { ...ADMIN, secret: 'another' }, 403],
    ['for a value that holds no key', { ...ADMIN, index: 100 }, 403],
    ['for a handle that does not exist', { ...ADMIN, handle: `${FOLDED}/NOBODY` }, 403],
    ['for a handle of another node', { ...ADMIN, handle: '99.9.9/ADMIN' }, 400],
    ['stretched by no rounds', { ...ADMIN, iterations: 0 }, 403],
    ['stretched more often than a node has time for', { ...ADMIN, iterations: MAX_STRETCHING_ITERATIONS + 1 }, 403],
  ])('%s opens nothing', async (_, key, code) => {
    await open();
    expect(await prove({ iterations: 1000, ...key } as Secret)).toBe(code);
    expect((await door.tcp(resolution(`${FOLDED}/c1`, { indexes: [50] }))).map(codeOf)).toEqual([200]);
  });

  it('of somebody who administers something else is refused as such', async () => {
    await open();
    await register(door, `${FOLDED}/USER`, [{ index: 301, type: 'HS_SECKEY', data: 'of a user', permissions: '1100' }]);
    expect(await prove({ handle: `${FOLDED}/USER`, index: 301, secret: 'of a user' })).toBe(400);
  });

  it('can be guessed a few times, then is not looked at', async () => {
    await open();
    for (let i = 0; i < BURST; i++) expect(await prove({ ...ADMIN, secret: `guess ${i}` })).toBe(403);
    expect(await prove({ ...ADMIN, secret: 'guess' })).toBe(3);
    expect(await prove(ADMIN)).toBe(3);
    door.http.clock.nowMs += 6000;
    expect(await prove(ADMIN)).toBe(1);
    expect(door.http.seen.authenticationFailed).toContain('challenge');
  });
});

describe('the holder of a key pair proves to be', () => {
  it.each([
    ['RSA', 'SHA-256', 1, () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['RSA', 'SHA1', 1, () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['RSA', 'MD5', 403, () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['DSA', 'SHA1', 1, () => generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 })],
  ])('%s with %s: response code %i', async (_, hash, code, make) => {
    await open();
    const pair = make();
    await register(door, `${FOLDED}/KEYS`, [
      {
        index: 300,
        type: 'HS_PUBKEY',
        data: { format: 'base64', value: toBase64(encodePublicKey(publicOf(pair.publicKey))) },
      },
    ]);
    await register(door, `${FOLDED}/k1`, [
      {
        index: 100,
        type: 'HS_ADMIN',
        data: { format: 'admin', value: { handle: `${FOLDED}/KEYS`, index: 300, permissions: '111111111111' } },
      },
    ]);
    const addition = write(OPERATION.addValue, `${FOLDED}/k1`, [url(1, 'http://y/')]);
    const challenge = response(await told(addition));
    const { content, digest } = challenge.body;
    if (content.kind !== 'challenge' || digest === null) throw new Error('That is no challenge.');
    const asked = Buffer.from(joinBytes(content.nonce, digest.digest), 'latin1');
    const signature = sign(hash.replace('-', '').toLowerCase(), asked, pair.privateKey).toString(
      'latin1',
    ) as ByteString;
    const answer = joinBytes(countedText(hash), countedBytesOf(signature));
    const given = answered(challenge, { handle: `${FOLDED}/KEYS`, index: 300, secret: '' });
    const body = { ...given.body, authType: bytes('HS_PUBKEY'), answer } as RequestMessage['body'];
    expect(codeOf(await told({ ...given, body }))).toBe(code);
  });
});

function countedBytesOf(data: ByteString): ByteString {
  const length = Buffer.alloc(4);
  length.writeInt32BE(data.length);
  return (length.toString('latin1') + data) as ByteString;
}

function toBase64(data: ByteString): string {
  return Buffer.from(data, 'latin1').toString('base64');
}

/** Numbers out of a key's own structure. */
function publicOf(key: KeyObject): PublicKey {
  if (key.asymmetricKeyType === 'rsa') {
    const { n = '', e = '' } = key.export({ format: 'jwk' });
    return { kind: 'RSA', modulus: fromBase64Url(n), exponent: fromBase64Url(e) };
  }
  const [p, q, g, y] = integersIn(key.export({ format: 'der', type: 'spki' }));
  if (p === undefined || q === undefined || g === undefined || y === undefined) throw new Error('That is no DSA key.');
  return { kind: 'DSA', p, q, g, y };
}

function fromBase64Url(text: string): ByteString {
  return stripZeros(Buffer.from(text, 'base64url').toString('latin1') as ByteString);
}

/** The integers of a DER structure, in order. */
function integersIn(der: Buffer): ByteString[] {
  const numbers: ByteString[] = [];
  for (let at = 0; at < der.length; ) {
    const tag = der[at] as number;
    const first = der[at + 1] as number;
    const lengthBytes = first > 0x7f ? first & 0x7f : 0;
    const length = lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes);
    const start = at + 2 + lengthBytes;
    if (tag === 0x30) at = start;
    else if (tag === 0x03) at = start + 1;
    else {
      if (tag === 0x02) numbers.push(stripZeros(der.toString('latin1', start, start + length) as ByteString));
      at = start + length;
    }
  }
  return numbers;
}

describe('a node with too much in flight', () => {
  it('turns away what has to wait, and answers what is at hand', async () => {
    await open();
    await door.close();
    door = await openHandleDoor({ limits: { inFlight: 0 } });
    await register(door, `${FOLDED}/c1`, [{ index: 1, type: 'URL', data: 'http://x/' }]);
    expect(codeOf(await told(addition(50)))).toBe(3);
    const ofSession = { ...addition(50).envelope, sessionId: 77 };
    expect(codeOf(await told({ ...addition(50), envelope: ofSession }))).toBe(3);
    const siteInfo = request(OPERATION.siteInfo, { kind: 'handle', handle: bytes('/') });
    expect(codeOf(await told(siteInfo))).toBe(1);
    expect(door.http.seen.refused).toEqual(['in-flight', 'in-flight']);
  });
});

describe('a message', () => {
  it('that is a response, or of an operation of the national SDK that is not carried out, is told so', async () => {
    await open();
    const echoed = (await door.tcp(resolution(`${FOLDED}/c1`)))[0] as ByteString;
    expect((await door.tcp(echoed)).map(codeOf)).toEqual([4]);
    const login = request(OPERATION.nationalLogin, { kind: 'unknown', bytes: bytes('anything') });
    expect(codeOf(await told(login))).toBe(5);
    expect(door.log.at(-1)).toMatchObject({ responseCode: 5, failure: { code: 'UNSUPPORTED_METHOD' } });
    expect(codeOf(await told(request(9999, { kind: 'unknown', bytes: bytes('anything') })))).toBe(4);
    expect(door.log.at(-1)).toMatchObject({ opCode: 9999, responseCode: 4, failure: { code: 'MALFORMED_MESSAGE' } });
    expect(decodeMessage(echoed).kind).toBe('response');
  });

  it('that fails is logged with who sent it, and no secret', async () => {
    await open();
    await prove({ ...ADMIN, secret: 'a wrong secret' });
    const failure = door.log.find((entry) => entry.failure !== null);
    expect(failure).toMatchObject({ handle: `${FOLDED}/c1`, opCode: OPERATION.addValue, responseCode: 403 });
    expect(JSON.stringify(door.log)).not.toContain('a wrong secret');
    await prove(ADMIN);
    expect(door.log.at(-1)).toMatchObject({ identity: `301:${FOLDED}/ADMIN`, responseCode: 1, failure: null });
  });
});
