// Any message of the Handle protocol, for laws: every body with the operations that have it.

import fc from 'fast-check';
import { type ByteString, EMPTY_BYTES } from '../../src/domain/bytes.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import { MAC, makeCredential } from '../../src/wire/credential.ts';
import type { Envelope } from '../../src/wire/envelope.ts';
import type { Header } from '../../src/wire/message.ts';
import { OPERATION, RESPONSE } from '../../src/wire/protocol.ts';
import type { RequestBody } from '../../src/wire/request-body.ts';
import type { ResponseContent } from '../../src/wire/response-body.ts';
import { SESSION_MODE } from '../../src/wire/session-body.ts';

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array).toString('latin1') as ByteString);
const int = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const natural = fc.nat({ max: 0x7fff_ffff });
const value = fc
  .record({
    index: int,
    timestamp: int,
    ttl: int,
    ttlIsAbsolute: fc.boolean(),
    permissions: fc.nat({ max: 15 }),
    type: bytes,
    data: bytes,
    references: fc.array(fc.record({ handle: fc.string({ unit: 'binary', maxLength: 9 }), index: natural }), {
      maxLength: 2,
    }),
  })
  .map(makeValue);
export const digest = fc.constantFrom(
  { algorithm: 'old' as const, digest: 'm'.repeat(16) as ByteString },
  { algorithm: 'md5' as const, digest: 'm'.repeat(16) as ByteString },
  { algorithm: 'sha1' as const, digest: 's'.repeat(20) as ByteString },
  { algorithm: 'sha256' as const, digest: 'S'.repeat(32) as ByteString },
);
const handle = bytes;
const indexes = fc.array(int, { maxLength: 3 });

export const requests: fc.Arbitrary<readonly [opCode: number, body: RequestBody]> = fc.oneof(
  of(
    ['resolution'],
    fc.record({ kind: fc.constant('resolution' as const), handle, indexes, types: fc.array(bytes), trailer: bytes }),
  ),
  of(
    [
      'siteInfo',
      'deleteHandle',
      'listHandles',
      'homePrefix',
      'unhomePrefix',
      'listHomedPrefixes',
      'sessionTerminate',
      'backupServer',
    ],
    fc.record({ kind: fc.constant('handle' as const), handle }),
  ),
  of(
    ['createHandle', 'addValue', 'modifyValue'],
    fc.record({ kind: fc.constant('values' as const), handle, values: fc.array(value, { maxLength: 3 }) }),
  ),
  of(['removeValue'], fc.record({ kind: fc.constant('remove-values' as const), handle, indexes })),
  of(
    ['challengeAnswer'],
    fc.record({
      kind: fc.constant('challenge-answer' as const),
      authType: bytes,
      identityHandle: bytes,
      identityIndex: int,
      answer: bytes,
    }),
  ),
  of(
    ['verifyChallenge'],
    fc.record({
      kind: fc.constant('verify-challenge' as const),
      handle,
      index: int,
      nonce: bytes,
      digest,
      answer: bytes,
    }),
  ),
  of(
    ['sessionSetup'],
    fc.record({
      kind: fc.constant('session-setup' as const),
      mode: fc.constantFrom(SESSION_MODE.clientCipher, SESSION_MODE.diffieHellman),
      timeoutSeconds: int,
      identityHandle: bytes,
      identityIndex: int,
      publicKey: bytes,
      keyHandle: fc.constant(EMPTY_BYTES),
      keyIndex: fc.constant(0),
      trailer: bytes,
    }),
  ),
  of(['sessionKeyExchange'], fc.record({ kind: fc.constant('session-key' as const), key: bytes })),
  of(
    ['retrieveTransactions'],
    fc.record({
      kind: fc.constant('transactions' as const),
      state: bytes,
      lastTransactionId: fc.constant(EMPTY_BYTES),
      lastQueryDate: fc.constant(EMPTY_BYTES),
      hashType: fc.nat({ max: 255 }),
      serverCount: int,
      serverNumber: int,
    }),
  ),
  of(
    ['dumpHandles'],
    fc.record({
      kind: fc.constant('dump' as const),
      from: fc.option(fc.record({ handle: bytes, kind: int })),
      hashType: fc.nat({ max: 255 }),
      serverCount: int,
      serverNumber: int,
    }),
  ),
  of(['nationalLogin'], fc.record({ kind: fc.constant('unknown' as const), bytes })),
);

export const responses: fc.Arbitrary<readonly [opCode: number, responseCode: number, content: ResponseContent]> =
  fc.oneof(
    answer(
      'resolution',
      fc.record({ kind: fc.constant('values' as const), handle, values: fc.array(value, { maxLength: 3 }) }),
    ),
    answer('siteInfo', fc.record({ kind: fc.constant('site' as const), site: bytes })),
    answer('createHandle', fc.record({ kind: fc.constant('created' as const), handle: fc.option(handle) })),
    answer('listHandles', fc.record({ kind: fc.constant('handles' as const), handles: fc.array(handle) })),
    answer('verifyChallenge', fc.record({ kind: fc.constant('verified' as const), isRight: fc.boolean() })),
    answer(
      'sessionSetup',
      fc.record({ kind: fc.constant('session' as const), mode: fc.nat({ max: 9 }), data: bytes, trailer: bytes }),
    ),
    answer('deleteHandle', fc.record({ kind: fc.constant('done' as const), bytes })),
    answer(
      'addValue',
      fc.record({ kind: fc.constant('challenge' as const), nonce: bytes }),
      RESPONSE.authenticationNeeded,
    ),
    answer(
      'resolution',
      fc.record({
        kind: fc.constant('referral' as const),
        handle,
        values: fc.option(fc.array(value, { maxLength: 2 })),
      }),
      RESPONSE.prefixReferral,
    ),
    answer(
      'resolution',
      fc.record({ kind: fc.constant('failure' as const), message: bytes, indexes: fc.option(indexes) }),
      RESPONSE.invalidHandle,
    ),
  );

function of<B extends RequestBody>(
  operations: readonly (keyof typeof OPERATION)[],
  body: fc.Arbitrary<B>,
): fc.Arbitrary<readonly [number, RequestBody]> {
  return fc.tuple(fc.constantFrom(...operations.map((name) => OPERATION[name])), body);
}

function answer<C extends ResponseContent>(
  operation: keyof typeof OPERATION,
  content: fc.Arbitrary<C>,
  responseCode: number = RESPONSE.success,
): fc.Arbitrary<readonly [number, number, ResponseContent]> {
  return fc.tuple(fc.constant(OPERATION[operation]), fc.constant(responseCode), content);
}

export const envelope: fc.Arbitrary<Envelope> = fc.record({
  major: fc.constant(2),
  minor: fc.integer({ min: 9, max: 11 }),
  isCompressed: fc.boolean(),
  isEncrypted: fc.constant(false),
  isTruncated: fc.constant(false),
  suggestedMajor: fc.nat({ max: 31 }),
  suggestedMinor: fc.nat({ max: 255 }),
  sessionId: int,
  requestId: int,
  sequence: fc.constant(0),
  messageLength: fc.constant(0),
});
export const credential = fc.option(
  fc
    .record({ counter: int, algorithm: bytes, signature: bytes })
    .map((given) => makeCredential({ type: MAC, ...given })),
);
export const header = (opCode: number, responseCode: number, opFlags: number): Header => {
  return { opCode, responseCode, opFlags, siteInfoSerial: 0xffff, recursionCount: 3, reserved: 0, expiresAt: 7 };
};
