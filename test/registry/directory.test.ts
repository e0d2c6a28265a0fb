// Enterprises and principals: allocation, states, and who may do what.

import { describe, expect, it } from 'vitest';
import { MAX_NAME_LENGTH } from '../../src/domain/limits.ts';
import type { Role } from '../../src/domain/principal.ts';
import type { Actor } from '../../src/registry/registration.ts';
import {
  actor,
  CHAIRS,
  codeOf,
  type Fixture,
  FOREIGN_HOME,
  LAMPS,
  newEnterprise,
  openFixture,
  put,
  secondWorker,
  setState,
  word,
} from './fixture.ts';

describe('allocation', () => {
  it('gives codes from 10001 on, the next after the highest', async () => {
    const f = await openFixture();
    const next = async () => (await f.directory.createEnterprise(f.operator, newEnterprise({}))).prefix;
    expect(await next()).toBe('88.118.10003');
    await f.directory.createEnterprise(f.operator, newEnterprise({ prefix: '88.118.20000' }));
    expect(await next()).toBe('88.118.20001');
    await f.directory.createEnterprise(f.operator, newEnterprise({ prefix: '88.118.99999' }));
    expect(await next()).toBe('88.118.100000');
  });

  it('does not count codes with leading zeros, absurdly long ones, or those of other prefixes', async () => {
    const f = await openFixture();
    for (const prefix of ['88.118.0030000', '88.118.7777777777777', FOREIGN_HOME, `${FOREIGN_HOME}.50000`]) {
      await f.directory.createEnterprise(f.operator, newEnterprise({ prefix }));
    }
    expect((await f.directory.createEnterprise(f.operator, newEnterprise({}))).prefix).toBe('88.118.10003');
  });

  it('gives every one of many at once a code of its own, over workers too', async () => {
    const f = await openFixture();
    const other = secondWorker(f);
    const created = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        (i % 2 === 0 ? f : other).directory.createEnterprise(f.operator, newEnterprise({})),
      ),
    );
    const codes = created.map((enterprise) => Number(enterprise.prefix.split('.')[2])).sort((a, b) => a - b);
    expect(codes).toEqual(Array.from({ length: 40 }, (_, i) => 10_003 + i));
  });

  it('takes a given prefix unless it is taken, foreign, the own one, or no industrial form', async () => {
    const f = await openFixture();
    const create = (prefix: string) => codeOf(f.directory.createEnterprise(f.operator, newEnterprise({ prefix })));
    expect(await create('88.118.0042')).toBe('done');
    expect(await create('88.118.42')).toBe('done');
    expect(await create('88.118.0042')).toBe('ALREADY_EXISTS');
    expect(await create(CHAIRS)).toBe('ALREADY_EXISTS');
    expect(await create('88.118')).toBe('INVALID_REQUEST');
    expect(await create('88.118.ABC')).toBe('INVALID_REQUEST');
    expect(await create('88.118.10009.1')).toBe('INVALID_REQUEST');
    expect(await create('88.1189.10001')).toBe('NOT_RESPONSIBLE');
    expect(await create('88')).toBe('NOT_RESPONSIBLE');
    expect(await create('88..1')).toBe('INVALID_PREFIX');
    expect(await create(`${FOREIGN_HOME}.abc`)).toBe('done');
    expect(await create(`${FOREIGN_HOME}.ABC`)).toBe('ALREADY_EXISTS');
  });
});

