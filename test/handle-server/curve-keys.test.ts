// Administrators with keys on elliptic curves: those of the national SDK (SM2 with SM3), and the common ones.

import { generateKeyPairSync, sign } from 'node:crypto';
import { sm2 } from 'sm-crypto-v2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import { encodeSignatureAnswer } from '../../src/wire/challenge-answer.ts';
import { encodeMessage, type RequestMessage } from '../../src/wire/message.ts';
import { OPERATION } from '../../src/wire/protocol.ts';
import { FOLDED } from '../http-server/door.ts';
import { fromHex } from '../wire/handle-vectors.ts';
import { answered, bytes, codeOf, response, url, write } from './client.ts';
import { type OpenHandleDoor, openHandleDoor } from './door.ts';
import { register } from './registering.ts';

const KEYS = `${FOLDED}/KEYS`;
const TARGET = `${FOLDED}/k1`;

let door: OpenHandleDoor;
beforeAll(async () => {
  door = await openHandleDoor();
  const permissions = '111111111111';
  await register(door, TARGET, [
    { index: 100, type: 'HS_ADMIN', data: { format: 'admin', value: { handle: KEYS, index: 0, permissions } } },
  ]);
});
afterAll(() => door.close());

const told = async (message: RequestMessage) => (await door.tcp(encodeMessage(message)))[0] as ByteString;
let index = 0;

/** The response code for who signs a challenge so, with this as its HS_PUBKEY value. */
async function prove(data: unknown, hash: string, signed: (challenge: Buffer) => Buffer): Promise<number> {
  await door.http.ask('DELETE', `/api/handles/${KEYS}`, { key: door.http.operator });
  await register(door, KEYS, [{ index: 300, type: 'HS_PUBKEY', data }]);
  const challenge = response(await told(write(OPERATION.addValue, TARGET, [url(++index, 'http://y/')])));
  const { content, digest } = challenge.body;
  if (content.kind !== 'challenge' || digest === null) throw new Error('That is no challenge.');
  const signature = signed(Buffer.from(content.nonce + digest.digest, 'latin1'));
  const answer = encodeSignatureAnswer(hash, signature.toString('latin1') as ByteString);
  const given = answered(challenge, { handle: KEYS, index: 300, secret: '' });
  return codeOf(await told({ ...given, body: { ...given.body, authType: bytes('HS_PUBKEY'), answer } as never }));
}

describe.each(['P-256', 'P-384', 'P-521'])('a key on %s', (namedCurve) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
  const value = { format: 'key', value: publicKey.export({ format: 'jwk' }) };

  it.each([
    ['SHA-256', 'sha256', 1],
    ['SHA1', 'sha1', 1],
    ['SM3', 'sm3', 403],
  ])('opens with %s, or does not', async (hash, algorithm, code) => {
    const by = (challenge: Buffer) => sign(algorithm === 'sm3' ? 'sha256' : algorithm, challenge, privateKey);
    expect(await prove(value, hash, by)).toBe(code);
  });

  it('does not open with the signature of another', async () => {
    const other = generateKeyPairSync('ec', { namedCurve });
    expect(await prove(value, 'SHA-256', (challenge) => sign('sha256', challenge, other.privateKey))).toBe(403);
  });
});

describe('a key of SM2', () => {
  const { publicKey, privateKey } = sm2.generateKeyPairHex();
  const options = { der: true, hash: true, publicKey };
  const signedBy =
    (key: string, more: object = {}) =>
    (challenge: Buffer) =>
      Buffer.from(sm2.doSignature(challenge, key, { ...options, ...more }), 'hex');
  const coordinate = (at: number) => Buffer.from(publicKey.slice(at, at + 64), 'hex').toString('base64url');
  const jwk = { kty: 'EC', crv: 'SM2', x: coordinate(2), y: coordinate(66) };
  // As the national SDK writes it: its name, no flags, the key as certificates have it.
  const spki = `3059301306072a8648ce3d020106082a811ccf5501822d034200${publicKey}`;
  const ofSdk = `0000000b${Buffer.from('SM2_PUB_KEY').toString('hex')}00000000005b${spki}`;

  it('opens with SM3, written as the national SDK does or as a JWK', async () => {
    expect(await prove({ format: 'hex', value: ofSdk }, 'SM3', signedBy(privateKey))).toBe(1);
    expect(await prove({ format: 'key', value: jwk }, 'SM3', signedBy(privateKey))).toBe(1);
    const shown = await door.http.ask('GET', `/api/handles/${KEYS}?index=300`);
    expect(shown.json.values).toMatchObject([{ data: { format: 'key', value: jwk } }]);
  });

  it.each([
    ['another key', 'SM3', signedBy(sm2.generateKeyPairHex().privateKey)],
    ['another hash', 'SHA-256', signedBy(privateKey)],
    ['another identity', 'SM3', signedBy(privateKey, { userId: 'somebody' })],
    ['no signature', 'SM3', () => Buffer.alloc(0)],
    ['what is none', 'SM3', () => Buffer.alloc(72, 0x30)],
    ['a signature of nothing but zeros', 'SM3', () => Buffer.from('3006020100020100', 'hex')],
  ])('does not open with %s', async (_what, hash, signed) => {
    expect(await prove({ format: 'key', value: jwk }, hash, signed)).toBe(403);
  });

  it('that is on no such curve opens nothing', async () => {
    const wrong = { ...jwk, y: Buffer.alloc(32, 7).toString('base64url') };
    expect(await prove({ format: 'key', value: wrong }, 'SM3', signedBy(privateKey))).toBe(403);
  });
});

it('a curve that is not that of its name is no key, and opens nothing', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('hex');
  const value = `0000000b${Buffer.from('SM2_PUB_KEY').toString('hex')}00000000005b${spki}`;
  expect(fromHex(value).length).toBeGreaterThan(91);
  expect(await prove({ format: 'hex', value }, 'SHA-256', (challenge) => sign('sha256', challenge, privateKey))).toBe(
    403,
  );
});
