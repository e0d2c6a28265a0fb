// Registers what a test needs, straight at the registry.

import { expect } from 'vitest';
import { parseRegistration } from '../../src/registry/registration-json.ts';
import type { OpenDoor } from './door.ts';

export interface GivenRecord {
  readonly handle: string;
  readonly values?: readonly object[];
  readonly parent?: string;
  readonly template?: string;
  readonly status?: 'reserved' | 'active';
}

export async function register(door: OpenDoor, ...records: readonly GivenRecord[]): Promise<void> {
  for (const record of records) {
    const registration = parseRegistration({ values: [], ...record }, '', { mode: 'upsert' });
    const { results } = await door.identifiers.register(door.actor, [registration], WRITE);
    expect(results[0]).toMatchObject({ ok: true });
  }
}

export async function revoke(door: OpenDoor, handle: string, reason: string): Promise<void> {
  const registration = { operation: 'revoke', handle, ifMatch: null, reason } as const;
  const { results } = await door.identifiers.register(door.actor, [registration], WRITE);
  expect(results[0]).toMatchObject({ ok: true });
}

const WRITE = { dryRun: false, idempotency: null };

export const NAME = { index: 2000, type: 'PRODUCT_NAME', data: '高级椅子' };
export const PRIVATE = { index: 2001, type: 'COST', data: '12.50', permissions: '1100' };
