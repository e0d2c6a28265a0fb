// Prefixes that an operator had homed move with what is under them, and so does their rule of case.

import { describe, expect, it } from 'vitest';
import { parsePrefix } from '../../src/domain/prefix.ts';
import { rememberHomes } from '../../src/registry/remembered-homes.ts';
import { CHAIRS, LAMPS, openFixture, put, WRITE, word } from './fixture.ts';
import { exportOf, FOLDING, furnish, line, preserve } from './moving.ts';

describe('an export', () => {
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
});

describe('taking in an export', () => {
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
});
