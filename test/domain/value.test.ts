// Values and records: how bytes can be shown, what a filter matches, what is inherited, what counts as a change.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ByteString, bytesFromText, isUtf8, textFromBytes } from '../../src/domain/bytes.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { type HandleRecord, keepTimestamps, saysTheSame } from '../../src/domain/handle-record.ts';
import {
  ALL_VALUES,
  dataFormOf,
  type HandleValue,
  makeValue,
  matchesFilter,
  selectValues,
} from '../../src/domain/handle-value.ts';
import { handedDown, mergeValues, ttlSecondsOf } from '../../src/domain/inheritance.ts';

function value(index: number, type: string, data = 'x', more: Partial<HandleValue> = {}): HandleValue {
  return makeValue({ index, type: bytesFromText(type), data: bytesFromText(data), ...more });
}

function record(handle: string, values: readonly HandleValue[], more: Partial<HandleRecord> = {}): HandleRecord {
  const draft = { status: 'active', parent: null, template: null, reason: null, recall: null, values } as const;
  return { ...draft, handle: handle as Handle, revision: 1, createdAt: 1, updatedAt: 1, ...more };
}

describe('bytes', () => {
  test('hold any text and give it back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(textFromBytes(bytesFromText(text))).toBe(text);
      }),
    );
  });

  test('know whether they are UTF-8', () => {
    expect(isUtf8(bytesFromText('椅子'))).toBe(true);
    expect(isUtf8('\xe6\xa4' as ByteString)).toBe(false); // cut in the middle
    expect(isUtf8('\xc0\x80' as ByteString)).toBe(false); // overlong
  });
});

describe('the form of data', () => {
  test.each([
    ['plain', 'oak, 42 mm'],
    ['plain', '实木椅'],
    ['plain', ''],
    ['text', 'say "yes"'],
    ['text', 'C:\\x'],
    ['text', 'a\tb\n'],
    ['text', 'line\u2028end'],
    ['binary', 'a\u0001'],
    ['binary', 'a\u0000'],
  ])('is %s for %j', (form, text) => {
    expect(dataFormOf(bytesFromText(text))).toBe(form);
  });

  test('is binary for anything that is not UTF-8', () => {
    expect(dataFormOf('\xff\xfe' as ByteString)).toBe('binary');
  });
});

describe('a filter', () => {
  const url = value(1, 'URL');
  const german = value(3, 'URL.de');
  test.each([
    [['URL'], [1]],
    [['URL.'], [1, 3]],
    [['URL.DE'], [3]],
    [['EMAIL'], []],
  ])('of types %j keeps %j', (types, kept) => {
    const filter = { indexes: [], types };
    expect([url, german].filter((v) => matchesFilter(v, filter)).map((v) => v.index)).toEqual(kept);
  });

  test('joins indexes and types by OR', () => {
    expect([url, german].filter((v) => matchesFilter(v, { indexes: [3], types: ['URL'] }))).toHaveLength(2);
  });

  test('never shows a private value to the public', () => {
    const secret = value(7, 'SECRET', 's3', { permissions: 0b1100 });
    expect(selectValues([url, secret], 'public', ALL_VALUES)).toEqual([url]);
    expect(selectValues([url, secret], 'admin', ALL_VALUES)).toEqual([url, secret]);
    expect(selectValues([url, secret], 'public', { indexes: [7], types: [] })).toEqual([]);
  });

  test('shows an administrator whatever the public sees', () => {
    const forAll = value(8, 'NOTE', 'n', { permissions: 0b0010 });
    const forNobody = value(9, 'NOTE', 'n', { permissions: 0b0100 });
    expect(selectValues([forAll, forNobody], 'admin', ALL_VALUES)).toEqual([forAll]);
  });
});

function merge(own: HandleRecord, ancestors: readonly HandleRecord[]): readonly HandleValue[] {
  const nothing: readonly HandleValue[] = [];
  return mergeValues(
    own.values,
    ancestors.reduceRight((fromAbove, ancestor) => handedDown(ancestor.values, fromAbove), nothing),
  );
}

describe('inheritance', () => {
  test('puts own values over the nearest ancestor over the next', () => {
    const model = record('88.1/m', [
      value(2000, 'NAME', 'chair'),
      value(2001, 'BRAND', 'A'),
      value(2002, 'PLANT', 'one'),
    ]);
    const batch = record('88.1/b', [value(2002, 'PLANT', 'two'), value(2003, 'BATCH', '7')]);
    const item = record('88.1/i', [value(2004, 'SERIAL', '1'), value(2003, 'BATCH', '7b')]);
    const merged = merge(item, [batch, model]).map((v) => `${v.index}=${v.data}`);
    expect(merged).toEqual(['2000=chair', '2001=A', '2002=two', '2003=7b', '2004=1']);
  });

  test('keeps administration, keys, templates and HS_ types to their own record', () => {
    const model = record('88.1/m', [
      value(100, 'HS_ADMIN'),
      value(300, 'KEY'),
      value(400, 'SIGNATURE'),
      value(1001, 'TEMPLATE'),
      value(2000, 'hs_site'),
      value(2001, 'NAME'),
    ]);
    expect(merge(record('88.1/i', []), [model]).map((v) => v.index)).toEqual([2001]);
  });

  test('lets a private child value hide the public one above it', () => {
    const model = record('88.1/m', [value(2000, 'PRICE', '100')]);
    const item = record('88.1/i', [value(2000, 'PRICE', '80', { permissions: 0b1100 })]);
    expect(selectValues(merge(item, [model]), 'public', ALL_VALUES)).toEqual([]);
  });

  test('leaves a record without parents in its own order', () => {
    const alone = record('88.1/i', [value(5, 'A'), value(1, 'B')]);
    expect(merge(alone, [])).toBe(alone.values);
  });
});

describe('the TTL of an answer', () => {
  const now = 1_000_000;
  test('is the least of its values', () => {
    expect(ttlSecondsOf([value(1, 'A', 'x', { ttl: 60 }), value(2, 'B')], now, 5)).toBe(60);
  });
  test('ends at the instant an absolute one names, and never below zero', () => {
    expect(ttlSecondsOf([value(1, 'A', 'x', { ttl: 1030, ttlIsAbsolute: true })], now, 5)).toBe(30);
    expect(ttlSecondsOf([value(1, 'A', 'x', { ttl: 10, ttlIsAbsolute: true })], now, 5)).toBe(0);
  });
  test('is the fallback where there is no value', () => {
    expect(ttlSecondsOf([], now, 5)).toBe(5);
  });
});

describe('a draft', () => {
  const before = record('88.1/i', [value(1, 'A', 'x', { timestamp: 7 }), value(2, 'B', 'y', { timestamp: 7 })]);

  test('says the same whatever the timestamps are', () => {
    expect(saysTheSame(before, { ...before, values: [value(1, 'A'), value(2, 'B', 'y')] })).toBe(true);
    expect(saysTheSame(before, { ...before, values: [value(1, 'A'), value(2, 'B', 'z')] })).toBe(false);
    expect(saysTheSame(before, { ...before, values: [value(2, 'B', 'y'), value(1, 'A')] })).toBe(false);
  });

  test('keeps the timestamp of a value it repeats and renews that of one it changes', () => {
    const after = keepTimestamps(before.values, [value(1, 'A'), value(2, 'B', 'z')]);
    expect(after.map((v) => v.timestamp)).toEqual([7, 0]);
  });
});
