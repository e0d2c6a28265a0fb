// What a worker remembers of the directory between requests, for as long as the epoch table says it still stands.
// It holds no policy: what a remembered thing allows is decided elsewhere, at each use.

import type { EpochTable } from '../cache/epoch-table.ts';
import { slotOf } from '../cache/epoch-table.ts';
import type { Validity } from '../domain/answer.ts';
import { MAX_REMEMBERED } from '../domain/limits.ts';
import { setNewest } from '../domain/newest.ts';
import type { Awaitable } from '../store/registry-store.ts';

export interface RememberedOptions<T> {
  readonly epochs: EpochTable;
  /** First half of the slot's name in the epoch table: `enterprise:88.118.10023`. */
  readonly kind: 'enterprise' | 'principal' | 'key' | 'transfers' | 'template';
  readonly read: (name: string) => Awaitable<T | null>;
  /** False where strangers choose the names: then guesses cannot push out what is in use. */
  readonly keepsAbsence: boolean;
  /** Entries; without it MAX_REMEMBERED. */
  readonly limit?: number;
}

interface Entry<T> extends Validity {
  readonly value: T | null;
}

/** At most `limit` entries, the oldest give way. At once if remembered, or if the store answers at once. */
export class Remembered<T> {
  readonly #options: RememberedOptions<T>;
  readonly #entries = new Map<string, Entry<T>>();
  /** On their way, as many as there are questions. */
  readonly #readings = new Map<string, { readonly epoch: number; readonly value: Promise<T | null> }>();

  constructor(options: RememberedOptions<T>) {
    this.#options = options;
  }

  get(name: string): Awaitable<T | null> {
    const entry = this.#entries.get(name);
    if (entry !== undefined && this.#options.epochs.holds(entry)) return entry.value;
    // The epoch first, then the read: a change in between ends the entry instead of hiding behind it.
    const epoch = this.#options.epochs.current();
    const reading = this.#readings.get(name);
    // Many ask for one thing at once: they share what was begun under the same epoch, and so sees all they may rely on.
    if (reading?.epoch === epoch) return reading.value;
    const value = this.#options.read(name);
    if (!(value instanceof Promise)) return this.#keep(name, value, epoch);
    const kept = value.then((found) => this.#keep(name, found, epoch)).finally(() => this.#end(name, kept));
    this.#readings.set(name, { epoch, value: kept });
    return kept;
  }

  #end(name: string, reading: Promise<T | null>): void {
    if (this.#readings.get(name)?.value === reading) this.#readings.delete(name);
  }

  #keep(name: string, value: T | null, epoch: number): T | null {
    const { kind, keepsAbsence, limit = MAX_REMEMBERED } = this.#options;
    if (value === null && !keepsAbsence) {
      this.#entries.delete(name);
      return value;
    }
    const changeSlots = [slotOf(`${kind}:${name}`)];
    setNewest(this.#entries, name, { value, epoch, changeSlots, creationSlot: null }, limit);
    return value;
  }
}
