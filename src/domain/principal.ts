// Principals and their keys: who acts, in which role, within which prefix.

import type { Prefix } from './prefix.ts';

/**
 * operator: everything. reviewer: reads everything, decides on enterprises. enterprise: reads and writes under its
 * prefix. reader: reads under its prefix (or everywhere, if it has none).
 */
export type Role = 'operator' | 'reviewer' | 'enterprise' | 'reader';
export const ROLES = ['operator', 'reviewer', 'enterprise', 'reader'] as const satisfies readonly Role[];

export interface Principal {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** The prefix it is bound to, with everything below it; null only for operators, reviewers and node-wide readers. */
  readonly scope: Prefix | null;
  readonly state: 'active' | 'disabled';
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A key of a principal: a token, which is shown once and never stored, or a client certificate. */
export interface AccessKey {
  readonly id: string;
  readonly principalId: string;
  /** SHA-256 of the token, or of the certificate's subject; lower-case hex. */
  readonly tokenHash: string;
  /** Of a client certificate; such a key has no token. */
  readonly certificateSubject?: string;
  readonly label: string;
  /** Epoch milliseconds; null for no expiry. */
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Whether the role only looks on: then it is shown no secrets, which would let it act. */
export function onlyReads(principal: Principal): boolean {
  return principal.role === 'reader' || principal.role === 'reviewer';
}

/** Whether a key opens anything at `nowMs`. */
export function isKeyUsable(key: AccessKey, principal: Principal, nowMs: number): boolean {
  return (
    principal.state === 'active' &&
    (key.revokedAt === null || key.revokedAt > nowMs) &&
    (key.expiresAt === null || key.expiresAt > nowMs)
  );
}
