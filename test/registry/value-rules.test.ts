// What values must be like: every limit with the last that fits and the first that does not.

import { describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import { isHandleError } from '../../src/domain/error.ts';
import type { HandleValue } from '../../src/domain/handle-value.ts';
import {
  MAX_RECORD_BYTES,
  MAX_REFERENCES,
  MAX_TYPE_LENGTH,
  MAX_VALUE_BYTES,
  MAX_VALUES,
} from '../../src/domain/limits.ts';
import { assertValues } from '../../src/registry/value-rules.ts';
import { value } from './fixture.ts';

/** Where the first broken rule is; null if there is none. */
function brokenAt(...values: HandleValue[]): string | null {
  try {
    assertValues(values);
    return null;
  } catch (error) {
    if (!isHandleError(error, 'INVALID_VALUE')) throw error;
    return error.at ?? '';
  }
}

const many = (count: number) => Array.from({ length: count }, (_, i) => value(i + 1, 'T', ''));

describe('values', () => {
  it('have an index from 1 to 2³¹−1 of their own', () => {
    expect(brokenAt(value(1, 'T', ''), value(0x7fff_ffff, 'T', ''))).toBeNull();
    for (const index of [0, -1, 1.5, 0x8000_0000, Number.NaN]) {
      expect(brokenAt(value(index, 'T', '')), String(index)).toBe('/values/0/index');
    }
    expect(brokenAt(value(5, 'T', ''), value(2, 'T', ''), value(5, 'T', ''))).toBe('/values/2/index');
    expect(brokenAt(value(5, 'T', ''), value(2, 'T', ''), value(4, 'T', ''))).toBeNull();
  });

  it('have a type that can be read', () => {
    for (const type of [
      'URL',
      '产品名称',
      'product name',
      'URL.DE',
      'x'.repeat(MAX_TYPE_LENGTH),
      '名'.repeat(MAX_TYPE_LENGTH),
    ]) {
      expect(brokenAt(value(1, type, '')), type).toBeNull();
    }
    for (const type of ['', ' URL', 'URL ', 'U\nL', 'U\u0085L', 'URL.', 'x'.repeat(MAX_TYPE_LENGTH + 1)]) {
      expect(brokenAt(value(1, type, '')), JSON.stringify(type)).toBe('/values/0/type');
    }
    expect(brokenAt(value(1, 'x', '', { type: '\xff\xfe' as ByteString }))).toBe('/values/0/type');
  });

  it('keep within the limits of data, count and record', () => {
    expect(brokenAt(value(1, 'T', 'x'.repeat(MAX_VALUE_BYTES)))).toBeNull();
    expect(brokenAt(value(1, 'T', 'x'.repeat(MAX_VALUE_BYTES + 1)))).toBe('/values/0/data');
    expect(brokenAt(...many(MAX_VALUES))).toBeNull();
    expect(brokenAt(...many(MAX_VALUES + 1))).toBe('/values');
    const overhead = 26 + 1;
    const big = [1, 2, 3].map((index) => value(index, 'T', 'x'.repeat(MAX_VALUE_BYTES)));
    const rest = MAX_RECORD_BYTES - 3 * (MAX_VALUE_BYTES + overhead) - overhead;
    expect(brokenAt(...big, value(4, 'T', 'x'.repeat(rest)))).toBeNull();
    expect(brokenAt(...big, value(4, 'T', 'x'.repeat(rest + 1)))).toBe('/values');
  });

  it('have TTL, timestamp and permissions that can be written', () => {
    expect(brokenAt(value(1, 'T', '', { ttl: 0 }), value(2, 'T', '', { ttl: 0x7fff_ffff }))).toBeNull();
    expect(brokenAt(value(1, 'T', '', { ttl: 0xffff_ffff, ttlIsAbsolute: true }))).toBeNull();
    expect(brokenAt(value(1, 'T', '', { ttl: -5 }))).toBeNull();
    expect(brokenAt(value(1, 'T', '', { ttl: -(2 ** 31) - 1 }))).toBe('/values/0/ttl');
    expect(brokenAt(value(1, 'T', '', { ttl: -1, ttlIsAbsolute: true }))).toBe('/values/0/ttl');
    expect(brokenAt(value(1, 'T', '', { ttl: 0x8000_0000 }))).toBe('/values/0/ttl');
    expect(brokenAt(value(1, 'T', '', { timestamp: 0x1_0000_0000 }))).toBe('/values/0/timestamp');
    expect(brokenAt(value(1, 'T', '', { permissions: 0 }), value(2, 'T', '', { permissions: 15 }))).toBeNull();
    expect(brokenAt(value(1, 'T', '', { permissions: 16 }))).toBe('/values/0/permissions');
  });

  it('never let the public read a secret key', () => {
    expect(brokenAt(value(301, 'HS_SECKEY', 's', { permissions: 0b1100 }))).toBeNull();
    expect(brokenAt(value(301, 'HS_SECKEY', 's', { permissions: 0b1110 }))).toBe('/values/0/permissions');
    expect(brokenAt(value(301, 'hs_seckey', 's', { permissions: 0b0010 }))).toBe('/values/0/permissions');
  });

  it('refer to handles by index, a few of them', () => {
    const reference = { handle: '0.NA/88.118', index: 300 };
    expect(brokenAt(value(1, 'T', '', { references: new Array(MAX_REFERENCES).fill(reference) }))).toBeNull();
    expect(brokenAt(value(1, 'T', '', { references: new Array(MAX_REFERENCES + 1).fill(reference) }))).toBe(
      '/values/0/references',
    );
    expect(brokenAt(value(1, 'T', '', { references: [reference, { handle: 'no slash', index: 1 }] }))).toBe(
      '/values/0/references/1/handle',
    );
    expect(brokenAt(value(1, 'T', '', { references: [{ ...reference, index: -1 }] }))).toBe(
      '/values/0/references/0/index',
    );
  });
});
