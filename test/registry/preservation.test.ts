// A registry moves to another node byte for byte: what is exported, taken in and exported again is the same.

import { describe, expect, it } from 'vitest';
import { parsePrefix } from '../../src/domain/prefix.ts';
import { CHAIRS, codeOf, LAMPS, openFixture, put, WRITE } from './fixture.ts';
import { DAY_MS, exportOf, furnish, h, line, preserve } from './moving.ts';
import { putTemplate } from './template-fixture.ts';

describe('an export', () => {
  it('taken in by another node and exported there is the same, byte for byte; again it changes nothing', async () => {
    const [source, target] = [await openFixture(), await openFixture()];
    await furnish(source);
    const lines = await exportOf(source);
    expect(lines.filter((line) => line.includes('"kind":"record"'))).toHaveLength(8);
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
