// The promise of coherence as a law: whatever the order of writes, slow reads and expiries, no answer shows a state
// older than the last one acknowledged before its question.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEpochBuffers, EpochTable } from '../../src/cache/epoch-table.ts';
import type { Answer } from '../../src/domain/answer.ts';
import type { Handle } from '../../src/domain/handle.ts';
import type { HandleRecord, RecordDraft } from '../../src/domain/handle-record.ts';
import type { Question } from '../../src/resolver/resolver.ts';
import { announce, BATCH, createWorld, ITEM, MODEL, SERIES, value, type World } from './world.ts';

const OTHER = '88.118.1/OTHER' as Handle;
const HANDLES = [ITEM, OTHER, BATCH, MODEL, SERIES] as const;
/** Always upwards, so that no chain is broken: an item may skip a level or have no parent. */
const PARENTS: Readonly<Record<string, readonly (Handle | null)[]>> = {
  [ITEM]: [BATCH, MODEL, null],
  [OTHER]: [BATCH, SERIES],
  [BATCH]: [MODEL, SERIES, null],
  [MODEL]: [SERIES, null],
  [SERIES]: [null],
};

type Step =
  | { do: 'write'; handle: Handle; status: RecordDraft['status'] | 'deleted'; parent: number; slow: boolean }
  | { do: 'ask'; handle: Handle; bypassCache: boolean }
  | { do: 'let a read finish'; which: number; late: boolean }
  | { do: 'acknowledge' }
  | { do: 'wait'; seconds: number };

const handle = fc.constantFrom(ITEM, ITEM, ITEM, ...HANDLES);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      handle,
      status: fc.constantFrom('active', 'active', 'active', 'reserved', 'revoked', 'deleted'),
      parent: fc.nat(2),
      slow: fc.boolean(),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constant('ask' as const), handle, bypassCache: fc.constantFrom(false, false, true) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('let a read finish' as const), which: fc.nat(7), late: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('acknowledge' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.nat(40) }) },
);

/** Every state of every record, and since when it is the acknowledged one. */
class Chronicle {
  readonly #states = new Map<Handle, (HandleRecord | null)[]>(HANDLES.map((name) => [name, [null]]));
  readonly #acknowledged = new Map<Handle, number>(HANDLES.map((name) => [name, 0]));

  /** Notes a state that can be read; returns what to call when it is acknowledged. */
  note(name: Handle, state: HandleRecord | null): () => void {
    const states = this.#states.get(name) as (HandleRecord | null)[];
    const place = states.push(state) - 1;
    return () => this.#acknowledged.set(name, place);
  }

