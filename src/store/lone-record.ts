// A record that travels alone, between nodes that share a cache: its stored form with its names written out, and when it
// was read. Takes what it does not know for nothing. Pure.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import { damaged, PackedWriter } from './packed-bytes.ts';
import { decodeRecord, encodeRecord, type NamesByNumber, type NumberOfNames } from './record-codec.ts';
import { INLINE } from './value-codec.ts';

export interface LoneRecord {
  readonly record: HandleRecord;
  /** When it was read from the store (epoch milliseconds). */
  readonly readAt: number;
}

/** Another shape, or another stored form, gets another number, so that two versions of the node can share a cache. */
const VERSION = '2';

const NO_DICTIONARY: NumberOfNames = { typeId: () => INLINE, templateId: () => INLINE };
const PARENT_NODE = 1;

const out = new PackedWriter();

/** One line with version, instant and parent; then the stored form. */
export function encodeLoneRecord({ record, readAt }: LoneRecord): ByteString {
  const { status, parent, revision, createdAt, updatedAt } = record;
  const parentNode = parent === null ? 0 : PARENT_NODE;
  out.clear();
  encodeRecord({ status, revision, createdAt, updatedAt, parentNode, node: 0 }, record, NO_DICTIONARY, out);
  return `${VERSION} ${readAt} ${bytesFromText(parent ?? '')}\n${out.toBytes()}` as ByteString;
}

/** Null for what is no record of this version. */
export function decodeLoneRecord(handle: Handle, text: ByteString): LoneRecord | null {
  const end = text.indexOf('\n');
  const beforeParent = text.indexOf(' ', VERSION.length + 1);
  if (!text.startsWith(`${VERSION} `) || beforeParent < 0 || beforeParent > end) return null;
  const readAt = Number(text.slice(VERSION.length + 1, beforeParent));
  const parent = textFromBytes(text.slice(beforeParent + 1, end) as ByteString) as Handle;
  try {
    const record = decodeRecord(handle, text.slice(end + 1) as ByteString, namesOf(parent));
    return record === null || !Number.isInteger(readAt) ? null : { record, readAt };
  } catch {
    return null; // damaged, or somebody else's
  }
}

function namesOf(parent: Handle): NamesByNumber {
  return {
    node: () => parent,
    type: unknown,
    template: unknown,
  };
}

function unknown(id: number): never {
  throw damaged(`there is no dictionary for ${id}`);
}
