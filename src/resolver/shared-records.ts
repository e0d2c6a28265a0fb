// Reads own records where that is cheapest: from what nodes share in memory, or from a replica of the store, as long as
// neither can be behind what this node was told; else from the store itself. It keeps nothing.

import type { EpochPast } from '../cache/epoch-past.ts';
import { type EpochTable, slotOf } from '../cache/epoch-table.ts';
import type { RecordTier } from '../cache/record-tier.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import type { RecordReader } from '../store/registry-store.ts';

type Getter = Pick<RecordReader, 'get'>;

export interface ReplicaReader extends Getter {
  /** Whether it is near enough behind the store. */
  readonly isNear: boolean;
}

export interface SharedRecordsOptions {
  readonly store: Getter;
  /** Null if there is none. */
  readonly tier: RecordTier | null;
  readonly replica: ReplicaReader | null;
  readonly epochs: EpochTable;
  /** Of a while that is longer than what is shared, and a replica that is near, may be behind. */
  readonly past: EpochPast;
  readonly clock: () => number;
}

export class SharedRecords implements Getter {
  readonly #options: SharedRecordsOptions;

  constructor(options: SharedRecordsOptions) {
    this.#options = options;
  }

  /** Throws what the store throws. */
  get(handle: Handle): ReturnType<Getter['get']> {
    const { store, tier, past } = this.#options;
    // What was changed a moment ago, here or elsewhere, only the store itself is sure to have.
    if (!past.isQuiet(handle)) return store.get(handle);
    return tier?.isUp === true ? this.#getShared(handle, tier) : this.#read(handle);
  }

  #getShared(handle: Handle, tier: RecordTier): Promise<HandleRecord | null> {
    return tier.get(handle).then((kept) => {
      if (kept !== null && this.#options.epochs.trusts(kept.readAt) && kept.record.handle === handle)
        return kept.record;
      return this.#readAndShare(handle, tier);
    });
  }

  async #readAndShare(handle: Handle, tier: RecordTier): Promise<HandleRecord | null> {
    const { epochs, clock } = this.#options;
    const epoch = epochs.current(); // before it is read: what changes meanwhile keeps it from being shared
    const readAt = clock();
    const record = await this.#read(handle);
    const slot = slotOf(handle);
    if (record !== null && epochs.holds({ epoch, changeSlots: [slot], creationSlot: null })) {
      tier.set({ record, readAt });
    }
    return record;
  }

  #read(handle: Handle): ReturnType<Getter['get']> {
    const { store, replica } = this.#options;
    if (replica === null || !replica.isNear) return store.get(handle);
    // A replica that fails is a reason to ask the store, which fails in its own words.
    return Promise.resolve(replica.get(handle)).catch(() => store.get(handle));
  }
}
