// Ends shared records that a commit of this node has made old. What cannot be ended because the cache is away is tried
// again; as long as that lasts, everybody is told from time to time not to believe what was shared before.

import type { Handle } from '../domain/handle.ts';

export interface RecordBarsOptions {
  /** Removes them, and keeps out what is on its way; rejects if that cannot be done. */
  readonly bar: (handles: readonly Handle[]) => Promise<void>;
  /** What was shared so far is not to be believed any more, by no node. */
  readonly distrust: () => void;
}

/** Handles ended in one go. */
const BATCH = 500;
/** Handles that may wait; beyond it nothing that was shared is believed. */
const MAX_WAITING = 20_000;
const RETRY_MS = 250;
/** With the time to notice that the cache is away, below 30 s. */
const DISTRUST_EVERY_MS = 25_000;

export class RecordBars {
  readonly #options: RecordBarsOptions;
  readonly #waiting = new Set<Handle>();
  #isEnding = false;
  #isClosed = false;
  /** When it last could not be done and everybody was told; null while it can. */
  #toldAt: number | null = null;

  constructor(options: RecordBarsOptions) {
    this.#options = options;
  }

  /** Returns at once. */
  end(handles: readonly Handle[]): void {
    for (const handle of handles) this.#waiting.add(handle);
    if (this.#waiting.size > MAX_WAITING) {
      this.#waiting.clear();
      this.#options.distrust();
    }
    this.#endSoon(0);
  }

  close(): void {
    this.#isClosed = true;
  }

  #endSoon(afterMs: number): void {
    if (this.#isEnding || this.#isClosed || this.#waiting.size === 0) return;
    this.#isEnding = true;
    setTimeout(() => void this.#endSome(), afterMs).unref();
  }

  async #endSome(): Promise<void> {
    const handles = [...this.#waiting].slice(0, BATCH);
    let pauseMs = 0;
    try {
      await this.#options.bar(handles);
      for (const handle of handles) this.#waiting.delete(handle);
      this.#toldAt = null;
    } catch {
      // The cache is away: what waits goes on waiting.
      pauseMs = RETRY_MS;
      this.#tellAll();
    }
    this.#isEnding = false;
    this.#endSoon(pauseMs);
  }

  #tellAll(): void {
    const now = performance.now();
    this.#toldAt ??= now;
    if (now - this.#toldAt < DISTRUST_EVERY_MS) return;
    this.#toldAt = now;
    this.#options.distrust();
  }
}
