// Where a text stops being JSON.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonMistake } from '../../src/http-server/json-place.ts';
import { parseJson } from '../../src/http-server/request-json.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('the place of a mistake', () => {
  it('is the end, where nothing more should follow, exactly of what is JSON', () => {
    const strange = fc.constantFrom('', ',', '}', ']', ':', '"', 'x', '\n', '0', '-', '\\', '\u0001');
    fc.assert(
      fc.property(fc.json(), fc.nat(), strange, (json, at, character) => {
        const where = at % (json.length + 1);
        const text = json.slice(0, where) + character + json.slice(where + 1);
        const { offset, expected } = findJsonMistake(text);
        expect(offset).toBeLessThanOrEqual(text.length);
        expect(offset === text.length && expected === 'nothing more').toBe(isJson(text));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['', 1, 1, 'a value'],
    ['{"a":}', 1, 6, 'a value'],
    ['{"a" 1}', 1, 6, '":"'],
    ['{a:1}', 1, 2, 'a member name in double quotes or "}"'],
    ['[1,]', 1, 4, 'a value'],
    ['{"a":1,}', 1, 8, 'a member name in double quotes'],
    ['[1\n 2]', 2, 2, '"," or "]"'],
    ['{"a":1]', 1, 7, '"," or "}"'],
    ['[1] 2', 1, 5, 'nothing more'],
    ['"\t"', 1, 1, 'a value'],
    ['[01]', 1, 3, '"," or "]"'],
  ])('of %j is line %i, column %i', (text, line, column, expected) => {
    expect(() => parseJson(text, 1)).toThrow(`line ${line}, column ${column}: ${expected} should follow`);
  });
});
