// What can be asked of the registry for an identifier, and what comes of it: the vocabulary that doors and imports share.

import type { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import type { RegistrationOutcome } from '../domain/observer.ts';
import type { Principal } from '../domain/principal.ts';

/** Who acts, and under which request id it goes into the change log. */
export interface Actor {
  readonly principal: Principal;
  readonly requestId: string;
}

interface RegistrationBase {
  /** As the caller spelled it; parsed here, so that one bad item of a batch is refused alone. */
  readonly handle: string;
  /** Revision the caller saw; null if any will do. */
  readonly ifMatch: number | null;
}

/** Says everything about a record. `create` refuses an existing one, `update` a missing one. */
export interface PutRegistration extends RegistrationBase {
  readonly operation: 'put';
  readonly mode: 'create' | 'update' | 'upsert';
  readonly status: 'reserved' | 'active';
  readonly parent: string | null;
  readonly template: string | null;
  readonly values: readonly HandleValue[];
}

/** Changes what it names and keeps the rest. */
export interface PatchRegistration extends RegistrationBase {
  readonly operation: 'patch';
  /** `active` also brings a reserved or revoked record into service; `revoked` needs a reason. */
  readonly status?: 'reserved' | 'active' | 'revoked';
  readonly reason?: string;
  readonly parent?: string | null;
  readonly template?: string | null;
  /** Added, or replacing the value of the same index. */
  readonly values?: readonly HandleValue[];
  readonly removeIndexes?: readonly number[];
}

/** Revokes: the tombstone keeps answering. */
export interface RevokeRegistration extends RegistrationBase {
  readonly operation: 'revoke';
  readonly reason: string;
}

/** Says, of a record and all that inherits from it, that something is wrong; it stays found. */
export interface RecallRegistration extends RegistrationBase {
  readonly operation: 'recall';
  readonly reason: string;
  /** What people read who scan it. */
  readonly notice: string;
}

/** Takes a recall back. */
export interface LiftRegistration extends RegistrationBase {
  readonly operation: 'lift-recall';
}

/** Deletes, so that the handle can be created again. */
export interface DeleteRegistration extends RegistrationBase {
  readonly operation: 'delete';
}

/** An item that was malformed before it reached the registry: it takes its place in the results. */
export interface RefusedRegistration extends RegistrationBase {
  readonly operation: 'refused';
  readonly error: HandleError;
}

export type Registration =
  | PutRegistration
  | PatchRegistration
  | RevokeRegistration
  | RecallRegistration
  | LiftRegistration
  | DeleteRegistration
  | RefusedRegistration;

export type RegistrationResult =
  | {
      readonly ok: true;
      readonly outcome: Exclude<RegistrationOutcome, 'refused'>;
      readonly handle: Handle;
      readonly revision: number;
      /** Epoch milliseconds of the state that now stands; in a dry run of the state that would be replaced. */
      readonly updatedAt: number;
    }
  | { readonly ok: false; readonly handle: string; readonly error: HandleError };

/** A client's promise that a repeat is the same request. */
export interface IdempotencyClaim {
  /** The `Idempotency-Key` header. */
  readonly clientKey: string;
  readonly method: string;
  readonly path: string;
  /** SHA-256 of the body, hex. */
  readonly bodyHash: string;
}

export interface RegisterOptions {
  /** Checks everything and changes nothing. */
  readonly dryRun: boolean;
  readonly idempotency: IdempotencyClaim | null;
}

export interface RegisterResult {
  /** One for each registration, in order. */
  readonly results: readonly RegistrationResult[];
  /** True if this is the stored outcome of an earlier request with the same idempotency key. */
  readonly repeated: boolean;
}
