// What threads and nodes share of what others told: asked before others are, believed as long as it is fresh, and a help
// when they cannot be asked.

import { describe, expect, test } from 'vitest';
import { createEpochBuffers, EpochTable, slotOf } from '../../src/cache/epoch-table.ts';
import type { SecondTier, TierKey } from '../../src/cache/second-tier.ts';
import { decodeShared, encodeShared } from '../../src/cache/shared-answer.ts';
import { HandleError } from '../../src/domain/error.ts';
import type { ForeignAnswer } from '../../src/domain/foreign-answer.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { askLater, createWorld, Others, START } from './world.ts';

const ABROAD = '20.500/OAK' as Handle;
const TTL = 600;
const STALE_SECONDS = 3600;
const epochs = new EpochTable(createEpochBuffers());

class Shared implements SecondTier {
  readonly kept = new Map<Handle, ForeignAnswer>();
  readonly forMs: number[] = [];

  async get({ handle }: TierKey): Promise<ForeignAnswer | null> {
    return this.kept.get(handle) ?? null;
  }

  set({ handle }: TierKey, answer: ForeignAnswer, forMs: number): void {
    this.kept.set(handle, answer);
    this.forMs.push(forMs);
  }

  async held(handle: Handle): Promise<ForeignAnswer | null> {
    return this.kept.get(handle) ?? null;
  }

  async forget(handle: Handle): Promise<void> {
    this.kept.delete(handle);
  }

  async close(): Promise<void> {}
}

/** Holds texts, as Redis does: what comes out of it is not read until somebody wants its values. */
class SharedUnread extends Shared {
  override async get(key: TierKey): Promise<ForeignAnswer | null> {
    const kept = await super.get(key);
    return kept === null ? null : decodeShared(encodeShared(key, kept), key);
  }
}

function open(tier = new Shared()) {
  const others = new Others();
  const routes = [{ name: 'world', scheme: 'handle', prefixes: ['*'] }] as const;
  const foreign = {
    reader: others,
    tier,
    routes,
    delegation: 'off',
    ownAddresses: [],
    staleSeconds: STALE_SECONDS,
  } as const;
  const world = createWorld({ maxAgeSeconds: 3600 }, epochs, foreign);
  const ask = async (more = {}) => {
    const { says, tier: from } = await askLater(world, ABROAD, more);
    return `${says} ${from}`;
  };
  return { others, tier, world, ask };
}

describe('what is shared', () => {
  test('spares another thread the trip, and enters its memory when it is asked for twice', async () => {
    const first = open();
    expect(await first.ask()).toBe('1=oak upstream');
    const second = open(first.tier);
    expect([await second.ask(), await second.ask(), await second.ask()]).toEqual(['1=oak l2', '1=oak l2', '1=oak l1']);
    expect(second.others.asked).toEqual([]);
  });

  test('is the same whether it was read on the way or not, in memory too, and when it stands in', async () => {
    const first = open(new SharedUnread());
    await first.ask();
    const second = open(first.tier);
    expect([await second.ask(), await second.ask(), await second.ask()]).toEqual(['1=oak l2', '1=oak l2', '1=oak l1']);
    second.world.passSeconds(TTL);
    second.others.says = async () => Promise.reject(new HandleError('UPSTREAM_UNAVAILABLE', 'x'));
    expect([await second.ask(), await second.ask()]).toEqual(['1=oak stale', '1=oak stale']);
  });

  test('keeps its age: who gets it late asks again as soon as who asked first', async () => {
    const first = open();
    await first.ask();
    const second = open(first.tier);
    second.world.passSeconds(TTL / 2);
    expect(await second.ask()).toBe('1=oak l2');
    second.world.passSeconds(TTL / 2);
    second.others.says = async () => second.others.found('ash', TTL, START + TTL * 1000);
    expect(await second.ask()).toBe('1=ash upstream');
  });

  test('is held for as long as it may stand in, absence for a minute', async () => {
    const { ask, tier, others } = open();
    await ask();
    expect(tier.forMs[0]).toBeGreaterThan((STALE_SECONDS + TTL * 0.8) * 1000);
    expect(tier.forMs[0]).toBeLessThanOrEqual((STALE_SECONDS + TTL) * 1000);
    others.says = async () => ({ kind: 'not-found', learnedAt: START });
    await ask({ bypassCache: true });
    expect(tier.forMs[1]).toBeLessThanOrEqual(60_000);
  });

  test('stands in for a thread that never had it, while others cannot be asked', async () => {
    const first = open();
    await first.ask();
    const second = open(first.tier);
    second.world.passSeconds(TTL);
    second.others.says = async () => Promise.reject(new HandleError('UPSTREAM_UNAVAILABLE', 'x'));
    expect([await second.ask(), await second.ask()]).toEqual(['1=oak stale', '1=oak stale']);
    expect(second.others.asked).toHaveLength(1);
    second.world.passSeconds(TTL + STALE_SECONDS);
    await expect(second.ask()).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });

  test('is passed by where the question wants that, and brought up to date', async () => {
    const { ask, tier, others } = open();
    await ask();
    others.says = async () => others.found('ash');
    expect(await ask({ bypassCache: true })).toBe('1=ash upstream');
    expect(tier.kept.get(ABROAD)).toMatchObject({ values: [{ data: 'ash' }] });
  });

  test('gets no answer that was invalidated while it was on its way', async () => {
    const { ask, tier, others } = open();
    others.says = async () => {
      epochs.raise([slotOf(ABROAD)], []);
      return others.found('old');
    };
    await ask();
    expect(tier.kept.size).toBe(0);
  });
});
