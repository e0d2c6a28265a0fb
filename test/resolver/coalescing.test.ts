// Questions that meet on their way: one read answers them all, unless something changed since it began.

import { describe, expect, test } from 'vitest';
import type { Answer, Tier } from '../../src/domain/answer.ts';
import type { Handle } from '../../src/domain/handle.ts';
import type { HandleRecord } from '../../src/domain/handle-record.ts';
import type { Question } from '../../src/resolver/resolver.ts';
import { createWorld, ITEM, MODEL, told, value, type World } from './world.ts';

interface Slow extends World {
  /** Reads that wait, oldest first; each sees the records as they were when it began. */
  readonly waiting: { finish(): void; fail(error: Error): void }[];
  /** A question on its way; resolves to what is told, and by whom. */
  asked(handle: Handle, more?: Partial<Question>): Promise<[string, Tier]>;
}

function createSlowWorld(): Slow {
  const world = createWorld();
  const waiting: Slow['waiting'] = [];
  world.records.gate = (read) => {
    const seen = read();
    return new Promise<HandleRecord | null>((resolve, reject) => {
      waiting.push({ finish: () => resolve(seen), fail: reject });
    });
  };
  return {
    ...world,
    waiting,
    async asked(handle, more = {}) {
      const question: Question = {
        handle,
        bypassCache: false,
        delegated: null,
        via: '',
        payForLook() {},
        payForTrip() {},
        tier: 'none',
        ...more,
      };
      const answer: Answer = await world.resolver.resolve(question);
      return [told(answer), question.tier];
    },
  };
}

/** Lets every promise that can go on do so. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

async function finishAll(world: Slow): Promise<void> {
  for (let rounds = 0; rounds < 10; rounds++) {
    for (const read of world.waiting.splice(0)) read.finish();
    await settle();
  }
}

describe('a flight', () => {
  test('answers all who ask while it is under way, with one read', async () => {
    const world = createSlowWorld();
    world.write(ITEM, { values: [value(1, 'oak')] });
    const answers = Promise.all([world.asked(ITEM), world.asked(ITEM), world.asked(ITEM)]);
    await finishAll(world);
    expect(await answers).toEqual(Array(3).fill(['1=oak', 'store']));
    expect(world.records.reads).toHaveLength(1);
  });

  test('is not shared by other handles, nor by who bypasses caches', async () => {
    const world = createSlowWorld();
    const answers = Promise.all([world.asked(ITEM), world.asked(MODEL), world.asked(ITEM, { bypassCache: true })]);
    await finishAll(world);
    await answers;
    expect(world.records.reads).toEqual([ITEM, MODEL, ITEM]);
  });

  test('that fails, fails for all on it, and the next question reads again', async () => {
    const world = createSlowWorld();
    world.write(ITEM, { values: [value(1, 'oak')] });
    const failed = Promise.allSettled([world.asked(ITEM), world.asked(ITEM)]);
    world.waiting.splice(0)[0]?.fail(new Error('disk gone'));
    expect((await failed).map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
    const next = world.asked(ITEM);
    await finishAll(world);
    expect(await next).toEqual(['1=oak', 'store']);
  });

  test('that began before a change answers who asked before it, and those after get a new one, shared', async () => {
    const world = createSlowWorld();
    world.write(ITEM, { values: [value(1, 'oak')] });
    const before = world.asked(ITEM);
    world.write(ITEM, { values: [value(1, 'ash')] });
    const after = Promise.all([world.asked(ITEM), world.asked(ITEM)]);
    await finishAll(world);
    expect(await before).toEqual(['1=oak', 'store']);
    expect(await after).toEqual(Array(2).fill(['1=ash', 'store']));
    expect(world.records.reads).toHaveLength(2);
  });

  test('is not abandoned for a change that is none of its business', async () => {
    const world = createSlowWorld();
    world.write(ITEM, { values: [value(1, 'oak')] });
    const first = world.asked(ITEM);
    world.write(MODEL, {});
    const second = world.asked(ITEM);
    await finishAll(world);
    expect([await first, await second]).toEqual(Array(2).fill(['1=oak', 'store']));
    expect(world.records.reads).toHaveLength(1);
  });

  test('carries a parent changed on the way to nobody who asked later', async () => {
    const world = createSlowWorld();
    world.write(MODEL, { values: [value(1, 'oak')] });
    world.write(ITEM, { parent: MODEL });
    const before = world.asked(ITEM);
    world.waiting.shift()?.finish(); // the item; its parent is being read
    await settle();
    world.write(MODEL, { values: [value(1, 'ash')] });
    const after = world.asked(ITEM);
    await finishAll(world);
    expect(await before).toEqual(['1=oak', 'store']);
    expect(await after).toEqual(['1=ash', 'store']);
  });

  test('that lands after a change leaves nothing behind that hides it', async () => {
    const world = createSlowWorld();
    for (const _ of [1, 2]) {
      const answered = world.asked(ITEM);
      await finishAll(world);
      await answered;
    }
    world.passSeconds(31);
    const late = world.asked(ITEM);
    world.write(ITEM, { values: [value(1, 'oak')] });
    await finishAll(world);
    expect(await late).toEqual(['not-found', 'store']);
    const next = world.asked(ITEM);
    await finishAll(world);
    expect(await next).toEqual(['1=oak', 'store']);
  });
});
