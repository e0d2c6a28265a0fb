// What is no JSON is refused where it breaks.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HandleError } from '../../src/domain/error.ts';
import { parseJsonText } from '../../src/wire/json-text.ts';

test.each([
  ['', 'line 1, column 1'],
  ['{"a":}', 'line 1, column 6'],
  ['{"a" 1}', 'line 1, column 6'],
  ['{"a":1,}', 'line 1, column 8'],
  ['{a:1}', 'line 1, column 2'],
  ['[1,]', 'line 1, column 4'],
  ['[1 2]', 'line 1, column 4'],
  ['[1}', 'line 1, column 3'],
  ['{"a":1', 'line 1, column 7'],
  ['{}\n{}', 'line 2, column 1'],
  ['{\n "a": 01\n}', 'line 2, column 7'],
  ['{\n "a": "x\n"}', 'line 2, column 7'],
  ['["\\x"]', 'line 1, column 2'],
  ['[1.]', 'line 1, column 2'],
  ['[nul]', 'line 1, column 2'],
  ["['a']", 'line 1, column 2'],
])('%j breaks at %s', (text, at) => {
  expect(() => parseJsonText(text)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST', at }));
});

test('JSON is parsed', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(parseJsonText(text)).toEqual(JSON.parse(text));
    }),
  );
});

test('JSON with a character changed is parsed or refused at a place within it', () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', '"', ',', ':', '}', ']', '\\', 'x', '\n', '0'),
      (json, at, wrong) => {
        const place = at % json.length;
        const text = json.slice(0, place) + wrong + json.slice(place + 1);
        try {
          parseJsonText(text);
        } catch (error) {
          expect(error).toBeInstanceOf(HandleError);
          expect((error as HandleError).at).toMatch(/^line \d+, column \d+$/);
        }
      },
    ),
    { numRuns: 1000 },
  );
});
