// The dictionary: names that recur are stored once and stand as numbers everywhere else. A number keeps its meaning for
// ever, so what was looked up once is remembered.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import type { Handle } from '../domain/handle.ts';
import { MAX_TYPE_NAMES } from '../domain/limits.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { RowNames } from './change-row-codec.ts';
import { afterAll, fromUint32, toUint32 } from './lmdb-keys.ts';
import type { SnapshotSource } from './lmdb-snapshot.ts';
import type { LmdbTables } from './lmdb-tables.ts';
import { damaged } from './packed-bytes.ts';
import type { NamesByNumber, NumberOfNames } from './record-codec.ts';

/** What is named; the letter stands in the tables' keys. */
type NameKind = 'P' | 'T' | 'M' | 'A';
const PREFIX: NameKind = 'P';
const TYPE: NameKind = 'T';
const TEMPLATE: NameKind = 'M';
const PRINCIPAL: NameKind = 'A';

/** Places for parents remembered, a power of two: some megabytes a thread. Each holds the latest that fell on it. */
const NODE_PLACES = 32_768;
const LAST_NODE_PLACE = NODE_PLACES - 1;

interface RememberedNode {
  readonly id: number;
  readonly handle: Handle;
}

/** Looks names up; one for each thread that reads, and one for the transactions that write (without a snapshot). */
export class LmdbNames implements NamesByNumber, Pick<RowNames, 'prefix' | 'principal'> {
  readonly #tables: LmdbTables;
  readonly #snapshot: SnapshotSource | null;
  readonly #types: ByteString[] = [];
  readonly #names = new Map<string, ByteString>();
  readonly #numbers = new Map<string, number>();
  readonly #prefixKeys = new Map<string, ByteString>();
  /** Parents by the low bits of their number: records of one batch, which come together, ask for the same one. */
  readonly #nodes = new Array<RememberedNode | null>(NODE_PLACES).fill(null);

  constructor(tables: LmdbTables, snapshot: SnapshotSource | null) {
    this.#tables = tables;
    this.#snapshot = snapshot;
  }

  type(id: number): ByteString {
    const known = this.#types[id];
    if (known !== undefined) return known;
    const type = this.#name(TYPE, id);
    this.#types[id] = type;
    return type;
  }

  /** 0 if it has none. */
  typeNumber(type: ByteString): number {
    return this.number(TYPE, type);
  }

