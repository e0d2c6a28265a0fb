// The short way for plain resolutions says what the codec of whole messages says, and takes nothing else.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import { makeCredential, SIGNED } from '../../src/wire/credential.ts';
import { suggestedVersion } from '../../src/wire/envelope.ts';
import { type Decoded, decodeMessage, encodeMessage, type RequestMessage } from '../../src/wire/message.ts';
import { MessageWriter } from '../../src/wire/message-writer.ts';
import { opFlagsOf, PlainResponses, plainHandleIn } from '../../src/wire/plain-resolution.ts';
import { commonVersion, FLAG, OPERATION } from '../../src/wire/protocol.ts';
import { writeValues } from '../../src/wire/value-list.ts';
import { bytes, request, type Wish } from '../handle-server/client.ts';
import { credential, envelope, header, requests } from './arbitrary-messages.ts';

const ANSWERED = FLAG.authoritative | FLAG.recursive;
const COPIED = FLAG.publicOnly | FLAG.cacheCertify;
const responses = new PlainResponses({
  suggested: '\x02\x0b' as ByteString,
  siteInfoSerial: 7,
  flagsFor: (opFlags) => ANSWERED | (opFlags & COPIED),
});

function written(data: string): ByteString {
  const writer = new MessageWriter();
  writeValues(writer, [makeValue({ index: 1, type: bytes('URL'), data: data as ByteString })]);
  return writer.take();
}

/** What the codec makes of the same. */
function inGeneral(asked: RequestMessage, values: ByteString, expiresAt: number): ByteString {
  const { envelope, header } = asked;
  if (asked.body.kind !== 'resolution') throw new Error('That is no resolution.');
  return encodeMessage({
    kind: 'response',
    envelope: {
      ...envelope,
      ...commonVersion(suggestedVersion(envelope)),
      suggestedMajor: 2,
      suggestedMinor: 11,
      sequence: 0,
    },
    header: {
      ...{ opCode: OPERATION.resolution, responseCode: 1, opFlags: ANSWERED | (header.opFlags & COPIED) },
      ...{ siteInfoSerial: 7, recursionCount: 0, reserved: 0, expiresAt },
    },
    credential: null,
    body: { digest: null, content: { kind: 'written-values', handle: asked.body.handle, written: values } },
  });
}

const plain = fc.record({
  handle: fc.string({ unit: 'binary', minLength: 1, maxLength: 80 }),
  minor: fc.integer({ min: 0, max: 12 }),
  suggestedMinor: fc.integer({ min: 0, max: 255 }),
  requestId: fc.integer(),
  flags: fc.integer().map((flags) => flags & ~(FLAG.certify | FLAG.requestDigest)),
});

const asking = (handle: ByteString) =>
  ({ kind: 'resolution', handle, indexes: [], types: [], trailer: bytes('') }) as const;

describe('a plain resolution', () => {
  it('is read and answered byte for byte as by the codec', () => {
    fc.assert(
      fc.property(plain, fc.string({ unit: 'binary-ascii' }), fc.integer(), ({ handle, ...wish }, data, expiresAt) => {
        const asked = encodeMessage(request(OPERATION.resolution, asking(bytes(handle)), wish as Wish));
        const values = written(data);
        expect(plainHandleIn(asked)).toBe(bytes(handle));
        expect(opFlagsOf(asked)).toBe(wish.flags);
        const told = responses.encode(asked, responses.encodeRest(asked, values, expiresAt));
        expect(told).toBe(inGeneral(decodeMessage(asked) as Decoded<RequestMessage>, values, expiresAt));
      }),
    );
  });

  it('is nothing that the codec reads as anything else', () => {
    fc.assert(
      fc.property(requests, envelope, credential, fc.integer(), ([opCode, body], around, signed, opFlags) => {
        const message = { kind: 'request', envelope: around, header: header(opCode, 0, opFlags) } as const;
        const encoded = encodeMessage({ ...message, credential: signed, body });
        const handle = plainHandleIn(encoded);
        if (handle === null) return;
        expect(decodeMessage(encoded)).toMatchObject({
          kind: 'request',
          envelope: { sessionId: 0, isCompressed: false, isEncrypted: false, isTruncated: false },
          header: { recursionCount: 0 },
          credential: null,
          body: asking(handle),
        });
      }),
    );
  });

  const sound = request(OPERATION.resolution, asking(bytes('88.1.2/x')));
  const signature = makeCredential({ type: SIGNED, algorithm: bytes('SHA1'), signature: bytes('s'), counter: 0 });
  it.each<[string, RequestMessage]>([
    ['an empty handle', { ...sound, body: asking(bytes('')) }],
    ['indexes', { ...sound, body: { ...asking(bytes('88.1.2/x')), indexes: [1] } }],
    ['types', { ...sound, body: { ...asking(bytes('88.1.2/x')), types: [bytes('URL')] } }],
    ['something behind them', { ...sound, body: { ...asking(bytes('88.1.2/x')), trailer: bytes('\0\0\0\0') } }],
    ['a session', { ...sound, envelope: { ...sound.envelope, sessionId: 1 } }],
    ['several datagrams', { ...sound, envelope: { ...sound.envelope, isTruncated: true } }],
    ['the wish for a signature', { ...sound, header: { ...sound.header, opFlags: FLAG.certify } }],
    ['the wish for a digest', { ...sound, header: { ...sound.header, opFlags: FLAG.requestDigest } }],
    ['servers it has passed', { ...sound, header: { ...sound.header, recursionCount: 1 } }],
    ['a signature', { ...sound, credential: signature }],
    ['another operation', request(OPERATION.siteInfo, { kind: 'handle', handle: bytes('88.1.2/x') })],
  ])('has not %s', (_, message) => {
    expect(plainHandleIn(encodeMessage(sound))).toBe('88.1.2/x');
    expect(plainHandleIn(encodeMessage(message))).toBeNull();
  });

  it('has the length it announces', () => {
    const encoded = encodeMessage(sound);
    for (const at of [16, 40, 44]) {
      for (const by of [-1, 1]) {
        const wrong = Buffer.from(encoded, 'latin1');
        wrong.writeInt32BE(wrong.readInt32BE(at) + by, at);
        expect(plainHandleIn(wrong.toString('latin1') as ByteString)).toBeNull();
      }
    }
    for (let length = 0; length < encoded.length; length++) {
      expect(plainHandleIn(encoded.slice(0, length) as ByteString)).toBeNull();
    }
  });
});
