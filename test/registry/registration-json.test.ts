// Which JSON is a registration, and how one that is none is refused without harm to its neighbours.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Registration } from '../../src/registry/registration.ts';
import { parseRegistration } from '../../src/registry/registration-json.ts';

const handle = '88.118.10001/CHAIR';
const values = [{ index: 2000, type: 'PRODUCT_NAME', data: '椅子' }];

function parse(input: unknown): Registration {
  return parseRegistration(input, '/7', { mode: 'upsert' });
}

describe('a registration', () => {
  test('is a put in the default mode unless it says otherwise', () => {
    expect(parse({ handle, values })).toMatchObject({
      operation: 'put',
      handle,
      mode: 'upsert',
      status: 'active',
      parent: null,
      template: null,
      ifMatch: null,
      values: [{ index: 2000, type: 'PRODUCT_NAME' }],
    });
    const given = { operation: 'put', mode: 'create', status: 'reserved', parent: 'a/b', template: null, ifMatch: 3 };
    expect(parse({ ...given, handle, values: [] })).toEqual({ ...given, handle, values: [] });
  });

  test('can be a patch that names only what it changes', () => {
    expect(parse({ operation: 'patch', handle, parent: null, removeIndexes: [2001] })).toEqual({
      operation: 'patch',
      handle,
      ifMatch: null,
      parent: null,
      removeIndexes: [2001],
    });
    expect(parse({ operation: 'patch', handle, status: 'revoked', reason: '召回' })).toMatchObject({
      status: 'revoked',
      reason: '召回',
    });
  });

  test('can be a revocation with its reason', () => {
    expect(parse({ operation: 'revoke', handle, reason: 'recalled' })).toEqual({
      operation: 'revoke',
      handle,
      ifMatch: null,
      reason: 'recalled',
    });
  });

  test.each([
    ['text', 'x', '/7', 'INVALID_REQUEST'],
    ['null', null, '/7', 'INVALID_REQUEST'],
    ['no handle', { values }, '/7', 'INVALID_REQUEST'],
    ['a number as handle', { handle: 1, values }, '/7/handle', 'INVALID_REQUEST'],
    ['no values', { handle }, '/7', 'INVALID_REQUEST'],
    ['an unknown member', { handle, values, vaules: [] }, '/7/vaules', 'INVALID_REQUEST'],
    [
      'a member of the prototype',
      JSON.parse(`{"handle":"${handle}","values":[],"__proto__":{}}`),
      '/7/__proto__',
      'INVALID_REQUEST',
    ],
    ['an unknown operation', { operation: 'delete', handle }, '/7/operation', 'INVALID_REQUEST'],
    ['an unknown mode', { handle, values, mode: 'merge' }, '/7/mode', 'INVALID_REQUEST'],
    ['a put as revoked', { handle, values, status: 'revoked' }, '/7/status', 'INVALID_REQUEST'],
    ['a put with a reason', { handle, values, reason: 'x' }, '/7/reason', 'INVALID_REQUEST'],
    ['revision 0', { handle, values, ifMatch: 0 }, '/7/ifMatch', 'INVALID_REQUEST'],
    ['a revocation without reason', { operation: 'revoke', handle }, '/7', 'INVALID_REQUEST'],
    ['a blank reason', { operation: 'revoke', handle, reason: ' ' }, '/7/reason', 'INVALID_REQUEST'],
    ['a long reason', { operation: 'revoke', handle, reason: 'x'.repeat(501) }, '/7/reason', 'INVALID_REQUEST'],
    ['a patch to revoked without reason', { operation: 'patch', handle, status: 'revoked' }, '/7', 'INVALID_REQUEST'],
    ['a reason without revocation', { operation: 'patch', handle, reason: 'x' }, '/7/reason', 'INVALID_REQUEST'],
    [
      'a bad index to remove',
      { operation: 'patch', handle, removeIndexes: ['1'] },
      '/7/removeIndexes/0',
      'INVALID_REQUEST',
    ],
    ['a bad value', { handle, values: [{ index: 1, type: 'A' }] }, '/7/values/0', 'INVALID_VALUE'],
  ])('with %s is refused at its place', (_, input, at, code) => {
    const refused = parse(input);
    expect(refused).toMatchObject({ operation: 'refused', error: { at, code } });
    expect(refused.handle).toBe((input as { handle?: unknown } | null)?.handle === handle ? handle : '');
  });

  test('is never an exception', () => {
    const members = fc.constantFrom('operation', 'handle', 'values', 'parent', 'status', 'reason', 'mode', 'toString');
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(members, fc.jsonValue())), (input) => {
        expect(parse(input).operation).toMatch(/^(put|patch|revoke|refused)$/);
      }),
    );
  });
});
