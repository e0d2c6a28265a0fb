// Coherence between worker threads: which answers a commit has made old. Shared memory, no messages, no policy.
//
// After a commit can be read and before it is acknowledged, the committing thread calls `raise`: the shared epoch rises
// by one and is stored in the slot of each thing changed. A reader takes `current()` first, then reads the store in a
// transaction begun under that epoch or a later one, and keeps the epoch with the answer. The answer holds as long as no
// slot it depends on has risen above it. Slots are shared by hash: a collision costs a re-read, never a stale answer.

import type { Validity } from '../domain/answer.ts';
import type { Prefix } from '../domain/prefix.ts';
import { hashOf, hashOfLatest } from './hash.ts';

const SLOT_BITS = 22;
const SLOTS = 1 << SLOT_BITS;
/** Epochs compare by signed distance; every slot is renewed (one flush) before a distance could overflow. */
const RENEWAL_INTERVAL = 1 << 30;

const ENTERPRISE = hashOf('enterprise:');
const LOT_ROWS = hashOf('lot-rows:');

/** Names the slot of who holds which transferred prefix: all transfers together, as they are few and asked for at once. */
export const TRANSFERS_SLOT = 'transfers:all';

/** Names the slot of all lots together: while there are none, nobody looks for one. */
export const LOTS_SLOT = 'lots:all';

/** The slot of a handle, or of another thing by its `kind:name`. */
export function slotOf(name: string): number {
  return slotOfHash(hashOfLatest(name));
}

/** `slotOf` of `enterprise:<prefix>`, without making that text. */
export function enterpriseSlotOf(prefix: Prefix): number {
  return slotOfHash(hashOf(prefix, ENTERPRISE));
}

/** The slot of the records that codes of a prefix's lots have become. */
export function lotRowsSlotOf(prefix: Prefix): number {
  return slotOfHash(hashOf(prefix, LOT_ROWS));
}

function slotOfHash(hash: number): number {
  return (hash ^ (hash >>> SLOT_BITS)) & (SLOTS - 1);
}

/** The earlier of two epochs, the wrap-around included. */
export function olderEpoch(a: number, b: number): number {
  return isAfter(a, b) ? b : a;
}

export interface EpochBuffers {
  readonly epoch: SharedArrayBuffer;
  readonly changes: SharedArrayBuffer;
  readonly creations: SharedArrayBuffer;
  readonly trust: SharedArrayBuffer;
}

export function createEpochBuffers(): EpochBuffers {
  return {
    epoch: new SharedArrayBuffer(4),
    changes: new SharedArrayBuffer(SLOTS * 4),
    creations: new SharedArrayBuffer(SLOTS * 4),
    trust: new SharedArrayBuffer(8),
  };
}

/** One thread raises, any number read. All threads are given the same buffers. */
export class EpochTable {
  readonly #epoch: Int32Array;
  readonly #changes: Int32Array;
  readonly #creations: Int32Array;
  readonly #trust: BigInt64Array;

  constructor(buffers: EpochBuffers) {
    this.#epoch = new Int32Array(buffers.epoch);
    this.#changes = new Int32Array(buffers.changes);
    this.#creations = new Int32Array(buffers.creations);
    this.#trust = new BigInt64Array(buffers.trust);
  }

  current(): number {
    return Atomics.load(this.#epoch, 0);
  }

  /** Whether nothing the answer depends on has changed since it was read. */
  holds(validity: Validity): boolean {
    const { epoch, changeSlots, creationSlot } = validity;
    for (let i = 0; i < changeSlots.length; i++) {
      if (isAfter(Atomics.load(this.#changes, changeSlots[i] as number), epoch)) return false;
    }
    return creationSlot === null || !isAfter(Atomics.load(this.#creations, creationSlot), epoch);
  }

  /** Called by the committing thread alone. Slots first, then the epoch: a reader of the new epoch sees its slots. */
  raise(changedSlots: readonly number[], createdSlots: readonly number[]): void {
    const next = (Atomics.load(this.#epoch, 0) + 1) | 0;
    for (const slot of changedSlots) Atomics.store(this.#changes, slot, next);
    for (const slot of createdSlots) Atomics.store(this.#creations, slot, next);
    if (next % RENEWAL_INTERVAL === 0) {
      this.#changes.fill(next);
      this.#creations.fill(next);
    }
    Atomics.store(this.#epoch, 0, next);
  }

  /** Whether what others told at an instant (epoch milliseconds) may count as fresh in what outlives this table. */
  trusts(learnedAt: number): boolean {
    return learnedAt >= Number(Atomics.load(this.#trust, 0));
  }

  /** There was a gap in what other nodes told us: what was learned before this instant may be old. */
  distrust(beforeMs: number): void {
    Atomics.store(this.#trust, 0, BigInt(Math.ceil(beforeMs)));
    this.flush();
  }

  /** Ends every answer given so far: a gap in what we were told. */
  flush(): void {
    const next = (Atomics.load(this.#epoch, 0) + 1) | 0;
    this.#changes.fill(next);
    this.#creations.fill(next);
    Atomics.store(this.#epoch, 0, next);
  }
}

function isAfter(slot: number, epoch: number): boolean {
  return ((slot - epoch) | 0) > 0;
}
