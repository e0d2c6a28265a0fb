// Ids of challenges and sessions: random, so that they cannot be guessed, and with the number of the thread that knows them.

/** Threads that can be told apart. */
const THREADS = 64;
const MAX_ID = 0x7fff_ffff;

/** Randomness for ids, nonces and keys: nobody may foresee it. */
export interface Randomness {
  readonly bytes: (size: number) => Buffer;
  /** At least `from`, below `to`. */
  readonly int: (from: number, to: number) => number;
}

/** The thread that has given out an id, where there are several; and the number by which ids know a thread. */
export function threadOf(id: number): number {
  return id & (THREADS - 1);
}

export class IdSource {
  readonly random: Randomness;
  /** Null where there is one thread. */
  readonly #thread: number | null;

  constructor(random: Randomness, thread: number | null) {
    this.random = random;
    this.#thread = thread;
  }

  /** A positive number of 31 bits that is not taken. */
  next(isTaken: (id: number) => boolean): number {
    for (;;) {
      const id =
        this.#thread === null
          ? this.random.int(1, MAX_ID)
          : this.random.int(1, Math.floor(MAX_ID / THREADS)) * THREADS + threadOf(this.#thread);
      if (!isTaken(id)) return id;
    }
  }
}
