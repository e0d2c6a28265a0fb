// How values look as JSON, and which JSON becomes values: against recorded answers of the reference server, and by law.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ByteString, bytesFromText, textFromBytes } from '../../src/domain/bytes.ts';
import { HandleError } from '../../src/domain/error.ts';
import { type HandleValue, makeValue, sameValue } from '../../src/domain/handle-value.ts';
import { formatJsonText, formatValue, formatValues, parseValues } from '../../src/wire/value-json.ts';

interface Recorded {
  readonly cases: readonly {
    readonly name: string;
    readonly written: readonly { readonly index: number; readonly [member: string]: unknown }[];
    readonly read: string;
  }[];
}

const recorded = JSON.parse(readFileSync(new URL('../vectors/value-json.json', import.meta.url), 'utf8')) as Recorded;

function parseOne(item: object): HandleValue {
  const [value] = parseValues([item], '');
  if (value === undefined) throw new Error('one value was given');
  return value;
}

function refusalOf(input: unknown): HandleError {
  try {
    parseValues(input, '/values');
  } catch (error) {
    if (error instanceof HandleError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(input)} was taken`);
}

describe('the answers of the reference server', () => {
  // We read these more strictly than it does; see the refusals below.
  const refused = new Set([
    'ttls, references and escapes#3',
    'ttls, references and escapes#7',
    'ttls, references and escapes#8',
  ]);

  test.each(recorded.cases)('$name: what was written comes back byte for byte', ({ name, written, read }) => {
    const shown = JSON.parse(read) as { readonly index: number; readonly timestamp: string }[];
    const expected = read.slice(1, -1).split(/,(?=\{"index":\d+,"type")/);
    let compared = 0;
    for (const item of written) {
      if (refused.has(`${name}#${item.index}`)) continue;
      const at = shown.findIndex((value) => value.index === item.index);
      const answer = shown[at];
      if (answer === undefined) continue; // private, and asked for in public
      const value = { ...parseOne(item), timestamp: Date.parse(answer.timestamp) / 1000 };
      expect(textFromBytes(formatValue(value))).toBe(expected[at]);
      compared++;
    }
    expect(compared).toBeGreaterThan(2);
  });

  test.each(recorded.cases)('$name: what it shows can be written back', ({ name, read }) => {
    const shown = (JSON.parse(read) as { readonly index: number }[]).filter(
      ({ index }) => !refused.has(`${name}#${index}`) || index !== 3,
    );
    expect(parseValues(shown, '')).toHaveLength(shown.length);
  });
});

describe('formatting', () => {
  test('an array of values is a JSON array in their order', () => {
    const values = [7, 3].map((index) =>
      makeValue({ index, type: bytesFromText('URL'), data: bytesFromText('x'), timestamp: 1 }),
    );
    expect(formatValues([])).toBe('[]');
    expect(JSON.parse(formatValues(values)).map((value: { index: number }) => value.index)).toEqual([7, 3]);
  });

  test('text is UTF-8 bytes, and what ends a line in JavaScript is escaped', () => {
    expect(formatJsonText('北欧\u2028\u2029"\n')).toBe(Buffer.from('"北欧\\u2028\\u2029\\"\\n"').toString('latin1'));
    const value = makeValue({ index: 1, type: bytesFromText('品名'), data: bytesFromText('椅子\u2028') });
    expect(textFromBytes(formatValue(value))).toContain(
      '"type":"品名","data":{"format":"string","value":"椅子\\u2028"}',
    );
  });

  test('a value with a memo is rendered once', () => {
    const memo = { json: null as ByteString | null };
    const value = { ...makeValue({ index: 1, type: bytesFromText('URL'), data: bytesFromText('x') }), memo };
    const json = formatValue(value);
    expect(json).toBe(formatValue({ ...value, memo: null }));
    expect(memo.json).toBe(json);
    expect(formatValue({ ...value, data: bytesFromText('another') })).toBe(json);
  });

  test('values that fall on the same remembered fragment do not get each other’s', () => {
    const property = fc.property(
      fc.array(
        fc.tuple(
          fc.integer({ min: 1, max: 9000 }),
          fc.constantFrom('AB', 'BA', 'URL', 'L'),
          fc.integer({ min: 0, max: 4e9 }),
          fc.nat({ max: 15 }),
          fc.nat({ max: 3000 }),
        ),
        { minLength: 50, maxLength: 300 },
      ),
      (rows) => {
        for (const [index, type, timestamp, permissions, ttl] of rows) {
          const value = makeValue({
            index,
            type: bytesFromText(type),
            data: bytesFromText('d'),
            timestamp,
            permissions,
            ttl,
          });
          const json = JSON.parse(formatValue(value));
          expect(json).toEqual({
            index,
            type,
            data: { format: 'string', value: 'd' },
            ...(permissions === 14 ? {} : { permissions: permissions.toString(2).padStart(4, '0') }),
            ttl,
            timestamp: new Date(timestamp * 1000).toISOString().replace('.000', ''),
          });
        }
      },
    );
    fc.assert(property, { numRuns: 30 });
  });
});

