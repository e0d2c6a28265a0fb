// What clients write and read: of each prefix some identifiers that everybody changes, models with items below them that come
// to be meanwhile, and a lot.

import { textValue } from '../system/enterprise.ts';
import type { Dice } from '../system/seed.ts';

const HOT = 12;
const MODELS = 3;
/** Items that are asked for: this many of the newest, and a few that are not there yet. */
const RECENT = 60;
const UPCOMING = 6;

/** Indexes of what a record says itself, and of what its items inherit. */
export const OWN_TEXT = 2000;
export const MODEL_TEXT = 2001;

export interface LotOfStock {
  readonly id: string;
  /** A code of it. */
  readonly code: string;
}

export class Stock {
  readonly prefixes: readonly string[];
  readonly lots: readonly LotOfStock[];
  readonly #dice: Dice;
  readonly #items = new Map<string, number>();
  #lotEnd = 1000;

  constructor(prefixes: readonly string[], lots: readonly LotOfStock[], dice: Dice) {
    this.prefixes = prefixes;
    this.lots = lots;
    this.#dice = dice;
  }

  /** To be registered before anybody asks. */
  get models(): readonly string[] {
    return this.prefixes.flatMap((prefix) => Array.from({ length: MODELS }, (_, i) => `${prefix}/MODEL-${i}`));
  }

  get names(): readonly string[] {
    const items = this.prefixes.flatMap((prefix) =>
      Array.from({ length: (this.#items.get(prefix) ?? 0) + UPCOMING }, (_, i) => `${prefix}/ITEM-${i}`),
    );
    const hot = this.prefixes.flatMap((prefix) => Array.from({ length: HOT }, (_, i) => `${prefix}/HOT-${i}`));
    return [...this.models, ...hot, ...items];
  }

  /** The last serial of a lot from now on: unlike any before. */
  nextLotEnd(): number {
    return ++this.#lotEnd;
  }

  pickPrefix(): string {
    return this.#dice.pick(this.prefixes);
  }

  pickHot(): string {
    return `${this.pickPrefix()}/HOT-${this.#dice.between(0, HOT - 1)}`;
  }

  pickModel(): string {
    return this.#dice.pick(this.models);
  }

  pickItem(): string {
    const prefix = this.pickPrefix();
    const count = this.#items.get(prefix) ?? 0;
    return `${prefix}/ITEM-${this.#dice.between(Math.max(0, count - RECENT), count + UPCOMING - 1)}`;
  }

  pickAny(): string {
    const roll = this.#dice.between(1, 10);
    return roll <= 5 ? this.pickHot() : roll <= 6 ? this.pickModel() : this.pickItem();
  }

  /** Of one prefix. Somebody else may be at some of them. */
  nextItems(count: number): readonly string[] {
    const prefix = this.pickPrefix();
    const next = this.#items.get(prefix) ?? 0;
    const first = Math.max(0, next - this.#dice.between(0, 1) * this.#dice.between(0, 2));
    this.#items.set(prefix, Math.max(next, first + count));
    return Array.from({ length: count }, (_, i) => `${prefix}/ITEM-${first + i}`);
  }
}

/** The model above an item; null for what is none. */
export function modelOf(name: string): string | null {
  const number = /^(.+)\/ITEM-(\d+)$/.exec(name);
  return number === null ? null : `${number[1]}/MODEL-${Number(number[2]) % MODELS}`;
}

/** The body of a registration. */
export function bodyOf(name: string, text: string): object {
  const model = modelOf(name);
  const values = [textValue(name.includes('/MODEL-') ? MODEL_TEXT : OWN_TEXT, text)];
  return model === null ? { values } : { values, parent: model };
}
