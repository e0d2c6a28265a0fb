// Transfer of a prefix: who may do it, what must hold, and who reads and writes afterwards.

import { describe, expect, it } from 'vitest';
import {
  actor,
  CHAIRS,
  codeOf,
  type Fixture,
  FOREIGN_HOME,
  LAMPS,
  newEnterprise,
  one,
  openFixture,
  put,
  refusal,
  secondWorker,
  setState,
  word,
} from './fixture.ts';

const transfer = (f: Fixture, to: string | null, prefix = CHAIRS) =>
  f.directory.transferEnterprise(f.operator, prefix, to, null);

async function withChair(): Promise<Fixture> {
  const f = await openFixture();
  await one(f, f.chairs, put(`${CHAIRS}/A`));
  return f;
}

describe('a prefix that was transferred', () => {
  it('is read and written by its new holder, and by the former one no more, in every worker', async () => {
    const f = await withChair();
    const other = secondWorker(f);
    await other.identifiers.read(f.chairs, `${CHAIRS}/A`);
    expect(await word(f, f.lamps, put(`${CHAIRS}/B`))).toBe('FORBIDDEN');
    expect(await transfer(f, LAMPS)).toMatchObject({ prefix: CHAIRS, holder: LAMPS, revision: 2 });
    for (const prefix of [CHAIRS, `${CHAIRS}.7`, LAMPS])
      expect(await word(f, f.lamps, put(`${prefix}/B`))).toBe('created');
    expect((await f.identifiers.read(f.lamps, `${CHAIRS}/A`)).revision).toBe(1);
    expect(refusal(await one(f, f.chairs, put(`${CHAIRS}/C`))).message).toContain('has been transferred');
    expect(await codeOf(f.identifiers.read(f.chairs, `${CHAIRS}/A`))).toBe('FORBIDDEN');
    expect(await codeOf(other.identifiers.read(f.chairs, `${CHAIRS}/A`))).toBe('FORBIDDEN');
    expect(await codeOf(f.identifiers.read(f.reader, `${CHAIRS}/A`))).toBe('FORBIDDEN');
    expect(await codeOf(f.directory.enterprise(f.chairs, CHAIRS))).toBe('FORBIDDEN');
    expect(await f.directory.enterprises(f.chairs, null, 10)).toEqual([]);
    const listed = await f.directory.enterprises(f.lamps, null, 10);
    expect(listed.map((enterprise) => enterprise.prefix)).toEqual([CHAIRS, LAMPS]);
    expect(await f.directory.enterprises(f.lamps, CHAIRS, 10)).toMatchObject([{ prefix: LAMPS }]);
    expect(await f.directory.enterprises(f.lamps, null, 1)).toMatchObject([{ prefix: CHAIRS }]);
  });

  it('comes back with a transfer to null, or to itself', async () => {
    const f = await withChair();
    for (const back of [null, CHAIRS]) {
      await transfer(f, LAMPS);
      expect(await word(f, f.chairs, put(`${CHAIRS}/B`))).toBe('FORBIDDEN');
      expect(await transfer(f, back)).toMatchObject({ holder: null });
      expect(await word(f, f.lamps, put(`${CHAIRS}/A`))).toBe('FORBIDDEN');
    }
    expect(await word(f, f.chairs, put(`${CHAIRS}/B`))).toBe('created');
  });

  it('is written while its holder is active, whatever became of the enterprise it had', async () => {
    const f = await withChair();
    await setState(f, CHAIRS, 'suspended');
    await transfer(f, LAMPS);
    expect(await word(f, f.lamps, put(`${CHAIRS}/B`))).toBe('created');
    await setState(f, LAMPS, 'suspended');
    expect(refusal(await one(f, f.lamps, put(`${CHAIRS}/C`))).message).toContain(`${LAMPS} is suspended`);
  });

  it('keeps its quota', async () => {
    const f = await withChair();
    await f.directory.updateEnterprise(f.operator, CHAIRS, { quota: 2 }, null);
    await transfer(f, LAMPS);
    expect(await word(f, f.lamps, put(`${CHAIRS}/B`))).toBe('created');
    expect(await word(f, f.lamps, put(`${CHAIRS}/C`))).toBe('INVALID_STATE');
    expect(await word(f, f.lamps, put(`${LAMPS}/C`))).toBe('created');
  });

  it('is no scope for new principals', async () => {
    const f = await withChair();
    const principal = { name: 'x', role: 'enterprise', scope: CHAIRS } as const;
    await f.directory.createPrincipal(f.operator, principal);
    await transfer(f, LAMPS);
    await expect(f.directory.createPrincipal(f.operator, principal)).rejects.toThrow(LAMPS);
  });

  it('is in the change log, once', async () => {
    const f = await withChair();
    const before = f.store.stats().sequence;
    await transfer(f, LAMPS);
    await transfer(f, LAMPS);
    expect(await f.store.changes(before, 10)).toMatchObject([
      { principalId: f.operator.principal.id, entries: [{ subject: 'enterprise', name: CHAIRS, revision: 2 }] },
    ]);
  });
});

