// An enterprise finds its own records: by code, by what templates mark searchable, by state and by time.

import { describe, expect, it } from 'vitest';
import type { TemplateElement } from '../../src/domain/template.ts';
import type { Actor } from '../../src/registry/registration.ts';
import type { SearchQuestion } from '../../src/registry/search.ts';
import {
  CHAIRS,
  codeOf,
  type Fixture,
  LAMPS,
  one,
  openFixture,
  patch,
  put,
  remove,
  revoke,
  value,
  WRITE,
} from './fixture.ts';

const TEMPLATE = `${CHAIRS}/META_CHAIR`;
const ALL: SearchQuestion = {
  prefix: CHAIRS,
  code: null,
  element: null,
  value: null,
  match: 'exact',
  status: null,
  created: null,
  updated: null,
  after: null,
  limit: 100,
};

const element = (index: number, type: string, searchable: boolean): TemplateElement => ({
  ...{ index, type, kind: 'string', name: { zh: type, en: type }, required: false, searchable, disabled: false },
  ...{ minLength: null, maxLength: null, pattern: null, minimum: null, maximum: null, decimals: null, unit: null },
  ...{ choices: [], fileTypes: [] },
});

async function withTemplate(f: Fixture, isSearchable = true): Promise<void> {
  const elements = [element(2000, 'SKU', isSearchable), element(2001, 'COLOUR', false)];
  const names = { name: { zh: '椅子', en: 'Chair' }, description: null, industry: null };
  const draft = { ...names, carrier: 'passive', isOpen: true, elements } as const;
  await f.store.commit({
    principalId: 'operator',
    requestId: 'r',
    idempotency: null,
    changes: [{ kind: 'put-template', expectedRevision: 0, template: { handle: TEMPLATE as never, ...draft } }],
  });
}

const chair = (suffix: string, sku: string, more: object = {}) =>
  put(`${CHAIRS}/${suffix}`, {
    template: TEMPLATE,
    values: [value(2000, 'SKU', sku), value(2001, 'COLOUR', 'oak')],
    ...more,
  });

/** Suffixes found, over all pages; how many pages that took. */
async function search(f: Fixture, more: Partial<SearchQuestion>, who: Actor = f.chairs) {
  const found: string[] = [];
  let pages = 0;
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof f.searcher.search>> = await f.searcher.search(who, {
      ...ALL,
      ...more,
      after,
    });
    found.push(...page.items.map(({ handle }) => handle.slice(CHAIRS.length + 1)));
    after = page.next;
    pages += 1;
  } while (after !== null);
  return { found, pages };
}
const suffixes = async (f: Fixture, more: Partial<SearchQuestion>) => (await search(f, more)).found;

describe('a search by code', () => {
  it('takes the suffix with or without its prefix, whole or its beginning, byte by byte', async () => {
    const f = await openFixture();
    const handles = ['A-1', 'A-10', 'a-1', 'A-2', 'A', 'B'];
    await f.identifiers.register(
      f.chairs,
      handles.map((suffix) => put(`${CHAIRS}/${suffix}`)),
      WRITE,
    );
    expect(await suffixes(f, { code: 'A-1' })).toEqual(['A-1']);
    expect(await suffixes(f, { code: `${CHAIRS}/A-1` })).toEqual(['A-1']);
    expect(await suffixes(f, { code: 'NONE' })).toEqual([]);
    expect(await suffixes(f, { code: 'A-1', match: 'prefix' })).toEqual(['A-1', 'A-10']);
    expect(await search(f, { code: 'A', match: 'prefix', limit: 2 })).toEqual({
      found: ['A', 'A-1', 'A-10', 'A-2'],
      pages: 3,
    });
    await one(f, f.chairs, revoke(`${CHAIRS}/A-10`));
    expect(await suffixes(f, { code: 'A', match: 'prefix', status: 'active' })).toEqual(['A', 'A-1', 'A-2']);
  });
});

