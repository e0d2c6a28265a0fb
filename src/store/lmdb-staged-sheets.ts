// Sheets of creations within one write transaction: rows under which nothing ever stood go into the table as they come,
// without a look-up, a map or a change each. Any other row is left to those who know more.

import { type ByteString, EMPTY_BYTES } from '../domain/bytes.ts';
import type { ChangeOutcome } from '../domain/change.ts';
import type { Handle } from '../domain/handle.ts';
import type { SheetSteps } from './commit-group.ts';
import type { CreationSheet, SheetRows } from './creation-sheet.ts';
import { PackedRun } from './lmdb-packed-run.ts';
import type { RecordStaging, StagedRecords } from './lmdb-staged-records.ts';
import { PackedWriter } from './packed-bytes.ts';
import { type EncodedHead, encodeRecordStart, NO_BODY } from './record-codec.ts';
import { copyValues, INLINE, type TypeTranslation } from './value-codec.ts';

/** Rows that stand between the first and the last of a sheet are walked over if there are at most this many times its own. */
const WALKED_SHARE = 4;

/** Kept for all transactions: a new one would be 4 KiB for each. */
const out = new PackedWriter();

const NEVER_STOOD = { bytes: EMPTY_BYTES, head: { isSearchable: false } };

export class StagedSheets {
  readonly #with: RecordStaging;
  readonly #records: StagedRecords;

  constructor(staging: RecordStaging, records: StagedRecords) {
    this.#with = staging;
    this.#records = records;
  }

  /** One outcome for each row, in order. */
  apply(sheet: CreationSheet, nowMs: number, steps: SheetSteps): readonly ChangeOutcome[] {
    const { names, lots, counts } = this.#with;
    const prefixKey = names.recordKey(`${sheet.prefix}/` as Handle);
    // Where not all may fit, each is held against the quota by itself.
    const fits = sheet.quota === null || counts.liveOf(prefixKey) + sheet.count <= sheet.quota;
    const place = lots.hasAny(prefixKey) || !fits ? null : this.#placeOf(prefixKey, sheet);
    try {
      return this.#applyRows(sheet, place, { prefixKey, nowMs, steps });
    } finally {
      place?.run.close();
    }
  }

  #applyRows(
    sheet: CreationSheet,
    place: Place | null,
    { prefixKey, nowMs, steps }: { readonly prefixKey: ByteString; readonly nowMs: number; readonly steps: SheetSteps },
  ): readonly ChangeOutcome[] {
    const { names, counts, search } = this.#with;
    const types = this.#translation(sheet);
    const families = new Families(this.#with, this.#records);
    const done: ChangeOutcome = { ok: true, revision: 1, at: nowMs };
    const outcomes: ChangeOutcome[] = [];
    const rows = sheet.rows();
    let created = 0;
    while (rows.next()) {
      const key = (prefixKey + rows.suffix) as ByteString;
      const parentNode = place?.absence.isSure(key) === true ? families.nodeFor(rows) : null;
      if (place === null || parentNode === null) {
        outcomes.push(steps.other(rows));
        families.forget();
        place?.absence.forget();
        continue;
      }
      out.clear();
      const { template, isSearchable } = rows;
      encodeRecordStart(headOf(parentNode, nowMs), { ...NO_BODY, template }, isSearchable, { names, out });
      copyValues(rows.values, types, out);
      const bytes = out.toBytes();
      place.run.put(key, bytes);
      if (isSearchable) search.replace(key, NEVER_STOOD, { bytes, head: { isSearchable } });
      steps.created(rows.handle, rows.suffix);
      outcomes.push(done);
      created += 1;
    }
    families.flush();
    if (created > 0) counts.addCreations(prefixKey, created);
    return outcomes;
  }

  #placeOf(prefixKey: ByteString, { firstSuffix, lastSuffix, count }: CreationSheet): Place {
    const { records } = this.#with.tables;
    const [first, last] = [(prefixKey + firstSuffix) as ByteString, (prefixKey + lastSuffix) as ByteString];
    const limit = WALKED_SHARE * count;
    const standing = records.keys({ start: first, end: `${last}\x00` as ByteString, limit });
    const stands = standing.length === limit ? (key: ByteString) => records.get(key) !== null : keysIn(standing);
    const absence = new Absence(this.#records, stands, this.#records.knowsWithin(first, last));
    const run = new PackedRun(records, { first, last, count, standing }, (row) => this.#records.keep(row));
    return { absence, run };
  }

  #translation({ types }: CreationSheet): TypeTranslation {
    const { names } = this.#with;
    const known: number[] = [];
    return {
      typeId: (id) => {
        known[id] ??= names.typeId(types.type(id));
        return known[id] ?? INLINE;
      },
      name: (id) => types.type(id),
    };
  }
}

/** Where a sheet goes: what is not there, and how it is laid down between what is. */
interface Place {
  readonly absence: Absence;
  readonly run: PackedRun;
}

function keysIn(standing: readonly ByteString[]): (key: ByteString) => boolean {
  if (standing.length === 0) return () => false;
  const known = new Set(standing);
  return (key) => known.has(key);
}

/** Under which of a sheet's keys nothing ever stood, as far as that is plain. */
class Absence {
  readonly #records: StagedRecords;
  readonly #stands: (key: ByteString) => boolean;
  /** Whether this transaction may have looked at one of them by itself. */
  #mayBeKnown: boolean;

  constructor(records: StagedRecords, stands: (key: ByteString) => boolean, mayBeKnown: boolean) {
    this.#records = records;
    this.#stands = stands;
    this.#mayBeKnown = mayBeKnown;
  }

  isSure(key: ByteString): boolean {
    return !this.#stands(key) && !(this.#mayBeKnown && this.#records.knows(key));
  }

  /** Others were looked at meanwhile. */
  forget(): void {
    this.#mayBeKnown = true;
  }
}

/** The parents of a sheet's rows: judged once each, and what they get. */
class Families {
  readonly #with: RecordStaging;
  readonly #records: StagedRecords;
  readonly #nodes = new Map<Handle, number>();
  #children: ByteString[] = [];
  #parentNode = 0;

  constructor(staging: RecordStaging, records: StagedRecords) {
    this.#with = staging;
    this.#records = records;
  }

  /** The number of a row's parent, 0 if it has none; null if it may not have this one. The row is then its child. */
  nodeFor({ handle, suffix, parent }: SheetRows): number | null {
    if (parent === null) return 0;
    let node = this.#nodes.get(parent);
    if (node === undefined) {
      // A record that never was has no descendants: what may be its parent may be that of the next one, too.
      if (this.#records.objectionTo(handle, parent, 'unknown') !== null) return null;
      node = this.#records.nodeOf(parent);
      this.#nodes.set(parent, node);
    }
    if (node !== this.#parentNode) {
      this.flush();
      this.#parentNode = node;
    }
    this.#children.push(suffix);
    return node;
  }

  /** What was judged may no longer hold. */
  forget(): void {
    this.flush();
    this.#nodes.clear();
  }

  flush(): void {
    if (this.#children.length > 0) this.#with.children.addInOrder(this.#parentNode, this.#children);
    this.#children = [];
  }
}

function headOf(parentNode: number, nowMs: number): EncodedHead {
  return { status: 'active', revision: 1, createdAt: nowMs, updatedAt: nowMs, parentNode, node: 0 };
}
