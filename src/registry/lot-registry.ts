// What doors and commands may ask of lots.

import type { Handle } from '../domain/handle.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import type { Lot } from '../domain/lot.ts';
import type { Actor, IdempotencyClaim } from './registration.ts';

export interface NewLot {
  readonly prefix: string;
  readonly head: string;
  readonly width: number;
  /** Characters of check tag; 0 for none. */
  readonly tagLength: number;
  readonly from: number;
  readonly to: number;
  readonly parent: string | null;
  readonly template: string | null;
  readonly values: readonly HandleValue[];
}

/** What its codes answer with; what is not named stays. */
export interface LotPatch {
  readonly parent?: string | null;
  readonly template?: string | null;
  readonly values?: readonly HandleValue[];
}

export interface LotConditions {
  /** Revision the caller saw; null if any will do. */
  readonly ifMatch: number | null;
  readonly idempotency: IdempotencyClaim | null;
}

export interface LotResult {
  readonly lot: Lot;
  /** The second part of a lot that was split; else null. */
  readonly part: Lot | null;
  readonly outcome: 'created' | 'updated' | 'unchanged';
  /** True if this is the stored outcome of an earlier request with the same idempotency key. */
  readonly repeated: boolean;
}

/** One code of a lot. */
export interface LotCode {
  readonly serial: string;
  readonly handle: Handle;
}

/** Serials, both inclusive; null for as far as the lot reaches. */
export interface CodeRange {
  readonly from: number | null;
  readonly to: number | null;
}

/**
 * Ranges of serials, each registered as one thing. Throws `FORBIDDEN` before anything is looked for, `NOT_FOUND`,
 * `INVALID_REQUEST`, `INVALID_VALUE`, `INVALID_TEMPLATE`, `INVALID_PARENT`, `INVALID_STATE`, `LOT_OVERLAP`,
 * `LOT_KEY_MISSING`, `REVISION_CONFLICT`, and what idempotency throws.
 */
export interface LotRegistry {
  create(actor: Actor, given: NewLot, idempotency: IdempotencyClaim | null): Promise<LotResult>;
  update(actor: Actor, id: string, patch: LotPatch, conditions: LotConditions): Promise<LotResult>;
  /** Widens the range up to a later serial. */
  extend(actor: Actor, id: string, to: number, conditions: LotConditions): Promise<LotResult>;
  /** Ends it at a serial (null: where it ends); codes behind that are withdrawn, and its range never changes again. */
  close(actor: Actor, id: string, to: number | null, conditions: LotConditions): Promise<LotResult>;
  /** Every code answers as revoked, those that are records too; for good. */
  revoke(actor: Actor, id: string, reason: string, conditions: LotConditions): Promise<LotResult>;
  /** Serials from `at` on become a lot of their own; codes, check tags and records stay what they are. */
  split(actor: Actor, id: string, at: number, conditions: LotConditions): Promise<LotResult>;
  read(actor: Actor, id: string): Promise<Lot>;
  /** In the order in which they were registered; of one prefix, or of all that the actor sees (null). */
  list(actor: Actor, prefix: string | null, after: string | null, limit: number): Promise<readonly Lot[]>;
  /** Its states above a revision, oldest first. */
  history(actor: Actor, id: string, after: number, limit: number): Promise<readonly Lot[]>;
  /** Its codes in order, in pieces of some milliseconds' work, as they are taken. */
  codes(actor: Actor, id: string, range: CodeRange): Promise<Iterable<readonly LotCode[]>>;
}
