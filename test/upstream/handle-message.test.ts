// The client's requests are those that the reference client has sent, byte for byte, and the reference server's responses to them
// are read and believed, or not, as they should be.

import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import { ExchangeFailed } from '../../src/upstream/exchange-failed.ts';
import { type EncodedRequest, encodeRequest, readResponse } from '../../src/upstream/handle-message.ts';
import { type siteOf, siteOfData } from '../../src/upstream/handle-sites.ts';
import { splitMessage } from '../../src/wire/datagrams.ts';
import { decodeMessage, encodeMessage } from '../../src/wire/message.ts';
import { OPERATION } from '../../src/wire/protocol.ts';
import { encodePublicKey } from '../../src/wire/public-key-value.ts';
import { siteFromJson } from '../../src/wire/site-json.ts';
import { bytes } from '../handle-server/client.ts';
import { openHandleDoor } from '../handle-server/door.ts';
import { register } from '../handle-server/registering.ts';
import { CHAIRS } from '../http-server/door.ts';
import { fromHex, messagesIn, type RecordedCase, recording } from '../wire/handle-vectors.ts';
import { failure, siteOn } from './scripted-handle-server.ts';
import { because, handleServer, handleWorld } from './world.ts';

const SITE = siteFromJson(recording.server.site, '');
const KEY = SITE.servers[0]?.publicKey as ByteString;
const OTHER_KEY = encodePublicKey({ kind: 'RSA', modulus: bytes('n'.repeat(256)), exponent: bytes('\x01\0\x01') });

/** The first request of a case as the client would make it; null if it makes no such one. */
function requestOf(one: RecordedCase): { readonly made: EncodedRequest; readonly recorded: ByteString } | null {
  const [recorded] = messagesIn(one, one.request);
  if (recorded === undefined) return null;
  let message: ReturnType<typeof decodeMessage>;
  try {
    message = decodeMessage(recorded);
  } catch {
    return null; // what the recording has of malformed ones
  }
  if (message.kind !== 'request' || message.credential !== null) return null;
  const { envelope, header, body } = message;
  if (envelope.suggestedMajor !== 2 || envelope.suggestedMinor !== 11 || envelope.sessionId !== 0) return null;
  if (envelope.minor > 11 || envelope.isCompressed) return null;
  const common = { ...header, version: envelope, requestId: envelope.requestId };
  if (body.kind === 'resolution' && header.opCode === OPERATION.resolution) {
    return { recorded, made: encodeRequest({ ...common, ...body, operation: 'resolution' }) };
  }
  if (body.kind !== 'handle' || header.opCode !== OPERATION.siteInfo) return null;
  const { handle } = body;
  return { recorded, made: encodeRequest({ ...common, handle, indexes: [], types: [], operation: 'site-info' }) };
}

const MADE = recording.cases.flatMap((one) => {
  const request = requestOf(one);
  return request === null ? [] : [[one.name, one, request] as const];
});

describe('recorded resolutions and questions for a site', () => {
  it('are many', () => {
    expect(MADE.length).toBeGreaterThan(40);
    expect(MADE.filter(([, { transport }]) => transport === 'udp').length).toBeGreaterThan(10);
  });

  it.each(MADE)('%s', (_, one, { made, recorded }) => {
    // In datagrams they say so themselves.
    if (one.transport === 'udp') expect(splitMessage(made.bytes)).toEqual(one.request.map(fromHex));
    else expect(made.bytes).toBe(recorded);
    const [response] = messagesIn(one, one.response);
    const told = readResponse(response as ByteString, made, null);
    expect(told.envelope.requestId).toBe(made.requestId);
    expect(encodeMessage(told)).toBe(response);
  });
});

