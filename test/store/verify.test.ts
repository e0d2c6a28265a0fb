// A sound store is found sound, and each kind of damage is found where it is: every case writes wrong bytes into one table.

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import type { Change } from '../../src/domain/change.ts';
import { openEnvironment } from '../../src/store/lmdb-environment.ts';
import { toUint32, toUint64 } from '../../src/store/lmdb-keys.ts';
import { FIRST_KEY, type Row } from '../../src/store/lmdb-table.ts';
import { type StoreReport, verifyStore } from '../../src/store/verify-store.ts';
import { type Damager, damage } from './damage.ts';
import { openLmdb } from './lmdb-world.ts';
import { apply, h, LOT_TAGS, P, put, remove, request, template, temporaryDirectory, text } from './world.ts';

const principal = { id: 'p1', name: 'Works', role: 'enterprise', scope: P, state: 'active' } as const;
const key = { id: 'k1', principalId: 'p1', tokenHash: 'ab', label: '', expiresAt: null, revokedAt: null };
const enterprise = {
  prefix: P,
  name: 'Works',
  state: 'active',
  hosting: 'here',
  contact: null,
  quota: null,
  holder: null,
} as const;

const home = { prefix: P, foldsCase: false, state: 'homed', homedBy: 'operator' } as const;

/** A little of everything that a store can hold. */
async function furnish(path: string): Promise<void> {
  const { store, clock, close } = await openLmdb(path);
  const entities: Change[] = [
    { kind: 'put-enterprise', expectedRevision: 0, enterprise },
    { kind: 'put-principal', expectedRevision: 0, principal },
    { kind: 'put-key', expectedRevision: 0, key },
    { kind: 'put-home', expectedRevision: 0, home },
    template(h('META_1')),
    template(h('META_1'), 1),
  ];
  await apply(store, ...entities, put(h('MODEL')), put(h('BATCH'), 0, { parent: h('MODEL') }));
  const items = Array.from({ length: 300 }, (_, i) => put(h(`ITEM-${i}`), 0, { parent: h('BATCH') }));
  await apply(store, ...items, put(h('X', '88.118.2')), put(h('Y'), 0, { template: h('META_1') }), {
    ...put(h('SKU'), 0, { values: [text(2000, 'Oak-1')] }),
    searchable: [2000],
  } as Change);
  clock.nowMs += 60_000;
  await apply(store, put(h('Y'), 1, { values: [text(1, 'second')] }));
  clock.nowMs += 86_400_000;
  await apply(
    store,
    put(h('Y'), 2, { values: [text(1, 'third')] }),
    remove(h('ITEM-7'), 1),
    remove(h('X', '88.118.2'), 1),
  );
  await apply(store, put(h('ITEM-7')), put(h('ITEM-8'), 1), {
    kind: 'put-enterprise',
    expectedRevision: 1,
    enterprise: { ...enterprise, name: 'W' },
  });
  await store.commit(request([put(h('ONCE'))], { idempotency: { key: 'a'.repeat(64), bodyHash: 'b', note: '' } }));
  await close();
}

const last = (rows: readonly Row[]): Row => rows.at(-1) as Row;
const flipLast = (value: ByteString): string =>
  value.slice(0, -1) + String.fromCharCode(value.charCodeAt(value.length - 1) ^ 1);
const historyOf = (damager: Damager, suffix: string): readonly Row[] =>
  damager.rows('history').filter((row) => row.key.startsWith(`${damager.record(suffix)}\x00`));

