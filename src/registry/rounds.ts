// One round of a call: load the records, plan every item in order, and settle what the commit made of it.
// Refusals and repeats get their result here; what must be written comes back as changes.

import type { Change, ChangeOutcome } from '../domain/change.ts';
import { type Enterprise, judgeQuota } from '../domain/enterprise.ts';
import { HandleError } from '../domain/error.ts';
import { type Handle, suffixOf } from '../domain/handle.ts';
import type { HandleRecord, RecordDraft } from '../domain/handle-record.ts';
import { MAX_COMMIT_ATTEMPTS, MAX_PAGE_SIZE } from '../domain/limits.ts';
import { isSerial, readDigits } from '../domain/lot.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { Principal } from '../domain/principal.ts';
import type { Awaitable, RegistryStore } from '../store/registry-store.ts';
import { type Item, refusalOf } from './admission.ts';
import { judgeValueTypes } from './authorization.ts';
import { assertParentAhead, type LookUp } from './parent-check.ts';
import { type Plan, planChange } from './planning.ts';
import type { RegistrationResult } from './registration.ts';
import type { Fitting, Searchable } from './template-fitting.ts';

/** An item on its way into the store. */
export interface PlannedWrite {
  readonly item: Item;
  readonly outcome: 'created' | 'updated' | 'revoked' | 'deleted';
  readonly change: Change;
  /** What it replaces. */
  readonly before: HandleRecord | null;
  /** Places of later items of the same commit that say what this one brings about, and nothing more. */
  readonly echoes: number[];
}

/** A handle as it will stand when the items planned so far are written. */
interface Standing {
  readonly record: HandleRecord | null;
  /** The newest revision there ever was: counting goes on from it. */
  readonly revision: number;
  /** What brings it about; null if it is in the store already. */
  readonly write: PlannedWrite | null;
}

export interface RoundOptions {
  readonly store: RegistryStore;
  readonly fitting: Fitting;
  readonly principal: Principal;
  readonly dryRun: boolean;
  readonly now: number;
}

export class Round {
  readonly #options: RoundOptions;
  readonly #standing = new Map<Handle, Standing>();
  readonly #storedChildren = new Map<Handle, readonly Handle[]>();
  readonly #plannedChildren = new Map<Handle, Handle[]>();
  /** Ancestors that were looked up, as they stand in the store. */
  readonly #ancestors = new Map<Handle, HandleRecord | null>();
  /** Identifiers each prefix with a quota may still take, in a dry run. */
  readonly #room = new Map<Prefix, number>();
  /** Whether parents are looked at before the commit: in a dry run, or if a refused one would upset a later item. */
  #looksAhead: boolean;

  constructor(options: RoundOptions) {
    this.#options = options;
    this.#looksAhead = options.dryRun;
  }

  /** What is to be written, in order. Items that are refused, or say nothing new, have their result. */
  async plan(items: readonly Item[], results: RegistrationResult[]): Promise<PlannedWrite[]> {
    await this.#load(items);
    const writes: PlannedWrite[] = [];
    for (const item of items) {
      const { handle } = item.target;
      const standing = this.#standing.get(handle) ?? { record: null, revision: 0, write: null };
      try {
        const plan = planChange(item.registration, item.target, standing.record);
        this.#assertAllowed(item, plan, standing.record);
        const fits = plan.kind === 'write' && this.#assertFits(handle, plan.draft, standing.record);
        if (fits instanceof Promise) await fits;
        if (this.#looksAhead) await this.#assertParent(handle, plan, standing.record);
        if (this.#options.dryRun && plan.kind === 'write' && plan.outcome === 'created') await this.#assertRoom(item);
        if (plan.kind === 'keep') {
          if (standing.write === null) results[item.position] = keptResult(plan.record);
          else standing.write.echoes.push(item.position);
        } else {
          const marks = plan.kind === 'write' ? this.#options.fitting.searchableIn(plan.draft) : {};
          writes.push(this.#write(item, plan, standing, marks instanceof Promise ? await marks : marks));
        }
      } catch (error) {
        results[item.position] = { ok: false, handle, error: refusalOf(error) };
      }
    }
    return writes;
  }

  async #load(items: readonly Item[]): Promise<void> {
    const { store } = this.#options;
    const handles = items.map((item) => item.target.handle);
    const records = await store.getMany(handles);
    for (let i = 0; i < handles.length; i++) {
      const handle = handles[i] as Handle;
      const record = records[i] ?? null;
      if (this.#standing.has(handle)) {
        this.#looksAhead = true;
        if (record === null) await this.#loadLastRevision(handle);
      } else this.#standing.set(handle, { record, revision: record?.revision ?? 0, write: null });
    }
    for (const item of items) {
      if (item.registration.operation === 'delete') await this.#loadChildren(item.target.handle);
      const { holder } = item;
      if (this.#options.dryRun && holder !== null && holder.quota !== null) await this.#loadRoom(holder, holder.quota);
    }
  }

  /** A handle that comes again in the same commit needs to know what its creation will be numbered. */
  async #loadLastRevision(handle: Handle): Promise<void> {
    const [last] = await this.#options.store.history(handle, Number.MAX_SAFE_INTEGER, 1);
    // The newest history entry is the state that the deletion replaced; the deletion took the number after it.
    this.#standing.set(handle, { record: null, revision: last === undefined ? 0 : last.revision + 1, write: null });
  }

  async #loadChildren(handle: Handle): Promise<void> {
    this.#storedChildren.set(handle, await this.#options.store.children(handle, null, MAX_PAGE_SIZE));
  }

  async #loadRoom(holder: Enterprise, quota: number): Promise<void> {
    if (this.#room.has(holder.prefix)) return;
    const { live } = await this.#options.store.counts(holder.prefix);
    this.#room.set(holder.prefix, quota - live);
  }

  #assertAllowed(item: Item, plan: Plan, before: HandleRecord | null): void {
    if (plan.kind === 'keep') return;
    const verdict = judgeValueTypes(
      this.#options.principal,
      before?.values ?? [],
      plan.kind === 'delete' ? [] : plan.draft.values,
    );
    if (verdict !== null) throw verdict;
    if (plan.kind === 'delete') this.#assertChildless(item.target.handle);
    if (plan.outcome === 'created') assertCounted(item);
  }

