// Deadlines of many things under way that may all take as long: one timer for all of them, and time in which this thread
// was held up itself counts for little, since an answer may have been waiting to be read. It knows not what is waited for.

/** Looks in the time that a thing may take: none is given up later than it, or much sooner. */
const LOOKS = 5;
/** A thread that comes late to a look was held up: of the time since the last one so many looks count. */
const MOST_LOOKS_COUNTED = 2;

export interface Awaited {
  readonly startedAt: number;
  /** Null once it has ended: tables that a set has outgrown go on holding what was in them until old memory is swept. */
  onLate: (() => void) | null;
}

export class Deadlines {
  readonly #timeoutMs: number;
  readonly #lookEveryMs: number;
  /** In the order they began. */
  readonly #awaited = new Set<Awaited>();
  /** Milliseconds that count. */
  #now = 0;
  #lookedAt = 0;
  #isLooking = false;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#lookEveryMs = Math.max(1, timeoutMs / LOOKS);
  }

  begin(onLate: () => void): Awaited {
    const one = { startedAt: this.#now, onLate };
    this.#awaited.add(one);
    if (!this.#isLooking) {
      this.#isLooking = true;
      this.#lookedAt = performance.now();
      this.#lookLater();
    }
    return one;
  }

  /** False if it had been given up. */
  end(one: Awaited): boolean {
    one.onLate = null;
    return this.#awaited.delete(one);
  }

  #lookLater(): void {
    // Timers come before sockets are read: what waits there while this thread was busy is read first.
    setTimeout(() => setImmediate(() => this.#look()), this.#lookEveryMs);
  }

  #look(): void {
    const now = performance.now();
    this.#now += Math.min(now - this.#lookedAt, MOST_LOOKS_COUNTED * this.#lookEveryMs);
    this.#lookedAt = now;
    for (const one of this.#awaited) {
      // Begun after the look before, at the latest just now: that much sooner it may be given up.
      if (this.#now + this.#lookEveryMs - one.startedAt <= this.#timeoutMs) break;
      this.#awaited.delete(one);
      one.onLate?.();
    }
    this.#isLooking = this.#awaited.size > 0;
    if (this.#isLooking) this.#lookLater();
  }
}
