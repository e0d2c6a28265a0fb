// Moves a registry from one store into another while the first is in use: copies everything, follows the change log, and
// compares both line by line. What it has done it notes, so that it can go on after it was interrupted. It switches nothing.

import type { HandleError } from '../domain/error.ts';
import type { Principal } from '../domain/principal.ts';
import { changedLines } from '../registry/changed-lines.ts';
import { exportLines } from '../registry/export-lines.ts';
import type { Source, SourceStore, Target } from './store-places.ts';

/** How far a move is. */
export interface MoveState {
  /** Lines of the copy that stand in the target. */
  readonly copied: number;
  readonly isCopied: boolean;
  /** The newest log row of the source that stands in the target, or was seen when the copy began. */
  readonly sequence: number | null;
}

export const NOT_MOVED: MoveState = { copied: 0, isCopied: false, sequence: null };

export interface MoveOptions {
  readonly openSource: () => Promise<Source>;
  readonly target: Target;
  readonly state: MoveState;
  /** On disk on return. */
  readonly save: (state: MoveState) => void;
  readonly progress: (lines: number, about: number) => void;
}

export interface Moved {
  /** Lines that were taken in, of copy and change log. */
  readonly lines: number;
  readonly refused: readonly { readonly handle: string; readonly error: HandleError }[];
  /** Lines compared; all of them the same, unless `difference` says which are the first that are not. */
  readonly compared: number;
  readonly difference: readonly [source: string | null, target: string | null] | null;
  readonly sequence: number;
}

/** Lines of one call, and calls on their way at once: a record may come before its parent. */
const LINES_AT_ONCE = 500;
const CALLS_AT_ONCE = 6;
/** Looks at a source that does not stand still, before its changes are too many to be caught up with. */
const MAX_ROUNDS = 20;
/** Refusals that are told. */
const MAX_REFUSALS = 20;

const MOVER: Principal = {
  ...{ id: 'operator', name: 'Operator', role: 'operator', scope: null, state: 'active' },
  ...{ revision: 1, createdAt: 0, updatedAt: 0 },
};

const everything = (store: SourceStore) => ({ store, scope: null, withHistory: true, withKeys: true });

export async function moveStore(options: MoveOptions): Promise<Moved> {
  const taking = new Taking(options);
  let { state } = options;
  const note = (change: Partial<MoveState>): void => {
    state = { ...state, ...change };
    options.save(state);
  };
  if (!state.isCopied) {
    const source = await options.openSource();
    try {
      note({ sequence: state.sequence ?? source.sequence });
      await taking.copy(source, state.copied, (copied) => note({ copied }));
      note({ isCopied: true });
    } finally {
      await source.close();
    }
  }
  for (let round = 1; ; round++) {
    const source = await options.openSource();
    try {
      await taking.take(
        changedLines({ ...everything(source.store), since: state.sequence ?? 0, newest: source.sequence }),
      );
      note({ sequence: source.sequence });
      const compared = await compare(source.store, options.target.store);
      const { lines, refused } = taking;
      if (compared.difference === null || source.isFixed || round >= MAX_ROUNDS)
        return { lines, refused, ...compared, sequence: source.sequence };
    } finally {
      await source.close();
    }
  }
}

class Taking {
  readonly #options: MoveOptions;
  readonly refused: { handle: string; error: HandleError }[] = [];
  lines = 0;

  constructor(options: MoveOptions) {
    this.#options = options;
  }

  /** The lines of an export come in an order that only grows, so those that were taken in are passed by. */
  async copy(source: Source, passed: number, note: (copied: number) => void): Promise<void> {
    let seen = 0;
    const rest = async function* (): AsyncGenerator<readonly string[]> {
      for await (const page of exportLines(everything(source.store))) {
        const from = Math.max(0, passed - seen);
        seen += page.length;
        if (from < page.length) yield page.slice(from);
      }
    };
    await this.take(rest(), (taken) => {
      note(passed + taken);
      this.#options.progress(passed + taken, Math.max(source.records, passed + taken));
    });
  }

  /** `done`: how many lines, from the first on, stand by now. */
  async take(pages: AsyncIterable<readonly string[]>, done: (taken: number) => void = () => {}): Promise<void> {
    let call: string[] = [];
    let taken = 0;
    let underWay: Promise<void>[] = [];
    const settle = async (): Promise<void> => {
      await Promise.all(underWay);
      underWay = [];
      done(taken);
    };
    const send = async (): Promise<void> => {
      const lines = call;
      call = [];
      taken += lines.length;
      // Whoever is named by other lines comes first, and alone.
      const areRecords = lines.every((line) => line.startsWith('{"kind":"record"'));
      if (!areRecords) await settle();
      underWay.push(this.#preserve(lines));
      if (!areRecords || underWay.length >= CALLS_AT_ONCE) await settle();
    };
    for await (const page of pages) {
      for (const line of page) {
        call.push(line);
        if (call.length >= LINES_AT_ONCE) await send();
      }
    }
    if (call.length > 0) await send();
    await settle();
  }

  async #preserve(lines: readonly string[]): Promise<void> {
    const actor = { principal: MOVER, requestId: 'migrate-store' };
    const results = await this.#options.target.preserver.preserve(
      actor,
      lines.map((line) => JSON.parse(line)),
    );
    this.lines += lines.length;
    for (const result of results) {
      if (!result.ok && this.refused.length < MAX_REFUSALS)
        this.refused.push({ handle: result.handle, error: result.error });
    }
  }
}

/** The same registry gives the same lines, wherever it is. */
async function compare(source: SourceStore, target: SourceStore): Promise<Pick<Moved, 'compared' | 'difference'>> {
  const [ours, theirs] = [linesOf(source), linesOf(target)];
  try {
    for (let compared = 0; ; compared++) {
      const [one, other] = await Promise.all([ours.next(), theirs.next()]);
      if (one.done === true && other.done === true) return { compared, difference: null };
      const [a, b] = [one.done === true ? null : one.value, other.done === true ? null : other.value];
      if (a !== b) return { compared, difference: [a, b] };
    }
  } finally {
    await ours.return(undefined);
    await theirs.return(undefined);
  }
}

async function* linesOf(store: SourceStore): AsyncGenerator<string, undefined> {
  for await (const page of exportLines(everything(store))) yield* page;
  return undefined;
}
