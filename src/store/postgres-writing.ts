// Writes what a transaction decided, with a few statements however much it is; what it did becomes visible to all at once
// when the transaction ends.

import { randomBytes } from 'node:crypto';
import { type ByteString, bytesFromText } from '../domain/bytes.ts';
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
import type { Session } from './postgres-pool.ts';
import { parentBytes } from './postgres-record-reading.ts';
import { roomOf } from './postgres-staged-lots.ts';
import type { SearchRow } from './postgres-staged-search.ts';
import type { Statement } from './postgres-statements.ts';
import { byteas } from './postgres-values.ts';
import { PUT, putEntitiesStatement } from './postgres-write-statements.ts';

/** Which instant of a prefix's writes comes before which: milliseconds with room for some thousand of each. */
export const STAMPS_PER_MS = 4096;

/** Rows of one statement: a parameter may take a gigabyte, and memory is held twice. */
const ROWS_AT_ONCE = 5000;

/** What was written beside the rows themselves. */
export interface Written {
  readonly lastStamp: number;
  readonly records: number;
  readonly issued: number;
}

/** `firstStamp` is above all stamps of the prefixes that the transaction holds. */
export async function write(session: Session, decision: Decision, firstStamp: number): Promise<Written> {
  const rows = decision.log.map((row, i) => ({ ...row, id: commitId(firstStamp + i), stamp: firstStamp + i }));
  const put = new Puts(session);
  await putRecords(
    put,
    decision,
    rows.map(({ id }) => id),
  );
  await putSearch(put, PUT.unsearch, decision.search.rows(false));
  await putSearch(put, PUT.search, decision.search.rows(true));
  await putLots(put, decision);
  await putDirectory(put, decision);
  await putLog(put, rows, decision.nowMs);
  const written = await putCounts(put, decision, rows);
  return { ...written, lastStamp: Math.max(firstStamp - 1, ...rows.map(({ stamp }) => stamp)) };
}

type IdentifiedRow = LogRow & { readonly id: string; readonly stamp: number };

/** A statement over many rows, given row by row and sent column by column. */
class Puts {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** `columns` makes the parameters of a part of the rows. */
  async all<T>(statement: Statement, rows: readonly T[], columns: (part: readonly T[]) => readonly unknown[]) {
    for (let i = 0; i < rows.length; i += ROWS_AT_ONCE) {
      await this.#session.query(statement, columns(rows.slice(i, i + ROWS_AT_ONCE)));
    }
  }
}

function suffixes(handles: readonly Handle[]): string {
  return byteas(handles.map((handle) => bytesFromText(suffixOf(handle))));
}

async function putRecords(put: Puts, { records }: Decision, commitIds: readonly string[]): Promise<void> {
  const entries = [...records.entries()];
  await put.all(PUT.records, entries, (part) => [
    part.map(([handle]) => prefixOf(handle)),
    suffixes(part.map(([handle]) => handle)),
    byteas(part.map(([handle, { parent }]) => parentBytes(prefixOf(handle), parent))),
    part.map(([, { head }]) => head.status !== 'deleted'),
    byteas(part.map(([, { bytes }]) => bytes)),
  ]);
  await put.all(PUT.history, records.replaced, (part) => [
    part.map(({ handle }) => prefixOf(handle)),
    suffixes(part.map(({ handle }) => handle)),
    part.map(({ record }) => record.head.revision),
    part.map(({ replacedAt }) => replacedAt),
    part.map(({ row }) => commitIds[row - 1]),
    byteas(part.map(({ handle, record }) => parentBytes(prefixOf(handle), record.parent))),
    byteas(part.map(({ record }) => record.bytes)),
  ]);
}

async function putSearch(put: Puts, statement: Statement, rows: readonly SearchRow[]): Promise<void> {
  await put.all(statement, rows, (part) => [
    part.map(({ prefix }) => prefix),
    byteas(part.map(({ type }) => type)),
    byteas(part.map(({ term }) => term)),
    byteas(part.map(({ suffix }) => suffix)),
  ]);
}

async function putLots(put: Puts, { lots }: Decision): Promise<void> {
  const standing = [...lots.entries()].map(([, lot]) => ({ lot, room: roomOf(lot) }));
  await put.all(PUT.lots, standing, (part) => [
    part.map(({ lot }) => lot.prefix),
    part.map(({ lot }) => lot.id),
    part.map(({ room }) => room.length),
    byteas(part.map(({ room }) => room.start)),
    byteas(part.map(({ room }) => room.parent)),
    byteas(part.map(({ lot }) => encodeEntity(lot))),
  ]);
  await put.all(PUT.lotVersions, lots.versions, (part) => [
    part.map(({ prefix }) => prefix),
    part.map(({ id }) => id),
    part.map(({ revision }) => revision),
    byteas(part.map(encodeEntity)),
  ]);
}

