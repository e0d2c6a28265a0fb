// Writes what a transaction decided, with a few statements however much it is; what it did becomes visible to all at once
// when the transaction ends.

import { randomBytes } from 'node:crypto';
import { bytesFromText, EMPTY_BYTES } from '../domain/bytes.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { Template } from '../domain/template.ts';
import { encodeChangeRow } from './change-row-codec.ts';
import { prefixesOf } from './commit-group.ts';
import { encodeEntity } from './directory-json.ts';
import { encodeResult } from './idempotency-json.ts';
import { fromUint32 } from './lmdb-keys.ts';
import { PackedWriter } from './packed-bytes.ts';
import { type Decision, type LogRow, NO_PREFIX } from './postgres-commit-group.ts';
import { rowsOfCopy } from './postgres-copy.ts';
import type { Session } from './postgres-pool.ts';
import { parentBytes } from './postgres-record-reading.ts';
import { roomOf } from './postgres-staged-lots.ts';
import type { SearchRow } from './postgres-staged-search.ts';
import type { Statement } from './postgres-statements.ts';
import { byteas } from './postgres-values.ts';
import type { LoadedRecord, WorkingSet } from './postgres-working-set.ts';
import { COPY_RECORDS, PUT, putEntitiesStatement } from './postgres-write-statements.ts';

/** Which instant of a prefix's writes comes before which: milliseconds with room for some thousand of each. */
export const STAMPS_PER_MS = 4096;

/** Rows of one statement: a parameter may take a gigabyte, and memory is held twice. */
const ROWS_AT_ONCE = 5000;

/** New records from which on a copy is quicker than an insertion. */
const MIN_COPIED = 100;

/** What was written beside the rows themselves. */
export interface Written {
  readonly records: number;
  readonly issued: number;
}

export interface WriteOptions {
  /** Above all stamps of the prefixes that the transaction holds. */
  readonly firstStamp: number;
  /** What was loaded. */
  readonly set: WorkingSet;
}

/** Sends it; it is done when the transaction has ended. */
export function write(session: Session, decision: Decision, { firstStamp, set }: WriteOptions): Written {
  const rows = decision.log.map((row, i) => ({ ...row, id: commitId(firstStamp + i), stamp: firstStamp + i }));
  const put = new Puts(session);
  const ids = rows.map(({ id }) => id);
  const isThere = (handle: Handle): boolean => set.record(handle) !== null;
  putRecords(put, decision, isThere);
  putHistory(put, decision, ids);
  putSearch(put, PUT.unsearch, decision.search.rows(false));
  putSearch(put, PUT.search, decision.search.rows(true));
  putLots(put, decision);
  putDirectory(put, decision);
  putLog(put, rows, decision.nowMs);
  putResults(put, decision, firstStamp);
  return putCounts(put, decision, rows);
}

type IdentifiedRow = LogRow & { readonly id: string; readonly stamp: number };

/** A statement over many rows, given row by row and sent column by column. */
class Puts {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** `columns` makes the parameters of a part of the rows. */
  all<T>(statement: Statement, rows: readonly T[], columns: (part: readonly T[]) => readonly unknown[]): void {
    for (let i = 0; i < rows.length; i += ROWS_AT_ONCE) {
      this.#session.send(statement, columns(rows.slice(i, i + ROWS_AT_ONCE)));
    }
  }

  copy(statement: string, rows: Buffer): void {
    this.#session.copy(statement, rows);
  }
}

function suffixes(handles: readonly Handle[]): string {
  return byteas(handles.map((handle) => bytesFromText(suffixOf(handle))));
}

function putRecords(put: Puts, { records }: Decision, isThere: (handle: Handle) => boolean): void {
  const entries = [...records.entries()];
  const fresh = entries.filter(([handle]) => !isThere(handle));
  const isMany = fresh.length >= MIN_COPIED;
  if (isMany) put.copy(COPY_RECORDS, rowsOfCopy(fresh.map(copiedRow)));
  const others = isMany ? entries.filter(([handle]) => isThere(handle)) : entries;
  put.all(PUT.records, others, (part) => [
    part.map(([handle]) => prefixOf(handle)),
    suffixes(part.map(([handle]) => handle)),
    byteas(part.map(([handle, { parent }]) => parentBytes(prefixOf(handle), parent))),
    part.map(([, { head }]) => head.status !== 'deleted'),
    byteas(part.map(([, { bytes }]) => bytes)),
  ]);
}

