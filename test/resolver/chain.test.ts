// The read path as a door sees it: what is answered, by whom, and for how long, while a clock is moved.

import { describe, expect, test } from 'vitest';
import { slotOf } from '../../src/cache/epoch-table.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { announce, createWorld, ITEM, START, told, value } from './world.ts';

describe('responsibility', () => {
  const world = createWorld();
  world.write(ITEM, { values: [value(1, 'oak')] });
  world.write('0.NA/88.118.1' as Handle, { values: [value(1, 'site')] });

  test.each(['88.118.1/ITEM', '0.NA/88.118.1', '0.NA/88.118', '88.118/X'])('is ours for %s', (handle) => {
    expect(() => world.ask(handle)).not.toThrow();
  });

  test.each([
    '88.1180.1/ITEM',
    '88.119.1/ITEM',
    '0.NA/88',
    '0.NA/88.119.1',
    '0.SITE/88.118',
  ])('is not ours for %s', (handle) => {
    expect(() => world.ask(handle)).toThrow(
      expect.objectContaining({ code: 'NOT_RESPONSIBLE', message: "That prefix doesn't live here" }),
    );
  });
});

describe('what an answer is kept for', () => {
  test('one touch keeps nothing, the second does, the third is a hit', () => {
    const world = createWorld();
    world.write(ITEM, { values: [value(1, 'oak')] });
    expect([1, 2, 3, 4].map(() => world.ask(ITEM).tier)).toEqual(['store', 'store', 'l1', 'l1']);
    expect(world.records.reads).toHaveLength(2);
    expect(world.ask(ITEM).answer).toBe(world.ask(ITEM).answer);
  });

  test('an answer in use is renewed at once when it expires, one long unused starts over', () => {
    const world = createWorld();
    world.write(ITEM, { values: [value(1, 'oak')] });
    world.ask(ITEM);
    world.ask(ITEM);
    world.passSeconds(31);
    expect([1, 2].map(() => world.ask(ITEM).tier)).toEqual(['store', 'l1']);
    world.passSeconds(120);
    expect([1, 2, 3].map(() => world.ask(ITEM).tier)).toEqual(['store', 'store', 'l1']);
  });

  test('no longer than the least TTL of its values', () => {
    const world = createWorld();
    world.write(ITEM, { values: [value(1, 'oak'), value(2, 'today', { ttl: 5 })] });
    world.ask(ITEM);
    expect(world.ask(ITEM).answer.ttlSeconds).toBe(5);
    world.passSeconds(4);
    expect(world.ask(ITEM).tier).toBe('l1');
    world.passSeconds(1);
    expect(world.ask(ITEM).tier).toBe('store');
  });

  test('not past the instant that an absolute TTL names', () => {
    const world = createWorld();
    world.write(ITEM, { values: [value(1, 'offer', { ttl: START / 1000 + 10, ttlIsAbsolute: true })] });
    world.ask(ITEM);
    world.ask(ITEM);
    world.passSeconds(8);
    expect(world.ask(ITEM).tier).toBe('l1');
    world.passSeconds(2);
    expect(world.ask(ITEM)).toMatchObject({ tier: 'store', answer: { ttlSeconds: 0 } });
  });

  test('not at all with TTL 0, nor with caching off', () => {
    const world = createWorld();
    world.write(ITEM, { values: [value(1, 'now', { ttl: 0 })] });
    expect([1, 2, 3].map(() => world.ask(ITEM).tier)).toEqual(['store', 'store', 'store']);
    const off = createWorld({ maxAgeSeconds: 0 });
    off.write(ITEM, { values: [value(1, 'oak')] });
    expect([1, 2, 3].map(() => off.ask(ITEM).tier)).toEqual(['store', 'store', 'store']);
  });

  test('a question that bypasses caches is answered by the store, and leaves the cache as it is', () => {
    const world = createWorld();
    world.write(ITEM, { values: [value(1, 'oak')] });
    world.ask(ITEM);
    world.ask(ITEM);
    expect(world.ask(ITEM, { bypassCache: true }).tier).toBe('store');
    expect(world.ask(ITEM).tier).toBe('l1');
  });

  test('a failure is never kept, and never taken for absence', () => {
    const world = createWorld();
    world.write(ITEM, { values: [value(1, 'oak')] });
    world.records.gate = () => {
      throw new Error('disk gone');
    };
    for (const _ of [1, 2, 3]) expect(() => world.ask(ITEM)).toThrow('disk gone');
    world.records.gate = (read) => read();
    expect(told(world.ask(ITEM).answer)).toBe('1=oak');
  });
});

