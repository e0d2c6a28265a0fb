// A store with lots is found sound, and what is wrong with one is found where it is.

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ByteString, bytesFromText } from '../../src/domain/bytes.ts';
import { type Lot, type LotTags, lotIdOf, NO_LOT_KEY, suffixAt } from '../../src/domain/lot.ts';
import { type StoreReport, verifyStore } from '../../src/store/verify-store.ts';
import { type Damager, damage } from './damage.ts';
import { openLmdb } from './lmdb-world.ts';
import { apply, h, LOT_TAGS, lot, lotAgain, P, put, temporaryDirectory } from './world.ts';

const TAGGED = { head: 'T', tagLength: 9, sealedSecret: 'good 1' } as const;

/** Lots with and without check tags, beside and below records, changed and cut. */
async function furnish(path: string): Promise<void> {
  const { store, close } = await openLmdb(path);
  await apply(store, put(h('BATCH')), put(h('SOFA-0003')), lot('a', { parent: h('BATCH') }), lot('t', TAGGED));
  await apply(store, put(h('SOFA-0002')), put(h(suffixAt(lot('t', TAGGED).lot as Lot, 7, LOT_TAGS))));
  await apply(store, lotAgain((await store.lot(lotIdOf(P, 'a'))) as Lot, { to: 99, state: 'closed' }));
  await apply(store, lot('b', { from: 100 }), put(h('SOFA-0500')));
  await close();
}

const ID = bytesFromText(lotIdOf(P, 'a'));

describe('checking lots', () => {
  const directory = temporaryDirectory();
  const sound = join(directory.path, 'sound');
  let copies = 0;

  beforeAll(() => furnish(sound));
  afterAll(() => directory.remove());

  async function verify(cause?: (damager: Damager) => void, lotTags: LotTags = LOT_TAGS): Promise<StoreReport> {
    copies += 1;
    const path = join(directory.path, `copy-${copies}`);
    const { close } = await openLmdb(path);
    await close();
    copyFileSync(join(sound, 'data.mdb'), join(path, 'data.mdb'));
    if (cause !== undefined) await damage(path, cause);
    return verifyStore({ path, lotTags, maxGrowthBytes: null, progress() {} });
  }

  it('finds nothing wrong with sound ones', async () => {
    expect(await verify()).toMatchObject({ isSound: true, findings: [], records: 5, issued: 2001 });
  });

  it('does without the key of lots, and then counts nothing it cannot tell', async () => {
    expect((await verify(undefined, NO_LOT_KEY)).findings).toEqual([]);
  });

  const rangeOf = (d: Damager) => d.rows('lotRanges').find(({ value }) => value === ID)?.key as ByteString;
  const cases: readonly (readonly [string, RegExp, (damager: Damager) => void])[] = [
    ['one that does not decode', /10023:a.*damaged/, (d) => d.edit('lots', ID, (v) => v.slice(1))],
    ['one under another id', /kept under another id/, (d) => d.edit('lots', ID, (v) => v.replace(':a"', ':x"'))],
    ['one without a room', /10023:a" is not found by its room/, (d) => d.tables.lotRanges.remove(rangeOf(d))],
    ['a room that leads elsewhere', /which is elsewhere/, (d) => d.tables.lotRanges.put(rangeOf(d), 'x' as ByteString)],
    ['rooms that meet', /have the same room/, (d) => d.edit('lots', ID, (v) => v.replace('"to":99', '"to":299'))],
    [
      'one that its parent does not list',
      /not listed under its parent/,
      (d) => d.tables.lotParents.remove(d.rows('lotParents')[0]?.key as ByteString),
    ],
    [
      'one that a stranger lists',
      /listed under another parent/,
      (d) => d.tables.lotParents.put(`${d.record('SOFA-0002')}\x00${ID}` as ByteString, '\x00' as ByteString),
    ],
    [
      'a state that is gone',
      /is not among its states/,
      (d) => d.tables.lotVersions.remove(d.rows('lotVersions')[1]?.key as ByteString),
    ],
    ['states of no lot', /version 1 of .*:a is not of that lot/, (d) => d.tables.lots.remove(ID)],
    [
      'a revision that no line of the log has',
      /lot .*:a" has revision/,
      (d) => d.edit('lots', ID, (v) => v.replace('"revision":2', '"revision":3')),
    ],
    ['a wrong size', /identifiers, there are/, (d) => d.edit('lots', ID, (v) => v.replace('"to":99', '"to":98'))],
  ];

  it.each(cases)('finds %s', async (_, expected, cause) => {
    const { findings } = await verify(cause);
    expect(findings.map(({ detail }) => detail).join('\n')).toMatch(expected);
  });
});
