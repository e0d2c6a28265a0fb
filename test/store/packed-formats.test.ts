// The other stored and sent formats: blocks of children, log rows, requests and answers between threads.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import type { Change, ChangeOutcome } from '../../src/domain/change.ts';
import { HandleError } from '../../src/domain/error.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { AnswerPacker, unpackAnswers } from '../../src/store/answer-packing.ts';
import { decodeChangeRow, encodeChangeRow } from '../../src/store/change-row-codec.ts';
import { RequestPacker, unpackRequests } from '../../src/store/commit-packing.ts';
import { decodeEntity } from '../../src/store/directory-json.ts';
import { decodeResult, encodeResult } from '../../src/store/idempotency-json.ts';
import { PackedReader, PackedWriter } from '../../src/store/packed-bytes.ts';
import { decodeSuffixes, divideSuffixes, encodeSuffixes, MAX_BLOCK_BYTES } from '../../src/store/packed-suffixes.ts';
import type { CommitRequest } from '../../src/store/registry-store.ts';
import {
  anyBytes,
  anyDraft,
  anyEntry,
  anyHandle,
  anyInstant,
  anyText,
  decodesOrRefuses,
  dictionary,
} from './codec-worlds.ts';

const packed = (write: (out: PackedWriter) => void): ByteString => {
  const out = new PackedWriter();
  write(out);
  return out.toBytes();
};

describe('packed numbers', () => {
  it('come back, from one byte to eight', () => {
    const anyNumber = fc.oneof(
      fc.maxSafeNat(),
      fc.integer({ min: 0, max: 2 ** 29 }),
      fc.constantFrom(0, 127, 128, 2 ** 28),
    );
    fc.assert(
      fc.property(fc.array(anyNumber), (numbers) => {
        const bytes = packed((out) => {
          for (const number of numbers) out.varint(number);
        });
        const from = new PackedReader(bytes);
        expect(numbers.map(() => from.varint())).toEqual(numbers);
        from.end();
      }),
    );
    const anySigned = fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 51), max: 2 ** 51 }));
    fc.assert(
      fc.property(anySigned, (number) => {
        expect(new PackedReader(packed((out) => out.signed(number))).signed()).toBe(number);
      }),
    );
  });

  it('beyond 2⁵³ are refused', () => {
    const tooLarge = `${'\xff'.repeat(7)}\x7f` as ByteString;
    expect(() => new PackedReader(tooLarge).varint()).toThrow(/too large/);
    expect(() => new PackedReader('\xff'.repeat(20) as ByteString).varint()).toThrow(/too large/);
    expect(new PackedReader(`${'\xff'.repeat(7)}\x0f` as ByteString).varint()).toBe(2 ** 53 - 1);
  });
});

const sortedSuffixes = fc
  .uniqueArray(
    fc.oneof(
      anyBytes,
      anyText.map((text) => Buffer.from(text).toString('latin1') as ByteString),
    ),
    { maxLength: 300 },
  )
  .map((suffixes) => suffixes.sort());

describe('blocks of children', () => {
  it('divide without loss or disorder, and each part fits and decodes', () => {
    fc.assert(
      fc.property(sortedSuffixes, fc.boolean(), (suffixes, grewAtEnd) => {
        const blocks = divideSuffixes({ low: '' as ByteString, suffixes }, grewAtEnd);
        expect(blocks.flatMap((block) => block.suffixes)).toEqual(suffixes);
        for (const block of blocks) {
          expect(block.low === '' || block.low === block.suffixes[0]).toBe(true);
          const bytes = packed((out) => encodeSuffixes(block, out));
          expect(bytes.length).toBeLessThanOrEqual(MAX_BLOCK_BYTES);
          expect(decodeSuffixes(block.low, bytes)).toEqual(block.suffixes);
        }
      }),
    );
  });

  it('are filled by children registered in order, and halved by others', () => {
    const suffixes = Array.from({ length: 500 }, (_, i) => `SN-2026-${String(i).padStart(8, '0')}` as ByteString);
    const low = '' as ByteString;
    const sizes = (grewAtEnd: boolean, count: number): number[] =>
      divideSuffixes({ low, suffixes: suffixes.slice(0, count) }, grewAtEnd).map((block) => block.suffixes.length);
    expect(sizes(true, 100)).toEqual([100]);
    const [full = 0, begun = 0] = sizes(true, 200);
    expect(full + begun).toBe(200);
    expect(full).toBeGreaterThan(180);
    expect(Math.abs((sizes(false, 200)[0] as number) - 100)).toBeLessThan(10);
  });

  it('decode or are refused, whatever the bytes', () => {
    fc.assert(fc.property(anyBytes, (bytes) => decodesOrRefuses(() => decodeSuffixes('AB' as ByteString, bytes))));
    fc.assert(
      fc.property(anyBytes, (bytes) =>
        decodesOrRefuses(() => decodeSuffixes('' as ByteString, `\x01${bytes}` as ByteString)),
      ),
    );
  });
});

