// Records as nodes share them: nothing is lost without the dictionaries of a store, and what is no record is none.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import type { HandleRecord } from '../../src/domain/handle-record.ts';
import { decodeLoneRecord, encodeLoneRecord } from '../../src/store/lone-record.ts';
import { anyBody, anyBytes, anyHandle, anyInstant } from './codec-worlds.ts';

const anyRecord: fc.Arbitrary<HandleRecord> = fc
  .record({
    handle: anyHandle,
    parent: fc.option(anyHandle),
    status: fc.constantFrom('reserved' as const, 'active' as const, 'revoked' as const),
    revision: fc.integer({ min: 1, max: 2 ** 40 }),
    createdAt: anyInstant,
    updatedAt: anyInstant,
    body: anyBody,
  })
  .map(({ body, ...rest }) => ({ ...rest, ...body }));

test('a record comes back as it was, with the instant at which it was read', () => {
  fc.assert(
    fc.property(anyRecord, anyInstant, (record, readAt) => {
      expect(decodeLoneRecord(record.handle, encodeLoneRecord({ record, readAt }))).toEqual({ record, readAt });
    }),
  );
});

test('any other bytes are no record, and no failure', () => {
  fc.assert(
    fc.property(anyRecord, anyBytes, fc.nat(), ({ handle, ...record }, bytes, at) => {
      expect(decodeLoneRecord(handle, bytes)).toBeNull();
      const text = encodeLoneRecord({ record: { handle, ...record }, readAt: 1 });
      expect(decodeLoneRecord(handle, text.slice(0, at % text.length) as ByteString)).toBeNull();
      expect(decodeLoneRecord(handle, `3${text.slice(1)}` as ByteString)).toBeNull();
    }),
  );
});
