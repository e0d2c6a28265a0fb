// Which epoch it was a while ago: tells whether something has been quiet for so long that a copy of the store, a little
// behind it, has it as it is. Belongs to one thread, which looks at the clock for it.

import { type EpochTable, slotOf } from './epoch-table.ts';

interface Sample {
  readonly at: number;
  readonly epoch: number;
}

export class EpochPast {
  readonly #epochs: EpochTable;
  readonly #quietMs: number;
  #samples: Sample[] = [];
  /** As long ago as things must have been quiet; null in the beginning. */
  #past: number | null = null;

  /** `quietMs`: how far behind a copy may be. */
  constructor(epochs: EpochTable, quietMs: number) {
    this.#epochs = epochs;
    this.#quietMs = quietMs;
  }

  /** Call several times in that while, with a clock that never steps. A thread that was late is only more careful. */
  look(nowMs: number): void {
    this.#samples.push({ at: nowMs, epoch: this.#epochs.current() });
    while ((this.#samples[0] as Sample).at <= nowMs - this.#quietMs) {
      this.#past = (this.#samples.shift() as Sample).epoch;
    }
  }

  /** Whether no change of it was heard of in that while. */
  isQuiet(name: string): boolean {
    if (this.#past === null) return false;
    const slot = slotOf(name);
    return this.#epochs.holds({ epoch: this.#past, changeSlots: [slot], creationSlot: slot });
  }
}
