// Moves a registry from one store into another while the first is in use: copies everything, follows the change log, and
// compares both line by line. What it has done it notes, so that it can go on after it was interrupted. It switches nothing.

import { HandleError } from '../domain/error.ts';
import { type Handle, prefixOf, responsiblePrefixOf } from '../domain/handle.ts';
import { type LotId, prefixOfLot } from '../domain/lot.ts';
import type { Prefix } from '../domain/prefix.ts';
import { changedLines, type Subject, subjectOfLine } from '../registry/changed-lines.ts';
import { exportLines } from '../registry/export-lines.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import { type Comparison, compareAll, compareSome, everything } from './comparing-stores.ts';
import type { Source, Target } from './store-places.ts';
import { type Refusal, TakingLines } from './taking-lines.ts';

/** How far a move is. */
export interface MoveState {
  /** Lines of the copy that stand in the target, and the last record of them. */
  readonly copied: number;
  readonly after: Handle | null;
  readonly isCopied: boolean;
  /** The newest log row of the source that stands in the target, or was seen when the copy began. */
  readonly sequence: number | null;
  /** Rows of both logs up to which everything was compared and found the same. */
  readonly compared: { readonly source: number; readonly target: number } | null;
}

export const NOT_MOVED: MoveState = { copied: 0, after: null, isCopied: false, sequence: null, compared: null };

export type MoveStage = 'copying' | 'following' | 'comparing';

export interface MoveOptions {
  readonly openSource: () => Promise<Source>;
  readonly target: Target;
  readonly state: MoveState;
  /** Compares everything again, and not only what has changed since everything was compared. */
  readonly comparesAll?: boolean;
  /** On disk on return. */
  readonly save: (state: MoveState) => void;
  /** Lines of the stage so far, and how many there are about. */
  readonly progress: (stage: MoveStage, lines: number, about: number) => void;
}

export interface Moved extends Comparison {
  /** Lines that were taken in, of copy and change log. */
  readonly lines: number;
  readonly refused: readonly Refusal[];
  /** Whether all was compared, or what has changed since all was. */
  readonly isWhole: boolean;
  readonly sequence: number;
}

/** Lines of the copy between two looks at the source: to hold one for long makes a directory grow with every write. */
const LINES_A_LOOK = 100_000;
/** Rows of the log that are followed before it is noted. */
const ROWS_A_NOTE = 2000;
/** Notes until a log that grows as fast as it is followed is given up: what an hour's writes come to. */
const MAX_NOTES = 10_000;
/** Things that changed and are compared one by one; if more did, everything is compared. */
const MAX_CHANGED = 100_000;
/** Rows by which a store's own count of its log may be ahead of it for a moment. */
const UNSURE_ROWS = 64;

export function moveStore(options: MoveOptions): Promise<Moved> {
  return new Move(options).run();
}

class Move {
  readonly #options: MoveOptions;
  readonly #taking: TakingLines;
  #state: MoveState;
  /** What was followed since all was compared; null if it is not known, or too much. */
  #changed: Map<string, Subject> | null = new Map();

  constructor(options: MoveOptions) {
    this.#options = options;
    this.#taking = new TakingLines(options.target.preserver);
    this.#state = options.state;
  }

  async run(): Promise<Moved> {
    const { compared } = this.#state;
    const isComparedSo = compared !== null && (await isEnd(this.#options.target.store, compared.target));
    // What was followed before this run, and after the comparison, is followed again: so it is known.
    if (isComparedSo) this.#note({ sequence: compared.source });
    else this.#changed = null;
    while (!this.#state.isCopied) await this.#withSource((source) => this.#copy(source));
    return this.#withSource(async (source) => {
      await this.#follow(source);
      const comparison = await this.#compare(source);
      const { lines, refused } = this.#taking;
      return { lines, refused, ...comparison, sequence: this.#state.sequence ?? 0 };
    });
  }

  async #withSource<T>(work: (source: Source) => Promise<T>): Promise<T> {
    const source = await this.#options.openSource();
    try {
      return await work(source);
    } finally {
      await source.close();
    }
  }

  #note(change: Partial<MoveState>): void {
    this.#state = { ...this.#state, ...change };
    this.#options.save(this.#state);
  }

