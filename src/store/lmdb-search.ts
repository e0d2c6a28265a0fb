// The search index on disk, and its reads: rows of prefix, type, folded value and suffix, so that one scan finds a value or
// all that begin like it. Reads only.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import { type Handle, suffixOf } from '../domain/handle.ts';
import type { Prefix } from '../domain/prefix.ts';
import { afterAll } from './lmdb-keys.ts';
import type { LmdbView } from './lmdb-record-reading.ts';
import { judgeState, STATE_BYTES } from './record-codec.ts';
import type { StatePage, StateQuestion, ValueHit, ValueQuestion } from './registry-store.ts';
import { cutTerm } from './search-terms.ts';

/** Ends a value in a key: values and suffixes hold no U+0000. */
const END = '\x00';
/** Of the prefix and the type. */
const HEAD_BYTES = 6;

/** `typeId`: 0 for all types that the dictionary has no room for. */
export function searchKey(recordKey: ByteString, typeId: number, text: ByteString): ByteString {
  return (searchHead(recordKey.slice(0, 4) as ByteString, typeId) + text + END + recordKey.slice(4)) as ByteString;
}

function searchHead(prefixKey: ByteString, typeId: number): ByteString {
  return (prefixKey + String.fromCharCode(typeId >>> 8, typeId & 0xff)) as ByteString;
}

/** Key of the record a row is about. */
export function recordKeyIn(key: ByteString): ByteString {
  return (key.slice(0, 4) + key.slice(key.indexOf(END, HEAD_BYTES) + 1)) as ByteString;
}

export function findByValue(view: LmdbView, question: ValueQuestion): ValueHit[] {
  const { prefix, type, match, after, limit } = question;
  const prefixKey = view.names.prefixKey(prefix);
  if (prefixKey === null || limit <= 0) return [];
  const head = searchHead(prefixKey, view.names.typeNumber(type));
  const value = cutTerm(question.value);
  const low = (match === 'exact' ? head + value + END : head + value) as ByteString;
  const start =
    after === null ? low : ((head + after.value + END + bytesFromText(suffixOf(after.handle))) as ByteString);
  const scan = { start, end: afterAll(low), exclusiveStart: after !== null, limit };
  return Array.from(view.tables.search.scan(scan, view.snapshot.options()), ({ key }) => hitOf(prefix, key));
}

function hitOf(prefix: Prefix, key: ByteString): ValueHit {
  const end = key.indexOf(END, HEAD_BYTES);
  const suffix = textFromBytes(key.slice(end + 1) as ByteString);
  return { handle: `${prefix}/${suffix}` as Handle, value: key.slice(HEAD_BYTES, end) as ByteString };
}

/** Looks at the first bytes of each record alone: about a microsecond a row. */
export function findByState(view: LmdbView, { prefix, state, after, limit, rows }: StateQuestion): StatePage {
  const prefixKey = view.names.prefixKey(prefix);
  const handles: Handle[] = [];
  if (prefixKey === null || limit <= 0) return { handles, next: null };
  const start = after === null ? prefixKey : ((prefixKey + bytesFromText(suffixOf(after))) as ByteString);
  const scan = { start, end: afterAll(prefixKey), exclusiveStart: after !== null, valueBytes: STATE_BYTES };
  let passed = 0;
  for (const { key, value } of view.tables.records.scan(scan, view.snapshot.options())) {
    passed += 1;
    const isWanted = judgeState(value, state);
    if (!isWanted && passed < rows) continue;
    const handle = view.names.handleOf(prefix, key.slice(4) as ByteString);
    if (isWanted) handles.push(handle);
    if (passed >= rows || handles.length >= limit) return { handles, next: handle };
  }
  return { handles, next: null };
}
