// Lots through the registry: who may register and change them, what they may say, and requests that are repeated.

import { describe, expect, it } from 'vitest';
import { bytesFromText } from '../../src/domain/bytes.ts';
import { TAG_ALPHABET } from '../../src/domain/check-tag.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import { type Lot, sizeOf } from '../../src/domain/lot.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import type { LotConditions, NewLot } from '../../src/registry/lot-registry.ts';
import { CHAIRS, claim, type Fixture, FOREIGN_HOME, LAMPS, openFixture, put, setState, WRITE } from './fixture.ts';
import { putTemplate } from './template-fixture.ts';

const FREE: LotConditions = { ifMatch: null, idempotency: null };
const value = (index: number, data: string, type = 'NAME') =>
  makeValue({ index, type: bytesFromText(type), data: bytesFromText(data) });

function given(more: Partial<NewLot> = {}): NewLot {
  const shape = { prefix: CHAIRS, head: 'OAK-', width: 6, tagLength: 0, from: 1, to: 1000 };
  return { ...shape, parent: null, template: null, values: [value(2000, 'oak {serial}')], ...more };
}

const create = async (f: Fixture, more: Partial<NewLot> = {}): Promise<Lot> =>
  (await f.lots.create(f.chairs, given(more), null)).lot;
const codes = async (f: Fixture, lot: Lot, from: number | null = null, to: number | null = null) =>
  [...(await f.lots.codes(f.chairs, lot.id, { from, to }))].flat();
const refused = (code: string, at?: string) => (at === undefined ? { code } : { code, at });

