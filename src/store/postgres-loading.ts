// Loads what a transaction was asked for and had not, in one query for each kind of thing.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import { type Lot, type LotId, prefixOfLot } from '../domain/lot.ts';
import type { Prefix } from '../domain/prefix.ts';
import { decodeEntity } from './directory-json.ts';
import { decodeResult } from './idempotency-json.ts';
import type { Session } from './postgres-pool.ts';
import { handleOf, parentOf } from './postgres-record-reading.ts';
import { type DirectoryTable, entityStatement, KEYS_BY_HASH, READ } from './postgres-statements.ts';
import { bytea, byteas } from './postgres-values.ts';
import type { LoadedLists, LoadedRecord, WorkingSet } from './postgres-working-set.ts';
import { LOAD } from './postgres-write-statements.ts';
import { decodeHead } from './record-codec.ts';
import type { Entity, StagedTable } from './staged-directory.ts';

interface RecordRow {
  readonly suffix: ByteString;
  readonly parent: ByteString | null;
  readonly body: ByteString;
}

interface PrefixRow {
  readonly prefix: Prefix;
  readonly stamp: number;
  readonly at: number;
  readonly issued: number;
  readonly has_lots: boolean;
}

interface NamedRow {
  readonly name: string;
  readonly body: ByteString;
}

const DIRECTORY_TABLES: readonly (readonly [StagedTable, DirectoryTable])[] = [
  ['enterprises', 'enterprises'],
  ['principals', 'principals'],
  ['keys', 'access_keys'],
  ['homes', 'homes'],
];

/** Locks the rows of prefixes for the rest of the transaction. False if some have none yet. */
export async function lockPrefixes(session: Session, prefixes: readonly Prefix[], set: WorkingSet): Promise<boolean> {
  if (prefixes.length === 0) return true;
  const rows = await session.query<PrefixRow>(LOAD.lockPrefixes, [prefixes]);
  for (const { prefix, has_lots: hasLots, ...row } of rows) set.prefixes.set(prefix, { ...row, hasLots });
  return set.prefixes.size === prefixes.length;
}

/**
 * Makes those that are missing. What was locked stays so, and who makes some waits for nobody who waits for a lock: so
 * two never wait for each other.
 */
export async function makePrefixes(session: Session, prefixes: readonly Prefix[], set: WorkingSet): Promise<void> {
  session.send(LOAD.makePrefixes, [prefixes]);
  await lockPrefixes(session, prefixes, set);
}

/** Each kind by itself, all at once. */
export async function loadMissing(session: Session, set: WorkingSet): Promise<void> {
  const kinds = [loadRecords, loadLists, loadLots, loadDirectory, loadResults];
  await Promise.all(kinds.map((load) => load(session, set)));
}

async function loadResults(session: Session, set: WorkingSet): Promise<void> {
  const keys = [...set.results.wanted.keys()];
  if (keys.length === 0) return;
  for (const { key, body } of await session.query<{ key: string; body: ByteString }>(LOAD.results, [keys])) {
    set.results.set(key, decodeResult(body).result);
  }
  for (const key of set.results.wanted.keys()) set.results.set(key, null);
}

async function loadRecords(session: Session, set: WorkingSet): Promise<void> {
  const handles = [...set.records.wanted.keys()] as Handle[];
  if (handles.length === 0) return;
  const values = [handles.map(prefixOf), byteas(handles.map((handle) => bytesFromText(suffixOf(handle))))];
  for (const row of await session.query<RecordRow & { prefix: Prefix }>(LOAD.lineages, values)) {
    const [handle, record] = recordOf(row.prefix, row);
    set.records.set(handle, record);
  }
  for (const handle of set.records.wanted.keys()) set.records.set(handle, null);
}

function recordOf(prefix: Prefix, { suffix, parent, body }: RecordRow): readonly [Handle, LoadedRecord] {
  const record = { head: decodeHead(body), bytes: body, parent: parentOf(prefix, parent) };
  return [handleOf(prefix, suffix), record];
}

