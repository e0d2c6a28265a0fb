// The stored form of records: decodes at each first touch, so it costs as little as can be, in bytes and in time. Pure.
//
// A record is a version byte, a byte of flags, what the flags announce, and the values in their order. Names that recur
// (types, templates, parents) are numbers of a dictionary; what is at its default takes no room.

import type { ByteString } from '../domain/bytes.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord, RecordStatus } from '../domain/handle-record.ts';
import { AT_COMMIT, type DataForm, DEFAULT_PERMISSIONS, type HandleValue } from '../domain/handle-value.ts';
import { DEFAULT_TTL_SECONDS } from '../domain/limits.ts';
import { damaged, PackedReader, type PackedWriter } from './packed-bytes.ts';
import { decodeRecall, encodeRecall } from './recall-codec.ts';

const VERSION = 1;

/** Instants are counted from 2020, which saves a byte until the year 2028 and costs none after. */
export const EPOCH_MS = Date.UTC(2020, 0, 1);

// Flags of a record; the two low bits are its status, 3 for the tombstone of a deleted one.
const STATUSES = ['reserved', 'active', 'revoked'] as const satisfies readonly RecordStatus[];
const DELETED = 3;
const HAS_PARENT = 0x04;
const HAS_NODE = 0x08;
const HAS_TEMPLATE = 0x10;
const HAS_REASON = 0x20;
const IS_FIRST = 0x40;
/** A second byte of flags follows the first: what few records have. */
const HAS_MORE = 0x80;
const MORE_SHIFT = 8;
const IS_RECALLED = 0x01 << MORE_SHIFT;

// Flags of a value; the two low bits are its data form.
const FORMS = ['plain', 'text', 'binary'] as const satisfies readonly DataForm[];
const HAS_TTL = 0x04;
const TTL_IS_ABSOLUTE = 0x08;
const HAS_PERMISSIONS = 0x10;
const HAS_TIMESTAMP = 0x20;
const HAS_REFERENCES = 0x40;

/** A name that is not in the dictionary: its text follows. */
const INLINE = 0;

/** The index before the first value's: product attributes begin at 2000, and each next one usually follows. */
const INDEX_BEFORE_FIRST = 1999;

const NO_REFERENCES: HandleValue['references'] = [];

/** The dictionary, as the encoder sees it. */
export interface NumberOfNames {
  /** 0 if the dictionary is full. */
  typeId(type: ByteString): number;
  /** 0 if the dictionary is full. */
  templateId(template: Handle): number;
}

/** The dictionary, as the decoder sees it. Throws `STORE_FORMAT` for a number that stands for nothing. */
export interface NamesByNumber {
  type(id: number): ByteString;
  template(id: number): Handle;
  /** The record that has this node number. */
  node(id: number): Handle;
}

/** What the store knows of a record beside what it says; all but status and instants is 0 if there is none. */
export interface RecordHead {
  readonly status: RecordStatus | 'deleted';
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** The parent's node number. */
  readonly parentNode: number;
  /** Its own node number, given when it first became a parent and kept for good. */
  readonly node: number;
  readonly isRecalled: boolean;
}

export type RecordBody = Pick<HandleRecord, 'template' | 'reason' | 'recall' | 'values'>;

export const NO_BODY: RecordBody = { template: null, reason: null, recall: null, values: [] };

/** Whether it is recalled is the body's to say. */
export type EncodedHead = Omit<RecordHead, 'isRecalled'>;

/** Appends the stored form. `AT_COMMIT` becomes the second of `updatedAt`. The body of a deleted record is left out. */
export function encodeRecord(head: EncodedHead, body: RecordBody, names: NumberOfNames, out: PackedWriter): void {
  const status = head.status === 'deleted' ? DELETED : STATUSES.indexOf(head.status);
  const { template, reason, recall, values } = status === DELETED ? NO_BODY : body;
  const isFirst = head.revision === 1 && head.createdAt === head.updatedAt;
  out.byte(VERSION);
  out.byte(
    status |
      (head.parentNode > 0 ? HAS_PARENT : 0) |
      (head.node > 0 ? HAS_NODE : 0) |
      (template !== null ? HAS_TEMPLATE : 0) |
      (reason !== null ? HAS_REASON : 0) |
      (isFirst ? IS_FIRST : 0) |
      (recall !== null ? HAS_MORE : 0),
  );
  if (recall !== null) out.byte(IS_RECALLED >> MORE_SHIFT);
  out.signed(head.updatedAt - EPOCH_MS);
  if (!isFirst) {
    out.varint(head.revision);
    out.signed(head.updatedAt - head.createdAt);
  }
  if (head.parentNode > 0) out.varint(head.parentNode);
  if (head.node > 0) out.varint(head.node);
  if (template !== null) {
    const id = names.templateId(template);
    out.varint(id);
    if (id === INLINE) out.text(template);
  }
  if (reason !== null) out.text(reason);
  if (recall !== null) encodeRecall(recall, Math.floor(head.updatedAt / 1000), out);
  if (status !== DELETED) encodeValues(values, Math.floor(head.updatedAt / 1000), names, out);
}