describe('a lot', () => {
  it('is registered by its enterprise in one commit, whatever its size', async () => {
    const f = await openFixture();
    const { lot, outcome } = await f.lots.create(f.chairs, given({ width: 12, to: 100_000_000_000 }), null);
    expect(outcome).toBe('created');
    expect(lot).toMatchObject({ prefix: CHAIRS, head: 'OAK-', state: 'open', revision: 1, sealedSecret: null });
    expect(sizeOf(lot)).toBe(100_000_000_000);
    expect(f.commits.count).toBe(1);
    expect(await f.lots.read(f.reader, lot.id)).toEqual(lot);
    expect((await f.store.counts(lot.prefix)).live).toBe(100_000_000_000);
  });

  it('is denied to others before anything of it is told', async () => {
    const f = await openFixture();
    const lot = await create(f);
    for (const who of [f.lamps, f.reviewer, f.reader]) {
      await expect(f.lots.create(who, given(), null)).rejects.toMatchObject(refused('FORBIDDEN'));
      await expect(f.lots.revoke(who, lot.id, 'r', FREE)).rejects.toMatchObject(refused('FORBIDDEN'));
      await expect(f.lots.revoke(who, `${CHAIRS}:none`, 'r', FREE)).rejects.toMatchObject(refused('FORBIDDEN'));
    }
    for (const id of [lot.id, `${CHAIRS}:none`]) {
      await expect(f.lots.read(f.lamps, id)).rejects.toMatchObject(refused('FORBIDDEN'));
    }
    for (const id of [`${CHAIRS}:none`, 'none', '']) {
      await expect(f.lots.read(f.operator, id)).rejects.toMatchObject(refused('NOT_FOUND'));
    }
    await setState(f, CHAIRS, 'suspended');
    await expect(create(f, { head: 'B' })).rejects.toMatchObject(refused('FORBIDDEN'));
    await expect(f.lots.close(f.chairs, lot.id, null, FREE)).rejects.toMatchObject(refused('FORBIDDEN'));
  });

  it('has a place under a homed prefix, in the case that the prefix has', async () => {
    const f = await openFixture();
    const folded = await f.lots.create(f.operator, given({ prefix: FOREIGN_HOME, head: 'oak-' }), null);
    expect(folded.lot.head).toBe('OAK-');
    const misplaced = (prefix: string) => f.lots.create(f.operator, given({ prefix }), null);
    await expect(misplaced('0.NA')).rejects.toMatchObject(refused('INVALID_REQUEST', '/prefix'));
    await expect(misplaced('1.2.3')).rejects.toMatchObject(refused('NOT_RESPONSIBLE'));
    await expect(misplaced('88.118/X')).rejects.toMatchObject(refused('INVALID_PREFIX'));
    await expect(create(f, { to: 0 })).rejects.toMatchObject(refused('INVALID_REQUEST', '/to'));
  });

  it('takes no room of another, and names it', async () => {
    const f = await openFixture();
    const lot = await create(f);
    await expect(create(f, { from: 1000, to: 2000 })).rejects.toMatchObject({
      code: 'LOT_OVERLAP',
      message: expect.stringContaining(lot.id),
    });
    await expect(create(f, { from: 1001, to: 2000 })).resolves.toMatchObject({ from: 1001 });
  });

  it('stays within the quota of its enterprise, with what is registered one by one', async () => {
    const f = await openFixture();
    await f.directory.updateEnterprise(f.operator, CHAIRS, { quota: 1002 }, null);
    await f.identifiers.register(f.chairs, [put(`${CHAIRS}/ONE`)], WRITE);
    await expect(create(f, { to: 1002 })).rejects.toMatchObject(refused('INVALID_STATE'));
    const lot = await create(f, { to: 1000 });
    await expect(f.lots.extend(f.chairs, lot.id, 1002, FREE)).rejects.toMatchObject(refused('INVALID_STATE'));
    await expect(f.lots.extend(f.chairs, lot.id, 1001, FREE)).resolves.toMatchObject({ outcome: 'updated' });
  });

  it('cannot leave its quota by a prefix below, nor pass it by two at once', async () => {
    const f = await openFixture();
    await f.directory.updateEnterprise(f.operator, CHAIRS, { quota: 1500 }, null);
    await expect(create(f, { prefix: `${CHAIRS}.1` })).rejects.toMatchObject(refused('INVALID_STATE'));
    const both = await Promise.allSettled(['A', 'B'].map((head) => create(f, { head })));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await f.store.counts(CHAIRS as Prefix)).live).toBe(1000);
  });

  it('says what every code can say: product values that fit with any serial', async () => {
    const f = await openFixture();
    const wrong = (values: NewLot['values']) => create(f, { values });
    await expect(wrong([value(300, 'x')])).rejects.toMatchObject(refused('INVALID_VALUE', '/values/0'));
    await expect(wrong([value(2000, 'x'), value(2001, 'x', 'HS_PUBKEY')])).rejects.toMatchObject(
      refused('INVALID_VALUE', '/values/1'),
    );
    await expect(wrong([value(2000, 'x'), value(2000, 'y')])).rejects.toMatchObject(refused('INVALID_VALUE'));
    await expect(wrong([value(1002, 'no recall', 'RECALL')])).rejects.toMatchObject(
      refused('INVALID_VALUE', '/values/0/index'),
    );
    await expect(wrong([value(1003, 'x', 'RECALL')])).resolves.toBeDefined();
    // As it is it fits, with the digits in it not.
    await expect(create(f, { head: 'LONG-', values: [value(2000, '{serial}'.repeat(8000))] })).resolves.toBeDefined();
    const long = { width: 15, to: 10 ** 15 - 1, head: 'L', values: [value(2000, '{serial}'.repeat(8000))] };
    await expect(create(f, long)).rejects.toMatchObject(refused('INVALID_VALUE'));
  });

  it('fits its template, with its serial filled in and with what it inherits', async () => {
    const f = await openFixture();
    const META = `${CHAIRS}/META_OAK`;
    await putTemplate(f, f.chairs, META, [
      { index: 2000, kind: 'string', required: true },
      { index: 2001, kind: 'string', required: true, maxLength: 12 },
    ]);
    await f.identifiers.register(
      f.chairs,
      [put(`${CHAIRS}/BATCH`, { values: [value(2000, 'x', 'TYPE_2000')] })],
      WRITE,
    );
    const of = (data: string, parent: string | null) =>
      create(f, { head: data.length.toString(), template: META, parent, values: [value(2001, data, 'TYPE_2001')] });
    await expect(of('SN {serial}', null)).rejects.toMatchObject({ code: 'INVALID_VALUE' });
    await expect(of('SN {serial}', `${CHAIRS}/BATCH`)).resolves.toMatchObject({ template: META });
    await expect(of('number {serial}', `${CHAIRS}/BATCH`)).rejects.toMatchObject({ code: 'INVALID_VALUE' });
  });

  it('is listed to who may read it, in the order of registration', async () => {
    const f = await openFixture();
    const first = await create(f);
    f.clock.nowMs += 5;
    const second = await create(f, { head: 'B' });
    const other = (await f.lots.create(f.lamps, given({ prefix: LAMPS }), null)).lot;
    const ids = async (...question: Parameters<Fixture['lots']['list']>) =>
      (await f.lots.list(...question)).map(({ id }) => id);
    expect(await ids(f.chairs, null, null, 10)).toEqual([first.id, second.id]);
    expect(await ids(f.chairs, CHAIRS, first.id, 10)).toEqual([second.id]);
    expect(await ids(f.operator, null, null, 10)).toEqual([first.id, second.id, other.id]);
    expect(await ids(f.reviewer, LAMPS, null, 10)).toEqual([other.id]);
    await expect(ids(f.chairs, LAMPS, null, 10)).rejects.toMatchObject(refused('FORBIDDEN'));
  });
});