describe('enterprises', () => {
  it('follow their states, and closed is final', async () => {
    const f = await openFixture();
    const { prefix } = await f.directory.createEnterprise(f.operator, newEnterprise({ state: 'pending' }));
    const to = (state: 'pending' | 'active' | 'suspended' | 'closed') =>
      codeOf(f.directory.updateEnterprise(f.operator, prefix, { state }, null));
    expect(await to('suspended')).toBe('INVALID_STATE');
    for (const state of ['active', 'suspended', 'active', 'closed'] as const)
      expect(await to(state), state).toBe('done');
    expect(await to('active')).toBe('INVALID_STATE');
    expect(await codeOf(f.directory.updateEnterprise(f.operator, '88.118.55555', { state: 'active' }, null))).toBe(
      'NOT_FOUND',
    );
  });

  it('are changed over the revision named, and a repeat changes nothing', async () => {
    const f = await openFixture();
    const update = (patch: object, ifMatch: number | null) =>
      f.directory.updateEnterprise(f.operator, CHAIRS, patch, ifMatch);
    expect(await update({ name: 'Better Chairs', contact: 'Li, 0760-1' }, 1)).toMatchObject({
      revision: 2,
      name: 'Better Chairs',
      state: 'active',
    });
    expect(await codeOf(update({ name: 'Other' }, 1))).toBe('REVISION_CONFLICT');
    expect(await update({ name: 'Better Chairs' }, null)).toMatchObject({ revision: 2 });
    expect(await update({ contact: null, quota: 5 }, null)).toMatchObject({ revision: 3, contact: null, quota: 5 });
    expect(await f.directory.enterprise(f.operator, CHAIRS)).toMatchObject({ revision: 3, hosting: 'here' });
  });

  it('have a readable name and a sensible quota', async () => {
    const f = await openFixture();
    const create = (given: Parameters<typeof newEnterprise>[0]) =>
      codeOf(f.directory.createEnterprise(f.operator, newEnterprise(given)));
    expect(await create({ name: '中山家具'.padEnd(MAX_NAME_LENGTH, '厂') })).toBe('done');
    for (const name of ['', ' ', 'a\nb', 'x'.repeat(MAX_NAME_LENGTH + 1)])
      expect(await create({ name })).toBe('INVALID_REQUEST');
    expect(await create({ quota: -1 })).toBe('INVALID_REQUEST');
    expect(await create({ quota: 1.5 })).toBe('INVALID_REQUEST');
  });

  it('are created by operators, decided on by reviewers too, and read by their own', async () => {
    const f = await openFixture();
    for (const who of [f.reviewer, f.chairs, f.reader]) {
      expect(await codeOf(f.directory.createEnterprise(who, newEnterprise({})))).toBe('FORBIDDEN');
    }
    const update = (who: Actor, patch: object) => codeOf(f.directory.updateEnterprise(who, LAMPS, patch, null));
    expect(await update(f.reviewer, { state: 'suspended' })).toBe('done');
    expect(await update(f.reviewer, { state: 'active', name: 'X' })).toBe('FORBIDDEN');
    expect(await update(f.lamps, { state: 'active' })).toBe('FORBIDDEN');
    const read = (who: Actor, prefix: string) => codeOf(f.directory.enterprise(who, prefix));
    expect(await read(f.chairs, CHAIRS)).toBe('done');
    expect(await read(f.chairs, LAMPS)).toBe('FORBIDDEN');
    expect(await read(f.chairs, '88.118.77777')).toBe('FORBIDDEN');
    expect(await read(f.reviewer, '88.118.77777')).toBe('NOT_FOUND');
    expect(await read(f.reviewer, LAMPS)).toBe('done');
  });

  it('are listed in pages, to each as far as it may see', async () => {
    const f = await openFixture();
    for (const prefix of [FOREIGN_HOME, `${FOREIGN_HOME}.1`, `${FOREIGN_HOME}.2`, '88.118.100011']) {
      await f.directory.createEnterprise(f.operator, newEnterprise({ prefix }));
    }
    const list = async (who: Actor, after: string | null, limit = 10) =>
      (await f.directory.enterprises(who, after, limit)).map((enterprise) => enterprise.prefix);
    expect(await list(f.operator, null, 2)).toEqual([FOREIGN_HOME, `${FOREIGN_HOME}.1`]);
    expect(await list(f.operator, `${FOREIGN_HOME}.1`, 2)).toEqual([`${FOREIGN_HOME}.2`, CHAIRS]);
    expect(await list(f.chairs, null)).toEqual([CHAIRS]);
    expect(await list(f.chairs, CHAIRS)).toEqual([]);
    const tenant = actor('enterprise', FOREIGN_HOME);
    expect(await list(tenant, null, 2)).toEqual([FOREIGN_HOME, `${FOREIGN_HOME}.1`]);
    expect(await list(tenant, `${FOREIGN_HOME}.1`)).toEqual([`${FOREIGN_HOME}.2`]);
    expect(await codeOf(f.directory.enterprises(f.operator, null, 0))).toBe('INVALID_REQUEST');
  });

  it('that are suspended stop writing at once, without a restart', async () => {
    const f = await openFixture();
    expect(await word(f, f.chairs, put(`${CHAIRS}/A`))).toBe('created');
    await setState(f, CHAIRS, 'suspended');
    expect(await word(f, f.chairs, put(`${CHAIRS}/B`))).toBe('FORBIDDEN');
    await setState(f, CHAIRS, 'active');
    expect(await word(f, f.chairs, put(`${CHAIRS}/B`))).toBe('created');
  });
});

