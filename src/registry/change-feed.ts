// The change log as its readers may see it: everything for operators and reviewers, for everyone else the identifiers and
// enterprises they reach today. Read in small pieces, so that a long page never keeps others waiting.

import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { ChangeEntry, ChangeRow } from '../domain/change.ts';
import { HandleError } from '../domain/error.ts';
import { type Handle, prefixOf } from '../domain/handle.ts';
import { rootsOf, type Transfers } from '../domain/holding.ts';
import { MAX_FEED_ENTRIES } from '../domain/limits.ts';
import { type LotId, prefixOfLot } from '../domain/lot.ts';
import { isWithin, type Prefix, parsePrefix } from '../domain/prefix.ts';
import type { Principal } from '../domain/principal.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import { assertMayReadEnterprise, covers, seesEveryone } from './authorization.ts';
import type { Holdings } from './holdings.ts';
import { Pace } from './pace.ts';
import type { Actor } from './registration.ts';
import type { ChangeFeed, FeedPage, FeedQuestion } from './registry.ts';
import { pageSizeOf } from './text-rules.ts';

/** Rows of the first read, as one of an import is large, and entries that later ones aim at: a millisecond of work. */
const FIRST_ROWS = 1;
const ENTRIES_AT_ONCE = 1000;
const MAX_ROWS_AT_ONCE = 128;

/**
 * Part of a worker's time that readers far behind may take for reading; to write it out costs as much again, and to read
 * it at the other end more. Who is up to date is never held back: the burst is some thousands of entries.
 */
const SHARE = 0.05;
const BURST_MS = 20;
/** What reading costs. Reckoned, not measured: on a busy machine a clock would also count the time of others. */
const ROW_MS = 0.01;
const ENTRY_MS = 0.002;

/** Between two threads one may see a commit some milliseconds before the other does. */
const SETTLING_MS = 100;

/** Which rows to look at (null: all), and which of their entries to show. */
interface Sight {
  readonly scopes: readonly Prefix[] | null;
  readonly shows: (entry: ChangeEntry) => boolean;
}

export class Feed implements ChangeFeed {
  readonly #store: RegistryStore;
  readonly #holdings: Holdings;
  readonly #pace = new Pace({ share: SHARE, burstMs: BURST_MS, now: () => performance.now() });

  constructor(store: RegistryStore, holdings: Holdings) {
    this.#store = store;
    this.#holdings = holdings;
  }

  async read(actor: Actor, { after, limit, prefix }: FeedQuestion): Promise<FeedPage> {
    const size = pageSizeOf(limit);
    const sight = sightOf(actor.principal, prefix, await this.#holdings.transfers());
    // Before the rows: everything up to here is seen by the time they have been read to their end.
    const newest = await this.#newestFor(after);
    const rows: ChangeRow[] = [];
    let position = after;
    let entries = 0;
    for (let pieceSize = FIRST_ROWS; ; ) {
      const piece = await this.#piece(sight, position, pieceSize);
      let pieceEntries = 0;
      let isFull = false;
      for (const row of piece) {
        position = row.sequence;
        pieceEntries += row.entries.length;
        const shown = row.entries.filter(sight.shows);
        if (shown.length > 0) rows.push({ ...row, entries: shown });
        isFull = rows.length === size || entries + pieceEntries >= MAX_FEED_ENTRIES;
        if (isFull) break;
      }
      const pauseMs = this.#pace.pauseAfter(piece.length * ROW_MS + pieceEntries * ENTRY_MS);
      if (!isFull && piece.length < pieceSize) return { rows, position: Math.max(position, newest), more: false };
      await (pauseMs > 0 ? delay(pauseMs) : turn());
      if (isFull) return { rows, position, more: true };
      entries += pieceEntries;
      pieceSize = Math.min(MAX_ROWS_AT_ONCE, Math.ceil((ENTRIES_AT_ONCE * piece.length) / Math.max(1, pieceEntries)));
    }
  }

  /** The newest row's sequence. Who has read beyond it read another log: to go on there would leave a gap. */
  async #newestFor(after: number): Promise<number> {
    let { sequence } = this.#store.stats();
    if (after > sequence) {
      await delay(SETTLING_MS);
      sequence = this.#store.stats().sequence;
    }
    if (after <= sequence) return sequence;
    const message = `The change log ends at ${sequence}, so ${after} is of another one, or of before a restore: read on from 0, or from a sequence you know to be in it.`;
    throw new HandleError('INVALID_REQUEST', message, { at: 'query/after' });
  }

  #piece({ scopes }: Sight, after: number, size: number) {
    return scopes === null ? this.#store.changes(after, size) : this.#store.changesWithin(scopes, after, size);
  }
}

/** Throws `FORBIDDEN`, `INVALID_PREFIX`. */
function sightOf(principal: Principal, text: string | null, transfers: Transfers): Sight {
  if (text !== null) {
    const prefix = parsePrefix(text);
    assertMayReadEnterprise(principal, prefix, transfers);
    const reaches = (at: string) => isWithin(at, prefix) && covers(principal, at, transfers);
    return { scopes: [prefix], shows: (entry) => isOf(entry, reaches) };
  }
  if (seesEveryone(principal)) return { scopes: null, shows: () => true };
  const scopes = principal.scope === null ? null : rootsOf(principal.scope, transfers);
  return { scopes, shows: (entry) => isOf(entry, (at) => covers(principal, at, transfers)) };
}

/** Whether an entry speaks of a prefix that is reached. Who may act is nobody's but the operator's to know. */
function isOf({ subject, name }: ChangeEntry, reaches: (prefix: string) => boolean): boolean {
  if (subject === 'lot') return reaches(prefixOfLot(name as LotId));
  if (subject === 'record' || subject === 'template') return reaches(prefixOf(name as Handle));
  return subject !== 'principal' && subject !== 'key' && reaches(name);
}
