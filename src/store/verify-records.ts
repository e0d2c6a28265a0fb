// Checks records and their histories side by side, in one pass over both: that each decodes, that states follow one
// another without a gap, and that each replacement is in the log row that claims it.

import type { ByteString } from '../domain/bytes.ts';
import type { Handle } from '../domain/handle.ts';
import { setNewest } from '../domain/newest.ts';
import { decodeChangeRow } from './change-row-codec.ts';
import { fromUint32, toUint64 } from './lmdb-keys.ts';
import { FIRST_KEY, type Row } from './lmdb-table.ts';
import { PackedReader } from './packed-bytes.ts';
import { decodeHead, decodeRecord, EPOCH_MS, type RecordHead } from './record-codec.ts';
import { shownBytes } from './verify-findings.ts';
import { recordOfNode } from './verify-names.ts';
import { verifySearchable } from './verify-search.ts';
import { type Walk, walkTable } from './verify-walk.ts';

export interface RecordTotals {
  readonly live: number;
  /** Records that name a parent. */
  readonly children: number;
  /** Rows that the search index should have. */
  readonly searchRows: number;
}

export async function verifyRecords(walk: Walk): Promise<RecordTotals> {
  const { findings, sums } = walk;
  const history = new HistoryReader(walk);
  const totals = { live: 0, children: 0, searchRows: 0 };
  await walkTable(walk, 'records', ({ key, value }) => {
    const place = (): string => placeOf(walk, key);
    const head = findings.attempt('records', place, () => decodeHead(value));
    history.skipTo(key);
    if (head === null) return;
    findings.attempt('records', place, () => decodeRecord(place() as Handle, value, walk.view.names));
    verifyLinks(walk, key, head);
    if (head.isSearchable) totals.searchRows += verifySearchable(walk, key, value);
    if (head.parentNode > 0) totals.children += 1;
    if (head.status !== 'deleted') {
      totals.live += 1;
      sums.live(key.slice(0, 4) as ByteString);
      walk.lots.see(key);
    }
    if (head.revision > 0) sums.state(key, head.revision);
    history.verify(key, head);
  });
  history.skipTo(null);
  walk.rows.set('history', history.count);
  return totals;
}

function verifyLinks(walk: Walk, key: ByteString, head: RecordHead): void {
  const { findings } = walk;
  const place = (): string => placeOf(walk, key);
  if (head.node > 0) {
    const back = recordOfNode(walk, head.node);
    findings.expect(back === key, 'nodes', () => `${place()} has parent number ${head.node}, which leads elsewhere`);
  }
  if (head.parentNode > 0) {
    const parent = recordOfNode(walk, head.parentNode);
    const holds = parent === null || parent.slice(0, 4) === key.slice(0, 4);
    findings.expect(holds, 'records', () => `${place()} has a parent under another prefix`);
  }
  findings.expect(head.createdAt <= head.updatedAt, 'records', () => `${place()} was changed before it was created`);
}

interface EarlierState {
  readonly revision: number;
  readonly head: RecordHead;
  readonly sequence: number;
  readonly replacedAt: number;
}

/** Rows of the log remembered while histories lead to them: an import's neighbours lead to the same one. */
const MAX_REMEMBERED_ROWS = 16;

/** Reads the history in step with the records: both are in the order of the records' keys. */
class HistoryReader {
  readonly #walk: Walk;
  readonly #rows: Iterator<Row, void>;
  readonly #logged = new Map<number, ReadonlySet<string>>();
  #next: Row | null;
  count = 0;

  constructor(walk: Walk) {
    this.#walk = walk;
    const { view } = walk;
    this.#rows = view.tables.history.scan({ start: FIRST_KEY }, view.snapshot.options());
    this.#next = this.#read();
  }

  /** What stands before the history of `key` (null: anywhere) belongs to no record. */
  skipTo(key: ByteString | null): void {
    while (this.#next !== null && (key === null || this.#next.key < `${key}\x00`)) {
      const { key: orphan } = this.#next;
      this.#walk.findings.add('history', `${shownBytes(orphan.slice(4, -5))} has a history and no record`);
      this.#next = this.#read();
    }
  }

  verify(key: ByteString, head: RecordHead): void {
    const place = (): string => placeOf(this.#walk, key);
    const { findings, sums } = this.#walk;
    let before: EarlierState | null = null;
    for (; this.#next !== null && this.#isOf(key, this.#next.key); this.#next = this.#read()) {
      const row = this.#next;
      const state = findings.attempt('history', place, () => this.#decode(place, row));
      if (state === null) continue;
      sums.state(key, state.revision);
      if (before !== null) this.#verifyStep(place, before, state.head);
      before = state;
    }
    if (before !== null) this.#verifyStep(place, before, head);
  }

  #isOf(key: ByteString, historyKey: ByteString): boolean {
    return historyKey.length === key.length + 5 && historyKey.startsWith(`${key}\x00`);
  }

  #read(): Row | null {
    const { done, value } = this.#rows.next();
    if (done === true) return null;
    this.count += 1;
    return value;
  }

  #decode(place: () => string, { key, value }: Row): EarlierState {
    const from = new PackedReader(value);
    const sequence = from.varint();
    const replacedAt = from.signed() + EPOCH_MS;
    const bytes = from.raw(from.remaining);
    const head = decodeHead(bytes);
    decodeRecord(place() as Handle, bytes, this.#walk.view.names);
    const revision = fromUint32(key, key.length - 4);
    const { findings } = this.#walk;
    findings.expect(
      head.revision === revision,
      'history',
      () => `${place()} has revision ${head.revision} in the place of ${revision}`,
    );
    return { revision, head, sequence, replacedAt };
  }

  #verifyStep(place: () => string, { revision, replacedAt, sequence }: EarlierState, next: RecordHead): void {
    const { findings } = this.#walk;
    const follows = next.revision === revision + 1;
    findings.expect(follows, 'history', () => `${place()} has no revision ${revision + 1}`);
    if (!follows) return;
    const fits = next.updatedAt === replacedAt;
    findings.expect(
      fits,
      'history',
      () => `${place()} revision ${revision} was replaced at another instant than revision ${next.revision} began`,
    );
    const entry = `${place()}@${next.revision}`;
    findings.expect(
      this.#entriesOf(sequence).has(entry),
      'history',
      () => `row ${sequence} of the log does not have ${entry}, which ${place()} says`,
    );
  }

  #entriesOf(sequence: number): ReadonlySet<string> {
    const known = this.#logged.get(sequence);
    if (known !== undefined) return known;
    const { view, findings } = this.#walk;
    const bytes = view.tables.log.get(toUint64(sequence), view.snapshot.options());
    const row =
      bytes === null
        ? null
        : findings.attempt(
            'log',
            () => `row ${sequence}`,
            () => decodeChangeRow(sequence, bytes, view.names),
          );
    const entries = new Set(row?.entries.map(({ name, revision }) => `${name}@${revision}`));
    setNewest(this.#logged, sequence, entries, MAX_REMEMBERED_ROWS);
    return entries;
  }
}

/** The handle of a record's key, whatever is wrong with its prefix. */
export function placeOf({ view }: Walk, key: ByteString): string {
  try {
    return view.names.handle(key);
  } catch {
    return `prefix ${fromUint32(key, 0)}, ${shownBytes(key.slice(4))}`;
  }
}