describe('principals', () => {
  const create = (f: Fixture, role: Role, scope: string | null, who: Actor = f.operator) =>
    codeOf(f.directory.createPrincipal(who, { name: 'Wang', role, scope }));

  it('have the scope their role needs', async () => {
    const f = await openFixture();
    expect(await create(f, 'operator', null)).toBe('done');
    expect(await create(f, 'operator', CHAIRS)).toBe('INVALID_REQUEST');
    expect(await create(f, 'reviewer', null)).toBe('done');
    expect(await create(f, 'reviewer', CHAIRS)).toBe('INVALID_REQUEST');
    expect(await create(f, 'enterprise', CHAIRS)).toBe('done');
    expect(await create(f, 'enterprise', null)).toBe('INVALID_REQUEST');
    expect(await create(f, 'enterprise', '88.118.33333')).toBe('INVALID_REQUEST');
    expect(await create(f, 'enterprise', '88.118')).toBe('INVALID_REQUEST');
    expect(await create(f, 'reader', null)).toBe('done');
    expect(await create(f, 'reader', '88.118')).toBe('done');
    expect(await create(f, 'reader', '88.119')).toBe('INVALID_REQUEST');
    expect(await create(f, 'reader', '88..119')).toBe('INVALID_PREFIX');
  });

  it('are made and disabled by operators only, and nobody disables themselves', async () => {
    const f = await openFixture();
    for (const who of [f.reviewer, f.chairs, f.reader]) expect(await create(f, 'reader', null, who)).toBe('FORBIDDEN');
    const made = await f.directory.createPrincipal(f.operator, { name: 'Wang', role: 'operator', scope: null });
    const self: Actor = { principal: made, requestId: 'r' };
    expect(await codeOf(f.directory.setPrincipalState(self, made.id, 'disabled'))).toBe('INVALID_STATE');
    expect(await codeOf(f.directory.setPrincipalState(f.reviewer, made.id, 'disabled'))).toBe('FORBIDDEN');
    expect(await f.directory.setPrincipalState(f.operator, made.id, 'disabled')).toMatchObject({
      state: 'disabled',
      revision: 2,
    });
    expect(await f.directory.setPrincipalState(f.operator, made.id, 'disabled')).toMatchObject({ revision: 2 });
    expect(await codeOf(f.directory.setPrincipalState(f.operator, 'p_none', 'disabled'))).toBe('NOT_FOUND');
  });

  it('are listed whole to operators and reviewers, to others only themselves', async () => {
    const f = await openFixture();
    const made = await f.directory.createPrincipal(f.operator, { name: 'Wang', role: 'enterprise', scope: CHAIRS });
    await f.directory.createPrincipal(f.operator, { name: 'Chen', role: 'enterprise', scope: LAMPS });
    expect(await f.directory.principals(f.reviewer, null, 10)).toHaveLength(2);
    expect(await f.directory.principals({ principal: made, requestId: 'r' }, null, 10)).toEqual([made]);
  });
});