function copiedRow([handle, { parent, head, bytes }]: readonly [Handle, LoadedRecord]) {
  const prefix = prefixOf(handle);
  const [first, suffix] = [bytesFromText(prefix), bytesFromText(suffixOf(handle))];
  return [first, suffix, parentBytes(prefix, parent), head.status !== 'deleted', bytes];
}

function putHistory(put: Puts, { records }: Decision, commitIds: readonly string[]): void {
  put.all(PUT.history, records.replaced, (part) => [
    part.map(({ handle }) => prefixOf(handle)),
    suffixes(part.map(({ handle }) => handle)),
    part.map(({ record }) => record.head.revision),
    part.map(({ replacedAt }) => replacedAt),
    part.map(({ row }) => commitIds[row - 1]),
    byteas(part.map(({ handle, record }) => parentBytes(prefixOf(handle), record.parent))),
    byteas(part.map(({ record }) => record.bytes)),
  ]);
}

function putSearch(put: Puts, statement: Statement, rows: readonly SearchRow[]): void {
  put.all(statement, rows, (part) => [
    part.map(({ prefix }) => prefix),
    byteas(part.map(({ type }) => type)),
    byteas(part.map(({ term }) => term)),
    byteas(part.map(({ suffix }) => suffix)),
  ]);
}

function putLots(put: Puts, { lots }: Decision): void {
  const standing = [...lots.entries()].map(([, lot]) => ({ lot, room: roomOf(lot) }));
  put.all(PUT.lots, standing, (part) => [
    part.map(({ lot }) => lot.prefix),
    part.map(({ lot }) => lot.id),
    part.map(({ room }) => room.length),
    byteas(part.map(({ room }) => room.start)),
    byteas(part.map(({ room }) => room.parent)),
    byteas(part.map(({ lot }) => encodeEntity(lot))),
  ]);
  put.all(PUT.lotVersions, lots.versions, (part) => [
    part.map(({ prefix }) => prefix),
    part.map(({ id }) => id),
    part.map(({ revision }) => revision),
    byteas(part.map(encodeEntity)),
  ]);
}

function putDirectory(put: Puts, { directory }: Decision): void {
  for (const table of ['enterprises', 'principals', 'homes'] as const) {
    put.all(putEntitiesStatement(table), [...directory.entities(table)], (part) => [
      part.map(([name]) => name),
      byteas(part.map(([, entity]) => encodeEntity(entity))),
    ]);
  }
  const tokens = new Map([...directory.keyIds()].flatMap(([hash, id]) => (id === null ? [] : [[id, hash]])));
  put.all(PUT.keys, [...directory.entities('keys')], (part) => [
    part.map(([name]) => name),
    part.map(([name]) => tokens.get(name)),
    byteas(part.map(([, entity]) => encodeEntity(entity))),
  ]);
  put.all(PUT.templates, [...directory.entities('templates')], (part) => [
    part.map(([handle]) => prefixOf(handle as Handle)),
    part.map(([handle]) => handle),
    byteas(part.map(([, template]) => encodeEntity(template))),
  ]);
  put.all(PUT.templateVersions, directory.templateVersions, (part: readonly Template[]) => [
    part.map(({ handle }) => prefixOf(handle)),
    part.map(({ handle }) => handle),
    part.map(({ revision }) => revision),
    byteas(part.map(encodeEntity)),
  ]);
}

const out = new PackedWriter();

function putLog(put: Puts, rows: readonly IdentifiedRow[], at: number): void {
  const stored = rows.map(({ request, entries, id, stamp }) => {
    const prefixes = [...prefixesOf(entries)];
    const { principalId, requestId } = request;
    out.clear();
    encodeChangeRow({ at, principalId, requestId, entries }, dictionaryOf(prefixes), out);
    return { id, stamp, principalId, prefixes, home: prefixes[0] ?? NO_PREFIX, body: out.toBytes() };
  });
  put.all(PUT.log, stored, (part) => [
    part.map(({ home }) => home),
    part.map(({ id }) => id),
    part.map(({ principalId }) => principalId),
    part.map(({ prefixes }) => prefixes.join('/')),
    byteas(part.map(({ body }) => body)),
  ]);
  put.all(PUT.pending, stored, (part) => [
    part.map(({ home }) => home),
    part.map(({ id }) => id),
    part.map(({ stamp }) => stamp),
    part.map(() => at),
    part.map(({ prefixes }) => prefixes.join('/')),
  ]);
}

