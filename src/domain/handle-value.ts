// Handle values as RFC 3651 §3.1 has them, what may be read by whom, and how their bytes can be shown.

import { type ByteString, isUtf8 } from './bytes.ts';
import { DEFAULT_TTL_SECONDS } from './limits.ts';

/** Permission bits of a value (RFC 3651 §3.1): who may read and who may write it. Bit 1 is public write. */
const ADMIN_READ = 8;
export const ADMIN_WRITE = 4;
export const PUBLIC_READ = 2;
/** `1110`, what a value has that names no permissions. */
export const DEFAULT_PERMISSIONS = ADMIN_READ | ADMIN_WRITE | PUBLIC_READ;

/** Timestamp of a value that gets the instant of its commit. */
export const AT_COMMIT = 0;

export interface ValueReference {
  readonly handle: string;
  readonly index: number;
}

/**
 * How a value's bytes can be shown: `plain` text that JSON needs no escape for, other `text`, or `binary`.
 * Text is well-formed UTF-8 without control characters other than U+0009–U+0013 (the reference server's rule).
 */
export type DataForm = 'plain' | 'text' | 'binary';

/** What a door remembers beside a value that many records inherit, so that it is rendered once. */
export interface ValueMemo {
  json: ByteString | null;
}

export interface HandleValue {
  /** 1 … 2³¹−1, unique in its record. */
  readonly index: number;
  /** UTF-8 bytes of the type's name, compared without ASCII case. */
  readonly type: ByteString;
  readonly data: ByteString;
  readonly dataForm: DataForm;
  /** Seconds to keep an answer, or an instant in epoch seconds if `ttlIsAbsolute`. */
  readonly ttl: number;
  readonly ttlIsAbsolute: boolean;
  /** Epoch seconds of the last write of this value; `AT_COMMIT` in a draft. */
  readonly timestamp: number;
  readonly permissions: number;
  readonly references: readonly ValueReference[];
  readonly memo: ValueMemo | null;
}

const NO_REFERENCES: readonly ValueReference[] = [];
const NEEDS_ESCAPE_OR_CHECK = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;
const CONTROL = /[\x00-\x08\x14-\x1f]/;
// U+2028 and U+2029 end a line in JavaScript, so a JSONP answer must escape them.
const JSON_ESCAPED = /[\x00-\x1f"\\]|\xe2\x80[\xa8\xa9]/;

export function dataFormOf(data: ByteString): DataForm {
  if (!NEEDS_ESCAPE_OR_CHECK.test(data)) return 'plain';
  if (CONTROL.test(data) || !isUtf8(data)) return 'binary';
  return JSON_ESCAPED.test(data) ? 'text' : 'plain';
}

/** A value with everything it does not name at its default. Rules of content are the registry's. */
export function makeValue(
  given: Pick<HandleValue, 'index' | 'type' | 'data'> & Partial<Omit<HandleValue, 'dataForm' | 'memo'>>,
): HandleValue {
  return {
    index: given.index,
    type: given.type,
    data: given.data,
    dataForm: dataFormOf(given.data),
    ttl: given.ttl ?? DEFAULT_TTL_SECONDS,
    ttlIsAbsolute: given.ttlIsAbsolute ?? false,
    timestamp: given.timestamp ?? AT_COMMIT,
    permissions: given.permissions ?? DEFAULT_PERMISSIONS,
    references: given.references ?? NO_REFERENCES,
    memo: null,
  };
}

/** Another of the same kind, with its properties in the order of `makeValue`, so that all are of one shape to the engine. */
export function valueLike(value: HandleValue, data: ByteString, memo: HandleValue['memo']): HandleValue {
  return {
    index: value.index,
    type: value.type,
    data,
    dataForm: value.dataForm,
    ttl: value.ttl,
    ttlIsAbsolute: value.ttlIsAbsolute,
    timestamp: value.timestamp,
    permissions: value.permissions,
    references: value.references,
    memo,
  };
}

/** Values that were to get the instant of their commit get it, in epoch seconds. */
export function stampValues(values: readonly HandleValue[], second: number): readonly HandleValue[] {
  return values.map((value) => ({
    ...value,
    timestamp: value.timestamp === AT_COMMIT ? second : value.timestamp,
    memo: null,
  }));
}

/** Whether two values say the same; timestamps and memos do not count. */
export function sameValue(a: HandleValue, b: HandleValue): boolean {
  return (
    a.index === b.index &&
    a.type === b.type &&
    a.data === b.data &&
    a.ttl === b.ttl &&
    a.ttlIsAbsolute === b.ttlIsAbsolute &&
    a.permissions === b.permissions &&
    a.references.length === b.references.length &&
    a.references.every((reference, i) => {
      const other = b.references[i];
      return other !== undefined && reference.handle === other.handle && reference.index === other.index;
    })
  );
}

function isPubliclyReadable(value: HandleValue): boolean {
  return (value.permissions & PUBLIC_READ) !== 0;
}

function arePubliclyReadable(values: readonly HandleValue[]): boolean {
  for (let i = 0; i < values.length; i++) if (!isPubliclyReadable(values[i] as HandleValue)) return false;
  return true;
}

/** Which values an asker wants: of any of these indexes or types (OR); both empty means all. */
export interface ValueFilter {
  readonly indexes: readonly number[];
  /** Upper-cased; a type that ends in `.` names its whole family (`URL.` matches `URL` and `URL.DE`). */
  readonly types: readonly string[];
}

export const ALL_VALUES: ValueFilter = { indexes: [], types: [] };

export function matchesFilter(value: HandleValue, filter: ValueFilter): boolean {
  if (filter.indexes.length === 0 && filter.types.length === 0) return true;
  if (filter.indexes.includes(value.index)) return true;
  if (filter.types.length === 0) return false;
  const type = value.type.toUpperCase();
  return filter.types.some((wanted) =>
    wanted.endsWith('.') ? type.startsWith(wanted) || type === wanted.slice(0, -1) : type === wanted,
  );
}

/**
 * Which values the asker may see: what is public; for administrators what is readable to them besides; for readers the
 * same without secrets, since who knows one acts as the administrator it belongs to.
 */
export type View = 'public' | 'reader' | 'admin';

/** Whether the value opens something to who knows it (HS_SECKEY). */
export function isSecret({ type }: HandleValue): boolean {
  return type.toUpperCase() === 'HS_SECKEY';
}

/** Permission first, then index and type, so a private value hides the public one it overrides (design order). */
export function selectValues(values: readonly HandleValue[], view: View, filter: ValueFilter): readonly HandleValue[] {
  const all = filter === ALL_VALUES;
  if (all && view === 'public' && arePubliclyReadable(values)) return values;
  return values.filter(
    (value) =>
      (isPubliclyReadable(value) || (view !== 'public' && (value.permissions & ADMIN_READ) !== 0)) &&
      (view !== 'reader' || !isSecret(value)) &&
      (all || matchesFilter(value, filter)),
  );
}