  template(id: number): Handle {
    return textFromBytes(this.#name(TEMPLATE, id)) as Handle;
  }

  prefix(id: number): Prefix {
    return textFromBytes(this.#name(PREFIX, id)) as Prefix;
  }

  principal(id: number): string {
    return textFromBytes(this.#name(PRINCIPAL, id));
  }

  node(id: number): Handle {
    const place = id & LAST_NODE_PLACE;
    const known = this.#nodes[place];
    if (known !== undefined && known !== null && known.id === id) return known.handle;
    const key = this.#tables.nodes.get(toUint32(id), this.#snapshot?.options());
    if (key === null) throw damaged(`a record names parent ${id}, which does not exist`);
    const handle = this.handle(key);
    this.#nodes[place] = { id, handle };
    return handle;
  }

  /** The four bytes with which the keys of a prefix's records begin, or null if it has none. */
  prefixKey(prefix: string): ByteString | null {
    const known = this.#prefixKeys.get(prefix);
    if (known !== undefined) return known;
    const id = this.number(PREFIX, bytesFromText(prefix));
    if (id === 0) return null;
    const key = toUint32(id);
    this.#prefixKeys.set(prefix, key);
    return key;
  }

  /** As `prefixKey`, of the prefix and everything below it that was ever written to. */
  prefixKeysWithin(scope: Prefix): ByteString[] {
    const own = this.prefixKey(scope);
    const below = (PREFIX + bytesFromText(`${scope}.`)) as ByteString;
    const rows = this.#tables.numbers.scan({ start: below, end: afterAll(below) }, this.#snapshot?.options());
    return [...(own === null ? [] : [own]), ...Array.from(rows, ({ value }) => value)];
  }

  /** All that were ever named, in byte order. */
  prefixes(): Prefix[] {
    const scan = { start: PREFIX as string as ByteString, end: afterAll(PREFIX as string as ByteString) };
    const rows = this.#tables.numbers.scan(scan, this.#snapshot?.options());
    return Array.from(rows, ({ key }) => textFromBytes(key.slice(1) as ByteString) as Prefix);
  }

  /** The key of a record, or null if nothing is stored under its prefix. */
  recordKey(handle: Handle): ByteString | null {
    const slash = handle.indexOf('/');
    const prefixKey = this.prefixKey(handle.slice(0, slash));
    return prefixKey === null ? null : ((prefixKey + bytesFromText(handle.slice(slash + 1))) as ByteString);
  }

  /** The handle of a record's key. */
  handle(recordKey: ByteString): Handle {
    return `${this.prefix(fromUint32(recordKey, 0))}/${textFromBytes(recordKey.slice(4) as ByteString)}` as Handle;
  }

  handleOf(prefix: Prefix, suffix: ByteString): Handle {
    return `${prefix}/${textFromBytes(suffix)}` as Handle;
  }

  /** 0 if it has none. */
  number(kind: NameKind, name: ByteString): number {
    const key = (kind + name) as ByteString;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const stored = this.#tables.numbers.get(key, this.#snapshot?.options());
    if (stored === null) return 0;
    const id = fromUint32(stored, 0);
    this.#numbers.set(key, id);
    return id;
  }

  /** Forgets everything: what was read in a transaction that then failed may never have been. */
  forget(): void {
    this.#types.length = 0;
    this.#nodes.fill(null);
    for (const memory of [this.#names, this.#numbers, this.#prefixKeys]) memory.clear();
  }

  #name(kind: NameKind, id: number): ByteString {
    const key = (kind + toUint32(id)) as ByteString;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = this.#tables.names.get(key, this.#snapshot?.options());
    if (name === null) throw damaged(`they name number ${id} of dictionary ${kind}, which does not exist`);
    this.#names.set(key, name);
    return name;
  }
}

/** Prefixes that have a number, in order of their text, from `first` on. */
export function* prefixNamesFrom(
  { tables, snapshot }: { readonly tables: LmdbTables; readonly snapshot: SnapshotSource },
  first: Prefix | null,
  limit: number,
): Generator<Prefix, void, void> {
  const start = (PREFIX + bytesFromText(first ?? '')) as ByteString;
  const end = String.fromCharCode(PREFIX.charCodeAt(0) + 1) as ByteString;
  for (const { key } of tables.numbers.scan({ start, end, limit }, snapshot.options())) {
    yield textFromBytes(key.slice(1) as ByteString) as Prefix;
  }
}

/** Looks names up and adds them; only inside write transactions. */
export class LmdbNameGiver implements NumberOfNames, Pick<RowNames, 'prefixId' | 'principalId'> {
  readonly names: LmdbNames;
  readonly #tables: LmdbTables;

  constructor(tables: LmdbTables) {
    this.#tables = tables;
    this.names = new LmdbNames(tables, null);
  }

  typeId(type: ByteString): number {
    return this.#number(TYPE, type, MAX_TYPE_NAMES);
  }

  templateId(template: Handle): number {
    return this.#number(TEMPLATE, bytesFromText(template), MAX_TYPE_NAMES);
  }

  prefixId(prefix: Prefix): number {
    return this.#number(PREFIX, bytesFromText(prefix), 0xffff_ffff);
  }

  principalId(principal: string): number {
    return this.#number(PRINCIPAL, bytesFromText(principal), 0xffff_ffff);
  }

  /** The key of a record, whose prefix gets a number if it has none. */
  recordKey(handle: Handle): ByteString {
    const known = this.names.recordKey(handle);
    if (known !== null) return known;
    this.prefixId(handle.slice(0, handle.indexOf('/')) as Prefix);
    return this.names.recordKey(handle) as ByteString;
  }

  /** Gives a record the number by which its children name it. */
  giveNode(recordKey: ByteString): number {
    const last = this.#tables.nodes.lastKey();
    const id = last === null ? 1 : fromUint32(last, 0) + 1;
    this.#tables.nodes.put(toUint32(id), recordKey);
    return id;
  }

  #number(kind: NameKind, name: ByteString, max: number): number {
    const known = this.names.number(kind, name);
    if (known > 0) return known;
    const scan = { start: (kind + toUint32(0xffff_ffff)) as ByteString, end: kind as string as ByteString };
    const last = this.#tables.names.first({ ...scan, reverse: true });
    const id = last === null ? 1 : fromUint32(last.key, 1) + 1;
    if (id > max) return 0;
    this.#tables.names.put((kind + toUint32(id)) as ByteString, name);
    this.#tables.numbers.put((kind + name) as ByteString, toUint32(id));
    return id;
  }
}
