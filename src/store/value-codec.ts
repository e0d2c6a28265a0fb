// The stored form of values: in records, and in commits on their way. Names of types that recur are numbers of a dictionary;
// what is at its default takes no room. Pure.

import type { ByteString } from '../domain/bytes.ts';
import { AT_COMMIT, type DataForm, DEFAULT_PERMISSIONS, type HandleValue } from '../domain/handle-value.ts';
import { DEFAULT_TTL_SECONDS } from '../domain/limits.ts';
import { damaged, type PackedReader, type PackedWriter } from './packed-bytes.ts';

// Flags of a value; the two low bits are its data form.
const FORMS = ['plain', 'text', 'binary'] as const satisfies readonly DataForm[];
const HAS_TTL = 0x04;
const TTL_IS_ABSOLUTE = 0x08;
const HAS_PERMISSIONS = 0x10;
const HAS_TIMESTAMP = 0x20;
const HAS_REFERENCES = 0x40;
/** It stands in the search index. */
const SEARCHABLE = 0x80;

/** A name that is not in the dictionary: its text follows. */
export const INLINE = 0;

/** The index before the first value's: product attributes begin at 2000, and each next one usually follows. */
const INDEX_BEFORE_FIRST = 1999;

const NONE: readonly number[] = [];
const NO_REFERENCES: HandleValue['references'] = [];

/** The dictionary of types, as the encoder sees it: 0 if it is full. */
interface NumberOfTypes {
  typeId(type: ByteString): number;
}

/** As the decoder sees it. Throws `STORE_FORMAT` for a number that stands for nothing. */
interface TypesByNumber {
  type(id: number): ByteString;
}

interface MarkedValues {
  readonly values: readonly HandleValue[];
  /** Indexes of those that can be searched. */
  readonly searchable?: readonly number[];
}

/** `second` is what `AT_COMMIT` means, and what costs nothing. */
export function encodeValues(
  { values, searchable = NONE }: MarkedValues,
  second: number,
  names: NumberOfTypes,
  out: PackedWriter,
): void {
  out.varint(values.length);
  let lastIndex = INDEX_BEFORE_FIRST;
  for (const value of values) {
    const { references } = value;
    const age = value.timestamp === AT_COMMIT ? 0 : second - value.timestamp;
    const typeId = names.typeId(value.type);
    out.signed(value.index - lastIndex - 1);
    lastIndex = value.index;
    out.byte(
      (value.dataForm === 'plain' ? 0 : FORMS.indexOf(value.dataForm)) |
        (value.ttl !== DEFAULT_TTL_SECONDS ? HAS_TTL : 0) |
        (value.ttlIsAbsolute ? TTL_IS_ABSOLUTE : 0) |
        (value.permissions !== DEFAULT_PERMISSIONS ? HAS_PERMISSIONS : 0) |
        (age !== 0 ? HAS_TIMESTAMP : 0) |
        (references.length > 0 ? HAS_REFERENCES : 0) |
        (searchable.length > 0 && searchable.includes(value.index) ? SEARCHABLE : 0),
    );
    out.varint(typeId);
    if (typeId === INLINE) out.bytes(value.type);
    out.bytes(value.data);
    if (value.ttl !== DEFAULT_TTL_SECONDS) out.signed(value.ttl);
    if (value.permissions !== DEFAULT_PERMISSIONS) out.byte(value.permissions);
    if (age !== 0) out.signed(age);
    if (references.length > 0) {
      out.varint(references.length);
      for (const reference of references) {
        out.varint(reference.index);
        out.text(reference.handle);
      }
    }
  }
}

/** Throws `STORE_FORMAT`. `searchable` gets the indexes of the values that can be searched. */
export function decodeValues(
  from: PackedReader,
  second: number,
  names: TypesByNumber,
  searchable?: number[],
): readonly HandleValue[] {
  const count = from.count();
  const values: HandleValue[] = [];
  let index = INDEX_BEFORE_FIRST;
  for (let i = 0; i < count; i++) {
    index += from.signed() + 1;
    const flags = from.byte();
    if ((flags & 3) === 3) throw damaged('a value has unknown flags');
    if (flags >= SEARCHABLE) searchable?.push(index);
    const typeId = from.varint();
    const type = typeId === INLINE ? from.bytes() : names.type(typeId);
    const data = from.bytes();
    const ttl = (flags & HAS_TTL) === 0 ? DEFAULT_TTL_SECONDS : from.signed();
    const permissions = (flags & HAS_PERMISSIONS) === 0 ? DEFAULT_PERMISSIONS : from.byte();
    const timestamp = (flags & HAS_TIMESTAMP) === 0 ? second : second - from.signed();
    const references = (flags & HAS_REFERENCES) === 0 ? NO_REFERENCES : decodeReferences(from);
    const dataForm = FORMS[flags & 3] as DataForm;
    const ttlIsAbsolute = (flags & TTL_IS_ABSOLUTE) !== 0;
    // In the order of `makeValue`, so that all values are of one shape to the engine.
    values.push({
      index,
      type,
      data,
      dataForm,
      ttl,
      ttlIsAbsolute,
      timestamp,
      permissions,
      references,
      memo: null,
    });
  }
  return values;
}

/** How one dictionary's numbers of types are told in another's. `name`: for types that have none there. */
export interface TypeTranslation {
  typeId(id: number): number;
  name(id: number): ByteString;
}

/** Copies what `encodeValues` wrote, under other numbers for the types. Their timestamps must be `AT_COMMIT`. */
export function copyValues(from: PackedReader, types: TypeTranslation, out: PackedWriter): void {
  const count = from.count();
  out.varint(count);
  for (let i = 0; i < count; i++) {
    out.varint(from.varint());
    const flags = from.byte();
    const given = from.varint();
    if ((flags & 3) === 3 || (flags & HAS_TIMESTAMP) !== 0 || given === INLINE)
      throw damaged('a value cannot be copied');
    const typeId = types.typeId(given);
    out.byte(flags);
    out.varint(typeId);
    if (typeId === INLINE) out.bytes(types.name(given));
    out.bytes(from.bytes());
    if ((flags & HAS_TTL) !== 0) out.varint(from.varint());
    if ((flags & HAS_PERMISSIONS) !== 0) out.byte(from.byte());
    if ((flags & HAS_REFERENCES) === 0) continue;
    const references = from.count();
    out.varint(references);
    for (let j = 0; j < references; j++) {
      out.varint(from.varint());
      out.bytes(from.bytes());
    }
  }
}

function decodeReferences(from: PackedReader): HandleValue['references'] {
  const count = from.count();
  const references: { handle: string; index: number }[] = [];
  for (let i = 0; i < count; i++) {
    const index = from.varint();
    references.push({ index, handle: from.text() });
  }
  return references;
}