/** `second` is what `AT_COMMIT` means, and what costs nothing. */
export function encodeValues(
  values: readonly HandleValue[],
  second: number,
  names: Pick<NumberOfNames, 'typeId'>,
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
        (references.length > 0 ? HAS_REFERENCES : 0),
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

const shared = new PackedReader('' as ByteString);

/** The record, or null if the bytes are a tombstone. Throws `STORE_FORMAT`. */
export function decodeRecord(handle: Handle, bytes: ByteString, names: NamesByNumber): HandleRecord | null {
  const from = shared;
  from.reset(bytes);
  const flags = decodeFlags(from);
  const updatedAt = from.signed() + EPOCH_MS;
  const isFirst = (flags & IS_FIRST) !== 0;
  const revision = isFirst ? 1 : from.varint();
  const createdAt = isFirst ? updatedAt : updatedAt - from.signed();
  const parentNode = (flags & HAS_PARENT) === 0 ? 0 : from.varint();
  if ((flags & HAS_NODE) !== 0) from.varint();
  const template = (flags & HAS_TEMPLATE) === 0 ? null : decodeTemplate(from, names);
  const reason = (flags & HAS_REASON) === 0 ? null : from.text();
  const status = flags & 3;
  if (status === DELETED) {
    from.end();
    return null;
  }
  const second = Math.floor(updatedAt / 1000);
  const recall = (flags & IS_RECALLED) === 0 ? null : decodeRecall(from, second);
  const values = decodeValues(from, second, names);
  from.end();
  return {
    handle,
    status: STATUSES[status] as RecordStatus,
    parent: parentNode === 0 ? null : names.node(parentNode),
    template,
    reason,
    recall,
    values,
    revision,
    createdAt,
    updatedAt,
  };
}

/** The head alone: what a commit has to know. */
export function decodeHead(bytes: ByteString): RecordHead {
  const from = shared;
  from.reset(bytes);
  const flags = decodeFlags(from);
  const updatedAt = from.signed() + EPOCH_MS;
  const isFirst = (flags & IS_FIRST) !== 0;
  const revision = isFirst ? 1 : from.varint();
  const createdAt = isFirst ? updatedAt : updatedAt - from.signed();
  const status = flags & 3;
  return {
    status: status === DELETED ? 'deleted' : (STATUSES[status] as RecordStatus),
    revision,
    createdAt,
    updatedAt,
    parentNode: (flags & HAS_PARENT) === 0 ? 0 : from.varint(),
    node: (flags & HAS_NODE) === 0 ? 0 : from.varint(),
    isRecalled: (flags & IS_RECALLED) !== 0,
  };
}

/** How much of a record tells whether it is deleted: version and flags. */
export const STATUS_BYTES = 2;

/** Whether a record's first bytes are those of a tombstone. Throws `STORE_FORMAT`. */
export function isDeleted(bytes: ByteString): boolean {
  shared.reset(bytes);
  return (decodeFirstFlags(shared) & 3) === DELETED;
}

/** All flags, those of the second byte above those of the first. */
function decodeFlags(from: PackedReader): number {
  const flags = decodeFirstFlags(from);
  if ((flags & HAS_MORE) === 0) return flags;
  const more = from.byte() << MORE_SHIFT;
  if (more !== IS_RECALLED || (flags & 3) === DELETED) throw damaged('a record has unknown flags');
  return flags | more;
}

function decodeFirstFlags(from: PackedReader): number {
  const version = from.byte();
  if (version !== VERSION) throw damaged(`a record has version ${version}, this program reads ${VERSION}`);
  return from.byte();
}

function decodeTemplate(from: PackedReader, names: NamesByNumber): Handle {
  const id = from.varint();
  return id === INLINE ? (from.text() as Handle) : names.template(id);
}

/** Throws `STORE_FORMAT`. */
export function decodeValues(
  from: PackedReader,
  second: number,
  names: Pick<NamesByNumber, 'type'>,
): readonly HandleValue[] {
  const count = from.count();
  const values: HandleValue[] = [];
  let index = INDEX_BEFORE_FIRST;
  for (let i = 0; i < count; i++) {
    index += from.signed() + 1;
    const flags = from.byte();
    if (flags >= 0x80 || (flags & 3) === 3) throw damaged('a value has unknown flags');
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

function decodeReferences(from: PackedReader): HandleValue['references'] {
  const count = from.count();
  const references: { handle: string; index: number }[] = [];
  for (let i = 0; i < count; i++) {
    const index = from.varint();
    references.push({ index, handle: from.text() });
  }
  return references;
}
