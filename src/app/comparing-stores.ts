// Compares two registries line by line of their exports, also while the source is written to: what differs is looked at again
// after the change log was followed, and differs only if the source stood still meanwhile. It writes nothing itself.

import { HandleError } from '../domain/error.ts';
import type { Prefix } from '../domain/prefix.ts';
import { lineOf, type Subject, subjectOfLine } from '../registry/changed-lines.ts';
import { exportLines, READS_AT_ONCE } from '../registry/export-lines.ts';
import type { SourceStore } from './store-places.ts';

type Pair = readonly [source: string | null, target: string | null];

export interface Comparison {
  /** Lines that are the same. */
  readonly compared: number;
  /** What is not the same, as each has it; null if all that could be compared is. */
  readonly difference: Pair | null;
  /** Things that changed again each time they were looked at: what became of them shows when nobody writes. */
  readonly moving: number;
}

export interface Compared {
  readonly source: SourceStore;
  readonly target: SourceStore;
  /** Takes over what the source has had written since. */
  readonly follow: () => Promise<void>;
  readonly progress?: (lines: number) => void;
}

/** Lines that may have no partner yet, or another one: more are no small difference. */
const MAX_APART = 20_000;
/** Lines between two looks at those. */
const LINES_A_LOOK = 20_000;
/** Looks at a thing that changes each time. */
const MAX_LOOKS = 10;

export const everything = (store: SourceStore) => ({ store, scope: null, withHistory: true, withKeys: true });

/** All there is, and the counts beside it. */
export async function compareAll(sides: Compared): Promise<Comparison> {
  const apart = new LinesApart(sides);
  const [ours, theirs] = [new Lines(sides.source), new Lines(sides.target)];
  try {
    for (let looked = 0; ; ) {
      const [some, others] = await Promise.all([ours.fill(), theirs.fill()]);
      if (!some && !others) break;
      while (ours.left > 0 && theirs.left > 0) apart.meet(ours.next(), theirs.next());
      while (ours.left > 0 && !others) apart.put(0, ours.next());
      while (theirs.left > 0 && !some) apart.put(1, theirs.next());
      const isDue = apart.seen - looked >= LINES_A_LOOK;
      if (!isDue && apart.size < MAX_APART) continue;
      looked = apart.seen;
      sides.progress?.(apart.same);
      await apart.look();
      if (apart.difference !== null || apart.size >= MAX_APART) return apart.comparison();
    }
    await apart.end();
    apart.difference ??= await compareCounts(sides, await sides.source.prefixes());
    return apart.comparison();
  } finally {
    await Promise.all([ours.close(), theirs.close()]);
  }
}

/** Of these things only, and of the counts of their prefixes. */
export async function compareSome(
  sides: Compared,
  subjects: readonly Subject[],
  prefixes: readonly Prefix[],
): Promise<Comparison> {
  const apart = new LinesApart(sides);
  for (const subject of subjects) apart.doubt(subject);
  await apart.end();
  apart.difference ??= await compareCounts(sides, prefixes);
  return apart.comparison();
}

/** Null if identifiers are counted alike, as far as they stand still. */
async function compareCounts(sides: Compared, prefixes: readonly Prefix[]): Promise<Pair | null> {
  const { source, target, follow } = sides;
  const liveOf = async (store: SourceStore, prefix: Prefix) => (await store.counts(prefix)).live;
  let doubted = prefixes;
  for (let look = 0; look < MAX_LOOKS && doubted.length > 0; look++) {
    const left: Prefix[] = [];
    for (const prefix of doubted) {
      const before = await liveOf(source, prefix);
      const theirs = await liveOf(target, prefix);
      if (before === theirs) continue;
      await follow();
      const [now, after] = [await liveOf(target, prefix), await liveOf(source, prefix)];
      if (now === before || now === after) continue;
      if (before !== after) left.push(prefix);
      else {
        const said = (count: number) => `${prefix} counts ${count} identifiers`;
        return [said(before), said(now)];
      }
    }
    doubted = left;
  }
  return null;
}

