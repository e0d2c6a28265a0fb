// What signatures, message authentication codes and digests cover: every one in the recorded session is computed again, in
// each version of the protocol.

import { createHash, createHmac, createPublicKey, type JsonWebKeyInput, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import { MAC, macBytes, SIGNED, signedBytes } from '../../src/wire/credential.ts';
import { type Decoded, decodeMessage, type RequestMessage, type ResponseMessage } from '../../src/wire/message.ts';
import { FLAG, isAtLeast } from '../../src/wire/protocol.ts';
import { publicKeyToJson } from '../../src/wire/public-key-json.ts';
import { decodePublicKey } from '../../src/wire/public-key-value.ts';
import { digestNameFor } from '../../src/wire/request-digest.ts';
import { fromHex, messagesIn, recording } from './handle-vectors.ts';

type Message = Decoded<RequestMessage> | Decoded<ResponseMessage>;

const serverKey = createPublicKey({
  key: publicKeyToJson(decodePublicKey(fromHex(recording.server.publicKey))) as JsonWebKeyInput['key'],
  format: 'jwk',
});
const sessionKeys = new Map(recording.sessions.map((one) => [one.sessionId, fromHex(one.key)]));

const messages = recording.cases.flatMap((one) =>
  [...messagesIn(one, one.request), ...messagesIn(one, one.response)].flatMap((bytes): [string, Message][] => {
    try {
      const decoded = decodeMessage(bytes);
      return decoded.kind === 'encrypted' ? [] : [[`${one.name} ${decoded.kind}`, decoded]];
    } catch {
      return []; // what is malformed is message.test.ts's
    }
  }),
);
const ofType = (type: string) => messages.filter(([, { credential }]) => credential?.type === type);

describe('a signature of the server', () => {
  it.each(ofType(SIGNED))('%s', (_, { envelope, credential, content }) => {
    const covered = signedBytes(envelope, credential?.signerIndex ?? 0, content);
    const hash = isAtLeast(envelope, 7) ? 'sha256' : 'sha1';
    expect(verify(hash, Buffer.from(covered, 'latin1'), serverKey, latin1(credential?.signature))).toBe(true);
    const spoilt = Buffer.from(`${covered}x`, 'latin1');
    expect(verify(hash, spoilt, serverKey, latin1(credential?.signature))).toBe(false);
  });

  it('was recorded in many versions', () => {
    expect(new Set(ofType(SIGNED).map(([, { envelope }]) => envelope.minor)).size).toBeGreaterThan(5);
  });
});

describe('a message authentication code of a session', () => {
  it.each(ofType(MAC))('%s', (_, { envelope, credential, content }) => {
    const key = sessionKeys.get(envelope.sessionId) as ByteString;
    const covered = Buffer.from(macBytes(envelope, credential?.signerIndex ?? 0, { content, key }), 'latin1');
    const mac = isAtLeast(envelope, 7)
      ? createHmac('sha256', latin1(key)).update(covered).digest()
      : createHash('sha1').update(covered).digest();
    const code = credential?.signature ?? '';
    expect(code).toBe(mac.toString('latin1'));
  });

  it('was recorded in many versions', () => {
    expect(new Set(ofType(MAC).map(([, { envelope }]) => envelope.minor)).size).toBeGreaterThan(4);
  });
});

describe('a digest of a request', () => {
  const requests = new Map(messages.flatMap(([, one]) => (one.kind === 'request' ? [[keyOf(one), one]] : [])));
  const answered = messages.flatMap(([name, one]) =>
    one.kind === 'response' && one.body.digest !== null ? ([[name, one]] as const) : [],
  );

  it.each(answered)('%s', (_, response) => {
    const request = requests.get(keyOf(response));
    const { digest } = response.body;
    if (request === undefined || digest === null) return;
    expect(digest.algorithm).toBe(digestNameFor(response.envelope));
    const hash = digest.algorithm === 'old' ? 'md5' : digest.algorithm;
    expect(digest.digest).toBe(createHash(hash).update(request.content, 'latin1').digest('latin1'));
  });

  it('is there where it is asked for', () => {
    expect(answered.length).toBeGreaterThan(40);
    expect(answered.some(([, one]) => (one.header.opFlags & FLAG.requestDigest) !== 0)).toBe(true);
  });
});

function keyOf({ envelope }: Message): number {
  return envelope.requestId;
}

function latin1(bytes: string | undefined): Buffer {
  return Buffer.from(bytes ?? '', 'latin1');
}
