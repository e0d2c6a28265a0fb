// The stored form of change log rows: instant, principal and request once, names of records as what differs from the
// one before, so that an imported identifier costs a few bytes. Pure.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import type { ChangeAction, ChangeEntry, ChangeHead, ChangeRow, ChangeSubject } from '../domain/change.ts';
import type { Handle } from '../domain/handle.ts';
import { prefixOf, suffixOf } from '../domain/handle.ts';
import type { Prefix } from '../domain/prefix.ts';
import { damaged, PackedReader, type PackedWriter } from './packed-bytes.ts';
import { sharedLength } from './packed-suffixes.ts';
import { EPOCH_MS } from './record-codec.ts';

const VERSION = 1;

const SUBJECTS = [
  'record',
  'enterprise',
  'principal',
  'key',
  'home',
  'template',
  'lot',
] as const satisfies readonly ChangeSubject[];
const ACTIONS = [
  'created',
  'updated',
  'revoked',
  'deleted',
  'recalled',
  'recall-lifted',
] as const satisfies readonly ChangeAction[];

// An entry's first byte: subject and action (their third bits apart, as they came later), and whether its prefix is that
// of the record before it.
const SUBJECT_BITS = 0x03;
const THIRD_SUBJECT_BIT = 0x20;
const ACTION_BITS = 0x03;
const ACTION_SHIFT = 2;
const THIRD_ACTION_BIT = 0x40;
const SAME_PREFIX = 0x10;
const UNKNOWN_BITS = 0x80;

/** The dictionary, both ways. Throws `STORE_FORMAT` for a number that stands for nothing. */
export interface RowNames {
  prefixId(prefix: Prefix): number;
  prefix(id: number): Prefix;
  principalId(principal: string): number;
  principal(id: number): string;
}

type NumbersOfNames = Pick<RowNames, 'prefixId' | 'principalId'>;

export function encodeChangeRow(row: Omit<ChangeRow, 'sequence'>, names: NumbersOfNames, out: PackedWriter): void {
  encodeHead(row, row.entries.length, names, out);
  let lastPrefix = '';
  let lastSuffix = '' as ByteString;
  for (const entry of row.entries) {
    const subject = SUBJECTS.indexOf(entry.subject);
    const action = ACTIONS.indexOf(entry.action);
    const kind =
      (subject & SUBJECT_BITS) |
      (subject > SUBJECT_BITS ? THIRD_SUBJECT_BIT : 0) |
      ((action & ACTION_BITS) << ACTION_SHIFT) |
      (action > ACTION_BITS ? THIRD_ACTION_BIT : 0);
    if (entry.subject !== 'record') {
      out.byte(kind);
      out.varint(entry.revision);
      out.text(entry.name);
      continue;
    }
    const prefix = prefixOf(entry.name as Handle);
    const suffix = bytesFromText(suffixOf(entry.name as Handle));
    out.byte(kind | (prefix === lastPrefix ? SAME_PREFIX : 0));
    out.varint(entry.revision);
    if (prefix !== lastPrefix) out.varint(names.prefixId(prefix));
    encodeSuffix(lastSuffix, suffix, out);
    lastPrefix = prefix;
    lastSuffix = suffix;
  }
}

/** The same row as of entries that say of each suffix that its record was created, in its first revision. */
export function encodeCreations(
  row: ChangeHead & { readonly prefix: Prefix; readonly suffixes: readonly ByteString[] },
  names: NumbersOfNames,
  out: PackedWriter,
): void {
  encodeHead(row, row.suffixes.length, names, out);
  const kind = SUBJECTS.indexOf('record') | (ACTIONS.indexOf('created') << ACTION_SHIFT);
  let last = '' as ByteString;
  for (const suffix of row.suffixes) {
    const isFirst = last === '';
    out.byte(isFirst ? kind : kind | SAME_PREFIX);
    out.varint(1);
    if (isFirst) out.varint(names.prefixId(row.prefix));
    encodeSuffix(last, suffix, out);
    last = suffix;
  }
}

function encodeHead(head: ChangeHead, entries: number, names: NumbersOfNames, out: PackedWriter): void {
  out.byte(VERSION);
  out.signed(head.at - EPOCH_MS);
  out.varint(names.principalId(head.principalId));
  out.text(head.requestId);
  out.varint(entries);
}

function encodeSuffix(last: ByteString, suffix: ByteString, out: PackedWriter): void {
  const shared = sharedLength(last, suffix);
  out.varint(shared);
  out.bytes(suffix.slice(shared) as ByteString);
}

/** The beginning of a row alone, however many entries it has. Throws `STORE_FORMAT`. */
export function decodeChangeHead(bytes: ByteString, names: Pick<RowNames, 'principal'>): ChangeHead {
  return readHead(new PackedReader(bytes), names);
}

function readHead(from: PackedReader, names: Pick<RowNames, 'principal'>): ChangeHead {
  const version = from.byte();
  if (version !== VERSION) throw damaged(`a log row has version ${version}, this program reads ${VERSION}`);
  const at = from.signed() + EPOCH_MS;
  return { at, principalId: names.principal(from.varint()), requestId: from.text() };
}

/** Throws `STORE_FORMAT`. */
export function decodeChangeRow(
  sequence: number,
  bytes: ByteString,
  names: Pick<RowNames, 'prefix' | 'principal'>,
): ChangeRow {
  const from = new PackedReader(bytes);
  const head = readHead(from, names);
  const count = from.count();
  const entries: ChangeEntry[] = [];
  let prefix = '';
  let suffix = '' as ByteString;
  for (let i = 0; i < count; i++) {
    const kind = from.byte();
    const high = (kind & THIRD_SUBJECT_BIT) === 0 ? 0 : SUBJECT_BITS + 1;
    const subject: ChangeSubject | undefined = SUBJECTS[(kind & SUBJECT_BITS) + high];
    const highAction = (kind & THIRD_ACTION_BIT) === 0 ? 0 : ACTION_BITS + 1;
    const action: ChangeAction | undefined = ACTIONS[((kind >>> ACTION_SHIFT) & ACTION_BITS) + highAction];
    if ((kind & UNKNOWN_BITS) !== 0 || subject === undefined || action === undefined)
      throw damaged('an entry of the log has unknown flags');
    const revision = from.varint();
    if (subject !== 'record') {
      entries.push({ subject, action, name: from.text(), revision });
      continue;
    }
    if ((kind & SAME_PREFIX) === 0) prefix = names.prefix(from.varint());
    const shared = from.varint();
    if (shared > suffix.length) throw damaged('an entry of the log shares more than there is');
    suffix = (suffix.slice(0, shared) + from.bytes()) as ByteString;
    entries.push({ subject, action, name: `${prefix}/${textFromBytes(suffix)}`, revision });
  }
  from.end();
  return { sequence, ...head, entries };
}
