// Pages of a prefix's handles by number, without searching for each page from the start: where a page ended is remembered,
// and the next one goes on from there. Judges nobody.

import { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import { MAX_LISTING_MARKS, MAX_ROWS_PASSED, ROWS_PASSED_AT_ONCE } from '../domain/limits.ts';
import { setNewest } from '../domain/newest.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { RecordReader } from '../store/registry-store.ts';

/** How long a place is remembered: then what was written since decides again where a page begins. */
const MARK_TTL_MS = 10 * 60_000;

interface Mark {
  readonly row: number;
  readonly after: Handle;
  readonly at: number;
  /** Rows the prefix had then: if it has as many now, rows hardly have other numbers. */
  readonly total: number;
}

type Start = Pick<Mark, 'row'> & { readonly after: Handle | null };

const BEGINNING: Start = { row: 0, after: null };

export interface HandleListingOptions {
  readonly store: Pick<RecordReader, 'handles'>;
  readonly clock: () => number;
}

export interface RowsAsked {
  readonly prefix: Prefix;
  /** From 0. */
  readonly first: number;
  readonly size: number;
  /** Rows the prefix has now. */
  readonly total: number;
}

/**
 * A client that asks for page after page gets every handle that stands there throughout exactly once, whatever is
 * written meanwhile: its next page begins where the last one ended. A page far from all remembered places is reached by
 * passing over rows, at most MAX_ROWS_PASSED, with other requests answered in between.
 */
export class HandleListing {
  readonly #options: HandleListingOptions;
  /** By `prefix row`, in order of use. */
  readonly #marks = new Map<string, Mark>();

  constructor(options: HandleListingOptions) {
    this.#options = options;
  }

  /** Throws `INVALID_REQUEST` if the first row is too far from where a listing has been. */
  async page(asked: RowsAsked): Promise<readonly Handle[]> {
    const { prefix, first, size } = asked;
    if (size === 0 || first >= asked.total) return [];
    const { store } = this.#options;
    let { row, after } = this.#startFor(asked);
    if (first - row > MAX_ROWS_PASSED) throw tooFar(first, row, size);
    while (row < first) {
      const rows = Math.min(first - row, ROWS_PASSED_AT_ONCE);
      const last = (await store.handles(prefix, { after, skip: rows - 1, limit: 1 }))[0];
      if (last === undefined) return [];
      row += rows;
      after = last;
      this.#remember(asked, row, last);
      await new Promise(setImmediate); // whoever waits meanwhile goes first
    }
    const handles = await store.handles(prefix, { after, skip: 0, limit: size });
    const last = handles.at(-1);
    if (last !== undefined) this.#remember(asked, first + handles.length, last);
    return handles;
  }

  /** Where the page before ended; else the nearest place whose number still holds, or if all are too far any place. */
  #startFor({ prefix, first, total }: RowsAsked): Start {
    if (first === 0) return BEGINNING;
    const oldest = this.#options.clock() - MARK_TTL_MS;
    const exact = this.#marks.get(`${prefix} ${first}`);
    if (exact !== undefined && exact.at >= oldest) return exact;
    let sure = BEGINNING;
    let any = BEGINNING;
    for (const [key, mark] of this.#marks) {
      if (mark.at < oldest) this.#marks.delete(key);
      else if (mark.row < first && key.startsWith(`${prefix} `)) {
        if (mark.row > any.row) any = mark;
        if (mark.row > sure.row && mark.total === total) sure = mark;
      }
    }
    return first - sure.row > MAX_ROWS_PASSED ? any : sure;
  }

  #remember({ prefix, total }: RowsAsked, row: number, after: Handle): void {
    const mark = { row, after, total, at: this.#options.clock() };
    setNewest(this.#marks, `${prefix} ${row}`, mark, MAX_LISTING_MARKS);
  }
}

function tooFar(first: number, reached: number, size: number): HandleError {
  const farthest = Math.floor((reached + MAX_ROWS_PASSED) / size);
  return new HandleError(
    'INVALID_REQUEST',
    `Page ${Math.floor(first / size)} of ${size} is too far from where the listing has been: ask page after page, or for page ${farthest} at most.`,
  );
}
