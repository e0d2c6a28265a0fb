// What strangers may cost: work that is done for them is bounded, whatever addresses their datagrams bear, and keeps nobody waiting
// who can be reached.

import {
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  type JsonWebKeyInput,
  pbkdf2Sync,
  randomBytes,
  randomInt,
  sign,
} from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import {
  MAX_SESSIONS_OF_NETWORK,
  MAX_STRETCHING_ITERATIONS,
  SESSION_SETUP_BURST,
  SESSION_SETUP_UNVOUCHED_BURST,
} from '../../src/domain/handle-protocol-limits.ts';
import { AUTHENTICATION_FAILURE_BURST as BURST } from '../../src/domain/limits.ts';
import type { Client } from '../../src/handle-server/outcome.ts';
import { countedBytes, countedText, intBytes, joinBytes } from '../../src/wire/byte-writer.ts';
import { encodeMessage, type RequestMessage } from '../../src/wire/message.ts';
import { OPERATION } from '../../src/wire/protocol.ts';
import { encodePublicKey } from '../../src/wire/public-key-value.ts';
import { FOLDED } from '../http-server/door.ts';
import { answered, bytes, ClientSession, codeOf, request, response, url, write } from './client.ts';
import { type HandleDoorSettings, type OpenHandleDoor, openHandleDoor } from './door.ts';
import { ADMIN, register, registerAdmin } from './registering.ts';

let door: OpenHandleDoor;

afterEach(() => door.close());

async function open(settings: HandleDoorSettings = {}): Promise<void> {
  door = await openHandleDoor(settings);
  await registerAdmin(door);
  await register(door, `${FOLDED}/c1`, [{ index: 1, type: 'URL', data: 'http://x/' }]);
}

async function told(message: ByteString, client: Client = byTcp): Promise<ByteString> {
  const { messages } = await door.answerer.answer(message, client);
  for await (const one of messages) return one;
  throw new Error('Nothing was said.');
}

const byTcp: Client = { address: '192.0.2.1', door: 'handle-tcp' };
/** From as many networks as there are numbers. */
const forged = (n: number): Client => ({ address: `10.${n >> 8}.${n & 255}.1`, door: 'handle-udp' });

/** Asks whether an answer is right that another server was given. */
function verification(secret: string, iterations: number, keyBits = 160): ByteString {
  const [nonce, digest] = [bytes('sixteen bytes ok'), bytes('twenty bytes of hash')];
  const key = pbkdf2Sync(secret, nonce, iterations, keyBits / 8, 'sha1');
  const code = createHmac('sha1', key).update(joinBytes(nonce, digest), 'latin1').digest('latin1') as ByteString;
  const parts = [countedBytes(nonce), intBytes(iterations), intBytes(keyBits), countedBytes(code)];
  return encodeMessage(
    request(OPERATION.verifyChallenge, {
      kind: 'verify-challenge',
      handle: bytes(ADMIN.handle),
      index: ADMIN.index,
      nonce,
      digest: { algorithm: 'sha1', digest },
      answer: joinBytes('\x22' as ByteString, ...parts),
    }),
  );
}

const addition = (index: number) => write(OPERATION.addValue, `${FOLDED}/c1`, [url(index, 'http://y/')]);

async function prove(client: Client, message: RequestMessage): Promise<number> {
  const challenge = response(await told(encodeMessage(message), client));
  return codeOf(await told(encodeMessage(answered(challenge, ADMIN)), client));
}

describe('answers that other servers were given', () => {
  it('are checked for whoever asks, over TCP and UDP', async () => {
    await open();
    for (const client of [byTcp, forged(1)]) {
      const right = response(await told(verification(ADMIN.secret, 1000), client)).body.content;
      expect(right).toMatchObject({ kind: 'verified', isRight: true });
      const wrong = response(await told(verification('another', 1000), client)).body.content;
      expect(wrong).toMatchObject({ kind: 'verified', isRight: false });
    }
  });

  it('wait for each other only so long, and for nobody with a connection: beyond it the node is busy', async () => {
    await open();
    const costly = verification('guess', MAX_STRETCHING_ITERATIONS, 512);
    const flood = Array.from({ length: 50 }, (_, n) => told(costly, forged(n)).then(codeOf));
    expect(await prove(byTcp, addition(50))).toBe(1);
    const codes = await Promise.all(flood);
    expect(codes.filter((code) => code === 1)).toHaveLength(2);
    expect(codes.filter((code) => code === 3)).toHaveLength(48);
    expect(codeOf(await told(costly, forged(60)))).toBe(1);
  });

  it('by datagrams use up no guesses of the network whose addresses they bear', async () => {
    await open();
    const victim: Client = { ...byTcp, door: 'handle-udp' };
    for (let n = 0; n < BURST; n++) expect(codeOf(await told(verification('guess', 1), victim))).toBe(1);
    expect(codeOf(await told(verification(ADMIN.secret, 1), victim))).toBe(3);
    expect(await prove(byTcp, addition(50))).toBe(1);
    expect(await prove(victim, addition(51))).toBe(1);
  });
});

