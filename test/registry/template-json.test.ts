// What a template may say, and the nearest thing it may not: every refusal names its place.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HandleError } from '../../src/domain/error.ts';
import { formatTemplate, parseTemplate } from '../../src/registry/template-json.ts';

const name = { zh: '名称', en: 'Name' };
const string = { index: 2000, type: 'NAME', kind: 'string', name };

function template(...elements: readonly object[]): { name: typeof name; elements: readonly object[] } {
  return { name, elements };
}

function refusal(input: unknown): HandleError {
  try {
    parseTemplate(input, '');
  } catch (error) {
    if (error instanceof HandleError) return error;
    throw error;
  }
  throw new Error(`expected a refusal of ${JSON.stringify(input)}`);
}

function isLine(text: string): boolean {
  return text.trim() !== '' && !/\p{Cc}/u.test(text) && text.isWellFormed();
}

describe('a template as JSON', () => {
  it('comes back in the form in which it was read, without what is at its default', () => {
    const elements = [
      { ...string, required: true, searchable: true, minLength: 1, maxLength: 20, pattern: '[A-Z]+' },
      { index: 2001, type: 'POWER', kind: 'number', name, minimum: 0, maximum: 100, decimals: 1, unit: 'W' },
      { index: 2002, type: 'MADE', kind: 'date', name, disabled: true },
      {
        index: 2003,
        type: 'CLASS',
        kind: 'enumeration',
        name,
        choices: [
          { value: 'E0', name },
          { value: 'E1', name },
        ],
      },
      { index: 2004, type: 'URL', kind: 'url', name, maxLength: 300 },
      { index: 2005, type: 'MANUAL', kind: 'file', name, fileTypes: ['pdf', 'jpg'] },
      { index: 2006, type: 'PART', kind: 'handle', name },
    ];
    const whole = { name, description: name, industry: 'C2110', carrier: 'active', isOpen: true, elements };
    expect(formatTemplate(parseTemplate(whole, ''))).toEqual(whole);
    const short = { ...template(string), description: null, industry: null, carrier: 'passive', isOpen: false };
    expect(formatTemplate(parseTemplate(template(string), ''))).toEqual(short);
    expect(formatTemplate(parseTemplate(short, ''))).toEqual(short);
  });

  it('is the same again, whatever it says', () => {
    const line = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => isLine(text));
    const names = fc.record({ zh: line, en: line });
    const common = {
      index: fc.integer({ min: 2000, max: 0x7fff_ffff }),
      type: fc.stringMatching(/^[A-Z][A-Z_]{0,9}$/).filter((type) => !type.startsWith('HS_')),
      name: names,
    };
    const flags = { required: fc.constant(true), searchable: fc.constant(true), disabled: fc.constant(true) };
    const short = fc.nat({ max: 9 });
    const kindOf = (kind: string, rules: Record<string, fc.Arbitrary<unknown>>) =>
      fc.record(
        { ...common, kind: fc.constant(kind), ...flags, ...rules },
        { requiredKeys: ['index', 'type', 'name', 'kind'] },
      );
    const choices = fc.uniqueArray(fc.record({ value: line, name: names }), {
      minLength: 1,
      maxLength: 4,
      selector: ({ value }) => value,
    });
    const anyElement = fc.oneof(
      kindOf('string', {
        minLength: short,
        maxLength: fc.integer({ min: 10, max: 900 }),
        pattern: fc.constant('\\pL+'),
      }),
      kindOf('number', {
        minimum: short,
        maximum: fc.integer({ min: 10 }),
        decimals: short,
        unit: fc.constantFrom('W', '毫米'),
      }),
      kindOf('file', { fileTypes: fc.constant(['pdf']) }),
      fc.tuple(kindOf('enumeration', {}), choices).map(([one, given]) => ({ ...one, choices: given })),
      kindOf('handle', {}),
    );
    const anyTemplate = fc.record({
      name: names,
      description: fc.option(names),
      industry: fc.constantFrom(null, 'C', 'C21', 'C2110'),
      carrier: fc.constantFrom('active', 'passive'),
      isOpen: fc.boolean(),
      elements: fc.uniqueArray(anyElement, { minLength: 1, maxLength: 5, selector: ({ index }) => index as number }),
    });
    fc.assert(
      fc.property(anyTemplate, (given) => {
        const sent = JSON.parse(JSON.stringify(given));
        const formatted = JSON.parse(JSON.stringify(formatTemplate(parseTemplate(sent, ''))));
        expect(formatted).toEqual(sent);
        expect(parseTemplate(formatted, '')).toEqual(parseTemplate(sent, ''));
      }),
      { numRuns: 200 },
    );
  });

  const refused: readonly (readonly [string, unknown, string])[] = [
    ['no element', template(), '/elements'],
    ['a member nobody knows', { ...template(string), colour: 1 }, '/colour'],
    ['no Chinese name', { ...template(string), name: { en: 'Name' } }, '/name/zh'],
    ['an empty English name', template({ ...string, name: { zh: '名', en: ' ' } }), '/elements/0/name/en'],
    ['an index of the handle system', template({ ...string, index: 1999 }), '/elements/0/index'],
    ['an index twice', template(string, { ...string, type: 'OTHER' }), '/elements/1/index'],
    ['a kind nobody knows', template({ ...string, kind: 'text' }), '/elements/0/kind'],
    ['a type of the handle system', template({ ...string, type: 'HS_ADMIN' }), '/elements/0/type'],
    ['a type that names a family', template({ ...string, type: 'URL.' }), '/elements/0/type'],
    ['a rule of another kind', template({ ...string, unit: 'W' }), '/elements/0/unit'],
    ['lengths that nothing fits', template({ ...string, minLength: 3, maxLength: 2 }), '/elements/0/minLength'],
    [
      'numbers that nothing fits',
      template({ ...string, kind: 'number', minimum: 3, maximum: 2 }),
      '/elements/0/minimum',
    ],
    [
      'an enumeration without choices',
      template({ ...string, kind: 'enumeration', choices: [] }),
      '/elements/0/choices',
    ],
    [
      'a choice twice',
      template({
        ...string,
        kind: 'enumeration',
        choices: [
          { value: 'a', name },
          { value: 'a', name },
        ],
      }),
      '/elements/0/choices',
    ],
    [
      'a file ending with its dot',
      template({ ...string, kind: 'file', fileTypes: ['.pdf'] }),
      '/elements/0/fileTypes/0',
    ],
    ['an industry that is none', { ...template(string), industry: 'Z9' }, '/industry'],
    ['a flag that is no flag', template({ ...string, required: 1 }), '/elements/0/required'],
    ['more elements than there may be', template(...Array.from({ length: 257 }, () => string)), '/elements'],
    [
      'more bytes than it may take',
      template({
        ...string,
        kind: 'enumeration',
        choices: Array.from({ length: 200 }, (_, i) => ({
          value: String(i),
          name: { zh: '字'.repeat(200), en: 'x'.repeat(200) },
        })),
      }),
      '',
    ],
  ];

  it.each(refused)('refuses %s', (_, input, at) => {
    expect(refusal(input)).toMatchObject({ code: 'INVALID_REQUEST', at });
  });

  it.each([
    ['look-ahead', '(?=a)b'],
    ['a back-reference', '(a)\\1'],
    ['an open bracket', '[a'],
    ['nothing', ''],
    ['a long one', 'a'.repeat(201)],
    ['one that repeats too much', '(\\pL{30}){30}'],
  ])('refuses a pattern with %s', (_, pattern) => {
    expect(refusal(template({ ...string, pattern }))).toMatchObject({ at: '/elements/0/pattern' });
  });

  it('refuses a pattern over texts of any length', () => {
    expect(parseTemplate(template({ ...string, pattern: 'a*', maxLength: 1000 }), '').elements).toHaveLength(1);
    expect(refusal(template({ ...string, pattern: 'a*', maxLength: 1001 })).at).toBe('/elements/0/maxLength');
  });
});