  /** As far as one look at the source goes. What comes behind it, or before it, is in the log. */
  async #copy(source: Source): Promise<void> {
    this.#note({ sequence: this.#state.sequence ?? source.sequence });
    const { after, copied } = this.#state;
    let lines = 0;
    let isWhole = true;
    const look = async function* (): AsyncGenerator<readonly string[]> {
      for await (const page of exportLines({ ...everything(source.store), recordsAfter: after })) {
        if (lines >= LINES_A_LOOK) {
          isWhole = false;
          return;
        }
        lines += page.length;
        yield page;
      }
    };
    await this.#taking.take(look(), (line, taken) => {
      const { subject, name } = subjectOfLine(line);
      if (subject === 'record') this.#note({ copied: copied + taken, after: name as Handle });
      this.#options.progress('copying', copied + taken, Math.max(source.records, copied + taken));
    });
    if (isWhole) this.#note({ isCopied: true });
  }

  /** Takes over what the log has. */
  async #follow(source: Source): Promise<void> {
    for (let notes = 0; notes < MAX_NOTES; notes++) {
      const since = this.#state.sequence ?? 0;
      const newest = Math.max(since, source.sequence);
      let reached = since;
      const take = async function* (seen: (line: string) => void): AsyncGenerator<readonly string[]> {
        const lines = changedLines({ ...everything(source.store), since, newest, maxRows: ROWS_A_NOTE });
        for (let page = await lines.next(); ; page = await lines.next()) {
          if (page.done === true) {
            reached = page.value;
            return;
          }
          for (const line of page.value) seen(line);
          yield page.value;
        }
      };
      await this.#taking.take(take((line) => this.#changes(line)));
      if (reached > since) this.#note({ sequence: reached });
      this.#options.progress('following', reached, Math.max(reached, newest));
      if (reached - since < ROWS_A_NOTE) return;
    }
    throw new HandleError('OVERLOADED', 'The source changes faster than it can be followed: run this again later.');
  }

  #changes(line: string): void {
    const subject = subjectOfLine(line);
    this.#changed?.set(`${subject.subject} ${subject.name} ${subject.revision ?? ''}`, subject);
    if ((this.#changed?.size ?? 0) > MAX_CHANGED) this.#changed = null;
  }

  async #compare(source: Source): Promise<Comparison & { readonly isWhole: boolean }> {
    const { target, progress, comparesAll = false } = this.#options;
    const about = source.records;
    const since = this.#state.sequence ?? 0;
    const sides = {
      ...{ source: source.store, target: target.store },
      follow: () => (source.isFixed ? Promise.resolve() : this.#follow(source)),
      progress: (lines: number) => progress('comparing', lines, Math.max(about, lines)),
    };
    const changed = comparesAll ? null : this.#changed;
    const subjects = [...(changed?.values() ?? [])];
    const prefixes = new Set(subjects.map(prefixOfSubject).filter((prefix) => prefix !== null));
    const isWhole = changed === null;
    const compared = isWhole ? await compareAll(sides) : await compareSome(sides, subjects, [...prefixes]);
    if (compared.difference === null && this.#taking.refused.length === 0) {
      this.#note({ compared: { source: since, target: await endOf(target.store) } });
    }
    return { ...compared, isWhole };
  }
}

function prefixOfSubject({ subject, name }: Subject): Prefix | null {
  if (subject === 'record') return responsiblePrefixOf(name as Handle);
  if (subject === 'template') return prefixOf(name as Handle);
  return subject === 'lot' ? prefixOfLot(name as LotId) : null;
}

/** The sequence of the last row, every commit counted that was made here. */
async function endOf(store: RegistryStore): Promise<number> {
  let at = Math.max(0, store.stats().sequence - UNSURE_ROWS);
  for (;;) {
    const rows = await store.changes(at, UNSURE_ROWS);
    if (rows.length === 0) return at;
    at = rows.at(-1)?.sequence ?? at;
  }
}

/** Whether nobody has written since. */
async function isEnd(store: RegistryStore, sequence: number): Promise<boolean> {
  return (await store.changes(sequence, 1)).length === 0;
}
