// What others told, once it is no longer fresh: renewed in time, standing in while they cannot be asked, and for how long.

import { describe, expect, test } from 'vitest';
import { createEpochBuffers, EpochTable, slotOf } from '../../src/cache/epoch-table.ts';
import { type ErrorCode, HandleError } from '../../src/domain/error.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { askLater, createWorld, Others, START, type World } from './world.ts';

const ABROAD = '20.500/OAK' as Handle;
const TTL = 600;
const STALE_SECONDS = 3600;
const epochs = new EpochTable(createEpochBuffers());

interface Scene extends World {
  readonly others: Others;
  /** Others cannot be asked. */
  fail(code?: ErrorCode): void;
  /** Others say this, as of now. */
  say(data: string): void;
  askIt(): Promise<string>;
  passTo(second: number): void;
}

async function scene(): Promise<Scene> {
  const others = new Others();
  const routes = [{ name: 'world', scheme: 'handle', prefixes: ['*'] }] as const;
  const foreign = {
    reader: others,
    tier: null,
    routes,
    delegation: 'off',
    ownAddresses: [],
    staleSeconds: STALE_SECONDS,
  } as const;
  const world = createWorld({ maxAgeSeconds: 3600 }, epochs, foreign);
  let second = 0;
  const made: Scene = {
    ...world,
    others,
    fail(code = 'UPSTREAM_UNAVAILABLE') {
      others.says = async () => Promise.reject(new HandleError(code, 'x'));
    },
    say(data) {
      others.says = async () => others.found(data, TTL, START + second * 1000);
    },
    async askIt() {
      const { says, tier } = await askLater(world, ABROAD);
      return `${says} ${tier}`;
    },
    passTo(to) {
      world.passSeconds(to - second);
      second = to;
    },
  };
  expect(await made.askIt()).toBe('1=oak upstream');
  return made;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('an answer past its TTL', () => {
  test('is asked for again, and what is new takes its place', async () => {
    const { passTo, say, askIt } = await scene();
    passTo(TTL);
    say('ash');
    expect(await askIt()).toBe('1=ash upstream');
    expect(await askIt()).toBe('1=ash l1');
  });

  test.each([
    'UPSTREAM_UNAVAILABLE',
    'OVERLOADED',
    'RATE_LIMITED',
  ] as const)('stands in on %s, and others may keep it for half a minute only', async (code) => {
    const world = await scene();
    world.passTo(TTL);
    world.fail(code);
    const { says, tier, answer } = await askLater(world, ABROAD);
    expect([says, tier, answer.ttlSeconds]).toEqual(['1=oak', 'stale', 30]);
    expect(world.events.get('l1 stood-in')).toBe(1);
  });

  test('hides no defect', async () => {
    const world = await scene();
    world.passTo(TTL);
    world.fail('INTERNAL');
    await expect(world.askIt()).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  test('is asked for again every thirty seconds, not with every question', async () => {
    const { passTo, fail, say, askIt, others } = await scene();
    passTo(TTL);
    fail();
    for (let i = 0; i < 5; i++) expect(await askIt()).toBe('1=oak stale');
    expect(others.asked).toHaveLength(2);
    say('ash');
    passTo(TTL + 29);
    expect(await askIt()).toBe('1=oak stale');
    passTo(TTL + 30);
    say('ash');
    expect(await askIt()).toBe('1=ash upstream');
  });

  test('stands in for as long as the settings say, and then it is not known', async () => {
    const { passTo, fail, askIt } = await scene();
    fail();
    passTo(0.9 * TTL + STALE_SECONDS - 90);
    expect(await askIt()).toBe('1=oak stale');
    passTo(1.1 * TTL + STALE_SECONDS);
    await expect(askIt()).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });

  test('stands in for a renewal that is late, which is kept when it comes', async () => {
    const { passTo, askIt, others } = await scene();
    passTo(TTL);
    let arrive = (): void => {};
    others.says = () =>
      new Promise((resolve) => {
        arrive = () => resolve(others.found('ash', TTL, START + TTL * 1000));
      });
    expect(await askIt()).toBe('1=oak stale');
    arrive();
    await settled();
    expect(await askIt()).toBe('1=ash l1');
  });

  test('is asked for again half a minute after it was asked for, however late the question left', async () => {
    const { passTo, askIt, others } = await scene();
    passTo(TTL);
    others.says = () => {
      passTo(TTL + 5);
      return Promise.resolve(others.found('old news', TTL, START));
    };
    await askIt();
    passTo(TTL + 29);
    expect(await askIt()).toBe('1=old news stale');
    passTo(TTL + 30);
    others.says = async () => others.found('ash', TTL, START + (TTL + 30) * 1000);
    expect(await askIt()).toBe('1=ash upstream');
  });

  test('that does not exist any more is not found, and stands in no longer', async () => {
    const { passTo, fail, askIt, others } = await scene();
    passTo(TTL);
    others.says = async () => ({ kind: 'not-found', learnedAt: START + TTL * 1000 });
    expect(await askIt()).toBe('not-found upstream');
    passTo(TTL + 61);
    fail();
    await expect(askIt()).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });

  test('does not stand in once its handle was purged', async () => {
    const { passTo, fail, askIt, epochs: table } = await scene();
    passTo(TTL);
    fail();
    table.raise([slotOf(ABROAD)], []);
    await expect(askIt()).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });
});

describe('an answer in the last tenth of its TTL', () => {
  test('is renewed in the background if it is in use, and nobody waits', async () => {
    const world = await scene();
    const { passTo, say, askIt, others } = world;
    passTo(0.5 * TTL);
    for (let i = 0; i < 3; i++) await askIt();
    expect(others.asked).toHaveLength(1);
    const { learned } = (await askLater(world, ABROAD)).answer;
    passTo(((learned?.refreshFrom ?? 0) - START) / 1000);
    say('ash');
    const told = [await askIt(), await askIt()];
    await settled();
    told.push(await askIt());
    expect(new Set(told.slice(0, 2))).toEqual(new Set(['1=oak l1']));
    expect([others.asked.length, told[2]]).toEqual([2, '1=ash l1']);
  });
});

describe('a clock that is set back', () => {
  test('makes no answer last longer: its age is not known, so it is asked for again', async () => {
    const { passTo, say, askIt } = await scene();
    passTo(-30);
    expect(await askIt()).toBe('1=oak l1');
    passTo(-86_400);
    say('ash');
    expect(await askIt()).toBe('1=ash upstream');
  });
});
