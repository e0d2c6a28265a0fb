// A row's registration in few bytes, from the stage that judges its form to the one that registers it: what was parsed once
// is not parsed again. Pure.

import { type ByteString, isUtf8, textFromBytes } from '../domain/bytes.ts';
import { MAX_ROW_TYPES } from '../domain/import-limits.ts';
import type { ImportItem } from '../registry/import-registry.ts';
import type { PutRegistration, Registration } from '../registry/registration.ts';
import { damaged, PackedReader, PackedWriter } from '../store/packed-bytes.ts';
import { decodeValues, encodeValues, INLINE } from '../store/value-codec.ts';
import { IS_PACKED, type RunRow } from './sorted-runs.ts';

const MODES = ['create', 'update', 'upsert'] as const satisfies readonly PutRegistration['mode'][];
const MODE_BITS = 0x03;
const IS_RESERVED = 0x04;
const HAS_PARENT = 0x08;
const HAS_TEMPLATE = 0x10;

const out = new PackedWriter();

/** The types of a job's values, each with a number; those that come when there are many stand in their rows. */
export class RowTypes {
  /** By number, from 1; '' where there is none. */
  readonly #types: ByteString[];
  readonly #ids = new Map<ByteString, number>();
  readonly #step: number;
  #next: number;

  /** Numbers `first`, `first + step` … are given, so that several can give numbers at once. */
  constructor(types: readonly string[] = [], first = 1, step = 1) {
    this.#types = [...types] as ByteString[];
    this.#step = step;
    this.#next = first;
  }

  get all(): readonly string[] {
    return this.#types;
  }

  /** Takes in what another gave numbers to. */
  add(types: readonly string[]): void {
    for (const [i, type] of types.entries()) if (type !== '') this.#set(i, type as ByteString);
  }

  typeId(type: ByteString): number {
    const known = this.#ids.get(type);
    if (known !== undefined) return known;
    const id = this.#next;
    if (id > MAX_ROW_TYPES) return INLINE;
    this.#next += this.#step;
    this.#set(id - 1, type);
    this.#ids.set(type, id);
    return id;
  }

  type(id: number): ByteString {
    const type = this.#types[id - 1];
    if (type === undefined || type === '') throw damaged(`a row names type ${id}, which its job does not know`);
    return type;
  }

  #set(i: number, type: ByteString): void {
    while (this.#types.length < i) this.#types.push('' as ByteString);
    this.#types[i] = type;
  }
}

/** Null for what travels as JSON: all but registrations that say everything about an identifier, whatever stands. */
export function packRow(registration: Registration, types: RowTypes): ByteString | null {
  if (registration.operation !== 'put' || registration.ifMatch !== null) return null;
  const { mode, status, parent, template, values } = registration;
  out.clear();
  out.byte(
    MODES.indexOf(mode) |
      (status === 'reserved' ? IS_RESERVED : 0) |
      (parent === null ? 0 : HAS_PARENT) |
      (template === null ? 0 : HAS_TEMPLATE),
  );
  if (parent !== null) out.text(parent);
  if (template !== null) out.text(template);
  encodeValues({ values }, 0, types, out);
  return out.toBytes();
}

/** What rows of runs ask for; neighbours share their texts. */
export class RowItems {
  readonly #types: RowTypes;
  readonly #from = new PackedReader('' as ByteString);
  readonly #parents = new LastText();
  readonly #templates = new LastText();

  constructor(types: RowTypes) {
    this.#types = types;
  }

  /** Throws `STORE_FORMAT` for bytes that `packRow` did not make. */
  of({ handle, flags, text }: RunRow): ImportItem {
    return (flags & IS_PACKED) === 0 ? text : this.#unpack(handle, text as ByteString);
  }

  /** In the order in which the row has its values. */
  valueIndexesOf(row: RunRow): readonly number[] {
    const item = this.of(row);
    const { values = [] } = (typeof item === 'string' ? JSON.parse(item) : item) as {
      readonly values?: readonly { readonly index: number }[];
    };
    return values.map(({ index }) => index);
  }

  #unpack(handle: string, bytes: ByteString): PutRegistration {
    const from = this.#from;
    from.reset(bytes);
    const flags = from.byte();
    const mode = MODES[flags & MODE_BITS];
    if (mode === undefined) throw damaged('a row has unknown flags');
    const parent = (flags & HAS_PARENT) === 0 ? null : this.#parents.read(from);
    const template = (flags & HAS_TEMPLATE) === 0 ? null : this.#templates.read(from);
    const values = decodeValues(from, 0, this.#types);
    from.end();
    return {
      operation: 'put',
      handle,
      ifMatch: null,
      mode,
      status: (flags & IS_RESERVED) === 0 ? 'active' : 'reserved',
      parent,
      template,
      values,
    };
  }
}

/** Texts that mostly are the one before, which is then neither judged nor made again. */
class LastText {
  #bytes: ByteString | null = null;
  #text = '';

  read(from: PackedReader): string {
    const bytes = from.bytes();
    if (bytes === this.#bytes) return this.#text;
    if (!isUtf8(bytes)) throw damaged('a text in them is not UTF-8');
    this.#bytes = bytes;
    this.#text = textFromBytes(bytes);
    return this.#text;
  }
}
