// The grammar of handles and prefixes: what is accepted, its canonical form, and the nearest thing that is refused.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isHandleError } from '../../src/domain/error.ts';
import { parseHandle, prefixHandleOf, prefixOf, responsiblePrefixOf, suffixOf } from '../../src/domain/handle.ts';
import { MAX_HANDLE_BYTES, MAX_PREFIX_LENGTH } from '../../src/domain/limits.ts';
import { homeOf, isIndustrialPrefix, isWithin, parsePrefix } from '../../src/domain/prefix.ts';

const exact = () => false;
const folding = () => true;

function refused(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (isHandleError(error)) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('a handle', () => {
  test.each([
    ['88.118.10023/CHAIR-01', '88.118.10023/CHAIR-01'],
    ['88.118.10023/chair-01', '88.118.10023/chair-01'], // a suffix is exact
    ['abc.Def/x', 'ABC.DEF/x'], // a prefix is not
    ['88.101.0042/x', '88.101.0042/x'], // segments are strings
    ['88.118.10023/a/b//c', '88.118.10023/a/b//c'], // only the first slash divides
    ['88.118.10023/椅子', '88.118.10023/椅子'],
    ['0.na/88.118.10023x', '0.NA/88.118.10023X'], // the handle system's own are folded whole
    ['20.500.99999/a b', '20.500.99999/a b'],
    ['20.500.99999/é', '20.500.99999/é'], // not composed to é
    ['1/2', '1/2'],
  ])('%s is %s', (text, canonical) => {
    expect(parseHandle(text, exact)).toBe(canonical);
  });

  test.each([
    ['', 'no slash'],
    ['88.118.10023', 'no slash'],
    ['/x', 'no prefix'],
    ['88.118.10023/', 'no suffix'],
    ['88..118/x', 'empty segment'],
    ['.88/x', 'empty segment'],
    ['88./x', 'empty segment'],
    ['88 118/x', 'space in the prefix'],
    ['88.118/a\u0000b', 'control character'],
    ['88.118/a\u0085b', 'control character'],
    ['88.118/a\ud800', 'lone surrogate'],
    [`${'8'.repeat(MAX_PREFIX_LENGTH + 1)}/x`, 'long prefix'],
    [`88.118/${'x'.repeat(MAX_HANDLE_BYTES)}`, 'long handle'],
    [`88.118/${'椅'.repeat(MAX_HANDLE_BYTES / 3)}`, 'long in bytes'],
  ])('%j is refused: %s', (text) => {
    expect(refused(() => parseHandle(text, exact))).toBe('INVALID_HANDLE');
  });

  test('is as long as it may be', () => {
    const text = `88.118/${'x'.repeat(MAX_HANDLE_BYTES - 7)}`;
    expect(parseHandle(text, exact)).toBe(text);
    expect(parseHandle(`${'8'.repeat(MAX_PREFIX_LENGTH)}/x`, exact)).toHaveLength(MAX_PREFIX_LENGTH + 2);
  });

  test('folds ASCII letters alone where its prefix folds', () => {
    expect(parseHandle('20.500.99999/aBc-é-ß', folding)).toBe('20.500.99999/ABC-é-ß');
  });

  test('parsing the canonical form changes nothing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'grapheme' }),
        fc.boolean(),
        (prefix, suffix, folds) => {
          const text = `${prefix}/${suffix}`;
          if (refused(() => parseHandle(text, () => folds)) !== 'accepted') return;
          const once = parseHandle(text, () => folds);
          expect(parseHandle(once, () => folds)).toBe(once);
          expect(`${prefixOf(once)}/${suffixOf(once)}`).toBe(once);
        },
      ),
    );
  });

  test('any text parses or is refused as INVALID_HANDLE', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(['accepted', 'INVALID_HANDLE']).toContain(refused(() => parseHandle(text, exact)));
      }),
    );
  });

  test('a prefix handle speaks for the prefix it names', () => {
    const prefix = parsePrefix('88.118.10023');
    expect(responsiblePrefixOf(prefixHandleOf(prefix))).toBe(prefix);
    expect(responsiblePrefixOf(parseHandle('88.118.10023/x', exact))).toBe(prefix);
  });
});

describe('a prefix', () => {
  test.each([
    ['88.118', true],
    ['86.100.1', true],
    ['88.12345.00042', true],
    ['88.12', false],
    ['88.123456', false],
    ['87.118.1', false],
    ['88.118.a', false],
    ['88.118.1.2', false],
  ])('%s is an industrial one: %s', (text, is) => {
    expect(isIndustrialPrefix(parsePrefix(text))).toBe(is);
  });

  test.each([
    ['88.118.10023', '88.118.10023', true],
    ['88.118.10023.5', '88.118.10023', true],
    ['88.118.10023', '88.118.100', false], // whole segments
    ['88.118', '88.118.100', false],
  ])('%s is within %s: %s', (prefix, scope, is) => {
    expect(isWithin(prefix, scope)).toBe(is);
  });

  test('is at home with the longest homed prefix that covers it', () => {
    const sector = { prefix: parsePrefix('88.118'), foldsCase: false };
    const folded = { prefix: parsePrefix('88.118.7'), foldsCase: true };
    expect(homeOf('88.118.7.1', [sector, folded])).toBe(folded);
    expect(homeOf('88.118.70', [sector, folded])).toBe(sector);
    expect(homeOf('88.119.7', [sector, folded])).toBeNull();
  });
});
