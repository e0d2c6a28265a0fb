// Lots move to another node with their states, sealed secrets and counts, and what came in already changes nothing.

import { expect, it } from 'vitest';
import { bytesFromText } from '../../src/domain/bytes.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import { changedLines } from '../../src/registry/changed-lines.ts';
import { exportLines } from '../../src/registry/export-lines.ts';
import type { PreservedResult } from '../../src/registry/registry.ts';
import { CHAIRS, type Fixture, openFixture, put, WRITE } from './fixture.ts';

const FREE = { ifMatch: null, idempotency: null };
const SHAPE = { prefix: CHAIRS, head: 'OAK-', width: 6, tagLength: 9, from: 1, to: 1000, parent: null, template: null };
const values = [makeValue({ index: 2000, type: bytesFromText('NAME'), data: bytesFromText('橡木 {serial}') })];

async function exported({ store }: Fixture, since: number | null = null): Promise<string[]> {
  const options = { store, scope: null, withHistory: true, withKeys: false };
  const newest = store.stats().sequence;
  const pages = since === null ? exportLines(options) : changedLines({ ...options, since, newest });
  const lines: string[] = [];
  for await (const page of pages) lines.push(...page);
  return lines;
}

const ofLots = (lines: readonly string[]) => lines.filter((line) => line.startsWith('{"kind":"lot"'));
const takeIn = (f: Fixture, lines: readonly string[]): Promise<readonly PreservedResult[]> =>
  f.preserver.preserve(
    f.operator,
    lines.map((line) => JSON.parse(line)),
  );
const outcomes = (results: readonly PreservedResult[]) =>
  results.map((result) => (result.ok ? result.outcome : result.error.code));

it('a lot moves whole, with a code that became a record, and again changes nothing', async () => {
  const [from, to] = [await openFixture(), await openFixture()];
  const { lot } = await from.lots.create(from.chairs, { ...SHAPE, values }, null);
  const [[code] = []] = [...(await from.lots.codes(from.chairs, lot.id, { from: 42, to: 42 }))];
  await from.identifiers.register(from.chairs, [put(code?.handle as string)], WRITE);
  from.clock.nowMs += 5000;
  await from.lots.close(from.chairs, lot.id, 500, FREE);
  await from.lots.split(from.chairs, lot.id, 100, FREE);
  const lines = (await exported(from)).filter((line) => !line.startsWith('{"kind":"enterprise"'));
  expect(ofLots(lines)).toHaveLength(2);
  expect(outcomes(await takeIn(to, lines))).toEqual(lines.map(() => 'created'));
  expect(ofLots(await exported(to))).toEqual(ofLots(lines));
  expect((await to.store.counts(lot.prefix)).live).toBe(500);
  const theirs = [...(await to.lots.codes(to.operator, lot.id, { from: 42, to: 42 }))][0]?.[0];
  expect(theirs).toEqual(code);
  expect(outcomes(await takeIn(to, lines))).toEqual(lines.map(() => 'unchanged'));
});

it('what has changed since goes on from what stands', async () => {
  const [from, to] = [await openFixture(), await openFixture()];
  const { lot } = await from.lots.create(from.chairs, { ...SHAPE, values }, null);
  await takeIn(to, ofLots(await exported(from)));
  const since = from.store.stats().sequence;
  await from.lots.extend(from.chairs, lot.id, 2000, FREE);
  await from.lots.revoke(from.chairs, lot.id, 'glue', FREE);
  const lines = await exported(from, since);
  expect(lines).toHaveLength(1);
  expect(outcomes(await takeIn(to, lines))).toEqual(['updated']);
  expect(ofLots(await exported(to))).toEqual(ofLots(await exported(from)));
  expect((await to.store.counts(lot.prefix)).live).toBe(2000);
});

it('a lot that was made, written to and closed since comes before its records, which are many', async () => {
  const [from, to] = [await openFixture(), await openFixture()];
  const since = from.store.stats().sequence;
  const { lot } = await from.lots.create(from.chairs, { ...SHAPE, values }, null);
  const [[code] = []] = [...(await from.lots.codes(from.chairs, lot.id, { from: 42, to: 42 }))];
  await from.identifiers.register(from.chairs, [put(code?.handle as string)], WRITE);
  await from.lots.close(from.chairs, lot.id, 500, FREE);
  const lines = await exported(from, since);
  expect(lines.map((line) => JSON.parse(line).kind)).toEqual(['lot', 'record', 'lot']);
  expect(outcomes(await takeIn(to, lines.slice(0, 2)))).toEqual(['created', 'created']);
  expect(outcomes(await takeIn(to, lines))).toEqual(['unchanged', 'unchanged', 'unchanged']);
  expect((await to.store.counts(lot.prefix)).live).toBe(500);
});

it('a lot that stands with other content, or takes room, is not overwritten', async () => {
  const [from, to] = [await openFixture(), await openFixture()];
  const { lot } = await from.lots.create(from.chairs, { ...SHAPE, values }, null);
  const [line = ''] = ofLots(await exported(from));
  to.clock.nowMs += 5; // or it would get the same id
  await to.lots.create(to.chairs, { ...SHAPE, from: 900, to: 2000, values: [] }, null);
  expect(outcomes(await takeIn(to, [line]))).toEqual(['LOT_OVERLAP']);
  expect(outcomes(await takeIn(from, [line.replace('橡木', '松木')]))).toEqual(['ALREADY_EXISTS']);
  expect((await from.lots.read(from.chairs, lot.id)).revision).toBe(1);
});

it.each([
  ['an id that is none', { id: 'x' }],
  ['no secret', { secret: undefined }],
  ['a secret that is none', { secret: 'v1.x' }],
  ['serials that do not fit', { to: 10_000_000 }],
  ['a member too many', { sealed: true }],
  ['an instant that is none', { createdAt: 'x' }],
])('a line with %s is refused', async (_, more) => {
  const [from, to] = [await openFixture(), await openFixture()];
  await from.lots.create(from.chairs, { ...SHAPE, values }, null);
  const [line = ''] = ofLots(await exported(from));
  expect(outcomes(await takeIn(to, [JSON.stringify({ ...JSON.parse(line), ...more })]))).toEqual(['INVALID_REQUEST']);
});