  #assertChildless(handle: Handle): void {
    const stored = this.#storedChildren.get(handle) ?? [];
    const heir = [...stored, ...(this.#plannedChildren.get(handle) ?? [])].find((child) => {
      const planned = this.#standing.get(child);
      return planned === undefined || planned.record?.parent === handle;
    });
    // A full page may have a next one: then it is not childless, whoever else has moved away.
    if (heir === undefined && stored.length < MAX_PAGE_SIZE) return;
    throw new HandleError(
      'INVALID_STATE',
      `Other records inherit from ${handle}, ${heir ?? stored[0]} among them: revoke it instead, or give them another parent first.`,
      { zh: `${handle} 还有下级（如 ${heir ?? stored[0]}）：请改为作废，或先给下级另选上级。` },
    );
  }

  /** What the store will say of the quota, for a dry run. A code of a lot is counted already. */
  async #assertRoom({ holder, target }: Item): Promise<void> {
    if (holder === null || holder.quota === null) return;
    const { prefix, quota } = holder;
    const live = quota - (this.#room.get(prefix) ?? 0);
    const objection = judgeQuota(prefix, { live, quota, more: 1 });
    if (objection === null) return;
    const lot = await this.#options.store.findLot(target.handle);
    if (lot !== null && isSerial(readDigits(lot, suffixOf(target.handle)))) return;
    throw new HandleError('INVALID_STATE', objection.en, { zh: objection.zh });
  }

  async #assertParent(handle: Handle, plan: Plan, before: HandleRecord | null): Promise<void> {
    if (plan.kind !== 'write' || plan.draft.parent === null || plan.draft.parent === before?.parent) return;
    await assertParentAhead(handle, plan.draft.parent, this.#lookUp, this.#options.store);
  }

  #assertFits(handle: Handle, draft: RecordDraft, current: HandleRecord | null): Awaitable<void> {
    if (draft.template === null) return;
    const { fitting, store } = this.#options;
    const findLot: RegistryStore['findLot'] = (at) => store.findLot(at);
    return fitting.assertFits({ handle, draft, current, lookUp: this.#lookUp, findLot });
  }

  /** A record as it will stand by then; many items of a call have the same ancestors. */
  readonly #lookUp: LookUp = (at) => {
    const standing = this.#standing.get(at);
    if (standing !== undefined) return standing.record;
    const known = this.#ancestors.get(at);
    if (known !== undefined) return known;
    const found = this.#options.store.get(at);
    if (found instanceof Promise) return found.then((record) => this.#keepAncestor(at, record));
    return this.#keepAncestor(at, found);
  };

  #keepAncestor(at: Handle, record: HandleRecord | null): HandleRecord | null {
    this.#ancestors.set(at, record);
    return record;
  }

  #write(item: Item, plan: Exclude<Plan, { kind: 'keep' }>, standing: Standing, marks: Searchable): PlannedWrite {
    const { handle } = item.target;
    const expectedRevision = standing.record?.revision ?? 0;
    const change: Change =
      plan.kind === 'delete'
        ? { kind: 'delete-record', handle, expectedRevision }
        : { kind: 'put-record', handle, expectedRevision, draft: plan.draft, ...marks, ...quotaOf(item, plan) };
    const write: PlannedWrite = { item, outcome: plan.outcome, change, before: standing.record, echoes: [] };
    const record = plan.kind === 'delete' ? null : this.#recordOf(handle, plan.draft, standing);
    this.#standing.set(handle, { record, revision: standing.revision + 1, write });
    if (record !== null && record.parent !== null) {
      const siblings = this.#plannedChildren.get(record.parent);
      if (siblings === undefined) this.#plannedChildren.set(record.parent, [handle]);
      else siblings.push(handle);
    }
    if (plan.outcome === 'created') this.#countRoom(item, -1);
    if (plan.outcome === 'deleted') this.#countRoom(item, 1);
    return write;
  }

  #recordOf(handle: Handle, draft: RecordDraft, standing: Standing): HandleRecord {
    const updatedAt = this.#options.now;
    const createdAt = standing.record?.createdAt ?? updatedAt;
    return { ...draft, handle, revision: standing.revision + 1, createdAt, updatedAt };
  }

  #countRoom(item: Item, by: number): void {
    const prefix = item.holder?.prefix;
    const room = prefix === undefined ? undefined : this.#room.get(prefix);
    if (prefix !== undefined && room !== undefined) this.#room.set(prefix, room + by);
  }
}