describe('a certified response', () => {
  const certified = recording.cases.filter(({ name }) => /^(resolve-)?certified-/.test(name));

  it.each(
    certified.map((one) => [one.name, one] as const),
  )('is believed if the key of its server signed it: %s', (_, one) => {
    const [recorded] = messagesIn(one, one.request) as [ByteString];
    const [response] = messagesIn(one, one.response) as [ByteString];
    const asked = decodeMessage(recorded);
    if (asked.kind !== 'request') throw new Error('That is no request.');
    const { requestId } = asked.envelope;
    const { opCode, opFlags } = asked.header;
    const request = { requestId, opCode, opFlags, content: asked.content, bytes: recorded };
    expect(readResponse(response, request, KEY).header.responseCode).toBe(1);
    expect(() => readResponse(response, request, OTHER_KEY)).toThrow(/not signed with the key/);
  });

  it('is recorded in many versions', () => {
    expect(certified.length).toBeGreaterThan(6);
  });

  const [, one, { made }] = MADE.find(([name]) => name === 'resolve-certified-tcp#1') as (typeof MADE)[number];
  const [response] = messagesIn(one, one.response) as [ByteString];
  const message = decodeMessage(response);
  if (message.kind !== 'response' || message.credential === null) throw new Error('It is not signed.');
  const { credential } = message;
  const sealed = (more: object) => encodeMessage({ ...message, credential: { ...credential, ...more } });

  it.each<[string, ByteString, ByteString, RegExp]>([
    ['by another key', response, OTHER_KEY, /not signed with the key/],
    ['by a key that is none', response, bytes('nonsense'), /not signed with the key/],
    ['where no key is known', response, bytes(''), /names no key/],
    ['by nobody', encodeMessage({ ...message, credential: null }), KEY, /not signed/],
    ['with a code, not a key', sealed({ type: bytes('HS_MAC') }), KEY, /not signed/],
    ['by MD5', sealed({ algorithm: bytes('MD5') }), KEY, /not known here/],
    ['with a bit turned', sealed({ signature: bytes('s'.repeat(256)) }), KEY, /not signed with the key/],
    ['for another counter', sealed({ signerIndex: 7 }), KEY, /not signed with the key/],
    ['and then changed', response.replace('URL', 'UR1') as ByteString, KEY, /not signed with the key/],
    [
      'of another code',
      encodeMessage({ ...message, header: { ...message.header, expiresAt: 1 } }),
      KEY,
      /not signed with the key/,
    ],
  ])('is not if it is signed %s', (_, bytes, key, reason) => {
    expect(() => readResponse(bytes, made, key)).toThrow(reason);
  });

  it('is not for another request, another operation or another digest', () => {
    expect(() => readResponse(response, { ...made, requestId: 1 }, null)).toThrow(/another request/);
    expect(() => readResponse(response, { ...made, opCode: 2 }, null)).toThrow(/another operation/);
    const digested = MADE.find(([name]) => name === 'resolve-request-digest-udp#1') as (typeof MADE)[number];
    const [told] = messagesIn(digested[1], digested[1].response) as [ByteString];
    const other = { ...digested[2].made, content: bytes('other') };
    expect(() => readResponse(told, digested[2].made, null)).not.toThrow();
    expect(() => readResponse(told, other, null)).toThrow(/digest of another/);
  });

  it('needs its digest, or it could be one of before', () => {
    const wanted = { ...made, opFlags: made.opFlags | 0x0080_0000 };
    expect(() => readResponse(response, wanted, KEY)).toThrow(/no digest/);
  });
});

describe('a response that was spoilt', () => {
  it('is read or refused, and never anything else', () => {
    const told = MADE.flatMap(([, one, { made }]) => messagesIn(one, one.response).map((bytes) => ({ bytes, made })));
    let refused = 0;
    fc.assert(
      fc.property(
        fc.nat(told.length - 1),
        fc.array(fc.tuple(fc.nat(1000), fc.nat(255)), { maxLength: 4 }),
        (i, spoilt) => {
          const { bytes: sound, made } = told[i] as (typeof told)[number];
          const buffer = Buffer.from(sound, 'latin1');
          for (const [at, byte] of spoilt) buffer[at % buffer.length] = byte;
          try {
            readResponse(buffer.toString('latin1') as ByteString, made, i % 2 === 0 ? KEY : null);
          } catch (error) {
            expect(error).toBeInstanceOf(ExchangeFailed);
            refused++;
          }
        },
      ),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});

describe('an upstream that has to certify', () => {
  const start = (site: ReturnType<typeof siteOf>) => ({ kind: 'server', sites: site === null ? [] : [site] }) as const;

  test('is believed if it does, over TCP and UDP', async () => {
    const door = await openHandleDoor({ http: {} });
    await register(door, `${CHAIRS}/OAK`, [{ index: 2, type: 'URL', data: 'https://example.com/oak' }]);
    for (const transport of ['TCP', 'UDP'] as const) {
      const site = siteOfData(siteOn([{ port: door.port, publicKey: KEY }]), () => true);
      const spoken = { isCertified: true, start: start(site), transport };
      const { ask } = handleWorld(door, {}, spoken);
      expect(await ask(`${CHAIRS}/OAK`)).toMatchObject({ values: [{ data: 'https://example.com/oak' }] });
      expect(await ask(`${CHAIRS}/NONE`)).toMatchObject({ kind: 'not-found' });
      const wrong = siteOfData(siteOn([{ port: door.port, publicKey: OTHER_KEY }]), () => true);
      const distrusted = handleWorld(door, {}, { ...spoken, start: start(wrong) });
      await expect(distrusted.ask(`${CHAIRS}/OAK`)).rejects.toMatchObject(because(/not signed with the key/));
    }
    await door.close();
  });

  test('is not if it answers without a signature, and does not get to name a key itself', async () => {
    const server = await handleServer((request, door) => door.send(failure(request, 100)));
    const site = siteOfData(siteOn([{ port: server.port, publicKey: KEY }]), () => true);
    const { ask } = handleWorld(server, { deadlineMs: 400 }, { isCertified: true, start: start(site) });
    await expect(ask()).rejects.toMatchObject(because(/not signed|no digest/));
    expect(server.asked.map(({ request }) => request.header.opCode)).not.toContain(OPERATION.siteInfo);
  });
});