/** A row has its own dictionary: prefixes by their place beside it, and the one principal. */
function dictionaryOf(prefixes: readonly Prefix[]) {
  return { prefixId: (prefix: Prefix) => prefixes.indexOf(prefix), principalId: () => 0 };
}

interface PrefixGrowth {
  stamp: number;
  records: number;
  issued: number;
  hasRecords: boolean;
  hasLots: boolean;
}

function putCounts(put: Puts, decision: Decision, rows: readonly IdentifiedRow[]) {
  const counted = [...decision.counts.entries()].map(([key, counts]) => ({
    prefix: key.slice(0, -4) as Prefix,
    day: fromUint32(key, key.length - 4),
    counts,
  }));
  put.all(PUT.counters, counted, (part) => [
    part.map(({ prefix }) => prefix),
    part.map(({ day }) => day),
    ...(['created', 'updated', 'deleted', 'revoked'] as const).map((action) =>
      part.map(({ counts }) => counts[action]),
    ),
  ]);
  const grown = new Map<Prefix, PrefixGrowth>();
  const growthOf = (prefix: Prefix): PrefixGrowth => {
    const growth = grown.get(prefix) ?? { stamp: 0, records: 0, issued: 0, hasRecords: false, hasLots: false };
    grown.set(prefix, growth);
    return growth;
  };
  for (const { entries, stamp } of rows) {
    const prefixes = prefixesOf(entries);
    if (entries.some(({ subject }) => subject !== 'record' && subject !== 'lot')) prefixes.add(NO_PREFIX);
    for (const prefix of prefixes) growthOf(prefix).stamp = stamp;
    for (const { subject, action, name } of entries) {
      if (subject !== 'record' || (action !== 'created' && action !== 'deleted')) continue;
      growthOf(prefixOf(name as Handle)).records += action === 'created' ? 1 : -1;
    }
  }
  for (const [handle] of decision.records.entries()) growthOf(prefixOf(handle)).hasRecords = true;
  for (const [, { prefix }] of decision.lots.entries()) growthOf(prefix).hasLots = true;
  for (const { prefix, counts } of counted) growthOf(prefix).issued += counts.created - counts.deleted;
  put.all(PUT.prefixes, [...grown], (part) => [
    part.map(([prefix]) => prefix),
    part.map(([, { stamp }]) => stamp),
    part.map(() => decision.nowMs),
    ...(['records', 'issued', 'hasRecords', 'hasLots'] as const).map((what) => part.map(([, growth]) => growth[what])),
  ]);
  const sum = (what: 'records' | 'issued') => [...grown.values()].reduce((all, growth) => all + growth[what], 0);
  return { records: sum('records'), issued: sum('issued') };
}

/** Results of idempotent requests, in one order, so that two transactions never wait for each other. */
function putResults(put: Puts, { results }: Decision, firstStamp: number): void {
  const kept = results.map((each, i) => ({ ...each, stamp: firstStamp + i }));
  kept.sort((a, b) => (a.key < b.key ? -1 : 1));
  // One that has expired gives way to that of the same key.
  put.all(PUT.dropResults, kept, (part) => [part.map(({ key }) => key)]);
  put.all(PUT.results, kept, (part) => [
    part.map(({ key }) => key),
    part.map(({ principalId }) => principalId),
    part.map(({ stamp }) => stamp),
    byteas(part.map(({ result }) => encodeResult(result, EMPTY_BYTES))),
  ]);
}

/** A name for a row of the log: names made later sort behind, so that rows are stored side by side. */
function commitId(stamp: number): string {
  const time = stamp.toString(16).padStart(16, '0').slice(-16);
  return `${time}${randomBytes(8).toString('hex')}`;
}