  mark(): ReadonlyMap<Handle, number> {
    return new Map(this.#acknowledged);
  }

  /** States that a question asked at `mark` may still see. */
  since(mark: ReadonlyMap<Handle, number>, name: Handle): readonly (HandleRecord | null)[] {
    return (this.#states.get(name) ?? []).slice(mark.get(name));
  }
}

/** Throws unless each record that speaks in the answer, or is silent in it, stood so at or after the mark. */
function assertNotOlder(answer: Answer, seen: (name: Handle) => readonly (HandleRecord | null)[]): void {
  const stood = (record: HandleRecord) => seen(record.handle).some((state) => state?.revision === record.revision);
  const absent = (name: Handle) => seen(name).some((state) => state === null);
  if (answer.kind === 'not-found') {
    expect(seen(answer.handle).some((state) => state === null || state.status === 'reserved')).toBe(true);
  } else if (answer.kind === 'revoked') {
    expect(stood(answer.record)).toBe(true);
    const same = (state: HandleRecord | null) => state?.status === 'revoked' && state.reason === answer.reason;
    expect(seen(answer.revokedBy).some(same)).toBe(true);
  } else if (answer.kind === 'found') {
    const chain = [answer.record, ...answer.ancestors];
    expect(chain.map(stood)).toEqual(chain.map(() => true));
    const { parent } = chain.at(-1) as HandleRecord;
    expect(parent === null || absent(parent)).toBe(true);
    expect(answer.values.map((v) => `${v.index}=${v.data}`)).toEqual(merged(chain));
  }
}

function merged(chain: readonly HandleRecord[]): string[] {
  const texts = new Map<number, string>();
  for (const record of chain.toReversed().filter((r) => r.status === 'active')) {
    for (const v of record.values) texts.set(v.index, `${v.index}=${v.data}`);
  }
  return [...texts].sort(([a], [b]) => a - b).map(([, text]) => text);
}

class Play {
  readonly #world: World;
  readonly #chronicle = new Chronicle();
  readonly #reads: ((late: boolean) => void)[] = [];
  readonly #unacknowledged: (() => void)[] = [];
  readonly #answers: Promise<void>[] = [];
  #writes = 0;

  constructor(epochs: EpochTable, slowReads: boolean) {
    this.#world = createWorld({}, epochs);
    if (slowReads) this.#slowDown();
  }

  #slowDown(): void {
    this.#world.records.gate = (read) => {
      const early = read(); // a read may see what stood when it began, or when it ended
      return new Promise((resolve) => this.#reads.push((late) => resolve(late ? read() : early)));
    };
  }

  async take(steps: readonly Step[]): Promise<void> {
    for (const name of HANDLES) {
      this.#write({ do: 'write', handle: name, status: 'active', parent: 0, slow: false });
    }
    for (const one of steps) {
      this.#step(one);
      await settle();
    }
    for (let i = 0; i < 200 && this.#reads.length > 0; i++) {
      this.#reads.shift()?.(false);
      await settle();
    }
    await Promise.all(this.#answers);
  }

  #step(one: Step): void {
    if (one.do === 'write') this.#write(one);
    else if (one.do === 'ask') this.#answers.push(this.#ask(one));
    else if (one.do === 'wait') this.#world.passSeconds(one.seconds);
    else if (one.do === 'acknowledge') this.#unacknowledged.shift()?.();
    else this.#reads.splice(one.which % Math.max(1, this.#reads.length), 1)[0]?.(one.late);
  }

  #write(write: Extract<Step, { do: 'write' }>): void {
    const { records, epochs } = this.#world;
    const parents = PARENTS[write.handle] ?? [null];
    const said = `${++this.#writes}`;
    const values = [value(HANDLES.indexOf(write.handle as typeof ITEM) + 2000, said), value(3000, said)];
    const parent = parents[write.parent % parents.length] ?? null;
    const { status } = write;
    const reason = status === 'revoked' ? said : null;
    const change = records.apply(write.handle, status === 'deleted' ? null : { status, parent, values, reason });
    const acknowledged = this.#chronicle.note(write.handle, records.live.get(write.handle) ?? null);
    const acknowledge = () => {
      announce(epochs, [change]);
      acknowledged();
    };
    this.#unacknowledged.push(acknowledge);
    // Commits are acknowledged in their order.
    if (!write.slow) for (const earlier of this.#unacknowledged.splice(0)) earlier();
  }

  async #ask(ask: Extract<Step, { do: 'ask' }>): Promise<void> {
    const mark = this.#chronicle.mark();
    const question: Question = {
      handle: ask.handle,
      bypassCache: ask.bypassCache,
      delegated: null,
      via: '',
      payForLook() {},
      payForTrip() {},
      tier: 'none',
    };
    const answer = await this.#world.resolver.resolve(question);
    assertNotOlder(answer, (name) => this.#chronicle.since(mark, name));
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** Epochs that begin at `start` each time, with slots as the last renewal before it left them. */
function epochsFrom(start: number): () => EpochTable {
  const buffers = createEpochBuffers();
  const renewed = Math.floor(start / 2 ** 30) * 2 ** 30;
  return () => {
    new Int32Array(buffers.epoch)[0] = start;
    new Int32Array(buffers.changes).fill(renewed);
    new Int32Array(buffers.creations).fill(renewed);
    return new EpochTable(buffers);
  };
}

describe('no answer is older than what was acknowledged before its question', () => {
  test.each([
    ['reads at hand', false, 0],
    ['slow reads', true, 0],
    ['slow reads, over the first renewal of slots', true, 2 ** 30 - 8],
    ['slow reads, over the wrap-around of the epoch', true, 2 ** 31 - 8],
    ['reads at hand, over the wrap-around of the epoch', false, 2 ** 31 - 8],
    ['reads at hand, over the epoch zero', false, -8],
  ])('%s', async (_name, slow, start) => {
    const epochs = epochsFrom(start);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 120, size: 'max' }), (steps) =>
        new Play(epochs(), slow).take(steps),
      ),
      { numRuns: 100 },
    );
  });
});
