// Enterprises, principals and keys: allocation, states, and who may do what.

import { describe, expect, it } from 'vitest';
import { MAX_KEY_GRACE_MS, MAX_NAME_LENGTH } from '../../src/domain/limits.ts';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import type { Role } from '../../src/domain/principal.ts';
import { createRegistry } from '../../src/registry/create-registry.ts';
import { createFirstOperator } from '../../src/registry/first-operator.ts';
import type { Actor } from '../../src/registry/registration.ts';
import {
  actor,
  CHAIRS,
  type Fixture,
  FOREIGN_HOME,
  LAMPS,
  newEnterprise,
  OWN,
  openFixture,
  put,
  seededBytes,
  setState,
  word,
} from './fixture.ts';

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'done';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

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
    const other = createRegistry({
      store: f.store,
      epochs: f.epochs,
      clock: () => f.clock.nowMs,
      randomBytes: seededBytes(),
      ownPrefix: OWN,
      homed: [],
      observer: SILENT_OBSERVER,
    });
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

describe('keys', () => {
  async function withKey(expiresAt: number | null = null) {
    const f = await openFixture();
    const principal = await f.directory.createPrincipal(f.operator, {
      name: 'Wang',
      role: 'enterprise',
      scope: CHAIRS,
    });
    const issued = await f.directory.issueKey(f.operator, { principalId: principal.id, label: 'ERP', expiresAt });
    const self: Actor = { principal, requestId: 'r' };
    const open = (token: string) => codeOf(Promise.resolve().then(() => f.authenticator.authenticate(token)));
    return { f, principal, issued, self, open };
  }

  it('open as their principal; the token is shown once and stored as a hash', async () => {
    const { f, principal, issued } = await withKey();
    expect(issued.token).toMatch(/^jb_[\w-]{43}$/);
    expect(JSON.stringify(await f.store.keys(null, 10))).not.toContain(issued.token.slice(3));
    expect(await f.authenticator.authenticate(issued.token)).toEqual(principal);
  });

  it('are asked of the store once, and again only when something changed', async () => {
    const { f, issued } = await withKey();
    for (let i = 0; i < 5; i++) await f.authenticator.authenticate(issued.token);
    expect(f.authenticator.authenticate(issued.token)).not.toBeInstanceOf(Promise);
    expect(f.reads.get('keyByHash')).toBe(1);
    expect(f.reads.get('principal')).toBe(2); // one when the key was issued
  });

  it('that are unknown or malformed open nothing', async () => {
    const { open, issued } = await withKey();
    for (const token of [
      '',
      'jb_',
      'x',
      `${issued.token}x`,
      `jb_${'A'.repeat(43)}`,
      issued.token.replace('jb_', 'jx_'),
    ]) {
      expect(await open(token), token).toBe('UNAUTHENTICATED');
    }
    expect(await open(issued.token)).toBe('done');
  });

  it('end at their expiry, to the millisecond', async () => {
    const { f, issued, open } = await withKey(Date.UTC(2026, 0, 2));
    f.clock.nowMs = Date.UTC(2026, 0, 2) - 1;
    expect(await open(issued.token)).toBe('done');
    f.clock.nowMs += 1;
    expect(await open(issued.token)).toBe('UNAUTHENTICATED');
  });

  it('end when revoked or when their principal is disabled, at once', async () => {
    const { f, principal, issued, open } = await withKey();
    expect(await open(issued.token)).toBe('done');
    await f.directory.setPrincipalState(f.operator, principal.id, 'disabled');
    expect(await open(issued.token)).toBe('UNAUTHENTICATED');
    await f.directory.setPrincipalState(f.operator, principal.id, 'active');
    expect(await open(issued.token)).toBe('done');
    expect(await f.directory.revokeKey(f.operator, issued.key.id)).toMatchObject({ revokedAt: f.clock.nowMs });
    expect(await open(issued.token)).toBe('UNAUTHENTICATED');
    expect(await f.directory.revokeKey(f.operator, issued.key.id)).toMatchObject({ revision: 2 });
  });

  it('are replaced with a grace, in which both open', async () => {
    const expiresAt = Date.UTC(2026, 5, 1);
    const { f, issued, self, open } = await withKey(expiresAt);
    const next = await f.directory.rotateKey(self, issued.key.id, 60_000);
    expect(next.key).toMatchObject({ principalId: self.principal.id, label: 'ERP', expiresAt, revokedAt: null });
    expect([await open(issued.token), await open(next.token)]).toEqual(['done', 'done']);
    f.clock.nowMs += 60_000;
    expect([await open(issued.token), await open(next.token)]).toEqual(['UNAUTHENTICATED', 'done']);
    expect(await codeOf(f.directory.rotateKey(self, issued.key.id, 0))).toBe('INVALID_STATE');
  });

  it('are replaced once by two at the same moment, and nothing is left behind', async () => {
    const { f, issued, self } = await withKey();
    const both = await Promise.all([1, 2].map(() => codeOf(f.directory.rotateKey(self, issued.key.id, 1000))));
    expect(both.sort()).toEqual(['INVALID_STATE', 'done']);
    expect(await f.store.keys(null, 10)).toHaveLength(2);
  });

  it('are issued and revoked by operators; others replace their own and learn nothing of the rest', async () => {
    const { f, issued, self } = await withKey();
    const other = await f.directory.createPrincipal(f.operator, { name: 'Chen', role: 'enterprise', scope: LAMPS });
    const stranger: Actor = { principal: other, requestId: 'r' };
    expect(await codeOf(f.directory.rotateKey(stranger, issued.key.id, 0))).toBe('FORBIDDEN');
    expect(await codeOf(f.directory.rotateKey(stranger, 'k_none', 0))).toBe('FORBIDDEN');
    expect(await codeOf(f.directory.rotateKey(f.operator, 'k_none', 0))).toBe('NOT_FOUND');
    expect(await codeOf(f.directory.revokeKey(self, issued.key.id))).toBe('FORBIDDEN');
    expect(await codeOf(f.directory.revokeKey(f.operator, 'k_none'))).toBe('NOT_FOUND');
    const own = { principalId: self.principal.id, label: 'more', expiresAt: null };
    expect(await codeOf(f.directory.issueKey(self, own))).toBe('FORBIDDEN');
    expect(await f.directory.keys(self, null, 10)).toEqual([issued.key]);
    expect(await f.directory.keys(stranger, null, 10)).toEqual([]);
    expect(await f.directory.keys(f.reviewer, null, 10)).toEqual([issued.key]);
  });

  it('are refused with a past expiry, an endless grace, no label, or no principal', async () => {
    const { f, principal, issued } = await withKey();
    const issue = (more: object) =>
      codeOf(f.directory.issueKey(f.operator, { principalId: principal.id, label: 'x', expiresAt: null, ...more }));
    expect(await issue({ expiresAt: f.clock.nowMs + 1 })).toBe('done');
    expect(await issue({ expiresAt: f.clock.nowMs })).toBe('INVALID_REQUEST');
    expect(await issue({ label: '' })).toBe('INVALID_REQUEST');
    expect(await issue({ principalId: 'p_none' })).toBe('NOT_FOUND');
    const rotate = (graceMs: number) => codeOf(f.directory.rotateKey(f.operator, issued.key.id, graceMs));
    expect(await rotate(-1)).toBe('INVALID_REQUEST');
    expect(await rotate(MAX_KEY_GRACE_MS + 1)).toBe('INVALID_REQUEST');
    expect(await rotate(MAX_KEY_GRACE_MS)).toBe('done');
    await f.directory.setPrincipalState(f.operator, principal.id, 'disabled');
    expect(await issue({})).toBe('INVALID_STATE');
  });
});

describe('the first operator', () => {
  it('is made once, and its key opens', async () => {
    const f = await openFixture();
    const randomBytes = seededBytes();
    const tokens = await Promise.all([1, 2].map(() => createFirstOperator({ store: f.store, randomBytes })));
    const token = tokens.find((given) => given !== null) ?? '';
    expect(tokens.filter((given) => given !== null)).toHaveLength(1);
    expect(await f.authenticator.authenticate(token)).toMatchObject({ id: 'operator', role: 'operator', scope: null });
    expect(await f.store.keys(null, 10)).toHaveLength(1);
    expect(await createFirstOperator({ store: f.store, randomBytes })).toBeNull();
  });
});
