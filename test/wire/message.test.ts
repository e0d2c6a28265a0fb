// Messages of the Handle protocol ⇄ bytes: the recorded ones, what was encoded comes back, and any bytes decode or are refused.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import { isHandleError } from '../../src/domain/error.ts';
import { decodeDatagram, Parts, splitMessage } from '../../src/wire/datagrams.ts';
import { suggestedVersion } from '../../src/wire/envelope.ts';
import { decodeMessage, encodeMessage, type RequestMessage, type ResponseMessage } from '../../src/wire/message.ts';
import { commonVersion, DATAGRAM_BYTES, FLAG, OPERATION, RESPONSE, responseCodeFor } from '../../src/wire/protocol.ts';
import { credential, digest, envelope, header, requests, responses } from './arbitrary-messages.ts';
import { fuzz } from './fuzzing.ts';
import { caseNamed, fromHex, messagesIn, recording } from './handle-vectors.ts';

const MALFORMED = ['err-handle-len-negative#1'];

describe('the recorded messages', () => {
  it.each(recording.cases.map((one) => [one.name, one] as const))('%s', (name, one) => {
    const isMalformed = MALFORMED.includes(name);
    for (const bytes of messagesIn(one, one.request)) {
      if (isMalformed) expect(refusalOf(() => decodeMessage(bytes))).toBe('MALFORMED_MESSAGE');
      else expect(encodeMessage(decodeMessage(bytes))).toBe(bytes);
    }
    for (const bytes of messagesIn(one, one.response)) expect(encodeMessage(decodeMessage(bytes))).toBe(bytes);
  });

  it('are split into the recorded datagrams', () => {
    const split = recording.cases.filter(({ transport, response }) => transport === 'udp' && response.length > 1);
    expect(split.length).toBeGreaterThan(4);
    for (const one of split) {
      const [message] = messagesIn(one, one.response);
      expect(splitMessage(message as ByteString)).toEqual(one.response.map(fromHex));
    }
  });

  it('are told apart: requests, responses, encrypted ones', () => {
    const kinds = recording.cases.flatMap((one) =>
      messagesIn(one, one.response).map((bytes) => decodeMessage(bytes).kind),
    );
    expect(new Set(kinds)).toEqual(new Set(['response', 'encrypted']));
    expect(decodeMessage(firstRequest('resolve-by-type-tcp#1'))).toMatchObject({
      kind: 'request',
      envelope: { major: 2, minor: 11, isTruncated: false },
      header: { opCode: OPERATION.resolution, opFlags: FLAG.recursive | FLAG.cacheCertify | FLAG.publicOnly },
      body: { kind: 'resolution', handle: '20.500.99999/vec1', indexes: [], types: ['URL'], trailer: '' },
    });
  });
});

describe('a message', () => {
  it('that was encoded decodes to the same, whatever its request', () => {
    fc.assert(
      fc.property(envelope, credential, requests, (envelope, credential, [opCode, body]) => {
        const message: RequestMessage = { kind: 'request', envelope, header: header(opCode, 0, 5), credential, body };
        const encoded = encodeMessage(message);
        const sent = { ...envelope, messageLength: encoded.length - 20 };
        expect(decodeMessage(encoded)).toMatchObject({ ...message, envelope: sent });
      }),
    );
  });

  it('that was encoded decodes to the same, whatever its response', () => {
    const digests = fc.option(digest);
    fc.assert(
      fc.property(envelope, credential, responses, digests, (envelope, credential, [opCode, code, content], digest) => {
        const always = code === RESPONSE.authenticationNeeded && digest === null;
        const carried = always ? ({ algorithm: 'md5', digest: 'm'.repeat(16) as ByteString } as const) : digest;
        const told = header(opCode, code, carried === null ? 0 : FLAG.requestDigest);
        const body = { digest: carried, content };
        const message: ResponseMessage = { kind: 'response', envelope, header: told, credential, body };
        const encoded = encodeMessage(message);
        const sent = { ...envelope, messageLength: encoded.length - 20 };
        expect(decodeMessage(encoded)).toMatchObject({ ...message, envelope: sent });
      }),
    );
  });

  it('of random bytes is refused or encodes to these bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (array) => {
        const random = Buffer.from(array).toString('latin1') as ByteString;
        const refusal = refusalOf(() => expect(encodeMessage(decodeMessage(random))).toBe(random));
        expect(['MALFORMED_MESSAGE', null]).toContain(refusal);
      }),
      { numRuns: 1000 },
    );
  });

  it('that was spoilt is refused, or is another message', () => {
    const { decoded, refused } = fuzz(1, 20_000);
    expect(decoded).toBeGreaterThan(1000);
    expect(refused).toBeGreaterThan(1000);
  });

  it.each([
    ['ends too early', (sound: ByteString) => sound.slice(0, -1)],
    ['goes on', (sound: ByteString) => `${sound}\0`],
    ['announces more than there is', (sound: ByteString) => `${sound.slice(0, 16)}\0\0\0\xff${sound.slice(20)}`],
    ['announces less than nothing', (sound: ByteString) => `${sound.slice(0, 16)}\xff\xff\xff\xff${sound.slice(20)}`],
    [
      'counts more types than fit',
      (sound: ByteString) => sound.replace('\0\0\0\x01\0\0\0\x03URL', '\x7f\0\0\0\0\0\0\x03URL'),
    ],
    [
      'counts less than no types',
      (sound: ByteString) => sound.replace('\0\0\0\x01\0\0\0\x03URL', '\xff\xff\xff\xff\0\0\0\x03URL'),
    ],
  ])('that %s is refused', (_, spoil) => {
    const sound = firstRequest('resolve-by-type-tcp#1');
    expect(refusalOf(() => decodeMessage(sound))).toBe(null);
    expect(refusalOf(() => decodeMessage(spoil(sound) as ByteString))).toBe('MALFORMED_MESSAGE');
  });

  it('of the national SDK may carry bytes behind its types', () => {
    const national = decodeMessage(lengthened(firstRequest('resolve-by-type-tcp#1'), '\0\0\0\x02zz'));
    expect(national).toMatchObject({ body: { types: ['URL'], trailer: '\0\0\0\x02zz' } });
  });
});

