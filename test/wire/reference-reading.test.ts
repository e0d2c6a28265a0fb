// Values as clients of the reference Handle server send them: what is read more kindly than elsewhere, and what is not.

import { describe, expect, test } from 'vitest';
import { HandleError } from '../../src/domain/error.ts';
import type { HandleValue } from '../../src/domain/handle-value.ts';
import { formatValue, parseValues } from '../../src/wire/value-json.ts';

describe('values as clients of the reference server send them', () => {
  const read = (item: object) =>
    parseValues([{ index: 1, type: 'A', data: 'x', ...item }], '', 'reference')[0] as HandleValue;

  test('permissions are a binary number of any length below 16, or * for all', () => {
    const given = ['0000', '0110', '1111', '110', '*', '00010'];
    expect(given.map((permissions) => read({ permissions }).permissions)).toEqual([0, 6, 15, 6, 15, 2]);
    for (const permissions of ['10000', '', '12', 1110]) expect(() => read({ permissions })).toThrow(HandleError);
    for (const permissions of ['110', '*', '00010']) {
      expect(() => parseValues([{ index: 1, type: 'A', data: 'x', permissions }], '')).toThrow(HandleError);
    }
  });

  test('permissions of HS_ADMIN may be fewer digits, or * for all', () => {
    const admin = (permissions: string) => ({
      type: 'HS_ADMIN',
      data: { format: 'admin', value: { handle: 'x/y', index: 1, permissions } },
    });
    const bits = (permissions: string) => JSON.parse(formatValue(read(admin(permissions)))).data.value.permissions;
    expect(['*', '11', '000000000011'].map(bits)).toEqual(['111111111111', '000000000011', '000000000011']);
    expect(() => read(admin('1'.repeat(13)))).toThrow(HandleError);
    expect(() => parseValues([{ index: 1, ...admin('11') }], '')).toThrow(HandleError);
  });

  test('relative TTLs may be negative, members unknown, and an index is the registry’s to judge', () => {
    expect(read({ ttl: -5, note: 'mine', index: 0 })).toMatchObject({ ttl: -5, index: 0 });
    expect(() => read({ ttl: '1901-01-01T00:00:00Z' })).toThrow(HandleError);
    expect(() => read({ index: 1.5 })).toThrow(HandleError);
  });
});
