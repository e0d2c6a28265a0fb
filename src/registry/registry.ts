// The write path's front: what doors and commands may ask of the registry. It knows no door and no cache.

import type { ChangeAction, ChangeHead, ChangeRow } from '../domain/change.ts';
import type { Enterprise, EnterpriseState } from '../domain/enterprise.ts';
import type { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import type { AccessKey, Principal, Role } from '../domain/principal.ts';
import type { RecordDifference } from '../domain/record-difference.ts';
import type { Template, TemplateDraft, TemplateElement } from '../domain/template.ts';
import type {
  Actor,
  IdempotencyClaim,
  RegisterOptions,
  RegisterResult,
  Registration,
  RegistrationResult,
} from './registration.ts';

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

/** One revision of an identifier: who brought it about, when, and what it changed. */
export interface RecordChange {
  readonly revision: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly action: ChangeAction;
  /** Null where the change log does not tell: the record came from another node with its history. */
  readonly cause: (ChangeHead & { readonly sequence: number }) | null;
  /** `hidden`: a value that the asker may not see, then or today, or that is secret. */
  readonly differences: readonly (
    | RecordDifference
    | { readonly field: 'value'; readonly index: number; readonly hidden: true }
  )[];
}

export interface HistoryPage {
  readonly handle: Handle;
  /** Newest first, deletions among them. */
  readonly items: readonly RecordChange[];
  /** `before` of the page that follows, or null. */
  readonly next: number | null;
}

/** What was. Throws `FORBIDDEN` before anything is looked for, `INVALID_HANDLE`, `NOT_FOUND`. */
export interface HistoryReader {
  /** Revisions below `before` (null: from the newest), at most MAX_HISTORY_PAGE. `NOT_FOUND` if there never was one. */
  history(actor: Actor, handle: string, before: number | null, limit: number): Promise<HistoryPage>;
  /**
   * The own record as it stood at an instant, with the values that its permissions and today's both show. `NOT_FOUND`
   * before it was created and while it was deleted.
   */
  recordAt(actor: Actor, handle: string, atMs: number): Promise<HandleRecord>;
}

export interface ChildPage {
  /** Own records, reserved and revoked ones among them, in byte order of their suffix. */
  readonly items: readonly HandleRecord[];
  /** `after` of the page that follows, or null. */
  readonly next: Handle | null;
}

/** What inherits from a record directly, at any size: a page costs as much as it holds, wherever it begins. */
export interface ChildReader {
  /** Throws `FORBIDDEN` before anything is looked for, `INVALID_HANDLE`, `NOT_FOUND` if there never was such a record. */
  children(actor: Actor, parent: string, after: string | null, limit: number): Promise<ChildPage>;
}

export interface MoveQuestion {
  readonly from: string;
  /** The new parent; null for none. */
  readonly to: string | null;
  /** `next` of the step before; null for the first. */
  readonly after: string | null;
  /** Children of one step. */
  readonly limit: number;
  readonly dryRun: boolean;
}

export interface MoveOutcome {
  readonly moved: number;
  /** What stays where it is, and why. */
  readonly refused: readonly Extract<RegistrationResult, { ok: false }>[];
  /** `after` of the step that follows, or null. */
  readonly next: Handle | null;
}

/** Gives the children of a record another parent. Throws `FORBIDDEN`, `INVALID_HANDLE`, `NOT_FOUND`, `INVALID_PARENT`. */
export interface ChildMoves {
  /** One step. To repeat one is harmless: who has moved is a child no more. */
  move(actor: Actor, question: MoveQuestion): Promise<MoveOutcome>;
}

export interface FeedQuestion {
  /** A sequence: what follows it is asked for; 0 for everything. */
  readonly after: number;
  /** Rows. */
  readonly limit: number;
  /** Only what touches this prefix or anything below it; null for all that the asker reaches. */
  readonly prefix: string | null;
}

export interface FeedPage {
  /** Oldest first; of each only the entries that the asker may see, and no row without one. */
  readonly rows: readonly ChangeRow[];
  /** Up to which sequence the log has been read: ask again after it, and nothing is missed or told twice. */
  readonly position: number;
  /** Whether the log may go on behind `position` by now. */
  readonly more: boolean;
}

/** What happened, to those whom it concerns. */
export interface ChangeFeed {
  /** Throws `FORBIDDEN`, `INVALID_PREFIX`. A page may hold fewer rows than asked for although there are more. */
  read(actor: Actor, question: FeedQuestion): Promise<FeedPage>;
}

/** What became of one line of another node's export. */
export type PreservedResult =
  | {
      readonly ok: true;
      readonly outcome: 'created' | 'updated' | 'unchanged';
      readonly handle: string;
      readonly revision: number;
    }
  | { readonly ok: false; readonly handle: string; readonly error: HandleError };

/** Takes in what another node exported: with revisions, instants and histories, never over what stands. */
export interface Preserver {
  preserve(actor: Actor, lines: readonly unknown[]): Promise<readonly PreservedResult[]>;
}

export interface PutTemplate {
  /** As the caller spelled it. */
  readonly handle: string;
  readonly draft: TemplateDraft;
  /** `create` refuses one that exists. */
  readonly mode: 'create' | 'upsert';
  /** Version the caller saw; null if any will do. */
  readonly ifMatch: number | null;
  readonly idempotency: IdempotencyClaim | null;
}

/** A version by its number, or as of an instant (epoch milliseconds). */
export type TemplateMoment = { readonly version: number } | { readonly atMs: number };

export interface TemplateResult {
  readonly template: Template;
  readonly outcome: 'created' | 'updated' | 'unchanged';
  /** True if this is the stored outcome of an earlier request with the same idempotency key. */
  readonly repeated: boolean;
}

/**
 * Templates: those under the node's own prefix are for everyone and of operators, others of their enterprise. A
 * registration that starts after a new version was acknowledged is held against that. Throws `FORBIDDEN`, `NOT_FOUND`,
 * `ALREADY_EXISTS`, `INVALID_HANDLE`, `INVALID_STATE`, `REVISION_CONFLICT`, `IDEMPOTENCY_MISMATCH`.
 */
export interface TemplateRegistry {
  /** Newest versions in order of their handles: of one prefix, or all that the asker reaches by name. */
  list(actor: Actor, prefix: string | null, after: string | null, limit: number): Promise<readonly Template[]>;
  /** The newest version, or the one asked for. */
  read(actor: Actor, handle: string, which: TemplateMoment | null): Promise<Template>;
  /** A new version; the same content as stands changes nothing. Elements are never removed: `INVALID_STATE`. */
  put(actor: Actor, put: PutTemplate): Promise<TemplateResult>;
  /** A new version in which these elements, by index, are disabled. */
  disable(
    actor: Actor,
    handle: string,
    indexes: readonly number[],
    conditions: Pick<PutTemplate, 'ifMatch' | 'idempotency'>,
  ): Promise<TemplateResult>;
}

/** What elements are called, for everyone: it is shown beside public values. */
export interface TemplateElements {
  /** Of the newest version, in its order; none if there is no such template. At once if they are remembered. */
  elementsOf(template: Handle): readonly TemplateElement[] | Promise<readonly TemplateElement[]>;
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
  /** Lets clients act as the principal whose certificate has this subject; `ALREADY_EXISTS` while it stands for another key. */
  registerCertificate(actor: Actor, key: NewKey, subject: string): Promise<AccessKey>;
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
  /** The same by the subject of a certificate that has been verified. */
  authenticateCertificate(subject: string): Principal | Promise<Principal>;
}
