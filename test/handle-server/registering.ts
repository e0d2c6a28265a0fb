// Registers what the tests of the Handle protocol's doors ask for.

import { expect } from 'vitest';
import { parseRegistration } from '../../src/registry/registration-json.ts';
import { FOLDED } from '../http-server/door.ts';
import type { OpenHandleDoor } from './door.ts';

/** An administrator of everything below FOLDED. */
export const ADMIN = { handle: `${FOLDED}/ADMIN`, index: 301, secret: 'a secret of some length' } as const;

export async function registerAdmin(door: OpenHandleDoor): Promise<void> {
  await register(door, ADMIN.handle, [
    { index: 301, type: 'HS_SECKEY', data: ADMIN.secret, permissions: '1100' },
    {
      index: 100,
      type: 'HS_ADMIN',
      data: { format: 'admin', value: { handle: ADMIN.handle, index: 301, permissions: '111111111111' } },
    },
  ]);
}

export async function register(door: OpenHandleDoor, handle: string, values: readonly object[]): Promise<void> {
  const registration = parseRegistration({ handle, values }, '', { mode: 'create' });
  const options = { dryRun: false, idempotency: null };
  const { results } = await door.http.identifiers.register(door.http.actor, [registration], options);
  expect(results[0]).toMatchObject({ ok: true });
}
