// Many creations of one prefix, in the order of their handles, as one sheet of bytes: the committing thread takes them as
// they are, and makes a change of a row only where it must. Pure.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import type { Change } from '../domain/change.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import { AT_COMMIT } from '../domain/handle-value.ts';
import { MAX_STORED_HANDLE_BYTES } from '../domain/limits.ts';
import type { Prefix } from '../domain/prefix.ts';
import { damaged, PackedReader, type PackedWriter } from './packed-bytes.ts';
import { sharedLength } from './packed-suffixes.ts';
import { decodeValues, encodeValues } from './value-codec.ts';

type PutChange = Extract<Change, { kind: 'put-record' }>;

/** Below this a sheet saves nothing. */
const MIN_SHEET_ROWS = 16;

const SEARCHABLE = 1;
const HAS_QUOTA = 1;

/** Numbers of types, as the message has them that a sheet travels in. */
interface NumberOfTypes {
  typeId(type: ByteString): number;
}
interface TypesByNumber {
  type(id: number): ByteString;
}

/** False if these are no sheet: what was written is then to be cut off again. */
export function encodeSheet(changes: readonly Change[], names: NumberOfTypes, out: PackedWriter): boolean {
  const [first, last] = [changes[0], changes.at(-1)];
  if (changes.length < MIN_SHEET_ROWS || first?.kind !== 'put-record' || last?.kind !== 'put-record') return false;
  const prefix = prefixOf(first.handle);
  const parents = new Map<Handle, number>();
  const templates = new Map<Handle, number>();
  out.text(prefix);
  out.text(suffixOf(last.handle));
  out.varint(changes.length);
  out.byte(first.quota === undefined ? 0 : HAS_QUOTA);
  if (first.quota !== undefined) out.varint(first.quota);
  let previous = '' as ByteString;
  for (const change of changes) {
    if (!isCreation(change) || !change.handle.startsWith(prefix) || change.handle[prefix.length] !== '/') return false;
    const { draft, searchable, quota } = change;
    if (quota !== first.quota) return false;
    const suffix = bytesFromText(change.handle.slice(prefix.length + 1));
    if (suffix <= previous || prefix.length + 1 + suffix.length > MAX_STORED_HANDLE_BYTES) return false;
    const shared = sharedLength(previous, suffix);
    out.varint(shared);
    out.bytes(suffix.slice(shared) as ByteString);
    out.byte(searchable === undefined || searchable.length === 0 ? 0 : SEARCHABLE);
    encodeName(draft.parent, parents, out);
    encodeName(draft.template, templates, out);
    encodeValues(searchable === undefined ? draft : { values: draft.values, searchable }, 0, names, out);
    previous = suffix;
  }
  return true;
}

function isCreation(change: Change): change is PutChange {
  if (change.kind !== 'put-record' || change.expectedRevision !== 0) return false;
  const { status, reason, recall, values } = change.draft;
  if (status !== 'active' || reason !== null || recall !== null) return false;
  for (let i = 0; i < values.length; i++) if (values[i]?.timestamp !== AT_COMMIT) return false;
  return true;
}

/** 0 for none; the number after the last one stands for a name that follows. */
function encodeName(name: Handle | null, known: Map<Handle, number>, out: PackedWriter): void {
  if (name === null) {
    out.byte(0);
    return;
  }
  const number = known.get(name);
  out.varint(number ?? known.size + 1);
  if (number !== undefined) return;
  known.set(name, known.size + 1);
  out.text(name);
}

export class CreationSheet {
  readonly prefix: Prefix;
  readonly count: number;
  /** What each of its rows names. */
  readonly quota: number | null;
  readonly firstSuffix: ByteString;
  readonly lastSuffix: ByteString;
  readonly types: TypesByNumber;
  readonly #bytes: ByteString;
  #changes: readonly Change[] | null = null;

  /** Throws `STORE_FORMAT` for anything that `encodeSheet` did not make. */
  constructor(bytes: ByteString, types: TypesByNumber) {
    const from = new PackedReader(bytes);
    this.prefix = from.text() as Prefix;
    this.lastSuffix = bytesFromText(from.text());
    this.count = from.count();
    this.quota = from.byte() === HAS_QUOTA ? from.varint() : null;
    this.types = types;
    this.#bytes = from.raw(from.remaining);
    const rows = this.rows();
    rows.next();
    this.firstSuffix = rows.suffix;
  }

  /** From the first row on. */
  rows(): SheetRows {
    return new SheetRows(this, new PackedReader(this.#bytes));
  }

  /** All rows as the changes they were made of. */
  get changes(): readonly Change[] {
    if (this.#changes === null) {
      const rows = this.rows();
      const changes: Change[] = [];
      while (rows.next()) changes.push(rows.readChange());
      this.#changes = changes;
    }
    return this.#changes;
  }
}

/** One row at a time. The values of each are to be read, by `readChange` or from `values`, before the next. */
export class SheetRows {
  readonly values: PackedReader;
  readonly #sheet: CreationSheet;
  readonly #parents: Handle[] = [];
  readonly #templates: Handle[] = [];
  #position = 0;
  suffix = '' as ByteString;
  handle = '' as Handle;
  parent: Handle | null = null;
  template: Handle | null = null;
  isSearchable = false;

  constructor(sheet: CreationSheet, from: PackedReader) {
    this.#sheet = sheet;
    this.values = from;
  }

  /** False at the end. */
  next(): boolean {
    const from = this.values;
    if (this.#position === this.#sheet.count) {
      from.end();
      return false;
    }
    this.#position += 1;
    const shared = from.varint();
    const suffix = (this.suffix.slice(0, shared) + from.bytes()) as ByteString;
    if (suffix <= this.suffix) throw damaged('rows of a sheet are out of order');
    this.suffix = suffix;
    this.handle = `${this.#sheet.prefix}/${textFromBytes(suffix)}` as Handle;
    this.isSearchable = from.byte() === SEARCHABLE;
    this.parent = decodeName(from, this.#parents);
    this.template = decodeName(from, this.#templates);
    return true;
  }

  readChange(): PutChange {
    const { handle, parent, template } = this;
    const searchable: number[] = [];
    const values = decodeValues(this.values, 0, this.#sheet.types, searchable);
    const draft = { status: 'active', parent, template, reason: null, recall: null, values } as const;
    const { quota } = this.#sheet;
    const within = quota === null ? {} : { quota };
    const put = { kind: 'put-record', handle, expectedRevision: 0, draft, ...within } as const;
    return searchable.length === 0 ? put : { ...put, searchable };
  }
}

function decodeName(from: PackedReader, known: Handle[]): Handle | null {
  const number = from.varint();
  if (number === 0) return null;
  if (number === known.length + 1) known.push(from.text() as Handle);
  const name = known[number - 1];
  if (name === undefined) throw damaged('a row of a sheet names what was not told');
  return name;
}