/** A quota counts one prefix: what is created below it elsewhere would be counted nowhere. */
function assertCounted({ holder, target }: Item): void {
  if (holder === null || holder.quota === null || target.handle.startsWith(`${holder.prefix}/`)) return;
  throw new HandleError(
    'INVALID_STATE',
    `Enterprise ${holder.prefix} has a quota, which counts its own prefix only: register under ${holder.prefix}.`,
    { zh: `企业 ${holder.prefix} 有配额，只计其自身前缀：请在 ${holder.prefix} 下登记。` },
  );
}

/** What the store holds a creation against. */
function quotaOf({ holder }: Item, { outcome }: Exclude<Plan, { kind: 'keep' }>): { readonly quota?: number } {
  return outcome === 'created' && holder !== null && holder.quota !== null ? { quota: holder.quota } : {};
}

function keptResult(record: HandleRecord): RegistrationResult {
  const { handle, revision, updatedAt } = record;
  return { ok: true, outcome: 'unchanged', handle, revision, updatedAt };
}

/** What a dry run says of a write: the outcomes there would be, and the state that would be replaced. */
export function foresee(write: PlannedWrite, results: RegistrationResult[]): void {
  const { item, outcome, before, echoes } = write;
  const { handle } = item.target;
  const stands = { revision: before?.revision ?? 0, updatedAt: before?.updatedAt ?? 0 };
  results[item.position] = { ok: true, outcome, handle, ...stands };
  for (const position of echoes) results[position] = { ok: true, outcome: 'unchanged', handle, ...stands };
}

/** Puts results in their places; returns the items whose record was changed by others meanwhile. */
export function settle(
  writes: readonly PlannedWrite[],
  outcomes: readonly ChangeOutcome[],
  results: RegistrationResult[],
): Item[] {
  const again: Item[] = [];
  for (let i = 0; i < writes.length; i++) {
    const { item, outcome, echoes } = writes[i] as PlannedWrite;
    const stored = outcomes[i] as ChangeOutcome;
    // A child may have lost its parent only because the parent's own item comes again.
    if (!stored.ok && (stored.code === 'REVISION_CONFLICT' || (stored.code === 'INVALID_PARENT' && again.length > 0))) {
      again.push(item);
    }
    const { handle } = item.target;
    results[item.position] = storedResult(handle, outcome, stored);
    for (const position of echoes) results[position] = storedResult(handle, 'unchanged', stored);
  }
  return again;
}

export function storedResult(
  handle: Handle,
  outcome: PlannedWrite['outcome'] | 'unchanged',
  stored: ChangeOutcome,
): RegistrationResult {
  if (stored.ok) return { ok: true, outcome, handle, revision: stored.revision, updatedAt: stored.at };
  if (stored.code === 'REVISION_CONFLICT') {
    const message = `${handle} kept being changed by others, ${MAX_COMMIT_ATTEMPTS} times in a row: try again.`;
    const zh = `${handle} 连续 ${MAX_COMMIT_ATTEMPTS} 次被他人修改：请重试。`;
    return { ok: false, handle, error: new HandleError('REVISION_CONFLICT', message, { zh }) };
  }
  const { code, message, zh } = stored;
  const place = code === 'INVALID_PARENT' ? { at: '/parent' } : {};
  return { ok: false, handle, error: new HandleError(code, message, { zh, ...place }) };
}
