// The stored form of records: nothing is lost, nothing is read past the end, and little room is taken.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import { AT_COMMIT } from '../../src/domain/handle-value.ts';
import { PackedWriter } from '../../src/store/packed-bytes.ts';
import {
  decodeHead,
  decodeRecord,
  decodeSearchable,
  type EncodedHead,
  encodeRecord,
  type RecordBody,
} from '../../src/store/record-codec.ts';
import { anyBody, anyBytes, anyInstant, decodesOrRefuses, dictionary } from './codec-worlds.ts';
import { h, NOON, text } from './world.ts';

const anyHead: fc.Arbitrary<EncodedHead> = fc.record({
  status: fc.constantFrom('reserved', 'active', 'revoked', 'deleted'),
  revision: fc.integer({ min: 1, max: 2 ** 40 }),
  createdAt: anyInstant,
  updatedAt: anyInstant,
  parentNode: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  node: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});

const HEAD: EncodedHead = { status: 'active', revision: 1, createdAt: NOON, updatedAt: NOON, parentNode: 0, node: 0 };
const EMPTY: RecordBody = { template: null, reason: null, recall: null, values: [] };

function encode(head: EncodedHead, body: RecordBody, names = dictionary()): ByteString {
  const out = new PackedWriter();
  encodeRecord(head, body, names, out);
  return out.toBytes();
}

describe('a stored record', () => {
  it('decodes to what was encoded', () => {
    fc.assert(
      fc.property(anyHead, anyBody, fc.integer({ min: 0, max: 3 }), (head, body, capacity) => {
        // A dictionary that is full leaves names in full.
        const names = dictionary(capacity);
        const bytes = encode(head, body, names);
        const isRecalled = head.status !== 'deleted' && body.recall !== null;
        expect(decodeHead(bytes)).toEqual({ ...head, isRecalled, isSearchable: false });
        const record = decodeRecord(h('A'), bytes, names);
        const { status, revision, createdAt, updatedAt } = head;
        const parent = head.parentNode === 0 ? null : names.node(head.parentNode);
        const whole = { handle: h('A'), parent, status, revision, createdAt, updatedAt, ...body };
        expect(record).toEqual(status === 'deleted' ? null : whole);
      }),
    );
  });

  it('tells which of its values can be searched, and is else as it was', () => {
    const values = [text(2000, 'a'), text(2001, 'b'), text(2002, 'c')];
    const names = dictionary();
    const bytes = encode(HEAD, { ...EMPTY, values, searchable: [2000, 2002] }, names);
    expect(decodeHead(bytes)).toMatchObject({ isSearchable: true });
    expect(decodeSearchable(bytes, names).map(({ index }) => index)).toEqual([2000, 2002]);
    const plain = encode(HEAD, { ...EMPTY, values }, names);
    expect(decodeRecord(h('A'), bytes, names)).toEqual(decodeRecord(h('A'), plain, names));
    expect(bytes.length).toBe(plain.length + 1);
  });

  it('is read whole or refused, whatever the bytes', () => {
    const names = dictionary();
    fc.assert(fc.property(anyBytes, (bytes) => decodesOrRefuses(() => decodeRecord(h('A'), bytes, names))));
    fc.assert(fc.property(anyBytes, (bytes) => decodesOrRefuses(() => decodeHead(bytes))));
  });

  it('is refused if it is cut off, continued or changed beyond meaning', () => {
    fc.assert(
      fc.property(anyHead, anyBody, fc.nat(), fc.integer({ min: 0, max: 255 }), (head, body, at, byte) => {
        const names = dictionary();
        const bytes = encode(head, body, names);
        const refused = expect.objectContaining({ code: 'STORE_FORMAT' });
        const cut = bytes.slice(0, at % bytes.length) as ByteString;
        expect(() => decodeRecord(h('A'), cut, names)).toThrow(refused);
        expect(() => decodeRecord(h('A'), `${bytes}\x00` as ByteString, names)).toThrow(refused);
        const place = at % bytes.length;
        const changed = (bytes.slice(0, place) + String.fromCharCode(byte) + bytes.slice(place + 1)) as ByteString;
        expect(decodesOrRefuses(() => decodeRecord(h('A'), changed, names))).toBe(true);
      }),
    );
  });

  it('of a newer version is refused with its version', () => {
    const newer = `\x02${encode(HEAD, EMPTY).slice(1)}` as ByteString;
    expect(() => decodeRecord(h('A'), newer, dictionary())).toThrow(/version 2.*this program reads 1/);
  });

  it('gives values without a timestamp the second of the commit, at no cost', () => {
    const names = dictionary();
    const atCommit = encode(HEAD, { ...EMPTY, values: [text(2000, 'x', { timestamp: AT_COMMIT })] }, names);
    const sameSecond = encode(HEAD, { ...EMPTY, values: [text(2000, 'x', { timestamp: NOON / 1000 })] }, names);
    expect(sameSecond).toBe(atCommit);
    expect(decodeRecord(h('A'), atCommit, names)?.values[0]?.timestamp).toBe(NOON / 1000);
    const older = encode(HEAD, { ...EMPTY, values: [text(2000, 'x', { timestamp: NOON / 1000 - 1 })] }, names);
    expect(older.length).toBe(atCommit.length + 1);
  });

  it('takes 45 bytes for an item with two values of 12 bytes', () => {
    const values = [text(2000, 'ABCDEFGHIJKL'), text(2001, 'abcdefghijkl')];
    expect(encode({ ...HEAD, parentNode: 70_000 }, { ...EMPTY, values }).length).toBeLessThanOrEqual(45);
  });
});
