// Search for whoever holds the records of a prefix: by own code, by values that a template marks searchable, by state and
// by time. Reads the store in bounded steps; a page that found little ends where it looked last, and says so.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { type Handle, parseHandle, prefixOf } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import { MAX_SEARCH_ROWS, SEARCH_ROWS_AT_ONCE } from '../domain/limits.ts';
import { type Prefix, parsePrefix } from '../domain/prefix.ts';
import type { Principal } from '../domain/principal.ts';
import type { RegistryStore, SearchedState } from '../store/registry-store.ts';
import { foldText } from '../store/search-terms.ts';
import type { Holdings } from './holdings.ts';
import type { Actor } from './registration.ts';
import {
  allSource,
  type Candidate,
  codeSource,
  logSource,
  type Place,
  type Source,
  stateSource,
  type TimeSpan,
  valueSource,
} from './search-sources.ts';
import { pageSizeOf } from './text-rules.ts';

export interface SearchOptions {
  readonly store: RegistryStore;
  readonly holdings: Holdings;
}

/** All that is named must hold; null for what is not asked. */
export interface SearchQuestion {
  /** Exactly this prefix; null for the one that the key is bound to. */
  readonly prefix: string | null;
  /** A suffix, or its beginning. */
  readonly code: string | null;
  /** The type of a value that a template marks searchable, and its text, or its beginning; both or none. */
  readonly element: string | null;
  readonly value: string | null;
  /** Of code and value. */
  readonly match: 'exact' | 'prefix';
  readonly status: SearchedState | null;
  readonly created: TimeSpan | null;
  readonly updated: TimeSpan | null;
  readonly after: string | null;
  readonly limit: number;
}

export interface SearchPage {
  /** Own records. */
  readonly items: readonly HandleRecord[];
  /** `after` of the page that follows, or null. A page may be short, even empty, and not the last. */
  readonly next: string | null;
}

/** Throws `FORBIDDEN`, `INVALID_PREFIX`, `INVALID_HANDLE`, `INVALID_REQUEST`. */
export interface Searcher {
  /** One page: looks at MAX_SEARCH_ROWS of the store at most. */
  search(actor: Actor, question: SearchQuestion): Promise<SearchPage>;
}

/** A question whose texts have been read. */
interface Asked extends SearchQuestion {
  readonly in: Prefix;
  readonly first: Handle | null;
  /** Folded. */
  readonly text: ByteString | null;
  readonly type: ByteString | null;
}

export function createSearcher({ store, holdings }: SearchOptions): Searcher {
  return {
    async search(actor: Actor, question: SearchQuestion): Promise<SearchPage> {
      const limit = pageSizeOf(question.limit);
      const asked = readQuestion(question, actor.principal);
      const verdict = await holdings.judgeRead(actor.principal, `${asked.in}/` as Handle);
      if (verdict !== null) throw verdict;
      const source = sourceFor(store, asked);
      const kind = kindOf(asked);
      const items = new Map<Handle, HandleRecord>();
      let place = question.after === null ? null : readCursor(question.after, kind);
      for (let rows = 0; ; ) {
        const step = await source(place, Math.min(SEARCH_ROWS_AT_ONCE, MAX_SEARCH_ROWS - rows));
        const end = await takeMatches(store, asked, step.candidates, { items, limit });
        place = end ?? step.next;
        rows += Math.max(1, step.rows);
        const isOver = end !== null || place === null || rows >= MAX_SEARCH_ROWS;
        if (isOver) return { items: [...items.values()], next: place === null ? null : formatCursor(kind, place) };
        await new Promise(setImmediate); // whoever waits meanwhile goes first
      }
    },
  };
}

function readQuestion(question: SearchQuestion, { scope }: Principal): Asked {
  const { code, element, value } = question;
  const prefix = question.prefix ?? scope;
  if ((element === null) !== (value === null)) {
    const message = 'An element is searched by its value: name both, "element" and "value".';
    throw new HandleError('INVALID_REQUEST', message, { at: element === null ? 'query/element' : 'query/value' });
  }
  if (prefix === null) {
    const message = 'This key is bound to no prefix of its own: name the prefix to search under.';
    throw new HandleError('INVALID_REQUEST', message, { at: 'query/prefix' });
  }
  const within = parsePrefix(prefix);
  return {
    ...question,
    in: within,
    first: code === null ? null : handleOf(within, code),
    text: value === null ? null : foldText(bytesFromText(value)),
    type: element === null ? null : bytesFromText(element),
  };
}