describe('the check of a store', () => {
  const directory = temporaryDirectory();
  const sound = join(directory.path, 'sound');
  let copies = 0;

  beforeAll(() => furnish(sound));
  afterAll(() => directory.remove());

  function verify(path: string): Promise<StoreReport> {
    return verifyStore({ path, lotTags: LOT_TAGS, maxGrowthBytes: null, progress() {} });
  }

  async function verifyDamaged(cause: (damager: Damager) => void): Promise<StoreReport> {
    copies += 1;
    const path = join(directory.path, `copy-${copies}`);
    const { close } = await openLmdb(path);
    await close();
    copyFileSync(join(sound, 'data.mdb'), join(path, 'data.mdb'));
    await damage(path, cause);
    return verify(path);
  }

  it('finds nothing wrong with a sound store, and has looked at every row', async () => {
    const report = await verify(sound);
    expect(report.findings).toEqual([]);
    expect(report).toMatchObject({ isSound: true, problems: 0, records: 305 });
    const environment = openEnvironment(sound);
    for (const [name, table] of Object.entries(environment.tables)) {
      expect(report.rows[name], name).toBe([...table.scan({ start: FIRST_KEY })].length);
    }
    await environment.close();
  });

  it('finds nothing wrong with an empty store', async () => {
    const path = join(directory.path, 'empty');
    const { close } = await openLmdb(path);
    await close();
    expect(await verify(path)).toMatchObject({ isSound: true, records: 0, sequence: 0 });
  });

  const cases: readonly (readonly [string, RegExp, (damager: Damager) => void])[] = [
    [
      'a record that does not decode',
      /ITEM-1: Stored bytes are damaged/,
      (d) => d.edit('records', d.record('ITEM-1'), (v) => `\x09${v}`),
    ],
    ['a record cut short', /Y: .*damaged/, (d) => d.edit('records', d.record('Y'), (v) => v.slice(0, -2))],
    ['a record that is gone', /ITEM-1 is listed as a child/, (d) => d.tables.records.remove(d.record('ITEM-1'))],
    [
      'a record under a prefix that does not exist',
      /damaged/,
      (d) => d.tables.records.put(`${toUint32(99)}Z` as ByteString, d.rows('records')[0]?.value as ByteString),
    ],
    [
      'a parent whose number is gone',
      /parent 2, which does not exist|has that number|does not exist/,
      (d) => d.tables.nodes.remove(toUint32(2)),
    ],
    [
      'a number that leads to another record',
      /does not have that number/,
      (d) => d.tables.nodes.put(toUint32(2), d.record('Y')),
    ],
    [
      'a child that is not listed',
      /ITEM-\d+ is not listed among the children/,
      (d) => d.tables.children.remove(last(d.rows('children')).key),
    ],
    [
      'a block of children that does not decode',
      /children of .*damaged/,
      (d) => d.edit('children', last(d.rows('children')).key, (v) => `\x09${v}`),
    ],
    [
      'children of a parent that does not exist',
      /parent 99 has children/,
      (d) => d.tables.children.put(toUint32(99), last(d.rows('children')).value),
    ],
    [
      'a searchable value without its row',
      /SKU is not found by/,
      (d) => d.tables.search.remove(last(d.rows('search')).key),
    ],
    [
      'a row of a value that its record does not have',
      /SKU is found by a value that it does not have/,
      (d) => d.tables.search.put(last(d.rows('search')).key.replace('oak', 'elm') as ByteString, '\x00' as ByteString),
    ],
    [
      'a row of a record that is not there',
      /is found by a value that it does not have/,
      (d) => d.tables.search.put(`${last(d.rows('search')).key}X` as ByteString, '\x00' as ByteString),
    ],
    [
      'a name without its number',
      /does not lead back to number/,
      (d) => d.tables.numbers.remove(`P${P}` as ByteString),
    ],
    [
      'a number without its name',
      /does not lead back to|does not exist/,
      (d) => d.tables.names.remove(`T${toUint32(1)}` as ByteString),
    ],
    [
      'an earlier state that is gone',
      /Y has no revision 2/,
      (d) => d.tables.history.remove(historyOf(d, 'Y')[1]?.key as ByteString),
    ],
    [
      'the first state gone',
      /states of records stand/,
      (d) => d.tables.history.remove(historyOf(d, 'Y')[0]?.key as ByteString),
    ],
    [
      'an earlier state that does not decode',
      /Y: .*damaged/,
      (d) => d.edit('history', historyOf(d, 'Y')[1]?.key as ByteString, (v) => v.slice(0, -1)),
    ],
    [
      'a history that says another log row',
      /row 1 of the log does not have/,
      (d) => d.edit('history', historyOf(d, 'Y')[1]?.key as ByteString, (v) => `\x01${v.slice(1)}`),
    ],
    [
      'a history without its record',
      /has a history and no record/,
      (d) =>
        d.tables.history.put(
          `${d.record('ZZZ')}\x00${toUint32(1)}` as ByteString,
          historyOf(d, 'Y')[0]?.value as ByteString,
        ),
    ],
    ['a log row that is gone', /row 3 is missing/, (d) => d.tables.log.remove(toUint64(3))],
    ['a log row that does not decode', /row 3: .*damaged/, (d) => d.edit('log', toUint64(3), (v) => v.slice(0, -1))],
    ['a log entry about another record', /are not theirs/, (d) => d.edit('log', last(d.rows('log')).key, flipLast)],
    [
      'a log row that its prefix does not list',
      /row 3 is not listed under prefix/,
      (d) => d.tables.logByPrefix.remove((d.record('') + toUint64(3)) as ByteString),
    ],
    [
      'a listed log row that does not exist',
      /row 99 is listed and does not exist/,
      (d) => d.tables.logByPrefix.put((d.record('') + toUint64(99)) as ByteString, '\x00' as ByteString),
    ],
    [
      'a wrong count of a prefix',
      /counted 5 identifiers, there are/,
      (d) => d.tables.counters.put((d.record('') + toUint32(0xffff_ffff)) as ByteString, '\x05' as ByteString),
    ],
    [
      'a wrong count of a day',
      /changes by day, there are/,
      (d) => d.edit('counters', d.rows('counters')[0]?.key as ByteString, (v) => `${v.slice(0, -2)}\x05\x00`),
    ],
    [
      'a wrong count in all',
      /counted 5 records in all/,
      (d) => d.tables.meta.put('records' as ByteString, '\x05' as ByteString),
    ],
    [
      'an enterprise that does not decode',
      /not JSON/,
      (d) => d.edit('enterprises', P as string as ByteString, (v) => v.slice(1)),
    ],
    [
      'an enterprise whose change is not in the log',
      /has revision 3, the log 2/,
      (d) => d.edit('enterprises', P as string as ByteString, (v) => v.replace('"revision":2', '"revision":3')),
    ],
    ['a key of nobody', /principal p1, who does not exist/, (d) => d.tables.principals.remove('p1' as ByteString)],
    [
      'a key that its token does not find',
      /is not found by its token/,
      (d) => d.tables.keyHashes.remove('ab' as ByteString),
    ],
    [
      'a token that leads nowhere',
      /which does not exist/,
      (d) => d.tables.keyHashes.put('cd' as ByteString, 'k9' as ByteString),
    ],
    [
      'a template that is not among its versions',
      /META_1" is not among its versions/,
      (d) => d.tables.templateVersions.remove(last(d.rows('templateVersions')).key),
    ],
    [
      'a version of no template',
      /version 1 of .*META_1 is not of that template/,
      (d) => d.tables.templates.remove(h('META_1') as string as ByteString),
    ],
    [
      'a result that is not listed by its age',
      /is not listed by its age/,
      (d) => d.tables.idempotencyByAge.remove(d.rows('idempotencyByAge')[0]?.key as ByteString),
    ],
    [
      'a listed result that is gone',
      /is listed by its age and gone/,
      (d) => d.tables.idempotency.remove(d.rows('idempotency')[0]?.key as ByteString),
    ],
  ];

  it.each(cases)('finds %s', async (_, finding, cause) => {
    const report = await verifyDamaged(cause);
    expect(report.isSound).toBe(false);
    expect(report.problems).toBeGreaterThanOrEqual(report.findings.length);
    expect(report.findings.map(({ detail }) => detail).join('\n')).toMatch(finding);
  });

  it('finds a chain of parents that goes round', async () => {
    const report = await verifyDamaged((d) => {
      // The model names the batch as its parent: the flag of a parent, and its number before the own one.
      d.edit('records', d.record('MODEL'), (value) => {
        const flags = value.charCodeAt(1) | 0x04;
        const node = value.indexOf('\x01', value.length - 3);
        return `${value[0]}${String.fromCharCode(flags)}${value.slice(2, node)}\x02${value.slice(node)}`;
      });
    });
    expect(report.findings.map(({ detail }) => detail).join('\n')).toMatch(/stands more than 4 deep/);
  });

  it('gives up if the store grows by more than is allowed meanwhile', async () => {
    const options = { path: sound, maxGrowthBytes: -1, progress() {} };
    await expect(verifyStore(options)).rejects.toMatchObject({ code: 'OVERLOADED' });
  });
});
