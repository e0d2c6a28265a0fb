// Recalling and lifting: who may, what it needs, what it leaves as it is, and how it is told.

import { describe, expect, it } from 'vitest';
import type { Registration } from '../../src/registry/registration.ts';
import { CHAIRS, type Fixture, named, one, openFixture, patch, put, remove, revoke, value, word } from './fixture.ts';

const BATCH = `${CHAIRS}/BATCH`;
const recall = (more: object = {}): Registration =>
  ({
    operation: 'recall',
    handle: BATCH,
    ifMatch: null,
    reason: 'report 118',
    notice: '停止使用',
    ...more,
  }) as Registration;
const lift = (ifMatch: number | null = null): Registration => ({ operation: 'lift-recall', handle: BATCH, ifMatch });

async function withBatch(): Promise<Fixture> {
  const f = await openFixture();
  await one(f, f.chairs, put(BATCH));
  return f;
}

const standing = async (f: Fixture) => (await f.identifiers.read(f.chairs, BATCH)).recall;

describe('a recall', () => {
  it('stands until it is lifted, and both are in history and log', async () => {
    const f = await withBatch();
    f.clock.nowMs += 1000;
    expect(await one(f, f.chairs, recall({ ifMatch: 1 }))).toMatchObject({ ok: true, outcome: 'updated', revision: 2 });
    const since = f.clock.nowMs / 1000;
    expect(await standing(f)).toEqual({ reason: 'report 118', notice: '停止使用', timestamp: since });
    f.clock.nowMs += 1000;
    expect(await one(f, f.chairs, lift(2))).toMatchObject({ ok: true, revision: 3 });
    expect(await standing(f)).toBeNull();
    const { items } = await f.histories.history(f.chairs, BATCH, null, 10);
    expect(items.map(({ action }) => action)).toEqual(['recall-lifted', 'recalled', 'created']);
    expect(items[1]?.differences).toEqual([
      { field: 'recallReason', before: null, after: 'report 118' },
      { field: 'recallNotice', before: null, after: '停止使用' },
    ]);
    const { rows } = await f.feed.read(f.chairs, { after: 0, limit: 100, prefix: CHAIRS });
    const actions = rows.flatMap(({ entries }) => entries.filter(({ name }) => name === BATCH).map((e) => e.action));
    expect(actions).toEqual(['created', 'recalled', 'recall-lifted']);
  });

  it('said again changes nothing; with other words it keeps its beginning', async () => {
    const f = await withBatch();
    await one(f, f.chairs, recall());
    const began = (await standing(f))?.timestamp;
    f.clock.nowMs += 60_000;
    expect(await one(f, f.chairs, recall())).toMatchObject({ outcome: 'unchanged', revision: 2 });
    expect(await one(f, f.chairs, recall({ notice: '请联系客服' }))).toMatchObject({ outcome: 'updated', revision: 3 });
    expect(await standing(f)).toMatchObject({ notice: '请联系客服', timestamp: began });
    await one(f, f.chairs, lift());
    expect(await one(f, f.chairs, lift())).toMatchObject({ outcome: 'unchanged' });
  });

  it('is not taken back by what is said of the product', async () => {
    const f = await withBatch();
    await one(f, f.chairs, recall());
    await one(f, f.chairs, put(BATCH, named('Stool')));
    await one(f, f.chairs, patch(BATCH, { template: `${CHAIRS}/META_1` }));
    await one(f, f.chairs, revoke(BATCH));
    await one(f, f.chairs, patch(BATCH, { status: 'active' }));
    expect(await standing(f)).toMatchObject({ notice: '停止使用' });
    await one(f, f.chairs, remove(BATCH));
    await one(f, f.chairs, put(BATCH));
    expect(await standing(f)).toBeNull();
  });

  it.each([
    ['a stale revision', recall({ ifMatch: 7 }), 'REVISION_CONFLICT'],
    ['no record', recall({ handle: `${CHAIRS}/NONE` }), 'NOT_FOUND'],
    ['an empty notice', recall({ notice: ' ' }), 'INVALID_REQUEST'],
    ['a notice beyond the limit', recall({ notice: 'x'.repeat(1001) }), 'INVALID_REQUEST'],
    ['an empty reason', recall({ reason: '' }), 'INVALID_REQUEST'],
  ])('is refused with %s', async (_, registration, code) => {
    const f = await withBatch();
    expect(await word(f, f.chairs, registration)).toBe(code);
    expect(await standing(f)).toBeNull();
  });

  it('is the holder’s and the operator’s to say', async () => {
    const f = await withBatch();
    for (const other of [f.lamps, f.reader, f.reviewer]) {
      expect(await word(f, other, recall())).toBe('FORBIDDEN');
      expect(await word(f, other, lift())).toBe('FORBIDDEN');
    }
    expect(await one(f, f.operator, recall())).toMatchObject({ ok: true });
  });

  it('needs an active record: nobody is shown a reserved or revoked one', async () => {
    const f = await openFixture();
    await one(f, f.chairs, put(BATCH, { status: 'reserved' }));
    expect(await word(f, f.chairs, recall())).toBe('INVALID_STATE');
    await one(f, f.chairs, patch(BATCH, { status: 'active' }));
    await one(f, f.chairs, revoke(BATCH));
    expect(await word(f, f.chairs, recall())).toBe('INVALID_STATE');
  });

  it('has a place that no writer may fill', async () => {
    const f = await withBatch();
    const forged = await word(f, f.chairs, put(BATCH, { values: [value(1002, 'RECALL', 'all is well')] }));
    expect(forged).toBe('INVALID_VALUE');
    const patched = await word(f, f.chairs, patch(BATCH, { values: [value(1002, 'RECALL', 'all is well')] }));
    expect(patched).toBe('INVALID_VALUE');
    expect(await one(f, f.chairs, put(BATCH, { values: [value(1003, 'RECALL', 'near by')] }))).toMatchObject({
      ok: true,
    });
  });
});