describe('datagrams', () => {
  const message = messagesIn(
    caseNamed('udp-multipacket-request#1'),
    caseNamed('udp-multipacket-request#1').request,
  )[0] as ByteString;

  it('hold 512 bytes each, and make the message again in any order, also if one comes twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), fc.infiniteStream(fc.nat()), (text, numbers) => {
        const long = lengthened(message, Buffer.from(text).toString('latin1'));
        const datagrams = splitMessage(long);
        for (const one of datagrams) expect(one.length).toBeLessThanOrEqual(DATAGRAM_BYTES);
        const [next] = [() => Number(numbers.next().value)];
        const shuffled = [...datagrams, datagrams[0] as ByteString].sort(() => (next() % 2) - 0.5);
        const parts = new Parts(decodeDatagram(shuffled[0] as ByteString));
        const whole = shuffled.map((one) => parts.add(decodeDatagram(one))).filter((one) => one !== null);
        expect(decodeMessage(whole.at(-1) as ByteString)).toMatchObject({ body: { handle: expect.any(String) } });
        expect(whole.at(-1)?.slice(20)).toBe(long.slice(20));
      }),
    );
  });

  it.each([
    ['of no part there is', (sound: ByteString) => `${sound.slice(0, 12)}\0\0\0\x09${sound.slice(16)}`],
    ['of a part before the first', (sound: ByteString) => `${sound.slice(0, 12)}\xff\xff\xff\xff${sound.slice(16)}`],
    ['shorter than its part', (sound: ByteString) => sound.slice(0, -1)],
    ['without a whole envelope', (sound: ByteString) => sound.slice(0, 19)],
    ['of a message too long', (sound: ByteString) => `${sound.slice(0, 16)}\0\x04\0\x01${sound.slice(20)}`],
  ])('are refused %s', (_, spoil) => {
    const [sound] = splitMessage(message) as [ByteString];
    expect(refusalOf(() => decodeDatagram(sound))).toBe(null);
    expect(refusalOf(() => decodeDatagram(spoil(sound) as ByteString))).toBe('MALFORMED_MESSAGE');
  });

  it('of two messages make none', () => {
    const [first] = splitMessage(message) as [ByteString];
    const [, second] = splitMessage(lengthened(message, 'x')) as [ByteString, ByteString];
    const parts = new Parts(decodeDatagram(first));
    expect(refusalOf(() => parts.add(decodeDatagram(second)))).toBe('MALFORMED_MESSAGE');
  });
});

describe('versions', () => {
  it('are suggested by the envelope, or are those of the message', () => {
    const { envelope } = decodeMessage(firstRequest('version-2.12#1'));
    expect(suggestedVersion(envelope)).toEqual({ major: 2, minor: 12 });
    const silent = decodeMessage(firstRequest('version-no-suggest#1'));
    expect(suggestedVersion(silent.envelope)).toEqual({ major: 2, minor: 11 });
  });

  it('meet at the lower one, and the reference takes any higher one for its own', () => {
    const ours = { major: 2, minor: 11 };
    expect(commonVersion({ major: 2, minor: 3 })).toEqual({ major: 2, minor: 3 });
    expect(commonVersion({ major: 2, minor: 12 })).toEqual(ours);
    expect(commonVersion({ major: 9, minor: 9 })).toEqual(ours);
    expect(commonVersion({ major: 5, minor: 9 })).toEqual({ major: 2, minor: 0 });
    expect(commonVersion({ major: 0, minor: 0 })).toEqual({ major: 2, minor: 0 });
  });

  it('before 2.5 know other numbers for some codes', () => {
    const [before, since] = [
      { major: 2, minor: 4 },
      { major: 2, minor: 5 },
    ];
    expect([7, 202, 303, 100].map((code) => responseCodeFor(before, code))).toEqual([303, 201, 302, 100]);
    expect([7, 202, 303, 100].map((code) => responseCodeFor(since, code))).toEqual([7, 202, 303, 100]);
  });
});

function firstRequest(name: string): ByteString {
  return messagesIn(caseNamed(name), caseNamed(name).request)[0] as ByteString;
}

/** A resolution with bytes behind its types, before the credential. */
function lengthened(message: ByteString, trailer: string): ByteString {
  const decoded = decodeMessage(message);
  if (decoded.kind !== 'request' || decoded.body.kind !== 'resolution') throw new Error('That is no resolution.');
  return encodeMessage({ ...decoded, body: { ...decoded.body, trailer: trailer as ByteString } });
}

/** Null if there is none. */
function refusalOf(attempt: () => unknown): string | null {
  try {
    attempt();
    return null;
  } catch (error) {
    if (isHandleError(error)) return error.code;
    throw error;
  }
}