/** Few changes ask for these: moves of records that have children, and new lots. */
async function loadLists(session: Session, set: WorkingSet): Promise<void> {
  await loadListings(set.children, async (parents, limit) => {
    const rows = await session.query<{ place: number; suffix: ByteString }>(LOAD.children, valuesOf(parents, limit));
    return rows.map(({ place, suffix }) => [place, handleOf(prefixOf(parents[place - 1] as Handle), suffix)]);
  });
  await loadListings(set.lotsUnder, async (parents, limit) => {
    const rows = await session.query<{ place: number; id: LotId }>(LOAD.lotsUnder, valuesOf(parents, limit));
    return rows.map(({ place, id }) => [place, id]);
  });
  for (const [key, { question: range, limit }] of set.ranges.wanted) {
    const values = [range.prefix, bytea(range.first), bytea(range.end), limit];
    const rows = await session.query<RecordRow>(LOAD.between, values);
    set.ranges.set(key, { items: rows.map((row) => recordOf(range.prefix, row)), limit });
  }
}

function valuesOf(parents: readonly Handle[], limit: number): readonly unknown[] {
  return [parents.map(prefixOf), byteas(parents.map((parent) => bytesFromText(suffixOf(parent)))), limit];
}

/** All that is asked for of one kind, as far as the one that asks for most. `ask` says to which question each belongs. */
async function loadListings<T>(
  lists: LoadedLists<Handle, T>,
  ask: (parents: readonly Handle[], limit: number) => Promise<(readonly [place: number, item: T])[]>,
): Promise<void> {
  const wanted = [...lists.wanted];
  if (wanted.length === 0) return;
  const parents = wanted.map(([, { question }]) => question);
  const limit = Math.max(...wanted.map(([, each]) => each.limit));
  const found = await ask(parents, limit);
  for (const [i, [key]] of wanted.entries()) {
    lists.set(key, { items: found.filter(([place]) => place === i + 1).map(([, item]) => item), limit });
  }
}

async function loadLots(session: Session, set: WorkingSet): Promise<void> {
  const floors = [...set.floors.wanted];
  if (floors.length > 0) {
    const questions = floors.map(([, question]) => question);
    const rows = await session.query<{ place: number; body: ByteString }>(READ.lotsBefore, [
      questions.map(({ prefix }) => prefix),
      questions.map(({ length }) => length),
      byteas(questions.map(({ text }) => text)),
    ]);
    for (const { place, body } of rows) {
      const lot = decodeEntity<Lot>(body);
      set.lots.set(lot.id, lot);
      set.floors.set((floors[place - 1] as (typeof floors)[number])[0], lot.id);
    }
    for (const key of set.floors.wanted.keys()) set.floors.set(key, null);
  }
  const ids = [...set.lots.wanted.keys()] as LotId[];
  if (ids.length === 0) return;
  for (const { body } of await session.query<{ body: ByteString }>(LOAD.lots, [ids.map(prefixOfLot), ids])) {
    const lot = decodeEntity<Lot>(body);
    set.lots.set(lot.id, lot);
  }
  for (const id of set.lots.wanted.keys()) set.lots.set(id, null);
}

async function loadDirectory(session: Session, set: WorkingSet): Promise<void> {
  for (const [staged, table] of DIRECTORY_TABLES) {
    const names = [...set.entities[staged].wanted.keys()];
    if (names.length > 0) takeEntities(set, staged, await session.query<NamedRow>(entityStatement(table), [names]));
  }
  const handles = [...set.entities.templates.wanted.keys()] as Handle[];
  if (handles.length > 0) {
    const rows = await session.query<NamedRow>(LOAD.templates, [handles.map(prefixOf), handles]);
    takeEntities(set, 'templates', rows);
  }
  const hashes = [...set.keyIds.wanted.keys()];
  if (hashes.length === 0) return;
  for (const row of await session.query<{ token_hash: string; name: string }>(KEYS_BY_HASH, [hashes])) {
    set.keyIds.set(row.token_hash, row.name);
  }
  for (const hash of set.keyIds.wanted.keys()) set.keyIds.set(hash, null);
}

function takeEntities(set: WorkingSet, table: StagedTable, rows: readonly NamedRow[]): void {
  for (const { name, body } of rows) set.entities[table].set(name, decodeEntity<Entity>(body));
  for (const name of set.entities[table].wanted.keys()) set.entities[table].set(name, null);
}
