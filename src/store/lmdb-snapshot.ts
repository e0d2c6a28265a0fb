// The read transaction of one thread: which state of the store its reads see, and that no old state is held for long.

import type { RootDatabase, Transaction } from 'lmdb';
import type { ReadOptions } from './lmdb-table.ts';

/** Which state of the store reads see. */
export interface SnapshotSource {
  /** Good for reads that begin and end before anything else runs. */
  options(): ReadOptions;
}

/** How long an unused snapshot may keep its pages from being used again. */
const MAX_HELD_MS = 500;

/**
 * Reads see every commit that was announced (by a new epoch) before they began. Between commits all reads share one
 * transaction, which is what makes them cheap.
 */
export class Snapshot implements SnapshotSource {
  readonly #root: RootDatabase;
  readonly #visibleEpoch: () => number;
  readonly #timer: NodeJS.Timeout;
  readonly #options: { transaction: object };
  #transaction: Transaction | null = null;
  #epoch = 0;

  constructor(root: RootDatabase, visibleEpoch: () => number) {
    this.#root = root;
    this.#visibleEpoch = visibleEpoch;
    this.#options = { transaction: root };
    this.#timer = setInterval(() => this.release(), MAX_HELD_MS).unref();
  }

  options(): ReadOptions {
    // The epoch comes first: a commit that becomes visible in between only makes this snapshot newer than it claims.
    const epoch = this.#visibleEpoch();
    if (this.#transaction === null || epoch !== this.#epoch) this.#renew(epoch);
    return this.#options;
  }

  /** Lets go of the state held; the next read takes the newest. */
  release(): void {
    this.#transaction?.done();
    this.#transaction = null;
  }

  close(): void {
    clearInterval(this.#timer);
    this.release();
  }

  #renew(epoch: number): void {
    this.release();
    this.#root.resetReadTxn();
    this.#transaction = this.#root.useReadTransaction();
    this.#options.transaction = this.#transaction;
    this.#epoch = epoch;
  }
}

/**
 * One state for as long as it is held. LMDB cannot reuse a page that this state still has, so the file grows with every
 * write meanwhile: whoever holds one watches the growth (lmdb-growth.ts).
 */
export class PinnedSnapshot implements SnapshotSource {
  readonly #transaction: Transaction;
  readonly #options: ReadOptions;
  #isReleased = false;

  constructor(root: RootDatabase) {
    root.resetReadTxn();
    this.#transaction = root.useReadTransaction();
    this.#options = { transaction: this.#transaction };
  }

  options(): ReadOptions {
    return this.#options;
  }

  /** A second call does nothing. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#transaction.done();
  }
}
