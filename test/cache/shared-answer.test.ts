// Answers of others as nodes share them: what is handed on unread is what reading them would have given.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOfAnswer } from '../../src/cache/answer-size.ts';
import { foreignFound, UnreadFound } from '../../src/cache/foreign-found.ts';
import { decodeShared, encodeShared } from '../../src/cache/shared-answer.ts';
import { bytesFromText } from '../../src/domain/bytes.ts';
import type { ForeignAnswer, ForeignFound } from '../../src/domain/foreign-answer.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { type HandleValue, makeValue } from '../../src/domain/handle-value.ts';
import { formatValues } from '../../src/wire/value-json.ts';

const KEY = { site: null };
const HANDLE = '20.500/OAK' as Handle;
const LEARNED_AT = 1_700_000_000_123;
const basis = {
  handle: HANDLE,
  learned: { learnedAt: LEARNED_AT, refreshFrom: 1, freshUntil: 2, staleUntil: 3 },
  validity: { epoch: 1, changeSlots: [1], creationSlot: 1 },
  ttlSeconds: 60,
};

const found = (...values: readonly HandleValue[]): ForeignFound => ({ kind: 'found', learnedAt: LEARNED_AT, values });
const text = (value: string, more: Partial<HandleValue> = {}): HandleValue =>
  makeValue({ index: 1, type: bytesFromText('NAME'), data: bytesFromText(value), timestamp: 1_700_000_000, ...more });

function shared(answer: ForeignAnswer): ForeignAnswer {
  const decoded = decodeShared(encodeShared(KEY, answer), KEY);
  if (decoded === null) throw new Error('it was not taken');
  return decoded;
}

const references = fc.array(fc.record({ handle: fc.string({ unit: 'binary' }), index: fc.nat(1000) }), {
  maxLength: 2,
});
const anyValue = fc
  .record({
    index: fc.integer({ min: 1, max: 0x7fffffff }),
    type: fc.constantFrom('URL', 'HS_ADMIN', 'HS_SITE', 'RECALL', '名称').map(bytesFromText),
    data: fc.oneof(
      fc.string().map(bytesFromText),
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1')),
    ),
    ttl: fc.nat(0x7fffffff),
    ttlIsAbsolute: fc.boolean(),
    timestamp: fc.nat(0xffffffff),
    permissions: fc.nat(15),
    references,
  })
  .map((value) => makeValue(value as Parameters<typeof makeValue>[0]));

test('whatever others told comes back as it was told', () => {
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 4 }), fc.nat(), (values, learnedAt) => {
      const { kind, values: back, learnedAt: at } = shared({ kind: 'found', values, learnedAt }) as ForeignFound;
      expect({ kind, values: back, learnedAt: at }).toEqual({ kind: 'found', values, learnedAt });
    }),
  );
  expect(shared({ kind: 'not-found', learnedAt: 7 })).toEqual({ kind: 'not-found', learnedAt: 7 });
});

test('an answer that everybody may see is handed on unread, and says the same as one that was read', () => {
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 3 }), (values) => {
      const told = found(...values);
      const [unread, plain] = [foreignFound(basis, shared(told) as ForeignFound), foreignFound(basis, told)];
      const publicJson = formatValues(values.filter(({ permissions }) => (permissions & 2) !== 0));
      if (unread.renderings.values !== null) expect(unread.renderings.values).toBe(publicJson);
      expect(unread.record.revision).toBe(plain.record.revision);
      expect(unread.recalls).toEqual(plain.recalls);
      expect(unread.values).toEqual(plain.values);
      expect(unread.record.values).toEqual(plain.record.values);
      if (unread instanceof UnreadFound) expect(unread.read()).toEqual(plain);
    }),
  );
});

test('usual values are handed on unread; those of which some are not for everybody are not', () => {
  const usual = shared(
    found(text('橡木'), text('plain', { index: 2, references: [{ handle: '20.500/X', index: 2 }] })),
  );
  expect(usual).toMatchObject({ digest: { isRecalled: false, ttlSeconds: 86_400 } });
  expect(shared(found(text('oak'), text('secret', { index: 2, permissions: 0b1100 })))).not.toHaveProperty('digest');
});

test('an answer that nobody has read weighs no less than one that was', () => {
  const names = fc.array(fc.string({ maxLength: 200 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(names, (texts) => {
      const told = found(...texts.map((one, i) => text(one, { index: i + 1 })));
      const unread = foreignFound(basis, shared(told) as ForeignFound);
      expect(unread).toBeInstanceOf(UnreadFound);
      expect(bytesOfAnswer(unread)).toBeGreaterThanOrEqual(bytesOfAnswer(foreignFound(basis, told)));
    }),
  );
});

test('the lifetime of an answer is that of its shortest value, counted from when it was learned', () => {
  const until = Math.floor(LEARNED_AT / 1000) + 50;
  const answer = shared(found(text('a', { ttl: 300 }), text('b', { index: 2, ttl: until, ttlIsAbsolute: true })));
  expect(answer).toMatchObject({ digest: { ttlSeconds: 50 } });
});

test('what somebody else has put in its place is not taken for values', () => {
  const answer = decodeShared(bytesFromText('2 - shown 5 7 600 1 0\n["oak"]'), KEY);
  expect(() => (answer as ForeignFound).values).toThrow(expect.objectContaining({ code: 'UPSTREAM_UNAVAILABLE' }));
});