async function putDirectory(put: Puts, { directory }: Decision): Promise<void> {
  for (const table of ['enterprises', 'principals', 'homes'] as const) {
    await put.all(putEntitiesStatement(table), [...directory.entities(table)], (part) => [
      part.map(([name]) => name),
      byteas(part.map(([, entity]) => encodeEntity(entity))),
    ]);
  }
  const tokens = new Map([...directory.keyIds()].flatMap(([hash, id]) => (id === null ? [] : [[id, hash]])));
  await put.all(PUT.keys, [...directory.entities('keys')], (part) => [
    part.map(([name]) => name),
    part.map(([name]) => tokens.get(name)),
    byteas(part.map(([, entity]) => encodeEntity(entity))),
  ]);
  await put.all(PUT.templates, [...directory.entities('templates')], (part) => [
    part.map(([handle]) => prefixOf(handle as Handle)),
    part.map(([handle]) => handle),
    byteas(part.map(([, template]) => encodeEntity(template))),
  ]);
  await put.all(PUT.templateVersions, directory.templateVersions, (part: readonly Template[]) => [
    part.map(({ handle }) => prefixOf(handle)),
    part.map(({ handle }) => handle),
    part.map(({ revision }) => revision),
    byteas(part.map(encodeEntity)),
  ]);
}

const out = new PackedWriter();

async function putLog(put: Puts, rows: readonly IdentifiedRow[], at: number): Promise<void> {
  const stored = rows.map(({ request, entries, id, stamp }) => {
    const prefixes = [...prefixesOf(entries)];
    const { principalId, requestId } = request;
    out.clear();
    encodeChangeRow({ at, principalId, requestId, entries }, dictionaryOf(prefixes), out);
    return { id, stamp, principalId, prefixes, home: prefixes[0] ?? NO_PREFIX, body: out.toBytes() };
  });
  await put.all(PUT.log, stored, (part) => [
    part.map(({ home }) => home),
    part.map(({ id }) => id),
    part.map(({ principalId }) => principalId),
    part.map(({ prefixes }) => prefixes.join('/')),
    byteas(part.map(({ body }) => body)),
  ]);
  await put.all(PUT.pending, stored, (part) => [
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

async function putCounts(put: Puts, decision: Decision, rows: readonly IdentifiedRow[]) {
  const counted = [...decision.counts.entries()].map(([key, counts]) => ({
    prefix: key.slice(0, -4) as Prefix,
    day: fromUint32(key, key.length - 4),
    counts,
  }));
  await put.all(PUT.counters, counted, (part) => [
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
  await put.all(PUT.prefixes, [...grown], (part) => [
    part.map(([prefix]) => prefix),
    part.map(([, { stamp }]) => stamp),
    part.map(() => decision.nowMs),
    ...(['records', 'issued', 'hasRecords', 'hasLots'] as const).map((what) => part.map(([, growth]) => growth[what])),
  ]);
  const sum = (what: 'records' | 'issued') => [...grown.values()].reduce((all, growth) => all + growth[what], 0);
  return { records: sum('records'), issued: sum('issued') };
}

/** Results of idempotent requests, in one order, so that two transactions never wait for each other. */
export async function putResults(session: Session, { results }: Decision, firstStamp: number): Promise<void> {
  if (results.length === 0) return;
  const kept = results.map((each, i) => ({ ...each, stamp: firstStamp + i }));
  kept.sort((a, b) => (a.key < b.key ? -1 : 1));
  await session.query(PUT.dropResults, [kept.map(({ key }) => key)]);
  await new Puts(session).all(PUT.results, kept, (part) => [
    part.map(({ key }) => key),
    part.map(({ principalId }) => principalId),
    part.map(({ stamp }) => stamp),
    byteas(part.map(({ result }) => encodeResult(result, '' as ByteString))),
  ]);
}

/** A name for a row of the log: names made later sort behind, so that rows are stored side by side. */
function commitId(stamp: number): string {
  const time = stamp.toString(16).padStart(16, '0').slice(-16);
  return `${time}${randomBytes(8).toString('hex')}`;
}