describe('the codes of a lot', () => {
  it('come in order, with check tags that differ from lot to lot, and as many as asked for', async () => {
    const f = await openFixture();
    const lot = await create(f, { tagLength: 9 });
    const listed = await codes(f, lot);
    expect(listed).toHaveLength(1000);
    expect(listed[0]?.serial).toBe('000001');
    expect(listed[0]?.handle).toMatch(new RegExp(`^${CHAIRS}/OAK-000001[${TAG_ALPHABET}]{9}$`));
    expect(new Set(listed.map(({ handle }) => handle.slice(-9))).size).toBe(1000);
    expect((await codes(f, lot, 999)).map(({ serial }) => serial)).toEqual(['000999', '001000']);
    expect(await codes(f, lot, 7, 7)).toEqual([listed[6]]);
    for (const [from, to] of [
      [0, 5],
      [5, 1001],
      [6, 5],
    ] as const) {
      await expect(codes(f, lot, from, to)).rejects.toMatchObject(refused('INVALID_REQUEST'));
    }
    const other = await create(f, { tagLength: 9, head: 'B' });
    expect((await codes(f, other, 1, 1))[0]?.handle.slice(-9)).not.toBe(listed[0]?.handle.slice(-9));
  });

  it('can be written to one by one, and others in the room of the lot cannot', async () => {
    const f = await openFixture();
    const lot = await create(f, { tagLength: 4 });
    const [code] = await codes(f, lot, 5, 5);
    const wrong = `${code?.handle.slice(0, -1)}${code?.handle.endsWith('3') ? '4' : '3'}`;
    const { results } = await f.identifiers.register(f.chairs, [put(code?.handle as string), put(wrong)], WRITE);
    expect(results[0]).toMatchObject({ ok: true, outcome: 'created' });
    expect(results[1]).toMatchObject({ ok: false, error: { code: 'INVALID_LOT_CODE' } });
  });
});