describe('a search by element', () => {
  it('finds what its template marks searchable, in any ASCII case, and nothing else', async () => {
    const f = await openFixture();
    await withTemplate(f);
    const calls = [
      chair('1', 'OAK-100'),
      chair('2', 'oak-200'),
      chair('3', 'ELM-1'),
      put(`${CHAIRS}/4`, { values: [value(2000, 'SKU', 'OAK-300')] }),
    ];
    await f.identifiers.register(f.chairs, calls, WRITE);
    expect(await suffixes(f, { element: 'SKU', value: 'oak-100' })).toEqual(['1']);
    expect(await suffixes(f, { element: 'SKU', value: 'Oak', match: 'prefix' })).toEqual(['1', '2']);
    expect(await suffixes(f, { element: 'SKU', value: 'Oak', match: 'exact' })).toEqual([]);
    expect(await suffixes(f, { element: 'COLOUR', value: 'oak' })).toEqual([]);
  });

  it('follows changes, and asks for all that is named together', async () => {
    const f = await openFixture();
    await withTemplate(f);
    await f.identifiers.register(f.chairs, [chair('1', 'X'), chair('2', 'X'), chair('3', 'X')], WRITE);
    await one(f, f.chairs, patch(`${CHAIRS}/1`, { values: [value(2000, 'SKU', 'Y')] }));
    await one(f, f.chairs, revoke(`${CHAIRS}/2`));
    await one(f, f.chairs, remove(`${CHAIRS}/3`));
    const bySku = { element: 'SKU', value: 'x' };
    expect(await suffixes(f, bySku)).toEqual(['2']);
    expect(await suffixes(f, { ...bySku, status: 'active' })).toEqual([]);
    expect(await suffixes(f, { ...bySku, value: 'y', code: '1' })).toEqual(['1']);
    expect(await suffixes(f, { ...bySku, value: 'y', code: '2' })).toEqual([]);
    expect(await suffixes(f, { ...bySku, value: 'y', created: { fromMs: 0, toMs: 1 } })).toEqual([]);
  });

  it('tells long texts apart that begin alike', async () => {
    const f = await openFixture();
    await withTemplate(f);
    const long = 'x'.repeat(100);
    await f.identifiers.register(f.chairs, [chair('1', `${long}1`), chair('2', `${long}2`)], WRITE);
    expect(await suffixes(f, { element: 'SKU', value: `${long}2` })).toEqual(['2']);
  });

  it('goes on over more rows than a page looks at', async () => {
    const f = await openFixture();
    await withTemplate(f);
    const many = Array.from({ length: 6000 }, (_, i) => chair(String(i).padStart(5, '0'), 'SAME'));
    await f.identifiers.register(f.chairs, many, WRITE);
    await one(f, f.chairs, revoke(`${CHAIRS}/05999`));
    const { found, pages } = await search(f, { element: 'SKU', value: 'same', status: 'revoked' });
    expect(found).toEqual(['05999']);
    expect(pages).toBe(2);
    expect(await search(f, { element: 'SKU', value: 'same', limit: 1000 })).toMatchObject({ pages: 6 + 1 });
  });
});

describe('a search by state', () => {
  it('finds reserved, revoked and recalled ones', async () => {
    const f = await openFixture();
    const plain = Array.from({ length: 700 }, (_, i) => put(`${CHAIRS}/P-${i}`));
    await f.identifiers.register(f.chairs, plain, WRITE);
    await one(f, f.chairs, put(`${CHAIRS}/R`, { status: 'reserved' }));
    await one(f, f.chairs, revoke(`${CHAIRS}/P-600`));
    await one(f, f.chairs, { operation: 'recall', handle: `${CHAIRS}/P-7`, ifMatch: null, reason: 'r', notice: 'n' });
    expect(await suffixes(f, { status: 'reserved' })).toEqual(['R']);
    expect(await suffixes(f, { status: 'revoked' })).toEqual(['P-600']);
    expect(await suffixes(f, { status: 'recalled' })).toEqual(['P-7']);
    expect((await suffixes(f, {})).length).toBe(701);
  });
});

