// Who may write and read which identifiers: each right beside the nearest one that is refused.

import { describe, expect, it } from 'vitest';
import type { Actor } from '../../src/registry/registration.ts';
import {
  actor,
  CHAIRS,
  type Fixture,
  FOREIGN_HOME,
  LAMPS,
  newEnterprise,
  one,
  openFixture,
  patch,
  put,
  refusal,
  remove,
  setState,
  value,
  word,
} from './fixture.ts';

async function denial(fixture: Fixture, who: Actor, handle: string): Promise<string> {
  const error = refusal(await one(fixture, who, put(handle)));
  return `${error.code}: ${error.message}`;
}

describe('writing by role and scope', () => {
  it('lets an enterprise write under its own prefix and below it, and not under its neighbour', async () => {
    const f = await openFixture();
    expect(await word(f, f.chairs, put(`${CHAIRS}/A`))).toBe('created');
    expect(await word(f, f.chairs, put(`${CHAIRS}.7/A`))).toBe('created');
    expect(await denial(f, f.chairs, `${LAMPS}/A`)).toMatch(/^FORBIDDEN: .*bound to 88\.118\.10001/);
  });

  it('compares whole segments: 88.118.1000 does not open 88.118.10001', async () => {
    const f = await openFixture();
    await f.directory.createEnterprise(f.operator, newEnterprise({ prefix: '88.118.1000' }));
    const short = actor('enterprise', '88.118.1000');
    expect(await word(f, short, put('88.118.1000/A'))).toBe('created');
    expect(await word(f, short, put(`${CHAIRS}/A`))).toBe('FORBIDDEN');
  });

  it('says the same to a stranger whether the identifier exists or not', async () => {
    const f = await openFixture();
    await one(f, f.lamps, put(`${LAMPS}/THERE`));
    const there = await denial(f, f.chairs, `${LAMPS}/THERE`);
    expect(there.replaceAll('THERE', 'GONE')).toBe(await denial(f, f.chairs, `${LAMPS}/GONE`));
    await expect(f.identifiers.read(f.chairs, `${LAMPS}/THERE`)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(f.identifiers.read(f.chairs, `${LAMPS}/GONE`)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('lets neither reviewers nor readers write', async () => {
    const f = await openFixture();
    expect(await denial(f, f.reviewer, `${CHAIRS}/A`)).toMatch(/FORBIDDEN: A reviewer's key may not write/);
    expect(await denial(f, f.reader, `${CHAIRS}/A`)).toMatch(/FORBIDDEN: A reader's key may not write/);
  });

  it("keeps the node's own prefix and prefix handles to operators", async () => {
    const f = await openFixture();
    expect(await word(f, f.operator, put('88.118/SELF'))).toBe('created');
    expect(await word(f, f.operator, put(`0.na/${CHAIRS}`))).toBe('created');
    const wide = actor('enterprise', '88.118');
    expect(await denial(f, wide, '88.118/SELF')).toMatch(/FORBIDDEN: .*own prefix/);
    expect(await denial(f, f.chairs, `0.NA/${CHAIRS}`)).toMatch(/FORBIDDEN: .*operators/);
  });
});

describe('writing by the state of the enterprise', () => {
  it('waits for approval, pauses while suspended, and ends when closed', async () => {
    const f = await openFixture();
    await f.directory.createEnterprise(f.operator, newEnterprise({ prefix: '88.118.20000', state: 'pending' }));
    const newcomer = actor('enterprise', '88.118.20000');
    expect(await denial(f, newcomer, '88.118.20000/A')).toMatch(/FORBIDDEN: .*pending/);
    await setState(f, '88.118.20000', 'active');
    expect(await word(f, newcomer, put('88.118.20000/A'))).toBe('created');
    await setState(f, '88.118.20000', 'suspended');
    expect(await denial(f, newcomer, '88.118.20000/A')).toMatch(/FORBIDDEN: .*suspended/);
    expect(await denial(f, newcomer, '88.118.20000.1/A')).toMatch(/FORBIDDEN: .*suspended/);
    await setState(f, '88.118.20000', 'closed');
    expect(await denial(f, newcomer, '88.118.20000/A')).toMatch(/FORBIDDEN: .*closed/);
  });

  it('lets operators clear up what a closed enterprise left', async () => {
    const f = await openFixture();
    await one(f, f.chairs, put(`${CHAIRS}/A`));
    await setState(f, CHAIRS, 'closed');
    expect(await word(f, f.operator, patch(`${CHAIRS}/A`, { status: 'revoked', reason: 'closed' }))).toBe('revoked');
  });

  it('still lets a suspended enterprise read', async () => {
    const f = await openFixture();
    await one(f, f.chairs, put(`${CHAIRS}/A`));
    await setState(f, CHAIRS, 'suspended');
    expect(await f.identifiers.read(f.chairs, `${CHAIRS}/A`)).toMatchObject({ revision: 1 });
  });
});

describe('prefixes that nobody holds', () => {
  it('refuses a code that was never allocated to everybody', async () => {
    const f = await openFixture();
    expect(await denial(f, f.operator, '88.118.99999/A')).toMatch(/INVALID_STATE: .*create the enterprise first/);
    expect(await denial(f, actor('enterprise', '88.118.99999'), '88.118.99999/A')).toMatch(/INVALID_STATE/);
    expect(await word(f, f.operator, put('0.NA/88.118.99999'))).toBe('INVALID_STATE');
  });

  it('gives another homed prefix to the operator, and to an enterprise once it holds it', async () => {
    const f = await openFixture();
    const tenant = actor('enterprise', FOREIGN_HOME);
    expect(await word(f, f.operator, put(`${FOREIGN_HOME}/A`))).toBe('created');
    expect(await denial(f, tenant, `${FOREIGN_HOME}/B`)).toMatch(/FORBIDDEN: No enterprise holds/);
    await f.directory.createEnterprise(f.operator, newEnterprise({ prefix: FOREIGN_HOME }));
    expect(await word(f, tenant, put(`${FOREIGN_HOME}/B`))).toBe('created');
  });

  it('is not responsible for prefixes homed elsewhere', async () => {
    const f = await openFixture();
    expect(await denial(f, f.operator, '88.119.10001/A')).toMatch(/NOT_RESPONSIBLE/);
    expect(await denial(f, f.operator, '88.1189/A')).toMatch(/NOT_RESPONSIBLE/);
    expect(await word(f, f.operator, put('0.NA/88.119'))).toBe('NOT_RESPONSIBLE');
    await expect(f.identifiers.read(f.operator, '88.119.10001/A')).rejects.toMatchObject({ code: 'NOT_RESPONSIBLE' });
  });

  it('refuses a prefix handle that names no prefix', async () => {
    const f = await openFixture();
    expect(await word(f, f.operator, put('0.NA/88.118..1'))).toBe('INVALID_PREFIX');
  });
});

describe('reserved types of values', () => {
  const site = value(3, 'HS_SITE', 'x');

  it('lets operators direct clients elsewhere, and enterprises describe their own record', async () => {
    const f = await openFixture();
    expect(await word(f, f.operator, put(`${CHAIRS}/A`, { values: [site] }))).toBe('created');
    const admin = [value(100, 'HS_ADMIN', 'x'), value(300, 'HS_PUBKEY', 'k')];
    expect(await word(f, f.chairs, put(`${CHAIRS}/B`, { values: admin }))).toBe('created');
    for (const type of ['HS_SITE', 'hs_serv', 'HS_SITE.6', 'HS_NA_DELEGATE', 'HS_NEW']) {
      expect(await word(f, f.chairs, put(`${CHAIRS}/C`, { values: [value(1, type, 'x')] })), type).toBe('FORBIDDEN');
    }
  });

  it('lets an enterprise keep what an operator wrote, and neither change nor remove it', async () => {
    const f = await openFixture();
    await one(f, f.operator, put(`${CHAIRS}/A`, { values: [site] }));
    const more = value(2000, 'NAME', 'Chair');
    expect(await word(f, f.chairs, put(`${CHAIRS}/A`, { values: [site, more] }))).toBe('updated');
    expect(await word(f, f.chairs, put(`${CHAIRS}/A`, { values: [more] }))).toBe('FORBIDDEN');
    expect(await word(f, f.chairs, patch(`${CHAIRS}/A`, { removeIndexes: [3] }))).toBe('FORBIDDEN');
    expect(await word(f, f.chairs, patch(`${CHAIRS}/A`, { values: [value(3, 'HS_SITE', 'y')] }))).toBe('FORBIDDEN');
    expect(await word(f, f.chairs, remove(`${CHAIRS}/A`))).toBe('FORBIDDEN');
    expect(await word(f, f.operator, remove(`${CHAIRS}/A`))).toBe('deleted');
  });
});

describe('reading', () => {
  it('shows own records under the scope, reserved ones too', async () => {
    const f = await openFixture();
    await one(f, f.chairs, put(`${CHAIRS}/A`, { status: 'reserved' }));
    for (const who of [f.chairs, f.reader, f.reviewer, f.operator, actor('reader', null)]) {
      expect(await f.identifiers.read(who, `${CHAIRS}/A`)).toMatchObject({ status: 'reserved' });
    }
    await expect(f.identifiers.read(f.lamps, `${CHAIRS}/A`)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(f.identifiers.read(actor('enterprise', null), `${CHAIRS}/A`)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it('tells absence from a malformed handle', async () => {
    const f = await openFixture();
    await expect(f.identifiers.read(f.chairs, `${CHAIRS}/NONE`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(f.identifiers.read(f.chairs, 'nonsense')).rejects.toMatchObject({ code: 'INVALID_HANDLE' });
  });
});
