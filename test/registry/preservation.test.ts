// A registry moves to another node byte for byte: what is exported, taken in and exported again is the same.

import { describe, expect, it } from 'vitest';
import { type ByteString, bytesFromText } from '../../src/domain/bytes.ts';
import { parseHandle } from '../../src/domain/handle.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import { parsePrefix } from '../../src/domain/prefix.ts';
import { type ExportOptions, exportLines } from '../../src/registry/export-lines.ts';
import { rememberHomes } from '../../src/registry/remembered-homes.ts';
import {
  CHAIRS,
  codeOf,
  type Fixture,
  LAMPS,
  openFixture,
  patch,
  put,
  remove,
  revoke,
  WRITE,
  word,
} from './fixture.ts';
import { putTemplate } from './template-fixture.ts';

const DAY_MS = 86_400_000;
/** Homed by an operator while the node runs. */
const FOLDING = '20.600';

async function exportOf(f: Fixture, more: Partial<ExportOptions> = {}): Promise<string[]> {
  const options = { store: f.store, scope: null, withHistory: true, withKeys: true, ...more };
  const lines: string[] = [];
  for await (const page of exportLines(options)) lines.push(...page);
  return lines;
}

async function preserve(f: Fixture, lines: readonly string[]): Promise<string[]> {
  const results = await f.preserver.preserve(
    f.operator,
    lines.map((line) => JSON.parse(line)),
  );
  return results.map((result) => (result.ok ? result.outcome : result.error.code));
}

const h = (suffix: string, prefix = CHAIRS) => parseHandle(`${prefix}/${suffix}`, () => false);

/** Records of every kind, changed on several days. */
async function furnish(f: Fixture): Promise<void> {
  const odd = [
    makeValue({ index: 7, type: bytesFromText('二进制'), data: '\x00\xff\x80' as ByteString, permissions: 12, ttl: 5 }),
    makeValue({
      index: 3,
      type: bytesFromText('URL'),
      data: bytesFromText('"引号"\n\u2028'),
      ttl: 1_900_000_000,
      ttlIsAbsolute: true,
      references: [{ index: 300, handle: '0.NA/88.118' }],
    }),
    makeValue({
      index: 100,
      type: bytesFromText('HS_ADMIN'),
      data: '\x0f\xff\x00\x00\x00\x03a/b\x00\x00\x01\x2c\x00\x00' as ByteString,
    }),
  ];
  const principal = await f.directory.createPrincipal(f.operator, { name: 'ERP', role: 'enterprise', scope: CHAIRS });
  await f.directory.issueKey(f.operator, { principalId: principal.id, label: 'ERP', expiresAt: Date.UTC(2030, 0, 1) });
  const narrow = [{ index: 2000, kind: 'string' } as const];
  await putTemplate(f, f.operator, h('META_1'), { elements: narrow, isOpen: true });
  await putTemplate(f, f.operator, h('META_ALL', '88.118'), [{ index: 2000, kind: 'string' }]);
  const requester = { kind: 'key', principal: f.operator.principal } as const;
  const home = (prefix: string, foldsCase: boolean) =>
    f.handlePrefixes.home(requester, prefix, { foldsCase, requestId: 'r' });
  await home(FOLDING, true);
  await home('20.601', false);
  await f.handlePrefixes.unhome(requester, '20.601', 'r');
  const calls = [
    put(`${FOLDING}/Folded`),
    put(h('Z-MODEL')),
    put(h('ITEM'), { parent: h('Z-MODEL') }),
    put(h('GONE')),
    put(h('ODD')),
    put(h('L', LAMPS)),
    put(h('RESERVED'), { status: 'reserved' }),
    put(h('RECALLED')),
    { operation: 'recall', handle: h('RECALLED'), ifMatch: null, reason: 'r', notice: '通知' } as const,
  ];
  await f.identifiers.register(f.operator, calls, WRITE);
  f.clock.nowMs += DAY_MS;
  const choices = [{ value: 'E0', name: { zh: '级', en: 'Class' } }];
  const wider = [{ index: 2000, kind: 'string' } as const, { index: 2001, kind: 'enumeration', choices } as const];
  await putTemplate(f, f.operator, h('META_1'), { elements: wider, isOpen: true });
  await f.identifiers.register(
    f.operator,
    [put(h('ODD'), { values: odd, template: h('META_1') }), remove(h('GONE'))],
    WRITE,
  );
  f.clock.nowMs += DAY_MS;
  await f.identifiers.register(
    f.operator,
    [revoke(h('ODD')), patch(h('Z-MODEL'), { values: odd }), put(h('L', LAMPS), { values: odd })],
    WRITE,
  );
}