describe('a lot that stands', () => {
  it('is extended, closed, divided and revoked, each once', async () => {
    const f = await openFixture();
    const { id } = await create(f, { tagLength: 9 });
    const before = await codes(f, await f.lots.read(f.chairs, id));
    expect((await f.lots.extend(f.chairs, id, 2000, FREE)).lot).toMatchObject({ to: 2000, revision: 2 });
    const closed = await f.lots.close(f.chairs, id, 1500, FREE);
    expect(closed.lot).toMatchObject({ to: 1500, state: 'closed', revision: 3 });
    expect(await f.lots.close(f.chairs, id, null, FREE)).toMatchObject({ outcome: 'unchanged' });
    await expect(f.lots.extend(f.chairs, id, 1600, FREE)).rejects.toMatchObject(refused('INVALID_STATE'));
    const { lot, part } = await f.lots.split(f.chairs, id, 501, FREE);
    expect(lot).toMatchObject({ id, to: 500, state: 'closed', revision: 4 });
    expect(part).toMatchObject({ from: 501, to: 1500, state: 'closed', splitFrom: id, revision: 1 });
    expect([...(await codes(f, lot)), ...(await codes(f, part as Lot, null, 1000))]).toEqual(before);
    expect((await f.lots.revoke(f.chairs, id, 'glue', FREE)).lot).toMatchObject({ state: 'revoked', reason: 'glue' });
    expect(await f.lots.revoke(f.chairs, id, 'glue', FREE)).toMatchObject({ outcome: 'unchanged' });
    await expect(f.lots.split(f.chairs, id, 100, FREE)).rejects.toMatchObject(refused('INVALID_STATE'));
    expect((await f.lots.read(f.chairs, (part as Lot).id)).state).toBe('closed');
    expect((await f.lots.history(f.chairs, id, 0, 10)).map(({ to }) => to)).toEqual([1000, 2000, 1500, 500, 500]);
    expect((await f.store.counts(lot.prefix)).live).toBe(1500);
  });

  it('gets other values, and keeps the instants of those that stay', async () => {
    const f = await openFixture();
    const { id } = await create(f, { values: [value(2000, 'a'), value(2001, 'b')] });
    f.clock.nowMs += 60_000;
    const { lot } = await f.lots.update(f.chairs, id, { values: [value(2001, 'new'), value(2000, 'a')] }, FREE);
    expect(lot.values.map(({ index, data }) => [index, data])).toEqual([
      [2000, 'a'],
      [2001, 'new'],
    ]);
    expect((lot.values[1]?.timestamp ?? 0) - (lot.values[0]?.timestamp ?? 0)).toBe(60);
    expect(await f.lots.update(f.chairs, id, { values: lot.values }, FREE)).toMatchObject({ outcome: 'unchanged' });
    await expect(f.lots.update(f.chairs, id, { parent: `${CHAIRS}/NONE` }, FREE)).rejects.toMatchObject(
      refused('INVALID_PARENT'),
    );
  });

  it('is changed only by who saw the revision that stands', async () => {
    const f = await openFixture();
    const { id } = await create(f);
    const seen = (ifMatch: number) => f.lots.extend(f.chairs, id, 1001, { ...FREE, ifMatch });
    await expect(seen(2)).rejects.toMatchObject(refused('REVISION_CONFLICT'));
    await expect(seen(1)).resolves.toMatchObject({ lot: { revision: 2 } });
  });

  it('is divided whole or not at all, however others change it meanwhile', async () => {
    let isArmed = false;
    const f: Fixture = await openFixture({
      async beforeCommit() {
        if (!isArmed) return;
        isArmed = false;
        await f.lots.extend(f.chairs, id, 3000, FREE);
      },
    });
    const { id } = await create(f);
    isArmed = true;
    const { lot, part } = await f.lots.split(f.chairs, id, 501, FREE);
    expect([lot.to, part?.from, part?.to]).toEqual([500, 501, 3000]);
    expect(await f.lots.list(f.chairs, CHAIRS, null, 10)).toHaveLength(2);
  });
});

describe('a repeated request for a lot', () => {
  it('is answered with what it did the first time', async () => {
    const f = await openFixture();
    const first = await f.lots.create(f.chairs, given({ tagLength: 9 }), claim());
    const again = await f.lots.create(f.chairs, given({ tagLength: 9 }), claim());
    expect(again).toEqual({ ...first, repeated: true });
    const conditions = { ifMatch: null, idempotency: claim({ clientKey: 'k2' }) };
    const divided = await f.lots.split(f.chairs, first.lot.id, 10, conditions);
    await f.lots.extend(f.chairs, divided.part?.id ?? '', 5000, FREE);
    expect(await f.lots.split(f.chairs, first.lot.id, 10, conditions)).toEqual({ ...divided, repeated: true });
    expect(await f.lots.list(f.chairs, CHAIRS, null, 10)).toHaveLength(2);
  });

  it('with another body is refused', async () => {
    const f = await openFixture();
    await f.lots.create(f.chairs, given(), claim());
    const other = f.lots.create(f.chairs, given({ head: 'B' }), claim({ bodyHash: 'ff' }));
    await expect(other).rejects.toMatchObject(refused('IDEMPOTENCY_MISMATCH'));
  });
});
