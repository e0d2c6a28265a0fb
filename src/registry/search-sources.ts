// Where a search looks first: the one reading of the store that leads to the fewest records. Each gives candidates step by
// step, with the place behind each, so that a page can end anywhere. What really matches is judged by whoever asks.

import type { ChangeEntry, ChangeRow } from '../domain/change.ts';
import type { Handle } from '../domain/handle.ts';
import { prefixOf } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { RegistryStore, SearchedState, ValueHit, ValueQuestion } from '../store/registry-store.ts';
import { firstRowAt } from './creation-row.ts';

/** Where a source was left: its own words. */
export type Place = readonly (string | number)[];

export interface Candidate {
  readonly handle: Handle;
  /** Behind it. */
  readonly place: Place;
  /** What must hold of the record beside what was asked. */
  readonly holds?: (record: HandleRecord) => boolean;
}

export interface Step {
  readonly candidates: readonly Candidate[];
  /** Rows of the store that were looked at. */
  readonly rows: number;
  /** Where to go on; null at the end. */
  readonly next: Place | null;
}

/** At most about `size` rows behind a place; null: from the start. */
export type Source = (after: Place | null, size: number) => Promise<Step>;

function stepOf(handles: readonly Handle[], size: number, placeOf: (handle: Handle, at: number) => Place): Step {
  const candidates = handles.map((handle, at) => ({ handle, place: placeOf(handle, at) }));
  const isFull = handles.length >= size;
  return { candidates, rows: handles.length, next: isFull ? (candidates.at(-1)?.place ?? null) : null };
}

export function valueSource(
  store: RegistryStore,
  question: Pick<ValueQuestion, 'prefix' | 'type' | 'value' | 'match'>,
): Source {
  return async (after, size) => {
    const hits = await store.findByValue({ ...question, after: after === null ? null : hitAt(after), limit: size });
    const handles = hits.map(({ handle }) => handle);
    return stepOf(handles, size, (handle, at) => [(hits[at] as ValueHit).value, handle]);
  };
}

function hitAt([value, handle]: Place): ValueHit {
  return { value: value as ValueHit['value'], handle: handle as Handle };
}

/** The code itself, and with `isWhole` false all that begin like it, in byte order. */
export function codeSource(store: RegistryStore, first: Handle, isWhole: boolean): Source {
  return async (after, size) => {
    const own = after === null ? await store.get(first) : null;
    const exact = own === null ? [] : [own.handle];
    if (isWhole) return stepOf(exact, Number.POSITIVE_INFINITY, (handle) => [handle]);
    const start = after === null ? first : (after[0] as Handle);
    const others = await store.handles(prefixOf(first), { after: start, skip: 0, limit: size });
    const like = others.filter((handle) => handle.startsWith(first));
    const step = stepOf([...exact, ...like], size, (handle) => [handle]);
    return like.length < others.length ? { ...step, next: null } : step;
  };
}

export function stateSource(store: RegistryStore, prefix: Prefix, state: SearchedState): Source {
  return async (after, size) => {
    const question = { prefix, state, after: after === null ? null : (after[0] as Handle), limit: size, rows: size };
    const { handles, next } = await store.findByState(question);
    const candidates = handles.map((handle) => ({ handle, place: [handle] }));
    return { candidates, rows: size, next: next === null ? null : [next] };
  };
}

export function allSource(store: RegistryStore, prefix: Prefix): Source {
  return async (after, size) => {
    const page = { after: after === null ? null : (after[0] as Handle), skip: 0, limit: size };
    return stepOf(await store.handles(prefix, page), size, (handle) => [handle]);
  };
}

export interface TimeSpan {
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}

/** Rows read at once: one may have thousands of entries. */
const ROWS_AT_ONCE = 4;
/** How long after its log row a record may say that it was created: a clock that stood still. */
const MAX_LEAD_MS = 1000;

/**
 * What was created, or last updated, within a span, in the order in which it happened: out of the change log, which is
 * in order of time, so that time needs no index of its own. What came from another node counts by when it came.
 */
export function logSource(store: RegistryStore, prefix: Prefix, what: 'created' | 'updated', span: TimeSpan): Source {
  return async (after, size) => {
    const start = after === null ? [await firstRowAt(store, span.fromMs, store.stats().sequence), 0] : after;
    let [sequence, entry] = start as [number, number];
    const candidates: Candidate[] = [];
    let rows = 0;
    while (rows < size) {
      const read = await store.changes(sequence - 1, ROWS_AT_ONCE, prefix);
      for (const row of read) {
        if (row.at >= span.toMs) return { candidates, rows, next: null };
        if (row.sequence !== sequence) entry = 0;
        sequence = row.sequence;
        const rest = row.entries.slice(entry, entry + size - rows);
        candidates.push(...rest.flatMap((one, i) => candidateOf(row, one, what, entry + i + 1) ?? []));
        rows += rest.length;
        entry += rest.length;
        if (entry < row.entries.length) return { candidates, rows, next: [sequence, entry] };
        sequence += 1;
        entry = 0;
        rows += 1;
        if (rows >= size) break;
      }
      if (read.length < ROWS_AT_ONCE && rows < size) return { candidates, rows, next: null };
    }
    return { candidates, rows, next: [sequence, entry] };
  };
}

function candidateOf(
  { sequence, at }: ChangeRow,
  { subject, action, name, revision }: ChangeEntry,
  what: 'created' | 'updated',
  behind: number,
): Candidate | null {
  if (subject !== 'record' || (what === 'created' && action !== 'created')) return null;
  const holds = (record: HandleRecord): boolean =>
    what === 'created' ? record.createdAt <= at + MAX_LEAD_MS : record.revision === revision;
  return { handle: name as Handle, place: [sequence, behind], holds };
}