/** The lines of a store, one after the other. */
class Lines {
  readonly #pages: AsyncGenerator<readonly string[]>;
  #page: readonly string[] = [];
  #at = 0;

  constructor(store: SourceStore) {
    this.#pages = exportLines(everything(store));
  }

  get left(): number {
    return this.#page.length - this.#at;
  }

  /** Whether there is a line. */
  async fill(): Promise<boolean> {
    while (this.left === 0) {
      const { done, value } = await this.#pages.next();
      if (done === true) return false;
      this.#page = value;
      this.#at = 0;
    }
    return true;
  }

  next(): string {
    return this.#page[this.#at++] as string;
  }

  async close(): Promise<void> {
    await this.#pages.return(undefined);
  }
}

/** Lines that have not met the same line on the other side. */
class LinesApart {
  readonly #sides: Compared;
  readonly #waiting = [new Map<string, string>(), new Map<string, string>()] as const;
  readonly #doubted = new Map<string, Subject>();
  same = 0;
  seen = 0;
  difference: Pair | null = null;

  constructor(sides: Compared) {
    this.#sides = sides;
  }

  get size(): number {
    return this.#waiting[0].size + this.#waiting[1].size + this.#doubted.size;
  }

  meet(one: string, other: string): void {
    if (one === other) {
      this.same += 1;
      this.seen += 2;
      return;
    }
    this.put(0, one);
    this.put(1, other);
  }

  put(side: 0 | 1, line: string): void {
    this.seen += 1;
    const subject = subjectOfLine(line);
    const key = keyOf(subject);
    const partner = this.#waiting[(1 - side) as 0 | 1].get(key);
    if (partner === undefined) {
      this.#waiting[side].set(key, line);
      return;
    }
    this.#waiting[(1 - side) as 0 | 1].delete(key);
    if (partner === line) this.same += 1;
    else this.doubt(subject);
  }

  doubt(subject: Subject): void {
    this.#doubted.set(keyOf(subject), subject);
  }

  /** At those whose partner did not come, and those that differed. */
  async look(): Promise<void> {
    for (const lines of this.#waiting) {
      for (const line of lines.values()) this.doubt(subjectOfLine(line));
      lines.clear();
    }
    const keys = [...this.#doubted.keys()];
    for (let i = 0; i < keys.length && this.difference === null; i += READS_AT_ONCE) {
      await this.#lookAt(keys.slice(i, i + READS_AT_ONCE));
    }
  }

  async end(): Promise<void> {
    for (let look = 0; look < MAX_LOOKS && this.size > 0 && this.difference === null; look++) await this.look();
  }

  comparison(): Comparison {
    const { same: compared, difference } = this;
    if (difference === null && this.size >= MAX_APART) {
      throw new HandleError(
        'OVERLOADED',
        'The source changes faster than it can be compared: run this again when fewer write to it.',
      );
    }
    return { compared, difference, moving: difference === null ? this.size : 0 };
  }

  async #lookAt(keys: readonly string[]): Promise<void> {
    const { source, target, follow } = this.#sides;
    const subjects = keys.map((key) => this.#doubted.get(key) as Subject);
    const read = (store: SourceStore) => Promise.all(subjects.map((subject) => lineOf(everything(store), subject)));
    const before = await read(source);
    await follow();
    const theirs = await read(target);
    const after = await read(source);
    for (const [i, key] of keys.entries()) {
      const line = theirs[i] as string | null;
      if (line === before[i] || line === after[i]) {
        this.#doubted.delete(key);
        this.same += 1;
      } else if (before[i] === after[i]) this.difference ??= [before[i] as string | null, line];
    }
  }
}

function keyOf({ subject, name, revision }: Subject): string {
  return `${subject} ${name} ${revision ?? ''}`;
}
