// What one transaction has loaded of the database, and what it was asked for and had not: decisions are made in memory, over
// and over, until nothing is missing. What is missing reads as absent, so what was decided with it must be thrown away.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import type { Lot, LotId } from '../domain/lot.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { RecordHead } from './record-codec.ts';
import type { IdempotencyResult } from './registry-store.ts';
import type { DirectorySource, Entity, StagedTable } from './staged-directory.ts';

/** A record as the table has it. */
export interface LoadedRecord {
  readonly head: RecordHead;
  readonly bytes: ByteString;
  readonly parent: Handle | null;
}

/** The row of a prefix, which the transaction holds. */
export interface LoadedPrefix {
  readonly stamp: number;
  readonly at: number;
  /** Live identifiers. */
  readonly issued: number;
  readonly hasLots: boolean;
}

/** The first `limit` of some list; fewer if there are no more. */
export interface Listing<T> {
  readonly items: readonly T[];
  readonly limit: number;
}

/** Where the last lot of a length that begins at or before a text is looked for. */
export interface FloorQuestion {
  readonly prefix: Prefix;
  readonly length: number;
  readonly text: ByteString;
}

export interface RangeQuestion {
  readonly prefix: Prefix;
  readonly first: ByteString;
  /** Exclusive. */
  readonly end: ByteString;
}

/** Things by name, and the names of those that were asked for and are not there yet. */
class Loaded<Q, T> {
  readonly #known = new Map<string, T>();
  readonly wanted = new Map<string, Q>();

  get(key: string, question: Q): T | undefined {
    const known = this.#known.get(key);
    if (known === undefined && !this.#known.has(key)) this.wanted.set(key, question);
    return known;
  }

  has(key: string): boolean {
    return this.#known.has(key);
  }

  set(key: string, value: T): void {
    this.#known.set(key, value);
    this.wanted.delete(key);
  }
}

/** Lists of which a beginning is known, and how much of each was asked for. */
export class LoadedLists<Q, T> {
  readonly #known = new Map<string, Listing<T>>();
  readonly wanted = new Map<string, { readonly question: Q; readonly limit: number }>();

  get(key: string, question: Q, limit: number): readonly T[] {
    const known = this.#known.get(key);
    const isEnough = known !== undefined && (known.limit >= limit || known.items.length < known.limit);
    if (!isEnough) this.wanted.set(key, { question, limit });
    return known?.items ?? [];
  }

  set(key: string, listing: Listing<T>): void {
    this.#known.set(key, listing);
    this.wanted.delete(key);
  }
}

export class WorkingSet implements DirectorySource {
  readonly records = new Loaded<Handle, LoadedRecord | null>();
  readonly children = new LoadedLists<Handle, Handle>();
  readonly ranges = new LoadedLists<RangeQuestion, readonly [Handle, LoadedRecord]>();
  readonly lots = new Loaded<LotId, Lot | null>();
  readonly floors = new Loaded<FloorQuestion, LotId | null>();
  readonly lotsUnder = new LoadedLists<Handle, LotId>();
  readonly entities: Readonly<Record<StagedTable, Loaded<string, Entity | null>>> = {
    enterprises: new Loaded(),
    principals: new Loaded(),
    keys: new Loaded(),
    homes: new Loaded(),
    templates: new Loaded(),
  };
  readonly keyIds = new Loaded<string, string | null>();
  readonly results = new Loaded<string, IdempotencyResult | null>();
  readonly prefixes = new Map<Prefix, LoadedPrefix>();

  get isMissing(): boolean {
    const lists = [this.children, this.ranges, this.lotsUnder];
    const things = [this.records, this.lots, this.floors, this.keyIds, this.results, ...Object.values(this.entities)];
    return [...lists, ...things].some(({ wanted }) => wanted.size > 0);
  }

  record(handle: Handle): LoadedRecord | null {
    return this.records.get(handle, handle) ?? null;
  }

  childrenOf(parent: Handle, limit: number): readonly Handle[] {
    return this.children.get(parent, parent, limit);
  }

  between(range: RangeQuestion, limit: number): readonly (readonly [Handle, LoadedRecord])[] {
    return this.ranges.get(`${range.prefix}/${range.first}\x00${range.end}`, range, limit);
  }

  lot(id: LotId): Lot | null {
    return this.lots.get(id, id) ?? null;
  }

  lotsUnderParent(parent: Handle, limit: number): readonly LotId[] {
    return this.hasLots(prefixOf(parent)) ? this.lotsUnder.get(parent, parent, limit) : [];
  }

  /** The last lot of these codes that begins at or before a text; it may not reach as far. */
  floor(question: FloorQuestion): Lot | null {
    if (!this.hasLots(question.prefix)) return null;
    const id = this.floors.get(floorKey(question), question) ?? null;
    return id === null ? null : this.lot(id);
  }

  /** Of a prefix that the transaction does not hold nobody knows. */
  hasLots(prefix: Prefix): boolean {
    return this.prefixes.get(prefix)?.hasLots ?? true;
  }

  find(table: StagedTable, name: string): Entity | null {
    return this.entities[table].get(name, name) ?? null;
  }

  holderOf(tokenHash: string): string | null {
    return this.keyIds.get(tokenHash, tokenHash) ?? null;
  }

  result(key: string): IdempotencyResult | null {
    return this.results.get(key, key) ?? null;
  }
}

function floorKey({ prefix, length, text }: FloorQuestion): string {
  return `${prefix}/${length}/${text}`;
}

export function floorOf(handle: Handle): FloorQuestion {
  const text = bytesFromText(suffixOf(handle));
  return { prefix: prefixOf(handle), length: text.length, text };
}
