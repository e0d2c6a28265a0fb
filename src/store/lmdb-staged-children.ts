// The children index within one write transaction: which suffixes come and go under which parent, and the packed blocks
// they end up in.

import type { ByteString } from '../domain/bytes.ts';
import { afterAll, toUint32 } from './lmdb-keys.ts';
import { beforeAll, childSuffixes } from './lmdb-record-reading.ts';
import type { Row } from './lmdb-table.ts';
import type { LmdbTables } from './lmdb-tables.ts';
import { PackedWriter } from './packed-bytes.ts';
import {
  decodeSuffixes,
  divideSuffixes,
  encodeSuffixes,
  MAX_BLOCK_BYTES,
  type SuffixBlock,
} from './packed-suffixes.ts';
import { StagedMap, type UndoLog } from './undo-log.ts';

/** Kept for all transactions: a new one would be 4 KiB for each. */
const out = new PackedWriter();

export class StagedChildren {
  readonly #tables: LmdbTables;
  readonly #undo: UndoLog;
  /** By node: true for a suffix that comes, false for one that goes. */
  readonly #byNode = new Map<number, StagedMap<ByteString, boolean>>();
  /** By node: suffixes that come, each after the one before; what `#byNode` says of one of them was said later. */
  readonly #inOrder = new Map<number, ByteString[]>();

  constructor(tables: LmdbTables, undo: UndoLog) {
    this.#tables = tables;
    this.#undo = undo;
  }

  add(node: number, suffix: ByteString): void {
    this.#changesOf(node).set(suffix, true);
  }

  /** As `add`, of many that come in order and under whom nothing ever stood. Cannot be taken back. */
  addInOrder(node: number, suffixes: readonly ByteString[]): void {
    const known = this.#inOrder.get(node);
    if (known === undefined) {
      this.#inOrder.set(node, [...suffixes]);
      return;
    }
    for (const suffix of suffixes) {
      if ((known.at(-1) as ByteString) < suffix) known.push(suffix);
      else this.add(node, suffix);
    }
  }

  remove(node: number, suffix: ByteString): void {
    this.#changesOf(node).set(suffix, false);
  }

  /** At most `limit`, in no particular order. */
  list(node: number, limit: number): readonly ByteString[] {
    const changes = this.#byNode.get(node);
    const found: ByteString[] = [];
    for (const [suffix, comes] of changes?.entries() ?? []) if (comes && found.length < limit) found.push(suffix);
    for (const suffix of this.#inOrder.get(node) ?? []) {
      if (found.length >= limit) return found;
      if (changes?.get(suffix) === undefined) found.push(suffix);
    }
    if (found.length >= limit) return found;
    for (const suffix of childSuffixes({ tables: this.#tables, snapshot: null }, node, null)) {
      if (changes?.get(suffix) === undefined) found.push(suffix);
      if (found.length >= limit) break;
    }
    return found;
  }

  flush(): void {
    for (const [node, suffixes] of this.#inOrder) {
      const changes = this.#byNode.get(node);
      if (changes === undefined) this.#flushNode(node, suffixes, null);
      else for (const suffix of suffixes) if (changes.get(suffix) === undefined) changes.set(suffix, true);
    }
    for (const [node, changes] of this.#byNode) this.#flushNode(node, [...changes.keys()].sort(), changes);
  }

  #changesOf(node: number): StagedMap<ByteString, boolean> {
    const known = this.#byNode.get(node);
    if (known !== undefined) return known;
    const changes = new StagedMap<ByteString, boolean>(this.#undo);
    this.#byNode.set(node, changes);
    return changes;
  }

  /** `changes`: null if all of the suffixes come. */
  #flushNode(node: number, suffixes: readonly ByteString[], changes: StagedMap<ByteString, boolean> | null): void {
    const nodeKey = toUint32(node);
    let at = 0;
    while (at < suffixes.length) {
      const stored = this.#blockOf(nodeKey, suffixes[at] as ByteString);
      let end = at + 1;
      const next = end < suffixes.length ? this.#lowAfter(nodeKey, stored) : null;
      while (end < suffixes.length && (next === null || (suffixes[end] as ByteString) < next)) end++;
      this.#change(nodeKey, stored, suffixes.slice(at, end), changes);
      at = end;
    }
  }

  /** The stored block a suffix belongs into. */
  #blockOf(nodeKey: ByteString, suffix: ByteString): Row | null {
    const key = (nodeKey + suffix) as ByteString;
    return this.#tables.children.first({ start: key, end: beforeAll(nodeKey), reverse: true });
  }

  /** Where the block after this one begins; null if there is none. */
  #lowAfter(nodeKey: ByteString, block: Row | null): ByteString | null {
    if (block === null) return null;
    const scan = { start: block.key, end: afterAll(nodeKey), exclusiveStart: true };
    const next = this.#tables.children.first(scan);
    return next === null ? null : (next.key.slice(4) as ByteString);
  }

  #change(
    nodeKey: ByteString,
    stored: Row | null,
    suffixes: readonly ByteString[],
    changes: StagedMap<ByteString, boolean> | null,
  ): void {
    const low = (stored?.key.slice(4) ?? '') as ByteString;
    const before = stored === null ? [] : decodeSuffixes(low, stored.value);
    const after: ByteString[] = [];
    let at = 0;
    for (const suffix of suffixes) {
      while (at < before.length && (before[at] as ByteString) < suffix) after.push(before[at++] as ByteString);
      if (before[at] === suffix) at++;
      if (changes === null || changes.get(suffix) === true) after.push(suffix);
    }
    const grewAtEnd = at >= before.length;
    while (at < before.length) after.push(before[at++] as ByteString);
    // The first block of a node stays even when empty, since smaller suffixes need a block to go into.
    if (after.length === 0 && low !== '') this.#tables.children.remove((nodeKey + low) as ByteString);
    else if (after.length > 0 || stored !== null) this.#store(nodeKey, { low, suffixes: after }, grewAtEnd);
  }

  #store(nodeKey: ByteString, block: SuffixBlock, grewAtEnd: boolean): void {
    out.clear();
    encodeSuffixes(block, out);
    if (out.length <= MAX_BLOCK_BYTES) {
      this.#tables.children.put((nodeKey + block.low) as ByteString, out.toBytes());
      return;
    }
    for (const part of divideSuffixes(block, grewAtEnd)) {
      out.clear();
      encodeSuffixes(part, out);
      this.#tables.children.put((nodeKey + part.low) as ByteString, out.toBytes());
    }
  }
}