describe('absence', () => {
  test('is kept on the second touch, and ends with the registration', () => {
    const world = createWorld();
    expect([1, 2, 3].map(() => world.ask(ITEM).tier)).toEqual(['store', 'store', 'negative']);
    world.write(ITEM, { values: [value(1, 'oak')] });
    expect(world.ask(ITEM)).toMatchObject({ tier: 'store', answer: { kind: 'found' } });
  });

  test('is kept a minute at most', () => {
    const world = createWorld({ maxAgeSeconds: 3600 });
    world.ask(ITEM);
    expect(world.ask(ITEM).answer.ttlSeconds).toBe(60);
    world.passSeconds(48);
    expect(world.ask(ITEM).tier).toBe('negative');
    world.passSeconds(12);
    expect(world.ask(ITEM).tier).toBe('store');
  });

  test('is not ended by the registration of another handle', () => {
    const world = createWorld();
    world.ask(ITEM);
    world.ask(ITEM);
    world.write('88.118.1/OTHER' as Handle, {});
    expect(world.ask(ITEM).tier).toBe('negative');
  });

  test('guessing pushes no answer out', () => {
    const world = createWorld({ negativeBytes: 10_000 });
    world.write(ITEM, { values: [value(1, 'oak')] });
    world.ask(ITEM);
    world.ask(ITEM);
    for (let i = 0; i < 500; i++) for (const _ of [1, 2]) world.ask(`88.118.1/GUESS-${i}`);
    expect(world.ask(ITEM).tier).toBe('l1');
    expect(world.events.get('negative evicted')).toBeGreaterThan(400);
    expect(world.sizes.get('negative')?.bytes).toBeLessThanOrEqual(10_000);
  });

  test('is what a reserved handle answers, until it is activated', () => {
    const world = createWorld();
    world.write(ITEM, { status: 'reserved', values: [value(1, 'oak')] });
    expect([1, 2, 3].map(() => told(world.ask(ITEM).answer))).toEqual(['not-found', 'not-found', 'not-found']);
    expect(world.ask(ITEM).tier).toBe('negative');
    world.write(ITEM, { status: 'active', values: [value(1, 'oak')] });
    expect(told(world.ask(ITEM).answer)).toBe('1=oak');
    world.write(ITEM, { status: 'reserved', values: [value(1, 'oak')] });
    expect(told(world.ask(ITEM).answer)).toBe('not-found');
  });

  test('follows a deletion at once, and ends when the handle is created again', () => {
    const world = createWorld();
    world.write(ITEM, { values: [value(1, 'oak')] });
    world.ask(ITEM);
    world.ask(ITEM);
    world.write(ITEM, null);
    expect([1, 2].map(() => told(world.ask(ITEM).answer))).toEqual(['not-found', 'not-found']);
    world.write(ITEM, { values: [value(1, 'ash')] });
    expect(told(world.ask(ITEM).answer)).toBe('1=ash');
  });
});

describe('changes', () => {
  test('an update shows in the next answer, which is kept at once', () => {
    const world = createWorld();
    world.write(ITEM, { values: [value(1, 'oak')] });
    world.ask(ITEM);
    world.ask(ITEM);
    world.write(ITEM, { values: [value(1, 'ash')] });
    expect(world.ask(ITEM)).toMatchObject({ tier: 'store', answer: { record: { revision: 2 } } });
    expect(told(world.ask(ITEM).answer)).toBe('1=ash');
    expect(world.ask(ITEM).tier).toBe('l1');
  });

  test('a revocation shows at once, with its reason', () => {
    const world = createWorld();
    world.write(ITEM, { values: [value(1, 'oak')] });
    world.ask(ITEM);
    world.ask(ITEM);
    world.write(ITEM, { status: 'revoked', reason: 'scrapped', values: [value(1, 'oak')] });
    expect(told(world.ask(ITEM).answer)).toBe('revoked by 88.118.1/ITEM: scrapped');
    expect(world.ask(ITEM).tier).toBe('l1');
  });

  test('a change of the enterprise ends all its answers, positive and negative', () => {
    const world = createWorld();
    world.write(ITEM, { values: [value(1, 'oak')] });
    const none = '88.118.1/NONE' as Handle;
    for (const _ of [1, 2]) for (const handle of [ITEM, none]) world.ask(handle);
    announce(world.epochs, [{ subject: 'enterprise', prefix: '88.118.2' as never, transferred: false }]);
    expect([world.ask(ITEM).tier, world.ask(none).tier]).toEqual(['l1', 'negative']);
    announce(world.epochs, [{ subject: 'enterprise', prefix: '88.118.1' as never, transferred: false }]);
    expect([world.ask(ITEM).tier, world.ask(none).tier]).toEqual(['store', 'store']);
  });

  test('two handles of one slot disturb each other and never mix', () => {
    const bySlot = new Map<number, Handle>();
    let pair: [Handle, Handle] | null = null;
    for (let i = 0; pair === null; i++) {
      const handle = `88.118.1/C-${i}` as Handle;
      const other = bySlot.get(slotOf(handle));
      if (other !== undefined) pair = [other, handle];
      bySlot.set(slotOf(handle), handle);
    }
    const [one, two] = pair;
    const world = createWorld();
    world.write(one, { values: [value(1, 'one')] });
    world.write(two, { values: [value(1, 'two')] });
    for (const _ of [1, 2]) for (const handle of pair) world.ask(handle);
    world.write(two, { values: [value(1, 'two, newer')] });
    expect(world.ask(one).tier).toBe('store');
    expect(told(world.ask(one).answer)).toBe('1=one');
    expect(told(world.ask(two).answer)).toBe('1=two, newer');
  });
});

describe('what is observed', () => {
  test('each lookup counts once: hit, miss or stale', () => {
    const world = createWorld();
    world.write(ITEM, { values: [value(1, 'oak')] });
    for (const _ of [1, 2, 3]) world.ask(ITEM);
    world.write(ITEM, { values: [value(1, 'ash')] });
    world.ask(ITEM);
    expect(Object.fromEntries(world.events)).toEqual({ 'l1 miss': 2, 'l1 hit': 1, 'l1 stale': 1 });
    expect(world.sizes.get('l1')).toMatchObject({ entries: 1 });
  });
});
