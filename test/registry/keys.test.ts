// Keys: issued, replaced, revoked, and turned into their principal; and the first of them.

import { describe, expect, it } from 'vitest';
import { MAX_KEY_GRACE_MS } from '../../src/domain/limits.ts';
import { createFirstOperator } from '../../src/registry/first-operator.ts';
import type { Actor } from '../../src/registry/registration.ts';
import { CHAIRS, codeOf, LAMPS, openFixture, seededBytes } from './fixture.ts';

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

  it('is made where enterprises moved in, who brought none along', async () => {
    const f = await openFixture();
    const lines = ['ERP', 'MES'].map((name) => ({
      ...{ kind: 'principal', id: `e-${name}`, name, role: 'enterprise', scope: CHAIRS, state: 'active', revision: 1 },
      ...{ createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' },
    }));
    expect(await f.preserver.preserve(f.operator, lines)).toMatchObject([{ ok: true }, { ok: true }]);
    const randomBytes = seededBytes();
    expect(await createFirstOperator({ store: f.store, randomBytes })).toMatch(/^jb_/);
    expect(await createFirstOperator({ store: f.store, randomBytes })).toBeNull();
  });
});
