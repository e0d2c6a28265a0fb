// The stored form of records: decodes at each first touch, so it costs as little as can be, in bytes and in time. Pure.
//
// A record is a version byte, a byte of flags, what the flags announce, and the values in their order. Names that recur
// (types, templates, parents) are numbers of a dictionary; what is at its default takes no room.

import type { ByteString } from '../domain/bytes.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord, RecordStatus } from '../domain/handle-record.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import { damaged, PackedReader, type PackedWriter } from './packed-bytes.ts';
import { decodeRecall, encodeRecall } from './recall-codec.ts';
import { decodeValues, encodeValues, INLINE } from './value-codec.ts';

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
const IS_SEARCHABLE = 0x02 << MORE_SHIFT;
const KNOWN_MORE = IS_RECALLED | IS_SEARCHABLE;

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
  /** Whether any of its values stands in the search index. */
  readonly isSearchable: boolean;
}

export interface RecordBody extends Pick<HandleRecord, 'template' | 'reason' | 'recall' | 'values'> {
  /** Indexes of values that can be searched; none if left out. */
  readonly searchable?: readonly number[];
}

export const NO_BODY: RecordBody = { template: null, reason: null, recall: null, values: [] };

/** Whether it is recalled, or can be searched, is the body's to say. */
export type EncodedHead = Omit<RecordHead, 'isRecalled' | 'isSearchable'>;

/** What of a body stands before the values. */
type BodyStart = Pick<RecordBody, 'template' | 'reason' | 'recall'>;

/** Appends the stored form. `AT_COMMIT` becomes the second of `updatedAt`. The body of a deleted record is left out. */
export function encodeRecord(head: EncodedHead, body: RecordBody, names: NumberOfNames, out: PackedWriter): void {
  const { values, searchable = [], ...start } = head.status === 'deleted' ? NO_BODY : body;
  encodeRecordStart(head, start, searchable.length > 0, { names, out });
  if (head.status !== 'deleted') encodeValues({ values, searchable }, Math.floor(head.updatedAt / 1000), names, out);
}

/** All but the values, which are to follow. */
export function encodeRecordStart(
  head: EncodedHead,
  { template, reason, recall }: BodyStart,
  isSearchable: boolean,
  { names, out }: { readonly names: Pick<NumberOfNames, 'templateId'>; readonly out: PackedWriter },
): void {
  const status = head.status === 'deleted' ? DELETED : STATUSES.indexOf(head.status);
  const more = (recall !== null ? IS_RECALLED : 0) | (isSearchable ? IS_SEARCHABLE : 0);
  const isFirst = head.revision === 1 && head.createdAt === head.updatedAt;
  out.byte(VERSION);
  out.byte(
    status |
      (head.parentNode > 0 ? HAS_PARENT : 0) |
      (head.node > 0 ? HAS_NODE : 0) |
      (template !== null ? HAS_TEMPLATE : 0) |
      (reason !== null ? HAS_REASON : 0) |
      (isFirst ? IS_FIRST : 0) |
      (more !== 0 ? HAS_MORE : 0),
  );
  if (more !== 0) out.byte(more >> MORE_SHIFT);
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
}

const shared = new PackedReader('' as ByteString);

/** The record, or null if the bytes are a tombstone. Throws `STORE_FORMAT`. `searchable`: as in `decodeValues`. */
export function decodeRecord(
  handle: Handle,
  bytes: ByteString,
  names: NamesByNumber,
  searchable?: number[],
): HandleRecord | null {
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
  const values = decodeValues(from, second, names, searchable);
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

/** The values of a live record that stand in the search index. Throws `STORE_FORMAT`. */
export function decodeSearchable(bytes: ByteString, names: NamesByNumber): readonly HandleValue[] {
  const marked: number[] = [];
  const record = decodeRecord('' as Handle, bytes, names, marked);
  return record === null ? [] : record.values.filter(({ index }) => marked.includes(index));
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
    isSearchable: (flags & IS_SEARCHABLE) !== 0,
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
/** How much of a record `judgeState` looks at: with the second byte of flags. */
export const STATE_BYTES = 3;

/** Whether a record's first bytes are those of one in this state. Throws `STORE_FORMAT`. */
export function judgeState(bytes: ByteString, state: RecordStatus | 'recalled'): boolean {
  shared.reset(bytes);
  const flags = decodeFlags(shared);
  return state === 'recalled' ? (flags & IS_RECALLED) !== 0 : (flags & 3) === STATUSES.indexOf(state);
}

function decodeFlags(from: PackedReader): number {
  const flags = decodeFirstFlags(from);
  if ((flags & HAS_MORE) === 0) return flags;
  const more = from.byte() << MORE_SHIFT;
  if (more === 0 || (more & ~KNOWN_MORE) !== 0 || (flags & 3) === DELETED) throw damaged('a record has unknown flags');
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
