// One round of a call: load the records, plan every item in order, and settle what the commit made of it.
// Refusals and repeats get their result here; what must be written comes back as changes.

import type { Change } from '../domain/change.ts';
import { type Enterprise, judgeQuota } from '../domain/enterprise.ts';
import { HandleError } from '../domain/error.ts';
import { type Handle, suffixOf } from '../domain/handle.ts';
import type { HandleRecord, RecordDraft } from '../domain/handle-record.ts';
import { MAX_PAGE_SIZE } from '../domain/limits.ts';
import { isSerial, readDigits } from '../domain/lot.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { Principal } from '../domain/principal.ts';
import type { Awaitable, RegistryStore } from '../store/registry-store.ts';
import { areInOrder, type Item, refusalOf } from './admission.ts';
import { judgeValueTypes } from './authorization.ts';
import { assertParentAhead, type LookUp } from './parent-check.ts';
import { type Plan, planChange } from './planning.ts';
import { assertCounted, quotaOf } from './quotas.ts';
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

interface Unnamed {
  readonly handle: Handle;
  readonly plan: Exclude<Plan, { kind: 'keep' }>;
  readonly standing: Standing;
  readonly write: PlannedWrite;
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
  /** Writes that nobody asked for by name yet; null where each is kept by its name at once. */
  #unnamed: Unnamed[] | null = null;
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
    const records = await this.#load(items);
    const writes: PlannedWrite[] = [];
    for (let i = 0; i < items.length; i++) {
      const item = items[i] as Item;
      const { handle } = item.target;
      // Of items in order nothing is kept by its name, unless it was asked for: a look into an empty map hashes it, too.
      const planned = this.#standing.size === 0 ? undefined : this.#standing.get(handle);
      const standing = planned ?? standingOf(records[i] ?? null);
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

  /** The records as they stand. Of items in order none asks for another by name, unless it is its ancestor. */
  async #load(items: readonly Item[]): Promise<readonly (HandleRecord | null)[]> {
    const { store, dryRun } = this.#options;
    const handles = items.map((item) => item.target.handle);
    const records = await store.getMany(handles);
    if (!dryRun && items.every(({ registration }) => registration.operation !== 'delete') && areInOrder(items)) {
      this.#unnamed = [];
      return records;
    }
    for (let i = 0; i < handles.length; i++) {
      const handle = handles[i] as Handle;
      const record = records[i] ?? null;
      if (this.#standing.has(handle)) {
        this.#looksAhead = true;
        if (record === null) await this.#loadLastRevision(handle);
      } else this.#standing.set(handle, standingOf(record));
    }
    for (const item of items) {
      if (item.registration.operation === 'delete') await this.#loadChildren(item.target.handle);
      const { holder } = item;
      if (dryRun && holder !== null && holder.quota !== null) await this.#loadRoom(holder, holder.quota);
    }
    return records;
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
    const { fitting } = this.#options;
    return fitting.assertFits({ handle, draft, current, lookUp: this.#lookUp, findLot: this.#findLot });
  }

  readonly #findLot: RegistryStore['findLot'] = (at) => this.#options.store.findLot(at);

  /** A record as it will stand by then; many items of a call have the same ancestors. */
  readonly #lookUp: LookUp = (at) => {
    for (const { handle, plan, standing, write } of this.#unnamed?.splice(0) ?? []) {
      this.#keepWrite(handle, plan, standing, write);
    }
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
    if (this.#unnamed === null) this.#keepWrite(handle, plan, standing, write);
    else this.#unnamed.push({ handle, plan, standing, write });
    if (plan.outcome === 'created') this.#countRoom(item, -1);
    if (plan.outcome === 'deleted') this.#countRoom(item, 1);
    return write;
  }

  #keepWrite(handle: Handle, plan: Exclude<Plan, { kind: 'keep' }>, before: Standing, write: PlannedWrite): void {
    const record = plan.kind === 'delete' ? null : this.#recordOf(handle, plan.draft, before);
    this.#standing.set(handle, { record, revision: before.revision + 1, write });
    if (record === null || record.parent === null) return;
    const siblings = this.#plannedChildren.get(record.parent);
    if (siblings === undefined) this.#plannedChildren.set(record.parent, [handle]);
    else siblings.push(handle);
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

const ABSENT: Standing = { record: null, revision: 0, write: null };

function standingOf(record: HandleRecord | null): Standing {
  return record === null ? ABSENT : { record, revision: record.revision, write: null };
}

function keptResult(record: HandleRecord): RegistrationResult {
  const { handle, revision, updatedAt } = record;
  return { ok: true, outcome: 'unchanged', handle, revision, updatedAt };
}
