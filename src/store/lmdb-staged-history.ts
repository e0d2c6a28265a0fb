// What records said before they were replaced, within one write transaction.

import type { ByteString } from '../domain/bytes.ts';
import { versionKey } from './lmdb-keys.ts';
import type { LmdbTables } from './lmdb-tables.ts';
import { PackedWriter } from './packed-bytes.ts';
import { decodeHead, EPOCH_MS } from './record-codec.ts';
import { StagedList, type UndoLog } from './undo-log.ts';

/** What was replaced: its key and bytes, when, and by which row of the log. */
interface Replaced {
  readonly key: ByteString;
  readonly bytes: ByteString;
  readonly replacedAt: number;
  readonly sequence: number;
}

/** Kept for all transactions: a new one would be 4 KiB for each. */
const out = new PackedWriter();

export class StagedHistory {
  readonly #tables: LmdbTables;
  readonly #replaced: StagedList<Replaced>;

  constructor(tables: LmdbTables, undo: UndoLog) {
    this.#tables = tables;
    this.#replaced = new StagedList(undo);
  }

  push(replaced: Replaced): void {
    this.#replaced.push(replaced);
  }

  flush(): void {
    for (const { key, bytes, replacedAt, sequence } of this.#replaced.items) {
      out.clear();
      out.varint(sequence);
      out.signed(replacedAt - EPOCH_MS);
      out.raw(bytes);
      this.#tables.history.put(versionKey(key, decodeHead(bytes).revision), out.toBytes());
    }
  }
}