describe('log rows', () => {
  it('come back, and cost a few bytes for an imported identifier', () => {
    fc.assert(
      fc.property(anyInstant, anyText, anyText, fc.array(anyEntry), (at, principalId, requestId, entries) => {
        const names = dictionary();
        const bytes = packed((out) => encodeChangeRow({ at, principalId, requestId, entries }, names, out));
        expect(decodeChangeRow(7, bytes, names)).toEqual({ sequence: 7, at, principalId, requestId, entries });
      }),
    );
    const entries = Array.from({ length: 1000 }, (_, i) => ({
      subject: 'record' as const,
      action: 'created' as const,
      name: `88.118.10023/SN-2026-${String(i).padStart(8, '0')}`,
      revision: 1,
    }));
    const row = { at: 0, principalId: 'p', requestId: 'r', entries };
    expect(packed((out) => encodeChangeRow(row, dictionary(), out)).length / 1000).toBeLessThan(6);
  });

  it('decode or are refused, whatever the bytes', () => {
    const names = dictionary();
    fc.assert(fc.property(anyBytes, (bytes) => decodesOrRefuses(() => decodeChangeRow(1, bytes, names))));
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        names.principalId('p');
        return decodesOrRefuses(() => decodeChangeRow(1, `\x01\x00\x01\x00${bytes}` as ByteString, names));
      }),
    );
  });
});

const anyChange: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constant('put-record' as const),
    handle: anyHandle,
    expectedRevision: fc.nat(),
    draft: anyDraft,
  }),
  anyDraft
    .filter(({ values }) => values.length > 0)
    .map((draft) => {
      const searchable = [...new Set(draft.values.slice(0, 2).map(({ index }) => index))];
      const values = [...new Map(draft.values.map((value) => [value.index, value])).values()];
      const given = { ...draft, values };
      return {
        kind: 'put-record' as const,
        handle: '88.118.1/S' as Handle,
        expectedRevision: 0,
        draft: given,
        searchable,
      };
    }),
  fc.record({ kind: fc.constant('delete-record' as const), handle: anyHandle, expectedRevision: fc.nat() }),
  fc.record({
    kind: fc.constant('put-principal' as const),
    expectedRevision: fc.nat(),
    principal: fc.record({
      id: anyText,
      name: anyText,
      role: fc.constant('operator' as const),
      scope: fc.constant(null),
      state: fc.constant('active' as const),
    }),
  }),
);

const anyRequest: fc.Arbitrary<CommitRequest> = fc.record({
  principalId: anyText,
  requestId: anyText,
  changes: fc.array(anyChange, { maxLength: 8 }),
  idempotency: fc.option(fc.record({ key: anyText, bodyHash: anyText, note: anyText })),
});

describe('requests and answers between threads', () => {
  it('arrive as they were sent, several in a message', () => {
    const packer = new RequestPacker();
    fc.assert(
      fc.property(fc.array(anyRequest, { maxLength: 4 }), (requests) => {
        for (const [i, request] of requests.entries()) packer.add(i + 1, request);
        const sent = requests.map((request, i) => ({ id: i + 1, request }));
        expect(unpackRequests(packer.take())).toEqual(sent);
        expect(packer.isEmpty).toBe(true);
      }),
    );
  });

  it('leave out a request that cannot be packed, and keep the others', () => {
    const packer = new RequestPacker();
    const request: CommitRequest = { principalId: 'p', requestId: 'r', changes: [], idempotency: null };
    packer.add(1, request);
    expect(() => packer.add(2, { ...request, changes: [null as never] })).toThrow(TypeError);
    packer.add(3, request);
    expect(unpackRequests(packer.take()).map(({ id }) => id)).toEqual([1, 3]);
  });

  it('bring back outcomes, repeats and errors', () => {
    const outcomes: ChangeOutcome[] = [
      { ok: true, revision: 3, at: 1_772_337_600_001 },
      { ok: false, code: 'INVALID_PARENT', message: '父', currentRevision: 0 },
    ];
    const repeated = { bodyHash: 'b', note: '记', outcomes, at: 5 };
    const packer = new AnswerPacker();
    packer.addResult(1, { outcomes, repeated: null });
    packer.addResult(2, { outcomes: [], repeated });
    packer.addError(3, new HandleError('OVERLOADED', '忙', { retryAfterSeconds: 3 }));
    packer.addError(4, new TypeError('a defect'));
    const [done, again, failed, broken] = unpackAnswers(packer.take());
    expect(done).toEqual({ id: 1, result: { outcomes, repeated: null }, error: null });
    expect(again?.result).toEqual({ outcomes: [], repeated });
    expect(failed?.error).toMatchObject({ code: 'OVERLOADED', message: '忙', retryAfterSeconds: 3 });
    expect(failed?.error).toBeInstanceOf(HandleError);
    expect(broken?.error).toMatchObject({ code: 'INTERNAL' });
  });
});

describe('stored JSON', () => {
  it('comes back', () => {
    const outcomes: ChangeOutcome[] = [{ ok: true, revision: 2, at: 9 }];
    const result = { bodyHash: 'b', note: 'n', outcomes, at: 9 };
    const ageKey = '\x00\xff' as ByteString;
    expect(decodeResult(encodeResult(result, ageKey))).toEqual({ result, ageKey });
  });

  it('is refused if it is none, or of another version', () => {
    const bytes = ['', '{', 'null', '1', '{"version":2}'] as ByteString[];
    for (const each of bytes) {
      expect(() => decodeEntity(each)).toThrow(expect.objectContaining({ code: 'STORE_FORMAT' }));
      expect(() => decodeResult(each)).toThrow(expect.objectContaining({ code: 'STORE_FORMAT' }));
    }
  });
});
