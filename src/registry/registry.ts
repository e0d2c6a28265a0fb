// The write path's front: what doors and commands may ask of the registry. It knows no door and no cache.

import type { Enterprise, EnterpriseState } from '../domain/enterprise.ts';
import type { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import type { AccessKey, Principal, Role } from '../domain/principal.ts';
import type { Actor, RegisterOptions, RegisterResult, Registration } from './registration.ts';

/**
 * Registers identifiers. Refusals of single items are results; what concerns the whole call is thrown:
 * `IDEMPOTENCY_MISMATCH`, `IDEMPOTENCY_IN_PROGRESS`, `STORE_READ_ONLY`, `STORE_UNAVAILABLE`. A result that is `ok` is on
 * disk and visible to every reader that starts afterwards.
 */
export interface IdentifierRegistry {
  register(actor: Actor, registrations: readonly Registration[], options: RegisterOptions): Promise<RegisterResult>;
  /** The own record, without inheritance, reserved ones included. Throws `FORBIDDEN`, `NOT_FOUND`, `INVALID_HANDLE`. */
  read(actor: Actor, handle: string): Promise<HandleRecord>;
}

export interface NewEnterprise {
  /** Null to allocate the next free code under the node's own prefix. */
  readonly prefix: string | null;
  readonly name: string;
  readonly state: 'pending' | 'active';
  readonly contact: string | null;
  readonly quota: number | null;
}

export interface EnterprisePatch {
  readonly name?: string;
  readonly state?: EnterpriseState;
  readonly contact?: string | null;
  readonly quota?: number | null;
}

export interface NewPrincipal {
  readonly name: string;
  readonly role: Role;
  readonly scope: string | null;
}

export interface NewKey {
  readonly principalId: string;
  readonly label: string;
  /** Epoch milliseconds; null for no expiry. */
  readonly expiresAt: number | null;
}

/** A key with its token: the only moment the token exists outside its owner's hands. */
export interface IssuedKey {
  readonly key: AccessKey;
  readonly token: string;
}

/** Enterprises, principals and keys. Throws `FORBIDDEN`, `NOT_FOUND`, `ALREADY_EXISTS`, `INVALID_STATE`, `INVALID_REQUEST`, `REVISION_CONFLICT`. */
export interface Directory {
  createEnterprise(actor: Actor, enterprise: NewEnterprise): Promise<Enterprise>;
  updateEnterprise(actor: Actor, prefix: string, patch: EnterprisePatch, ifMatch: number | null): Promise<Enterprise>;
  /**
   * Gives a prefix, with all its records, to the enterprise `to`; null, or the prefix itself, gives it back. From the
   * next request on the new holder's principals read and write under it, and the former holder's do not.
   */
  transferEnterprise(actor: Actor, prefix: string, to: string | null, ifMatch: number | null): Promise<Enterprise>;
  enterprise(actor: Actor, prefix: string): Promise<Enterprise>;
  enterprises(actor: Actor, after: string | null, limit: number): Promise<readonly Enterprise[]>;
  createPrincipal(actor: Actor, principal: NewPrincipal): Promise<Principal>;
  /** Disabling a principal closes all its keys at once. */
  setPrincipalState(actor: Actor, id: string, state: Principal['state']): Promise<Principal>;
  principals(actor: Actor, after: string | null, limit: number): Promise<readonly Principal[]>;
  issueKey(actor: Actor, key: NewKey): Promise<IssuedKey>;
  /** A new key for the same principal; the old one works for `graceMs` more. */
  rotateKey(actor: Actor, id: string, graceMs: number): Promise<IssuedKey>;
  revokeKey(actor: Actor, id: string): Promise<AccessKey>;
  keys(actor: Actor, after: string | null, limit: number): Promise<readonly AccessKey[]>;
}

/** Who may read what: doors that show more than the public view ask here. */
export interface ReadAccess {
  /** Null if the principal may read what is registered under the handle, else the denial. At once if it can be. */
  judgeRead(principal: Principal, handle: Handle): HandleError | null | Promise<HandleError | null>;
}

/** Turns a bearer token into its principal; throws `UNAUTHENTICATED` if it is unknown, expired, revoked or disabled. */
export interface Authenticator {
  authenticate(token: string): Principal | Promise<Principal>;
}