describe('a transfer', () => {
  it('is the operator’s alone', async () => {
    const f = await withChair();
    for (const who of [f.reviewer, f.chairs, f.lamps, f.reader]) {
      expect(await codeOf(f.directory.transferEnterprise(who, CHAIRS, LAMPS, null))).toBe('FORBIDDEN');
    }
    expect(await codeOf(f.directory.transferEnterprise(f.operator, CHAIRS, LAMPS, 2))).toBe('REVISION_CONFLICT');
    expect(await codeOf(f.directory.transferEnterprise(f.operator, CHAIRS, LAMPS, 1))).toBe('done');
  });

  it('is refused where it would lead nowhere, in a circle or further on', async () => {
    const f = await withChair();
    const third = (await f.directory.createEnterprise(f.operator, newEnterprise({}))).prefix;
    for (const prefix of [FOREIGN_HOME, `${FOREIGN_HOME}.7`]) {
      await f.directory.createEnterprise(f.operator, newEnterprise({ prefix }));
    }
    expect(await codeOf(transfer(f, '88.118.99999'))).toBe('NOT_FOUND');
    expect(await codeOf(transfer(f, LAMPS, '88.118.99999'))).toBe('NOT_FOUND');
    expect(await codeOf(transfer(f, `${FOREIGN_HOME}.7`, FOREIGN_HOME))).toBe('INVALID_REQUEST');
    expect(await codeOf(transfer(f, FOREIGN_HOME, `${FOREIGN_HOME}.7`))).toBe('done');
    await setState(f, LAMPS, 'suspended');
    expect(await codeOf(transfer(f, LAMPS, third))).toBe('INVALID_STATE');
    await setState(f, LAMPS, 'active');
    await transfer(f, LAMPS);
    expect(await codeOf(transfer(f, CHAIRS, third))).toBe('INVALID_STATE');
    expect(await codeOf(transfer(f, third, LAMPS))).toBe('INVALID_STATE');
    expect(await codeOf(transfer(f, third))).toBe('done');
    expect(await codeOf(transfer(f, third, LAMPS))).toBe('done');
  });

  it('takes along what is below the prefix, but not from an enterprise of its own there', async () => {
    const f = await withChair();
    for (const prefix of [FOREIGN_HOME, `${FOREIGN_HOME}.7`]) {
      await f.directory.createEnterprise(f.operator, newEnterprise({ prefix }));
    }
    const sub = actor('enterprise', `${FOREIGN_HOME}.7`);
    await transfer(f, LAMPS, FOREIGN_HOME);
    for (const who of [sub, f.lamps])
      expect(await word(f, who, put(`${FOREIGN_HOME}.7/A`, { values: [] }))).not.toBe('FORBIDDEN');
    expect(await word(f, sub, put(`${FOREIGN_HOME}/A`))).toBe('FORBIDDEN');
  });
});
