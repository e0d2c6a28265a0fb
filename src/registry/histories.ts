// The history of an identifier: its revisions, newest first, each with who, when, by which request and what it changed.
// What someone may not see of values, then or today, is named and not shown.

import { setTimeout as delay } from 'node:timers/promises';
import { actionBetween, stageOf } from '../domain/change.ts';
import { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import { ALL_VALUES, type HandleValue, isSecret, selectValues } from '../domain/handle-value.ts';
import { MAX_HISTORY_PAGE } from '../domain/limits.ts';
import { closedIndexes, selectPastValues } from '../domain/past-view.ts';
import { onlyReads } from '../domain/principal.ts';
import { differencesOf, type RecordDifference } from '../domain/record-difference.ts';
import { recordsAt } from '../store/past-records.ts';
import type { HistoryEntry, RegistryStore } from '../store/registry-store.ts';
import type { Admission } from './admission.ts';
import { creationRowOf } from './creation-row.ts';
import type { Holdings } from './holdings.ts';
import { Pace } from './pace.ts';
import type { Actor } from './registration.ts';
import type { HistoryPage, HistoryReader, RecordChange } from './registry.ts';
import { pageSizeOf } from './text-rules.ts';

export interface HistoryOptions {
  readonly store: RegistryStore;
  readonly admission: Admission;
  readonly holdings: Holdings;
}

/** One state, and what brought it about: null for the first, whose row is looked for. */
interface State {
  readonly revision: number;
  readonly at: number;
  readonly sequence: number | null;
  readonly record: HandleRecord | null;
}

/**
 * Part of a worker's time that reading histories may take, all readers together, and what a page and an entry of the log
 * cost: reckoned, as a clock would count the time of others too. The burst is for those who read now and then.
 */
const SHARE = 0.05;
const BURST_MS = 20;
const PAGE_MS = 0.5;
const ENTRY_MS = 0.000_3;

export class Histories implements HistoryReader {
  readonly #options: HistoryOptions;
  readonly #pace = new Pace({ share: SHARE, burstMs: BURST_MS, now: () => performance.now() });

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  async history(actor: Actor, text: string, before: number | null, limit: number): Promise<HistoryPage> {
    const size = Math.min(pageSizeOf(limit), MAX_HISTORY_PAGE);
    const handle = await this.#readable(actor, text);
    const states = await this.#states(handle, before, size);
    if (states.length === 0 && before === null) {
      throw new HandleError('NOT_FOUND', `${handle} was never registered, so it has no history.`);
    }
    const today = closedIndexes((await this.#options.store.get(handle))?.values ?? [], 'admin');
    const items: RecordChange[] = [];
    for (let i = 0; i < Math.min(size, states.length); i++) {
      const { revision, at, sequence, record } = states[i] as State;
      const earlier = states[i + 1]?.record ?? null;
      const action = actionBetween(stageOf(earlier), stageOf(record));
      const differences = differencesOf(earlier, record).map((difference) => withoutClosed(difference, today));
      items.push({ revision, at, action, cause: await this.#causeOf(sequence, record), differences });
    }
    await this.#rest(PAGE_MS);
    const last = items.at(-1)?.revision ?? 1;
    return { handle, items, next: states.length > size && last > 1 ? last : null };
  }

  async recordAt(actor: Actor, text: string, atMs: number): Promise<HandleRecord> {
    const handle = await this.#readable(actor, text);
    const { store } = this.#options;
    const record = await recordsAt(store, atMs).get(handle);
    if (record === null) {
      throw new HandleError('NOT_FOUND', `${handle} was not registered at ${new Date(atMs).toISOString()}.`);
    }
    const today = (await store.get(handle))?.values ?? [];
    const view = onlyReads(actor.principal) ? 'reader' : 'admin';
    return { ...record, values: selectPastValues(record.values, today, view, ALL_VALUES) };
  }

  async #readable(actor: Actor, text: string): Promise<Handle> {
    const { admission, holdings } = this.#options;
    const handle = admission.parse(text);
    const verdict = await holdings.judgeRead(actor.principal, handle);
    if (verdict !== null) throw verdict;
    return handle;
  }

  /** States below revision `before`, newest first: as many as asked for and one more, if there are. */
  async #states(handle: Handle, before: number | null, size: number): Promise<State[]> {
    const { store } = this.#options;
    if (before !== null) return statesFrom(await store.history(handle, before, size + 1));
    const live = await store.get(handle);
    const entries = await store.history(handle, live?.revision ?? Number.MAX_SAFE_INTEGER, size);
    const top = entries[0];
    if (live === null && top === undefined) return [];
    const present: State = {
      revision: live?.revision ?? (top?.revision ?? 0) + 1,
      at: live?.updatedAt ?? top?.replacedAt ?? 0,
      sequence: top?.sequence ?? null,
      record: live,
    };
    // Deleted, and created again before its history was read: what the list would begin with is no longer so.
    if (live === null && (await store.get(handle)) !== null) return this.#states(handle, before, size);
    return [present, ...statesFrom(entries)];
  }

  async #rest(workMs: number): Promise<void> {
    const pauseMs = this.#pace.pauseAfter(workMs);
    if (pauseMs > 0) await delay(pauseMs);
  }

  async #causeOf(sequence: number | null, record: HandleRecord | null): Promise<RecordChange['cause']> {
    const { store } = this.#options;
    if (sequence === null) {
      if (record?.revision !== 1) return null;
      return creationRowOf(store, record, store.stats().sequence, (entries) => this.#rest(entries * ENTRY_MS));
    }
    const head = await store.changeHead(sequence);
    return head === null ? null : { sequence, ...head };
  }
}

/** Each state came about by the row that replaced the one before it. */
function statesFrom(entries: readonly HistoryEntry[]): State[] {
  return entries.map(({ revision, record }, i) => {
    const earlier = entries[i + 1];
    const at = record?.updatedAt ?? earlier?.replacedAt ?? 0;
    return { revision, at, sequence: earlier?.sequence ?? null, record };
  });
}

function withoutClosed(
  difference: RecordDifference,
  closedToday: ReadonlySet<number>,
): RecordChange['differences'][number] {
  if (difference.field !== 'value') return difference;
  const { field, index, before, after } = difference;
  const sides = [before, after].filter((side): side is HandleValue => side !== null);
  // A replaced secret may still be in use elsewhere: that it was replaced is all there is to tell.
  const open = selectValues(sides, 'admin', ALL_VALUES).filter((value) => !isSecret(value));
  if (open.length === sides.length && !closedToday.has(index)) return difference;
  return { field, index, hidden: true };
}
