// Enterprises and keys: which states may follow, and when a key opens anything.

import { describe, expect, test } from 'vitest';
import { assertNextState, type EnterpriseState } from '../../src/domain/enterprise.ts';
import { type AccessKey, isKeyUsable, type Principal } from '../../src/domain/principal.ts';

const STATES: readonly EnterpriseState[] = ['pending', 'active', 'suspended', 'closed'];
const ALLOWED = new Set([
  'pending>active',
  'pending>closed',
  'active>suspended',
  'active>closed',
  'suspended>active',
  'suspended>closed',
]);

describe('an enterprise', () => {
  test.each(
    STATES.flatMap((from) => STATES.map((to) => [from, to] as const)),
  )('that is %s becomes %s only if it may', (from, to) => {
    const move = () => assertNextState(from, to);
    if (from === to || ALLOWED.has(`${from}>${to}`)) expect(move).not.toThrow();
    else expect(move).toThrow(/cannot become/);
  });
});

describe('a key', () => {
  const now = 1_000;
  const owner: Principal = {
    id: 'p',
    name: 'n',
    role: 'reader',
    scope: null,
    state: 'active',
    revision: 1,
    createdAt: 0,
    updatedAt: 0,
  };
  const key: AccessKey = {
    id: 'k',
    principalId: 'p',
    tokenHash: '',
    label: '',
    expiresAt: null,
    revokedAt: null,
    revision: 1,
    createdAt: 0,
    updatedAt: 0,
  };

  test.each([
    ['without expiry', key, owner, true],
    ['that expires later', { ...key, expiresAt: now + 1 }, owner, true],
    ['that expires now', { ...key, expiresAt: now }, owner, false],
    ['revoked now', { ...key, revokedAt: now }, owner, false],
    ['whose grace runs on', { ...key, revokedAt: now + 1 }, owner, true],
    ['of a disabled principal', key, { ...owner, state: 'disabled' as const }, false],
  ])('%s is usable: see row', (_name, candidate, principal, usable) => {
    expect(isKeyUsable(candidate, principal, now)).toBe(usable);
  });
});
