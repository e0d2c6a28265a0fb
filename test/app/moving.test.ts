// A move out of a store that does not stand still: what is the same is found so, what is not is found too, and a target that
// has too much to do is given time.

import { beforeEach, describe, expect, it } from 'vitest';
import { type Moved, type MoveState, moveStore, NOT_MOVED } from '../../src/app/move-store.ts';
import { bytesFromText } from '../../src/domain/bytes.ts';
import { HandleError } from '../../src/domain/error.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import type { RegistryStore } from '../../src/store/registry-store.ts';
import { type Fixture, openFixture, put, WRITE } from '../registry/fixture.ts';
import { furnish, h } from '../registry/moving.ts';

let from: Fixture;
let to: Fixture;
let state: MoveState;
let next = 0;
/** Called at each look at the source: at a page, or at one thing. */
let look: (at: Handle | 'page') => Promise<unknown>;
/** What the next commits to the target meet. */
let troubles: HandleError[];

const nothing = async (): Promise<void> => {};

function watched(store: RegistryStore): RegistryStore {
  return {
    ...store,
    async states(...asked) {
      const page = await store.states(...asked);
      await look('page');
      return page;
    },
    async state(handle) {
      const stands = await store.state(handle);
      await look(handle);
      return stands;
    },
  };
}

function troubled(store: RegistryStore): RegistryStore {
  return {
    ...store,
    async commit(request) {
      const trouble = troubles.pop();
      if (trouble !== undefined) throw trouble;
      return store.commit(request);
    },
  };
}

beforeEach(async () => {
  look = nothing;
  troubles = [];
  state = NOT_MOVED;
  from = await openFixture({ wrap: watched });
  to = await openFixture({ wrap: troubled });
  await furnish(from);
});

async function move({ isFixed = false, comparesAll = false } = {}): Promise<Moved> {
  const close = nothing;
  return moveStore({
    async openSource() {
      const { records, sequence } = from.store.stats();
      return { store: from.store, records, sequence, isFixed, close };
    },
    target: { store: to.store, preserver: to.preserver, close },
    state,
    comparesAll,
    save: (saved) => {
      state = saved;
    },
    progress() {},
  });
}

/** Of the same handle or of another each time. */
async function write(handle = h(`NEW-${next++}`)): Promise<void> {
  from.clock.nowMs += 1;
  const values = [makeValue({ index: 9, type: bytesFromText('N'), data: bytesFromText(String(next++)) })];
  const [result] = (await from.identifiers.register(from.chairs, [put(handle, { values })], WRITE)).results;
  if (result?.ok !== true) throw new Error('The test could not write.');
}

const SAME = { difference: null, refused: [], moving: 0 };

describe('a registry that is written to at every look', () => {
  it('is found to be the same', async () => {
    look = async (at) => at === 'page' && (await write());
    expect(await move()).toMatchObject({ ...SAME, isWhole: true });
    look = nothing;
    expect(await move()).toMatchObject({ ...SAME, isWhole: false });
    expect(await move({ comparesAll: true })).toMatchObject({ ...SAME, isWhole: true });
  });

  it('has a thing that never stood still told apart, until it does', async () => {
    const hot = h('HOT');
    let writing = write(hot);
    look = async (at) => {
      if (at === hot) writing = writing.then(() => write(hot));
      await writing;
    };
    expect(await move()).toMatchObject({ difference: null, refused: [], moving: 1 });
    look = nothing;
    expect(await move()).toMatchObject({ ...SAME, isWhole: false });
  });

  it('has a stranger in the target found all the same', async () => {
    await to.identifiers.register(to.chairs, [put(h('STRANGER'))], WRITE);
    look = async (at) => at === 'page' && (await write());
    const { difference } = await move();
    expect(difference).toEqual([null, expect.stringContaining('STRANGER')]);
  });
});

describe('what was compared once', () => {
  it('is compared again as a whole when somebody else has written to the target since', async () => {
    expect(await move({ isFixed: true })).toMatchObject(SAME);
    await to.identifiers.register(to.chairs, [put(h('STRANGER'))], WRITE);
    const { difference, isWhole } = await move({ isFixed: true });
    expect(isWhole).toBe(true);
    expect(difference).toEqual([null, expect.stringContaining('STRANGER')]);
  });

  it('is left alone when only the source was written to', async () => {
    await move({ isFixed: true });
    await write();
    expect(await move({ isFixed: true })).toMatchObject({ ...SAME, isWhole: false, lines: 1, compared: 1 });
  });
});

it('counts that differ are told, though every line is the same', async () => {
  await move({ isFixed: true });
  const { counts } = to.store;
  to.store.counts = async (prefix) => ({ ...(await counts(prefix)), live: 7000 });
  const { difference } = await move({ comparesAll: true, isFixed: true });
  expect(difference).toEqual([expect.stringMatching(/counts \d+ identifiers/), expect.stringMatching(/counts 7000/)]);
});

describe('a target', () => {
  it('that has too much to do, or is away for a moment, is tried again', async () => {
    troubles = [new HandleError('OVERLOADED', 'Too much.'), new HandleError('STORE_UNAVAILABLE', 'Away.')];
    expect(await move({ isFixed: true })).toMatchObject(SAME);
    expect(troubles).toEqual([]);
  });

  it('that takes no writes ends the move, which goes on from there later', async () => {
    troubles = [new HandleError('STORE_READ_ONLY', 'The disk is full.')];
    await expect(move({ isFixed: true })).rejects.toMatchObject({ code: 'STORE_READ_ONLY' });
    expect(await move({ isFixed: true })).toMatchObject(SAME);
  });
});
