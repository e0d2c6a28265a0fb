// What a commit would change, kept in memory until a whole request is accepted, and how to take a request's part back.

export class UndoLog {
  #steps: (() => void)[] | null = null;

  get isActive(): boolean {
    return this.#steps !== null;
  }

  /** From here on changes can be taken back, until `keep` or `takeBack`. */
  mark(): void {
    this.#steps = [];
  }

  note(step: () => void): void {
    this.#steps?.push(step);
  }

  keep(): void {
    this.#steps = null;
  }

  takeBack(): void {
    const steps = this.#steps ?? [];
    this.#steps = null;
    for (const step of steps.reverse()) step();
  }
}

/** Keys looked through one by one. */
const MAX_LOOKED_THROUGH = 64;

/** A map whose changes go into an undo log. */
export class StagedMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #undo: UndoLog;

  constructor(undo: UndoLog) {
    this.#undo = undo;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  set(key: K, value: V): void {
    if (this.#undo.isActive) {
      const before = this.#entries.get(key);
      this.#undo.note(() => {
        if (before === undefined) this.#entries.delete(key);
        else this.#entries.set(key, before);
      });
    }
    this.#entries.set(key, value);
  }

  /** Whether there may be a key between two, both inclusive: a map that is too large to look through may hold anything. */
  mayHoldWithin(first: K, last: K): boolean {
    if (this.#entries.size > MAX_LOOKED_THROUGH) return true;
    for (const key of this.#entries.keys()) if (key >= first && key <= last) return true;
    return false;
  }

  keys(): IterableIterator<K> {
    return this.#entries.keys();
  }

  entries(): IterableIterator<[K, V]> {
    return this.#entries.entries();
  }
}

/** A list whose additions go into an undo log. */
export class StagedList<T> {
  readonly #items: T[] = [];
  readonly #undo: UndoLog;

  constructor(undo: UndoLog) {
    this.#undo = undo;
  }

  get items(): readonly T[] {
    return this.#items;
  }

  push(item: T): void {
    if (this.#undo.isActive) this.#undo.note(() => this.#items.pop());
    this.#items.push(item);
  }
}
