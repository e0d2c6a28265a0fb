// Registration of identifiers: admits, plans, commits, and repeats what lost a race. Every rule stands in a room of its
// own (authorization, planning, value rules); here is only their order.

import { HandleError, isHandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import { isSecret } from '../domain/handle-value.ts';
import { MAX_BATCH_ITEMS, MAX_COMMIT_ATTEMPTS } from '../domain/limits.ts';
import type { Observer, RegistrationOutcome } from '../domain/observer.ts';
import { onlyReads } from '../domain/principal.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import { type Admission, areInOrder, type Item } from './admission.ts';
import type { Holdings } from './holdings.ts';
import { assertSameBody, claimKeyOf, formatNote, inProgress, parseNote } from './idempotency.ts';
import type {
  Actor,
  IdempotencyClaim,
  RegisterOptions,
  RegisterResult,
  Registration,
  RegistrationResult,
} from './registration.ts';
import type { IdentifierRegistry } from './registry.ts';
import { foresee, settle } from './round-results.ts';
import { type PlannedWrite, Round } from './rounds.ts';
import type { Fitting } from './template-fitting.ts';

export interface IdentifierOptions {
  readonly store: RegistryStore;
  readonly admission: Admission;
  readonly holdings: Holdings;
  readonly fitting: Fitting;
  readonly clock: () => number;
  readonly observer: Observer;
}

export class Identifiers implements IdentifierRegistry {
  readonly #options: IdentifierOptions;
  /** Idempotent requests under way in this worker: key → body hash. Bounded by the requests in flight. */
  readonly #underWay = new Map<string, string>();

  constructor(options: IdentifierOptions) {
    this.#options = options;
  }

  async register(
    actor: Actor,
    registrations: readonly Registration[],
    options: RegisterOptions,
  ): Promise<RegisterResult> {
    if (registrations.length > MAX_BATCH_ITEMS) {
      throw new HandleError(
        'PAYLOAD_TOO_LARGE',
        `A call takes at most ${MAX_BATCH_ITEMS} identifiers, this one has ${registrations.length}: divide it.`,
      );
    }
    if (options.dryRun) return { results: await this.#rehearse(actor, registrations), repeated: false };
    const done =
      options.idempotency === null
        ? { results: await this.#write(actor, registrations), repeated: false }
        : await this.#writeOnce(actor, registrations, options.idempotency);
    if (!done.repeated) this.#observe(done.results);
    return done;
  }

  async read(actor: Actor, text: string): Promise<HandleRecord> {
    const handle = this.#options.admission.parse(text);
    const verdict = await this.#options.holdings.judgeRead(actor.principal, handle);
    if (verdict !== null) throw verdict;
    const record = await this.#options.store.get(handle);
    if (record === null) throw new HandleError('NOT_FOUND', `${handle} is not registered.`);
    if (!onlyReads(actor.principal)) return record;
    return { ...record, values: record.values.filter((value) => !isSecret(value)) };
  }

  async #rehearse(actor: Actor, registrations: readonly Registration[]): Promise<RegistrationResult[]> {
    const results = roomFor(registrations);
    const items = await this.#options.admission.admit(actor.principal, registrations, results);
    const writes = await this.#round(actor, true).plan(items, results);
    for (const write of writes) foresee(write, results);
    return results;
  }

  /**
   * One commit for each run of items in which no handle comes twice: if others change a record meanwhile, its item
   * is planned again, and an item that builds on it must not have been applied before.
   */
  async #write(actor: Actor, registrations: readonly Registration[]): Promise<RegistrationResult[]> {
    const results = roomFor(registrations);
    const items = await this.#options.admission.admit(actor.principal, registrations, results);
    for (const run of runsOf(items)) {
      let open: readonly Item[] = run;
      for (let attempt = 1; open.length > 0 && attempt <= MAX_COMMIT_ATTEMPTS; attempt++) {
        const writes = await this.#round(actor, false).plan(open, results);
        if (writes.length === 0) break;
        const changes = writes.map((write) => write.change);
        const { outcomes } = await this.#options.store.commit({
          principalId: actor.principal.id,
          requestId: actor.requestId,
          changes,
          idempotency: null,
        });
        open = settle(writes, outcomes, results);
      }
    }
    return results;
  }

  async #writeOnce(
    actor: Actor,
    registrations: readonly Registration[],
    claim: IdempotencyClaim,
  ): Promise<RegisterResult> {
    const key = claimKeyOf(actor.principal.id, claim);
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) {
      assertSameBody(underWay, claim);
      throw inProgress();
    }
    this.#underWay.set(key, claim.bodyHash);
    try {
      const stored = await this.#options.store.idempotencyResult(key, this.#options.clock());
      if (stored !== null) {
        assertSameBody(stored.bodyHash, claim);
        return { results: parseNote(stored, this.#handlesOf(registrations)), repeated: true };
      }
      return await this.#commitOnce(actor, registrations, claim, key);
    } finally {
      this.#underWay.delete(key);
    }
  }

  /** One commit with its outcomes; the store applies nothing of it if a record was changed meanwhile. */
  async #commitOnce(
    actor: Actor,
    registrations: readonly Registration[],
    claim: IdempotencyClaim,
    key: string,
  ): Promise<RegisterResult> {
    const { store, admission } = this.#options;
    const results = roomFor(registrations);
    const items = await admission.admit(actor.principal, registrations, results);
    for (let attempt = 1; attempt <= MAX_COMMIT_ATTEMPTS; attempt++) {
      const writes = await this.#round(actor, false).plan(items, results);
      // Refusals alone are no outcome to keep: mended, the same request may succeed.
      if (writes.length === 0 && !results.some((result) => result.ok)) break;
      const { outcomes, repeated } = await store.commit({
        principalId: actor.principal.id,
        requestId: actor.requestId,
        changes: writes.map((write) => write.change),
        idempotency: { key, bodyHash: claim.bodyHash, note: formatNote(results, writes) },
      });
      if (repeated !== null) {
        assertSameBody(repeated.bodyHash, claim);
        return { results: parseNote(repeated, this.#handlesOf(registrations)), repeated: true };
      }
      const conflicts = settle(writes, outcomes, results).length > 0;
      if (!conflicts) break;
      if (attempt === MAX_COMMIT_ATTEMPTS) {
        for (const write of writes) withdraw(write, results);
      }
    }
    return { results, repeated: false };
  }

  #round(actor: Actor, dryRun: boolean): Round {
    const { store, fitting, clock } = this.#options;
    return new Round({ store, fitting, principal: actor.principal, dryRun, now: clock() });
  }

  #handlesOf(registrations: readonly Registration[]): string[] {
    return registrations.map((registration) => {
      try {
        return this.#options.admission.parse(registration.handle);
      } catch (error) {
        if (isHandleError(error)) return registration.handle; // it was refused: results show it as it was spelled
        throw error;
      }
    });
  }

  #observe(results: readonly RegistrationResult[]): void {
    const { observer } = this.#options;
    const counts = new Map<RegistrationOutcome, number>();
    for (const result of results) {
      const outcome = result.ok ? result.outcome : 'refused';
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      if (!result.ok) observer.failed(result.error.code);
    }
    for (const [outcome, count] of counts) observer.registered(outcome, count);
  }
}

/** Results by position: filled by the time they are returned. */
function roomFor(registrations: readonly Registration[]): RegistrationResult[] {
  return new Array<RegistrationResult>(registrations.length);
}

function runsOf(items: readonly Item[]): readonly (readonly Item[])[] {
  if (items.length < 2 || areInOrder(items)) return [items];
  const runs: Item[][] = [];
  let run: Item[] = [];
  const seen = new Set<Handle>();
  for (const item of items) {
    if (seen.has(item.target.handle)) {
      runs.push(run);
      run = [];
      seen.clear();
    }
    seen.add(item.target.handle);
    run.push(item);
  }
  runs.push(run);
  return runs;
}

function withdraw({ item, echoes }: PlannedWrite, results: RegistrationResult[]): void {
  const message = 'Others kept changing records of this call, so nothing of it was applied: try again.';
  const zh = '本批中的标识不断被他人修改，整批未写入：请重试。';
  const error = new HandleError('REVISION_CONFLICT', message, { zh });
  for (const position of [item.position, ...echoes]) {
    results[position] = { ok: false, handle: item.target.handle, error };
  }
}
