// Registrations against a template: what fits and the nearest thing that does not, what is inherited, and what a newer
// version asks of records that stand.

import { describe, expect, it } from 'vitest';
import type { HandleError } from '../../src/domain/error.ts';
import { parseHandle } from '../../src/domain/handle.ts';
import { parsePrefix } from '../../src/domain/prefix.ts';
import type { PutRegistration } from '../../src/registry/registration.ts';
import { lotDraft } from '../store/world.ts';
import {
  CHAIRS,
  DRY,
  type Fixture,
  LAMPS,
  one,
  openFixture,
  patch,
  put,
  refusal,
  revoke,
  value,
  WRITE,
  word,
  words,
} from './fixture.ts';
import { type GivenElement, putTemplate } from './template-fixture.ts';

const META = `${CHAIRS}/META_CHAIR`;
const A = `${CHAIRS}/A`;

async function withTemplate(given: Parameters<typeof putTemplate>[3]): Promise<Fixture> {
  const fixture = await openFixture();
  await putTemplate(fixture, fixture.chairs, META, given);
  return fixture;
}

/** A registration against the template with these texts, by index. */
function filled(handle: string, texts: Readonly<Record<number, string>>, more: Partial<PutRegistration> = {}) {
  const values = Object.entries(texts).map(([index, text]) => value(Number(index), `TYPE_${index}`, text));
  return put(handle, { template: META, values, ...more });
}

async function objection(f: Fixture, registration: PutRegistration): Promise<HandleError> {
  return refusal(await one(f, f.chairs, registration));
}