describe('an export', () => {
  it('taken in by another node and exported there is the same, byte for byte; again it changes nothing', async () => {
    const [source, target] = [await openFixture(), await openFixture()];
    await furnish(source);
    const lines = await exportOf(source);
    expect(lines.filter((line) => line.includes('"kind":"record"'))).toHaveLength(7);
    expect(lines.filter((line) => line.includes('"history":'))).toHaveLength(5);
    target.clock.nowMs += 700 * DAY_MS;
    const outcomes = await preserve(target, lines);
    expect(new Set(outcomes)).toEqual(new Set(['created', 'unchanged'])); // the enterprises of a fixture are the same in both
    expect(await exportOf(target)).toEqual(lines);
    const { commits } = target;
    const before = commits.count;
    expect(new Set(await preserve(target, lines))).toEqual(new Set(['unchanged']));
    expect(commits.count).toBe(before);
    expect(await target.store.counts(parsePrefix(CHAIRS))).toEqual(await source.store.counts(parsePrefix(CHAIRS)));
  });

  it('may come in any order, but for the versions of a template', async () => {
    const [source, target] = [await openFixture(), await openFixture()];
    await furnish(source);
    const lines = await exportOf(source);
    const versions = lines.filter((line) => line.includes('"kind":"template"'));
    const others = lines.filter((line) => !versions.includes(line));
    expect(await preserve(target, versions.slice(1, 2))).toEqual(['REVISION_CONFLICT']);
    await preserve(target, [...others.reverse(), ...versions]);
    expect(await exportOf(target)).toEqual(lines);
  });

  it('without history has what stands now, and carries it over', async () => {
    const [source, target] = [await openFixture(), await openFixture()];
    await furnish(source);
    const lines = await exportOf(source, { withHistory: false });
    expect(lines.join('\n')).not.toMatch(/"history"|"deleted"/);
    await preserve(target, lines);
    expect(await exportOf(target, { withHistory: false })).toEqual(lines);
    expect(await target.store.history(h('ODD'), 100, 10)).toEqual([]);
    expect((await target.store.get(h('ODD')))?.revision).toBe(3);
  });

  it('never mixes the versions of two templates under one handle', async () => {
    const [source, target] = [await openFixture(), await openFixture()];
    await furnish(source);
    const [, second = ''] = (await exportOf(source)).filter((line) => line.includes('"kind":"template"'));
    target.clock.nowMs += 5;
    await putTemplate(target, target.operator, h('META_1'), [{ index: 2000, kind: 'date' }]);
    expect(await preserve(target, [second])).toEqual(['ALREADY_EXISTS']);
    expect(await target.store.template(h('META_1'))).toMatchObject({ revision: 1 });
  });

  it('of one prefix has nothing of others', async () => {
    const f = await openFixture();
    await furnish(f);
    const lines = await exportOf(f, { scope: parsePrefix(LAMPS) });
    expect(lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual(['enterprise', 'record']);
    expect(lines.join('\n')).not.toContain(CHAIRS);
  });

  it('brings along which prefixes an operator had homed, and how they compare; what settings home stays with them', async () => {
    const [source, target] = [await openFixture(), await openFixture()];
    await furnish(source);
    await rememberHomes({ store: source.store, configured: [{ prefix: parsePrefix('88.118'), foldsCase: false }] });
    const lines = await exportOf(source);
    const homes = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'home');
    expect(homes).toMatchObject([
      { prefix: FOLDING, foldsCase: true, state: 'homed', revision: 1 },
      { prefix: '20.601', foldsCase: false, state: 'unhomed', revision: 2 },
    ]);
    expect(await word(target, target.operator, put(`${FOLDING}/x`))).toBe('NOT_RESPONSIBLE');
    await preserve(target, lines);
    expect((await target.identifiers.read(target.operator, `${FOLDING}/fOLDED`)).handle).toBe(`${FOLDING}/FOLDED`);
    expect(await word(target, target.operator, put('20.601/x'))).toBe('NOT_RESPONSIBLE');
    const ofOne = await exportOf(source, { scope: parsePrefix(FOLDING) });
    expect(ofOne.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual(['home', 'record']);
  });

  it('has no operator, no token, and hashes of keys only if they are asked for', async () => {
    const f = await openFixture();
    await furnish(f);
    const operator = await f.directory.createPrincipal(f.operator, { name: 'Root', role: 'operator', scope: null });
    const issued = await f.directory.issueKey(f.operator, { principalId: operator.id, label: 'root', expiresAt: null });
    const text = (await exportOf(f)).join('\n');
    expect(text).toContain('"tokenHash"');
    for (const secret of [operator.id, issued.key.id, issued.key.tokenHash, issued.token])
      expect(text).not.toContain(secret);
    expect((await exportOf(f, { withKeys: false })).join('\n')).not.toContain('tokenHash');
  });
});

describe('taking in an export', () => {
  const line = (over: object = {}) =>
    JSON.stringify({
      kind: 'record',
      handle: `${CHAIRS}/A`,
      status: 'active',
      revision: 1,
      createdAt: '2020-01-01T00:00:00.000Z',
      updatedAt: '2020-01-01T00:00:00.000Z',
      values: [],
      ...over,
    });

  it('is for operators', async () => {
    const f = await openFixture();
    for (const actor of [f.chairs, f.reviewer, f.reader])
      expect(await codeOf(f.preserver.preserve(actor, []))).toBe('FORBIDDEN');
    expect(await codeOf(f.preserver.preserve(f.operator, []))).toBe('done');
  });

  it('never goes over what stands', async () => {
    const f = await openFixture();
    await f.identifiers.register(f.operator, [put(`${CHAIRS}/A`)], WRITE);
    expect(
      await preserve(f, [line(), line({ handle: `${CHAIRS}/B` }), line({ handle: `${CHAIRS}/B`, revision: 2 })]),
    ).toEqual(['ALREADY_EXISTS', 'created', 'ALREADY_EXISTS']);
    expect((await f.store.get(h('A')))?.createdAt).toBe(f.clock.nowMs);
  });

  it.each([
    ['a handle that is none', { handle: 'x' }, 'INVALID_HANDLE'],
    ['a prefix that is not homed here', { handle: '1.2/A' }, 'NOT_RESPONSIBLE'],
    ['no kind', { kind: 'thing' }, 'INVALID_REQUEST'],
    ['an unknown member', { colour: 'red' }, 'INVALID_REQUEST'],
    ['an unknown status', { status: 'lost' }, 'INVALID_REQUEST'],
    ['no revision', { revision: 0 }, 'INVALID_REQUEST'],
    ['an instant that is none', { updatedAt: '2020-13-01' }, 'INVALID_REQUEST'],
    ['a change before the creation', { createdAt: '2021-01-01T00:00:00Z' }, 'INVALID_REQUEST'],
    ['a value without its instant', { values: [{ index: 1, type: 'URL', data: 'x' }] }, 'INVALID_REQUEST'],
    [
      'a value that breaks a rule',
      { values: [{ index: 1, type: 'U\tL', data: 'x', timestamp: '2020-01-01T00:00:00Z' }] },
      'INVALID_VALUE',
    ],
    ['a parent under another prefix', { parent: `${LAMPS}/M` }, 'INVALID_PARENT'],
    [
      'a gap in the history',
      {
        revision: 3,
        history: [
          {
            status: 'active',
            revision: 1,
            createdAt: '2019-01-01T00:00:00Z',
            updatedAt: '2019-01-01T00:00:00Z',
            values: [],
          },
        ],
      },
      'INVALID_REQUEST',
    ],
    [
      'a history that is not earlier',
      {
        revision: 2,
        history: [
          {
            status: 'active',
            revision: 1,
            createdAt: '2019-01-01T00:00:00Z',
            updatedAt: '2020-01-01T00:00:00Z',
            values: [],
          },
        ],
      },
      'INVALID_REQUEST',
    ],
    ['only a deletion', { status: 'deleted', createdAt: undefined, values: undefined }, 'INVALID_REQUEST'],
  ])('refuses %s, and its neighbours go on', async (_, over, code) => {
    const f = await openFixture();
    expect(await preserve(f, [line(over), line({ handle: `${CHAIRS}/GOOD` })])).toEqual([code, 'created']);
  });

  const homeLine = (over: object = {}) =>
    JSON.stringify({
      ...{ kind: 'home', prefix: FOLDING, foldsCase: false, state: 'homed', revision: 1 },
      ...{ createdAt: '2020-01-01T00:00:00.000Z', updatedAt: '2020-01-01T00:00:00.000Z' },
      ...over,
    });

  it('needs a home for what it brings, which may come later in the same call', async () => {
    const f = await openFixture();
    const record = line({ handle: `${FOLDING}/A` });
    expect(await preserve(f, [record])).toEqual(['NOT_RESPONSIBLE']);
    expect(await preserve(f, [record, homeLine({ state: 'unhomed' })])).toEqual(['NOT_RESPONSIBLE', 'created']);
    const other = await openFixture();
    expect(await preserve(other, [record, homeLine()])).toEqual(['created', 'created']);
  });

  it('leaves what the settings home as they say, and refuses another rule of case where identifiers are', async () => {
    const f = await openFixture();
    await rememberHomes({ store: f.store, configured: [{ prefix: parsePrefix('88.118'), foldsCase: false }] });
    const own = (over: object) => preserve(f, [homeLine({ prefix: '88.118', ...over })]);
    expect(await own({ revision: 7 })).toEqual(['unchanged']);
    expect(await own({ foldsCase: true })).toEqual(['ALREADY_EXISTS']);
    expect(await own({ state: 'unhomed' })).toEqual(['ALREADY_EXISTS']);
    await f.identifiers.register(f.operator, [put(`${CHAIRS}/A`)], WRITE);
    expect(await preserve(f, [homeLine({ prefix: CHAIRS, foldsCase: true })])).toEqual(['INVALID_STATE']);
    expect(await preserve(f, [homeLine({ prefix: LAMPS, foldsCase: true })])).toEqual(['created']);
  });

  it.each([
    ['the handle system itself', { prefix: '0.NA' }, 'INVALID_PREFIX'],
    ['a prefix that is none', { prefix: 'a/b' }, 'INVALID_PREFIX'],
    ['a rule of case that is none', { foldsCase: 'yes' }, 'INVALID_REQUEST'],
    ['an unknown state', { state: 'lost' }, 'INVALID_REQUEST'],
    ['an unknown member', { homedBy: 'settings' }, 'INVALID_REQUEST'],
  ])('is home to no prefix because of %s', async (_, over, code) => {
    expect(await preserve(await openFixture(), [homeLine(over), homeLine()])).toEqual([code, 'created']);
  });

  it('refuses an operator and a key that is none', async () => {
    const f = await openFixture();
    const marks = { revision: 1, createdAt: '2020-01-01T00:00:00Z', updatedAt: '2020-01-01T00:00:00Z' };
    const operator = {
      kind: 'principal',
      id: 'p_1',
      name: 'Root',
      role: 'operator',
      scope: null,
      state: 'active',
      ...marks,
    };
    const key = {
      kind: 'key',
      id: 'k_1',
      principalId: 'p_1',
      tokenHash: 'jb_token',
      label: '',
      expiresAt: null,
      revokedAt: null,
      ...marks,
    };
    expect(
      await preserve(
        f,
        [operator, key].map((one) => JSON.stringify(one)),
      ),
    ).toEqual(['INVALID_REQUEST', 'INVALID_REQUEST']);
    expect(await preserve(f, [JSON.stringify({ ...operator, role: 'reviewer' })])).toEqual(['created']);
  });
});