const anyValue: fc.Arbitrary<HandleValue> = fc
  .record({
    index: fc.integer({ min: 1, max: 0x7fff_ffff }),
    type: fc.oneof(
      fc.constantFrom('URL', 'HS_ADMIN', 'HS_SITE.6', 'HS_VLIST', 'HS_PUBKEY', '品名'),
      fc.string({ unit: 'binary', minLength: 1 }),
    ),
    data: fc.oneof(
      fc.string({ unit: 'binary' }).map(bytesFromText),
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1') as ByteString),
    ),
    ttl: fc.integer({ min: 0, max: 0x7fff_ffff }),
    ttlIsAbsolute: fc.boolean(),
    permissions: fc.nat({ max: 15 }),
    references: fc.array(fc.record({ handle: fc.string({ unit: 'binary' }), index: fc.nat({ max: 0x7fff_ffff }) }), {
      maxLength: 3,
    }),
    timestamp: fc.nat(),
  })
  .map((given) => makeValue({ ...given, type: bytesFromText(given.type) }));

describe('parsing', () => {
  test('takes back whatever formatting wrote', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const json = JSON.parse(textFromBytes(formatValue(value)));
        const again = parseOne(json);
        expect(sameValue(again, value)).toBe(true);
        expect(again.dataForm).toBe(value.dataForm);
      }),
      { numRuns: 500 },
    );
  });

  test('any JSON is values or an INVALID_VALUE with a pointer', () => {
    const members = fc.constantFrom(
      'index',
      'type',
      'data',
      'ttl',
      'permissions',
      'references',
      'timestamp',
      '__proto__',
      'x',
    );
    const input = fc.oneof(fc.jsonValue(), fc.array(fc.dictionary(members, fc.jsonValue())));
    fc.assert(
      fc.property(input, (json) => {
        try {
          parseValues(json, '/values');
        } catch (error) {
          expect(error).toBeInstanceOf(HandleError);
          expect((error as HandleError).code).toBe('INVALID_VALUE');
          expect((error as HandleError).at).toMatch(/^\/values/);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('what is not named has its default, and a timestamp is not the writer’s to give', () => {
    expect(parseOne({ index: 1, type: 'URL', data: 'x', timestamp: '2001-01-01T00:00:00Z' })).toEqual(
      makeValue({ index: 1, type: bytesFromText('URL'), data: bytesFromText('x') }),
    );
  });

  test('permissions are what they say, each of them', () => {
    for (let bits = 0; bits < 16; bits++) {
      const permissions = bits.toString(2).padStart(4, '0');
      expect(parseOne({ index: 1, type: 'A', data: 'x', permissions }).permissions).toBe(bits);
    }
  });

  test('a ttl is seconds or an instant', () => {
    expect(parseOne({ index: 1, type: 'A', data: 'x', ttl: 0 })).toMatchObject({ ttl: 0, ttlIsAbsolute: false });
    expect(parseOne({ index: 1, type: 'A', data: 'x', ttl: '2033-01-02T11:04:05+08:00' })).toMatchObject({
      ttl: Date.UTC(2033, 0, 2, 3, 4, 5) / 1000,
      ttlIsAbsolute: true,
    });
  });

  const good = { index: 1, type: 'A', data: 'x' };
  test.each([
    ['no array', { index: 1 }, '/values', 'array'],
    ['no object', ['x'], '/values/0', 'object'],
    ['no index', [{ type: 'A', data: 'x' }], '/values/0', 'index'],
    ['no type', [{ index: 1, data: 'x' }], '/values/0', 'type'],
    ['no data', [good, { index: 2, type: 'A' }], '/values/1', 'data'],
    ['index 0', [{ ...good, index: 0 }], '/values/0/index', 'from 1'],
    ['index as text', [{ ...good, index: '1' }], '/values/0/index', 'a string'],
    ['index beyond 31 bits', [{ ...good, index: 2 ** 31 }], '/values/0/index', '2147483647'],
    ['empty type', [{ ...good, type: '' }], '/values/0/type', 'empty'],
    ['null data', [{ ...good, data: null }], '/values/0/data', 'null'],
    ['half a surrogate pair', [{ ...good, data: '\ud800' }], '/values/0/data', 'surrogate'],
    ['unknown member', [{ ...good, 'a/b': 1 }], '/values/0/a~1b', 'remove'],
    [
      'a member of the prototype',
      JSON.parse('[{"index":1,"type":"A","data":"x","__proto__":{}}]'),
      '/values/0/__proto__',
      'remove',
    ],
    ['three permissions', [{ ...good, permissions: '110' }], '/values/0/permissions', 'four digits'],
    ['five permissions', [{ ...good, permissions: '00010' }], '/values/0/permissions', 'four digits'],
    ['all permissions', [{ ...good, permissions: '*' }], '/values/0/permissions', 'four digits'],
    ['negative ttl', [{ ...good, ttl: -5 }], '/values/0/ttl', 'from 0'],
    ['ttl without a zone', [{ ...good, ttl: '2033-01-02T03:04:05' }], '/values/0/ttl', 'instant'],
    ['ttl on 30 February', [{ ...good, ttl: '2033-02-30T03:04:05Z' }], '/values/0/ttl', 'instant'],
    ['ttl beyond 31 bits', [{ ...good, ttl: '2038-01-19T03:14:08Z' }], '/values/0/ttl', '2038'],
    ['unknown format', [{ ...good, data: { format: 'zzz', value: 'x' } }], '/values/0/data/format', '"base64"'],
    [
      'a format of the prototype',
      [{ ...good, data: { format: 'constructor', value: 'x' } }],
      '/values/0/data/format',
      '"base64"',
    ],
    ['data without value', [{ ...good, data: { format: 'string' } }], '/values/0/data/value', 'string'],
    ['data with more', [{ ...good, data: { format: 'string', value: 'x', y: 1 } }], '/values/0/data/y', 'remove'],
    ['odd hex', [{ ...good, data: { format: 'hex', value: '00f' } }], '/values/0/data/value', 'two for each byte'],
    [
      'base64 without padding',
      [{ ...good, data: { format: 'base64', value: 'AA' } }],
      '/values/0/data/value',
      'padding',
    ],
    ['base64 with rubbish', [{ ...good, data: { format: 'base64', value: 'A*A=' } }], '/values/0/data/value', 'base64'],
    [
      'two admin permissions',
      [{ ...good, data: { format: 'admin', value: { handle: 'x', index: 1, permissions: '11' } } }],
      '/values/0/data/value/permissions',
      'twelve',
    ],
    ['reference without handle', [{ ...good, references: [{ index: 1 }] }], '/values/0/references/0/handle', 'string'],
    [
      '65 references',
      [{ ...good, references: new Array(65).fill({ handle: 'a/b', index: 1 }) }],
      '/values/0/references',
      '64',
    ],
  ])('%s is refused with its place and how to mend it', (_, input, at, hint) => {
    const refusal = refusalOf(input);
    expect(refusal).toMatchObject({ code: 'INVALID_VALUE', at });
    expect(refusal.message).toContain(hint);
  });
});
