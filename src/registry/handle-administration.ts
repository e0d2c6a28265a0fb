// The handle system's operations on records: first the values that name administrators, then the registry's own rules, the
// same as at every other door. What is missing or there already is told only to those who may know.

import { HandleError } from '../domain/error.ts';
import { type Handle, isSystemPrefix, prefixOf } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import { MAX_COMMIT_ATTEMPTS } from '../domain/limits.ts';
import type { Awaitable, RecordReader } from '../store/registry-store.ts';
import type { Admission } from './admission.ts';
import type { Verdict } from './authorization.ts';
import {
  assertAllowed,
  type Grants,
  type HandleIdentity,
  judgeGrants,
  judgeWritable,
  MAY,
  neededToChange,
} from './handle-authority.ts';
import type { HandleGrants } from './handle-grants.ts';
import type { Requester } from './handle-requester.ts';
import { type HandleWrite, type PlannedHandleWrite, planHandleWrite } from './handle-writes.ts';
import type { Actor } from './registration.ts';
import type { IdentifierRegistry, ReadAccess } from './registry.ts';
import { makeUuid, type RandomBytes } from './tokens.ts';

export interface HandleWriteResult {
  /** As the client spelled it, with the suffix that was minted. */
  readonly handle: string;
  /** True if nothing was replaced. */
  readonly isNew: boolean;
}

export interface HandleAdministration {
  /**
   * Carries out a write on a handle as it was spelled, or on one with a new suffix appended. When it returns it is on
   * disk. Throws `INVALID_HANDLE`, `NOT_RESPONSIBLE`, `FORBIDDEN`, `INSUFFICIENT_PERMISSIONS`, what the write breaks
   * (`planHandleWrite`), and whatever the registry throws.
   */
  write(requester: Requester, target: HandleWriteTarget, write: HandleWrite): Promise<HandleWriteResult>;
  /** Null if the private values of a record may be read, else the denial. */
  judgeRead(requester: Requester, handle: Handle, record: HandleRecord | null): Awaitable<Verdict>;
}

export interface HandleWriteTarget {
  readonly spelled: string;
  readonly mintsSuffix: boolean;
  readonly requestId: string;
}

export interface HandleAdministrationOptions {
  readonly store: Pick<RecordReader, 'get'>;
  readonly admission: Admission;
  readonly grants: HandleGrants;
  readonly identifiers: IdentifierRegistry;
  readonly readAccess: ReadAccess;
  readonly randomBytes: RandomBytes;
}

export class HandleRecords implements HandleAdministration {
  readonly #options: HandleAdministrationOptions;

  constructor(options: HandleAdministrationOptions) {
    this.#options = options;
  }

  async write(requester: Requester, target: HandleWriteTarget, write: HandleWrite): Promise<HandleWriteResult> {
    const { admission, randomBytes } = this.#options;
    const spelled = target.mintsSuffix ? `${target.spelled}${makeUuid(randomBytes)}` : target.spelled;
    const handle = admission.parse(spelled.includes('/') ? spelled : `0.NA/${spelled}`);
    for (let attempt = 1; attempt <= MAX_COMMIT_ATTEMPTS; attempt++) {
      const planned = await this.#attempt(requester, handle, write, target.requestId);
      if (planned !== null) return { handle: spelled, isNew: planned.isNew };
    }
    throw new HandleError('REVISION_CONFLICT', 'Others kept changing the same record: try again.');
  }

  async judgeRead(requester: Requester, handle: Handle, record: HandleRecord | null): Promise<Verdict> {
    if (requester.kind === 'key') return this.#options.readAccess.judgeRead(requester.principal, handle);
    return judgeGrants(await this.#grantsOn(requester.identity, handle, record), MAY.readValue);
  }

  /** Null if the record was changed by others meanwhile. */
  async #attempt(
    requester: Requester,
    handle: Handle,
    write: HandleWrite,
    requestId: string,
  ): Promise<PlannedHandleWrite | null> {
    const { store, admission, identifiers } = this.#options;
    const current = await store.get(handle);
    const grants = requester.kind === 'key' ? null : await this.#grantsOn(requester.identity, handle, current);
    if (grants !== null) assertAllowed(judgeGrants(grants, 0));
    const actor = await this.#actorOn(requester, handle, requestId);
    assertAllowed(await admission.judgeWrite(actor.principal, handle));
    const planned = planHandleWrite(write, handle, current);
    if (grants !== null) assertAllowed(judgePlan(grants, planned, { handle, current }));
    const { results } = await identifiers.register(actor, [planned.registration], { dryRun: false, idempotency: null });
    const result = results[0];
    if (result === undefined) throw new HandleError('INTERNAL', 'The registry gave no result.');
    if (result.ok) return planned;
    // What the plan rules out can only come from a change by others: it is planned anew.
    if (['REVISION_CONFLICT', 'ALREADY_EXISTS', 'NOT_FOUND'].includes(result.error.code)) return null;
    throw result.error;
  }

  #grantsOn(identity: HandleIdentity, handle: Handle, record: HandleRecord | null): Promise<Grants> {
    return this.#options.grants.onRecord(identity, handle, record?.values ?? []);
  }

  async #actorOn(requester: Requester, handle: Handle, requestId: string): Promise<Actor> {
    if (requester.kind === 'key') return { principal: requester.principal, requestId };
    return { principal: await this.#options.grants.principalOn(requester.identity, handle), requestId };
  }
}

function judgePlan(
  grants: Grants,
  { after }: PlannedHandleWrite,
  { handle, current }: { handle: Handle; current: HandleRecord | null },
): Verdict {
  const isPrefixHandle = isSystemPrefix(prefixOf(handle));
  if (after === null) return judgeGrants(grants, isPrefixHandle ? MAY.deleteDerivedPrefix : MAY.deleteHandle);
  if (current === null) return judgeGrants(grants, isPrefixHandle ? MAY.addDerivedPrefix : MAY.addHandle);
  return judgeGrants(grants, neededToChange(current.values, after)) ?? judgeWritable(current.values, after);
}