describe('a value fits its element', () => {
  const name = { zh: '名', en: 'Name' };
  const choices = [
    { value: 'E0', name },
    { value: 'ENF', name },
  ];
  const cases: readonly (readonly [rule: object, fits: readonly string[], not: string, why: RegExp])[] = [
    [{ kind: 'string', minLength: 2 }, ['ab', '橡木', '😀😀'], 'a', /shorter than 2 characters/],
    [{ kind: 'string', minLength: 2 }, ['😀a'], '😀', /shorter than 2 characters/],
    [{ kind: 'string', maxLength: 3 }, ['橡木椅', '😀😀😀', ''], '橡木椅子', /has 4 characters, at most 3/],
    [{ kind: 'string', pattern: '[A-Z]{2}-\\d+' }, ['AB-1', 'XY-2041'], 'AB-1x', /does not match the pattern/],
    [{ kind: 'string', pattern: '\\p{Han}+' }, ['橡木'], '橡木 1', /does not match the pattern/],
    [{ kind: 'number' }, ['0', '-1.50', '123456789012345'], '1.2E+15', /is not a number: write one such as/],
    [{ kind: 'number', unit: 'W' }, ['48'], '48 W', /without the unit \(W\)/],
    [{ kind: 'number', decimals: 0 }, ['48'], '48.5', /48.5 is not a whole number/],
    [{ kind: 'number', decimals: 1 }, ['48.5', '48'], '48.55', /more than 1 decimals/],
    [{ kind: 'number', minimum: 0.5 }, ['0.5'], '0.4', /below the minimum, 0.5/],
    [{ kind: 'number', maximum: 100 }, ['100.0'], '100.1', /above the maximum, 100/],
    [{ kind: 'date' }, ['2026-02-28', '2026-02-28T08:00:00+08:00'], '2026-02-29', /is not a date/],
    [{ kind: 'date' }, ['2028-02-29', '2026-02-28 08:13', '2026-02-28T08:13:05Z'], '2026/02/28', /is not a date/],
    [{ kind: 'date' }, ['2026-02-28 23:59:59'], '2026-02-28 24:30', /is not a date/],
    [{ kind: 'enumeration', choices }, ['E0', 'ENF'], 'e0', /none of its choices: use "E0", "ENF"/],
    [{ kind: 'url' }, ['https://example.com/a?b=c', 'http://例子.cn/'], 'ftp://example.com/', /not a web address/],
    [{ kind: 'url', maxLength: 20 }, ['https://example.com/'], 'https://example.com/a', /at most 20/],
    [{ kind: 'file', fileTypes: ['pdf'] }, ['https://example.com/a.PDF?v=2'], 'https://example.com/a.exe', /use pdf/],
    [{ kind: 'file' }, ['https://example.com/a.exe'], 'a.pdf', /not a web address/],
    [{ kind: 'handle' }, ['88.118.10001/B', '20.500.1/a/b'], '88.118.10001', /is not a handle/],
  ];

  it.each(cases)('%j', async (rule, fits, not, why) => {
    const f = await withTemplate([{ index: 2000, ...rule } as GivenElement]);
    for (const [i, text] of fits.entries()) {
      expect(await word(f, f.chairs, filled(`${A}-${i}`, { 2000: text })), text).toBe('created');
    }
    const error = await objection(f, filled(A, { 2000: not }));
    expect(error).toMatchObject({ code: 'INVALID_VALUE', at: '/values/0/data' });
    expect(error.message).toMatch(why);
    expect(error.message).toContain(`template ${META} (version 1): element 2000 (要素2000 / Element 2000)`);
  });

  it('is text', async () => {
    const f = await withTemplate([{ index: 2000, kind: 'string' }]);
    const binary = put(A, { template: META, values: [value(2000, 'TYPE_2000', '\x00')] });
    expect((await objection(f, binary)).message).toContain('it is no text');
  });

  it('has its type, in any case, and an index of the template', async () => {
    const f = await withTemplate([{ index: 2000, kind: 'string' }]);
    const of = (index: number, type: string) => put(A, { template: META, values: [value(index, type, 'x')] });
    expect(await word(f, f.chairs, of(2000, 'type_2000'))).toBe('created');
    expect(await objection(f, of(2000, 'TYPE_2001'))).toMatchObject({ at: '/values/0/type' });
    const foreign = await objection(f, of(2001, 'TYPE_2001'));
    expect(foreign).toMatchObject({ at: '/values/0/index' });
    expect(foreign.message).toContain('index 2001 (TYPE_2001) is none of its elements');
    // What is of the handle system, and not of the product, is no template's business.
    expect(await word(f, f.chairs, of(1999, 'NOTE'))).toBe('updated');
    expect(await word(f, f.chairs, of(2001, 'hs_vlist'))).toBe('updated');
    expect(await word(f, f.chairs, of(2000, 'HS_VLIST'))).toBe('INVALID_VALUE');
    const open = await withTemplate({ elements: [{ index: 2000, kind: 'string' }], isOpen: true });
    expect(await word(open, open.chairs, of(2001, 'TYPE_2001'))).toBe('created');
  });

  it('costs no more than milliseconds, whatever the pattern and the text', async () => {
    const f = await withTemplate([
      { index: 2000, kind: 'string', pattern: '(([a-z])+.)+[A-Z]([a-z])+(a|aa)*(a?){20}a{20}' },
    ]);
    const begun = performance.now();
    expect((await objection(f, filled(A, { 2000: 'a'.repeat(1000) }))).message).toMatch(/does not match/);
    expect((await objection(f, filled(A, { 2000: 'a'.repeat(60_000) }))).message).toMatch(/at most 1000 fit/);
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});

describe('a record fits its template', () => {
  it('if it has what is required; all that is wrong is told at once', async () => {
    const f = await withTemplate([
      { index: 2000, kind: 'string', required: true },
      { index: 2001, kind: 'number', required: true },
      { index: 2002, kind: 'date' },
    ]);
    expect(await word(f, f.chairs, filled(A, { 2000: 'Chair', 2001: '4' }))).toBe('created');
    const error = await objection(f, filled(`${A}2`, { 2000: '', 2002: 'soon' }));
    expect(error.at).toBe('/values/0/data');
    for (const told of [
      '2000 (要素2000 / Element 2000): it is empty',
      '2002',
      '2001 (要素2001 / Element 2001) is missing: add it',
    ])
      expect(error.message).toContain(told);
    expect(await objection(f, filled(A, { 2000: 'Chair' }))).toMatchObject({ at: '/values' });
    expect(await word(f, f.chairs, patch(A, { removeIndexes: [2001] }))).toBe('INVALID_VALUE');
  });

  it('in part while it is reserved, and whole from its activation on', async () => {
    const f = await withTemplate([
      { index: 2000, kind: 'string', required: true },
      { index: 2001, kind: 'number' },
    ]);
    expect(await word(f, f.chairs, filled(A, {}, { status: 'reserved' }))).toBe('created');
    expect(await word(f, f.chairs, filled(`${A}2`, { 2001: 'x' }, { status: 'reserved' }))).toBe('INVALID_VALUE');
    expect(await word(f, f.chairs, patch(A, { status: 'active' }))).toBe('INVALID_VALUE');
    expect(await word(f, f.chairs, patch(A, { status: 'active', values: [value(2000, 'TYPE_2000', 'x')] }))).toBe(
      'updated',
    );
  });

  it('together with what it inherits, also within one call', async () => {
    const f = await withTemplate([
      { index: 2000, kind: 'string', required: true },
      { index: 2030, kind: 'string', required: true },
    ]);
    const model = put(`${CHAIRS}/M`, { values: [value(2000, 'TYPE_2000', 'Chair')] });
    const batch = put(`${CHAIRS}/B`, { parent: `${CHAIRS}/M`, values: [] });
    const item = filled(A, { 2030: '0001' }, { parent: `${CHAIRS}/B` });
    const other = filled(`${A}2`, {}, { parent: `${CHAIRS}/B` });
    const alone = filled(`${A}3`, { 2030: '0001' });
    for (const options of [DRY, WRITE]) {
      const { results } = await f.identifiers.register(f.chairs, [model, batch, item, other, alone], options);
      expect(words(results)).toEqual(['created', 'created', 'created', 'INVALID_VALUE', 'INVALID_VALUE']);
    }
    // From the store, too; and leaving the parent loses what it lent.
    expect(await word(f, f.chairs, filled(`${A}4`, { 2030: '4' }, { parent: `${CHAIRS}/B` }))).toBe('created');
    expect(await word(f, f.chairs, patch(A, { parent: null }))).toBe('INVALID_VALUE');
    expect(await word(f, f.chairs, filled(`${A}5`, {}, { parent: `${CHAIRS}/NONE` }))).toBe('INVALID_PARENT');
  });

  it('together with the lot it lies in', async () => {
    const f = await withTemplate([
      { index: 2000, kind: 'string', required: true },
      { index: 2030, kind: 'string', required: true },
    ]);
    await one(f, f.chairs, put(`${CHAIRS}/M`, { values: [value(2000, 'TYPE_2000', 'Chair')] }));
    const parent = parseHandle(`${CHAIRS}/M`, () => false);
    const lot = lotDraft('a', { prefix: parsePrefix(CHAIRS), parent, values: [value(2030, 'TYPE_2030', '{serial}')] });
    const changes = [{ kind: 'put-lot', expectedRevision: 0, lot } as const];
    await f.store.commit({ principalId: 'p', requestId: 'r', changes, idempotency: null });
    expect(await word(f, f.chairs, filled(`${CHAIRS}/SOFA-0007`, {}), DRY)).toBe('created');
    expect(await word(f, f.chairs, filled(`${CHAIRS}/SOFA-1007`, {}), DRY)).toBe('INVALID_VALUE');
  });

  it('is asked of no one who names no template, and of no revocation', async () => {
    const f = await withTemplate([{ index: 2000, kind: 'string', required: true }]);
    await one(f, f.chairs, filled(A, { 2000: 'x' }));
    await putTemplate(f, f.chairs, META, [
      { index: 2000, kind: 'string', required: true },
      { index: 2001, kind: 'string', required: true },
    ]);
    expect(await word(f, f.chairs, revoke(A))).toBe('revoked');
    expect(await word(f, f.chairs, put(`${A}2`, { values: [value(2001, 'ANY', '')] }))).toBe('created');
    f.reads.clear();
    await one(f, f.chairs, put(`${A}3`));
    expect(f.reads.get('template')).toBeUndefined();
  });

  it('is read once for many records', async () => {
    const f = await withTemplate([{ index: 2000, kind: 'string' }]);
    f.reads.clear();
    const items = Array.from({ length: 50 }, (_, i) => filled(`${A}-${i}`, { 2000: 'x' }));
    await f.identifiers.register(f.chairs, items, WRITE);
    await f.identifiers.register(
      f.chairs,
      items.map((item) => ({ ...item, handle: `${item.handle}b` })),
      WRITE,
    );
    expect(f.reads.get('template')).toBe(1);
  });
});

describe('a newer version', () => {
  it('counts from the next registration on', async () => {
    const f = await withTemplate([{ index: 2000, kind: 'string' }]);
    expect(await word(f, f.chairs, filled(A, { 2000: 'abc' }))).toBe('created');
    await putTemplate(f, f.chairs, META, [{ index: 2000, kind: 'string', maxLength: 2 }]);
    const error = await objection(f, filled(`${A}2`, { 2000: 'abc' }));
    expect(error.message).toContain('(version 2)');
  });

  it('asks nothing of what stands, until that is changed', async () => {
    const f = await withTemplate([
      { index: 2000, kind: 'string' },
      { index: 2001, kind: 'string' },
    ]);
    await one(f, f.chairs, filled(A, { 2000: 'abc', 2001: 'x' }));
    await putTemplate(f, f.chairs, META, [
      { index: 2000, kind: 'string', maxLength: 2 },
      { index: 2001, kind: 'string', disabled: true },
      { index: 2002, kind: 'string', required: true },
    ]);
    expect(await word(f, f.chairs, filled(A, { 2000: 'abc', 2001: 'x' }))).toBe('unchanged');
    expect(await word(f, f.chairs, patch(A, { values: [value(100, 'NOTE', 'x')] }))).toBe('updated');
    const recall = {
      operation: 'recall',
      handle: A,
      ifMatch: null,
      reason: 'hinge',
      notice: 'Stop using it.',
    } as const;
    expect(await word(f, f.chairs, recall)).toBe('updated');
    expect(await word(f, f.chairs, patch(A, { values: [value(2000, 'TYPE_2000', 'abc', { ttl: 60 })] }))).toBe(
      'updated',
    );
    expect(await word(f, f.chairs, patch(A, { values: [value(2000, 'TYPE_2000', 'abd')] }))).toBe('INVALID_VALUE');
    const disabled = refusal(await one(f, f.chairs, patch(A, { values: [value(2001, 'TYPE_2001', 'y')] })));
    expect(disabled.message).toContain('2001 (要素2001 / Element 2001) is disabled and takes no new values');
    expect(await word(f, f.chairs, patch(A, { values: [value(2002, 'TYPE_2002', 'z')] }))).toBe('updated');
    expect(await word(f, f.chairs, patch(A, { removeIndexes: [2002] }))).toBe('INVALID_VALUE');
    expect(await word(f, f.chairs, filled(`${A}2`, { 2000: 'ab' }))).toBe('INVALID_VALUE');
  });
});

describe('a template that is named', () => {
  it('is there, and of the own prefix or of the node', async () => {
    const f = await withTemplate([{ index: 2000, kind: 'string' }]);
    await putTemplate(f, f.operator, '88.118/META_ALL', [{ index: 2000, kind: 'string' }]);
    await putTemplate(f, f.lamps, `${LAMPS}/META_LAMP`, [{ index: 2000, kind: 'string' }]);
    const naming = (template: string) => put(A, { template, values: [value(2000, 'TYPE_2000', 'x')] });
    expect(await word(f, f.chairs, naming('88.118/META_ALL'))).toBe('created');
    expect(await word(f, f.chairs, naming(META))).toBe('updated');
    for (const template of [`${LAMPS}/META_LAMP`, `${CHAIRS}/META_NONE`, '20.500.1/META']) {
      expect(await objection(f, naming(template)), template).toMatchObject({
        code: 'INVALID_TEMPLATE',
        at: '/template',
      });
    }
  });

  it('may be missing for a record that stood here before there were templates', async () => {
    const f = await openFixture();
    const draft = { status: 'active', parent: null, template: META, reason: null, values: [] } as const;
    const change = { kind: 'put-record', handle: A, expectedRevision: 0, draft } as never;
    await f.store.commit({ principalId: 'p', requestId: 'r', changes: [change], idempotency: null });
    expect(await word(f, f.chairs, patch(A, { values: [value(2000, 'ANY', 'x')] }))).toBe('updated');
    await putTemplate(f, f.chairs, META, [{ index: 2000, kind: 'number' }]);
    expect(await word(f, f.chairs, patch(A, { values: [value(2000, 'TYPE_2000', 'x')] }))).toBe('INVALID_VALUE');
  });
});
