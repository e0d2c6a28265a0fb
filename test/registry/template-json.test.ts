// What a template may say, and the nearest thing it may not: every refusal names its place.

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