/** A code with its prefix in front is as good as without. */
function handleOf(prefix: Prefix, code: string): Handle {
  const handle = parseHandle(code.startsWith(`${prefix}/`) ? code : `${prefix}/${code}`, () => false);
  return prefixOf(handle) === prefix ? handle : (`${prefix}/${code}` as Handle);
}

/** The narrowest first: a value, a code, then time, then state. */
function sourceFor(store: RegistryStore, asked: Asked): Source {
  const { match, status, created, updated, in: prefix, first, text: value, type } = asked;
  if (type !== null && value !== null) return valueSource(store, { prefix, type, value, match });
  if (first !== null) return codeSource(store, first, match === 'exact');
  if (created !== null) return logSource(store, prefix, 'created', created);
  if (updated !== null) return logSource(store, prefix, 'updated', updated);
  return status === null ? allSource(store, prefix) : stateSource(store, prefix, status);
}

function kindOf({ type, first, created, updated, status }: Asked): string {
  if (type !== null) return 'value';
  if (first !== null) return 'code';
  if (created !== null || updated !== null) return 'time';
  return status === null ? 'all' : 'state';
}

interface Taken {
  readonly items: Map<Handle, HandleRecord>;
  readonly limit: number;
}

/** The place behind the last one taken if the page is full with it; null if it is not. */
async function takeMatches(
  store: RegistryStore,
  asked: Asked,
  candidates: readonly Candidate[],
  { items, limit }: Taken,
): Promise<Place | null> {
  const records = await store.getMany(candidates.map(({ handle }) => handle));
  for (const [i, { place, holds }] of candidates.entries()) {
    const record = records[i] ?? null;
    if (record === null || !matches(asked, record) || holds?.(record) === false) continue;
    items.set(record.handle, record);
    if (items.size >= limit) return place;
  }
  return null;
}

function matches(asked: Asked, record: HandleRecord): boolean {
  const { status, created, updated, in: prefix, first, match } = asked;
  const isInState = status === null || (status === 'recalled' ? record.recall !== null : record.status === status);
  if (!isInState || prefixOf(record.handle) !== prefix) return false;
  if (first !== null && !(match === 'exact' ? record.handle === first : record.handle.startsWith(first))) return false;
  // What time alone was asked of has been found by the log, which also knows of records from other nodes.
  const isByLog = asked.type === null && first === null;
  if (!isByLog && !isWithin(created, record.createdAt)) return false;
  if (!(isByLog && created === null) && !isWithin(updated, record.updatedAt)) return false;
  return asked.type === null || record.values.some((value) => hasText(asked, value.type, value.data));
}

function hasText({ type: wanted, text, match }: Asked, type: ByteString, data: ByteString): boolean {
  if (type !== wanted || text === null) return false;
  const folded = foldText(data);
  return match === 'exact' ? folded === text : folded.startsWith(text);
}

function isWithin(span: TimeSpan | null, atMs: number): boolean {
  return span === null || (atMs >= span.fromMs && atMs < span.toMs);
}

/** Opaque to those who hold it: the source that gave it, and where that was. */
function formatCursor(kind: string, place: Place): string {
  return Buffer.from(JSON.stringify([kind, ...place])).toString('base64url');
}

function readCursor(text: string, kind: string): Place {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const isPlace = Array.isArray(parts) && parts.every((part) => typeof part === 'string' || Number.isInteger(part));
    if (
      isPlace &&
      parts[0] === kind &&
      parts.length > (kind === 'code' || kind === 'all' || kind === 'state' ? 1 : 2)
    ) {
      return parts.slice(1) as Place;
    }
  } catch {
    // Not what was handed out: told below.
  }
  throw new HandleError('INVALID_REQUEST', 'The cursor is none of this search: use "next" of its page before.', {
    at: 'query/after',
  });
}