describe('sessions by datagrams', () => {
  const { message } = ClientSession.setup(ADMIN);

  it('are set up for all networks together so often, and by TCP still after that', async () => {
    await open();
    for (let n = 0; n < SESSION_SETUP_UNVOUCHED_BURST; n++) expect(codeOf(await told(message, forged(n)))).toBe(1);
    expect(codeOf(await told(message, forged(9999)))).toBe(3);
    expect(codeOf(await told(message, byTcp))).toBe(1);
  });

  it('that nobody uses give way first', async () => {
    await open();
    const client = forged(1);
    const [used, unused] = [ClientSession.setup(ADMIN), ClientSession.setup(ADMIN)];
    const session = used.open(response(await told(used.message, client)));
    const idle = unused.open(response(await told(unused.message, client)));
    expect(codeOf(await told(session.seal(addition(50)), client))).toBe(402);
    for (let n = 0; n < MAX_SESSIONS_OF_NETWORK; n++) {
      if (n % 100 === 0) door.http.clock.nowMs += 10_000;
      expect(codeOf(await told(message, client))).toBe(1);
    }
    expect(codeOf(await told(idle.seal(addition(51)), client))).toBe(500);
    expect(codeOf(await told(session.seal(addition(52)), client))).toBe(402);
  });
});

describe('a session', () => {
  const { message } = ClientSession.setup(ADMIN);

  it('is set up whatever the numbers are that chance brings', async () => {
    let leading = Buffer.alloc(0);
    const bytesOf = (size: number): Buffer => Buffer.concat([leading, randomBytes(size)]).subarray(0, size);
    await open({ options: { random: { bytes: bytesOf, int: randomInt } } });
    for (const begin of ['', '00', '0001', '000080', 'ff']) {
      leading = Buffer.from(begin, 'hex');
      const { message, open: openWith } = ClientSession.setup(ADMIN);
      const session = openWith(response(await told(message)));
      expect(codeOf(await told(session.seal(addition(50))))).toBe(402);
    }
  });

  it('that cannot be set up by a fault of the node is told as that, and not as a bad key', async () => {
    let isBroken = false;
    const bytesOf = (size: number): Buffer => {
      if (isBroken) throw new TypeError('no chance');
      return randomBytes(size);
    };
    await open({ options: { random: { bytes: bytesOf, int: randomInt } } });
    expect(codeOf(await told(message))).toBe(1);
    isBroken = true;
    expect(codeOf(await told(message))).toBe(2);
    expect(String(door.log.at(-1)?.failure?.cause)).toContain('no chance');
  });

  it('is set up only so often for one network, whichever way it comes', async () => {
    await open();
    for (let n = 0; n < SESSION_SETUP_BURST; n++) expect(codeOf(await told(message))).toBe(1);
    expect(codeOf(await told(message))).toBe(3);
  });
});

describe('a public key', () => {
  it.each([
    ['of an exponent in use', 65_537n, 1],
    ['of the largest exponent', 2n ** 32n - 5n, 1],
    ['of an exponent that costs too much time', 2n ** 32n + 15n, 403],
  ])('%s: response code %i', async (_, exponent, code) => {
    await open();
    const key = rsaKey(exponent);
    const data = encodePublicKey({ kind: 'RSA', modulus: key.modulus, exponent: unsigned(exponent) });
    const value = { format: 'base64', value: Buffer.from(data, 'latin1').toString('base64') };
    const admin = { handle: `${FOLDED}/KEYS`, index: 300, permissions: '111111111111' };
    await register(door, `${FOLDED}/KEYS`, [{ index: 300, type: 'HS_PUBKEY', data: value }]);
    await register(door, `${FOLDED}/k1`, [{ index: 100, type: 'HS_ADMIN', data: { format: 'admin', value: admin } }]);
    const writing = write(OPERATION.addValue, `${FOLDED}/k1`, [url(1, 'http://y/')]);
    const challenge = response(await told(encodeMessage(writing)));
    const { content, digest } = challenge.body;
    if (content.kind !== 'challenge' || digest === null) throw new Error('That is no challenge.');
    const signature = sign('sha256', Buffer.from(joinBytes(content.nonce, digest.digest), 'latin1'), key.privateKey);
    const given = answered(challenge, { handle: `${FOLDED}/KEYS`, index: 300, secret: '' });
    const answer = joinBytes(countedText('SHA-256'), countedBytes(signature.toString('latin1') as ByteString));
    const body = { ...given.body, authType: bytes('HS_PUBKEY'), answer } as RequestMessage['body'];
    expect(codeOf(await told(encodeMessage({ ...given, body })))).toBe(code);
  });
});

/** A key of 1024 bits with any odd exponent; one that has no inverse is tried again. */
function rsaKey(e: bigint) {
  const { p: first = '', q: second = '' } = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({
    format: 'jwk',
  });
  const [p, q] = [first, second].map((text) => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`));
  if (p === undefined || q === undefined) throw new Error('That is no key.');
  const d = inverse(e, (p - 1n) * (q - 1n));
  if (d === null) return rsaKey(e);
  const numbers = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) ?? 0n };
  const texts = Object.entries(numbers).map(([name, number]) => [
    name,
    Buffer.from(unsigned(number), 'latin1').toString('base64url'),
  ]);
  const jwk = { kty: 'RSA', ...Object.fromEntries(texts) } as JsonWebKeyInput['key'];
  return { privateKey: createPrivateKey({ key: jwk, format: 'jwk' }), modulus: unsigned(numbers.n) };
}

function unsigned(number: bigint): ByteString {
  const hex = number.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('latin1') as ByteString;
}

/** Null if there is none. */
function inverse(number: bigint, modulus: bigint): bigint | null {
  let [a, b, x, y] = [number % modulus, modulus, 1n, 0n];
  while (a > 1n && b > 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return a === 1n ? ((x % modulus) + modulus) % modulus : null;
}