describe('a search by time', () => {
  it('finds what was created or last updated within a span, in that order, each once', async () => {
    const f = await openFixture();
    const start = f.clock.nowMs;
    for (const [second, suffix] of ['C', 'B', 'A'].entries()) {
      f.clock.nowMs = start + (second + 1) * 10_000;
      await one(f, f.chairs, put(`${CHAIRS}/${suffix}`));
      await one(f, f.lamps, put(`${LAMPS}/${suffix}`));
    }
    f.clock.nowMs = start + 40_000;
    await one(f, f.chairs, patch(`${CHAIRS}/C`, { values: [value(1, 'N', 'new')] }));
    await one(f, f.chairs, patch(`${CHAIRS}/C`, { values: [value(1, 'N', 'newer')] }));
    const span = (from: number, to: number) => ({ fromMs: start + from * 1000, toMs: start + to * 1000 });
    expect(await suffixes(f, { created: span(0, 100) })).toEqual(['C', 'B', 'A']);
    expect(await suffixes(f, { created: span(20, 30) })).toEqual(['B']);
    expect(await suffixes(f, { updated: span(20, 100) })).toEqual(['B', 'A', 'C']);
    expect(await suffixes(f, { updated: span(0, 20) })).toEqual([]);
    expect(await suffixes(f, { created: span(0, 20), updated: span(35, 50) })).toEqual(['C']);
    expect(await suffixes(f, { created: span(50, 60) })).toEqual([]);
    expect(await search(f, { created: span(0, 100), limit: 1 })).toMatchObject({ found: ['C', 'B', 'A'] });
    await one(f, f.chairs, remove(`${CHAIRS}/B`));
    f.clock.nowMs = start + 60_000;
    await one(f, f.chairs, put(`${CHAIRS}/B`));
    expect(await suffixes(f, { created: span(0, 100) })).toEqual(['C', 'A', 'B']);
  });

  it('ends pages within a log row of many, and joins them', async () => {
    const f = await openFixture();
    const start = f.clock.nowMs;
    const many = Array.from({ length: 6000 }, (_, i) => put(`${CHAIRS}/${String(i).padStart(5, '0')}`));
    await f.identifiers.register(f.chairs, many, WRITE);
    const { found, pages } = await search(f, { created: { fromMs: start, toMs: start + 1000 }, limit: 700 });
    expect(new Set(found).size).toBe(6000);
    expect(found).toHaveLength(6000);
    expect(pages).toBeLessThanOrEqual(10);
  });
});

describe('a search', () => {
  it('is for those who may read below the prefix', async () => {
    const f = await openFixture();
    await one(f, f.chairs, put(`${CHAIRS}/A`));
    for (const who of [f.operator, f.reviewer, f.reader, f.chairs])
      expect((await search(f, {}, who)).found).toEqual(['A']);
    expect(await codeOf(f.searcher.search(f.lamps, ALL))).toBe('FORBIDDEN');
  });

  it('without a prefix is for what stands under the key’s own', async () => {
    const f = await openFixture();
    await one(f, f.chairs, put(`${CHAIRS}/A`));
    await one(f, f.lamps, put(`${LAMPS}/A`));
    const own = async (who: Actor) => (await f.searcher.search(who, { ...ALL, prefix: null })).items;
    expect(await own(f.chairs)).toMatchObject([{ handle: `${CHAIRS}/A` }]);
    expect(await own(f.lamps)).toMatchObject([{ handle: `${LAMPS}/A` }]);
    expect(await codeOf(f.searcher.search(f.operator, { ...ALL, prefix: null }))).toBe('INVALID_REQUEST');
  });

  it.each([
    ['an element without a value', { element: 'SKU' }, 'INVALID_REQUEST'],
    ['a value without an element', { value: 'x' }, 'INVALID_REQUEST'],
    ['a prefix that is none', { prefix: 'x y' }, 'INVALID_PREFIX'],
    ['a code that is none', { code: '\u0000' }, 'INVALID_HANDLE'],
    ['a cursor that is none', { after: 'x' }, 'INVALID_REQUEST'],
    ['a cursor of another search', { after: Buffer.from('["time",1,2]').toString('base64url') }, 'INVALID_REQUEST'],
  ])('refuses %s', async (_, more, code) => {
    const f = await openFixture();
    expect(await codeOf(f.searcher.search(f.chairs, { ...ALL, ...more }))).toBe(code);
  });
});
