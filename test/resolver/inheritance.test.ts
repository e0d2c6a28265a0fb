// What a record inherits when it is resolved, and how changes above it show below.

import { describe, expect, test } from 'vitest';
import { type Found, revisionTagOf } from '../../src/domain/answer.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { BATCH, createWorld, ITEM, MODEL, SERIES, told, value, type World } from './world.ts';

/** Item over batch over model; the item is resolved twice, so that it is kept. */
function createFamily(): World {
  const world = createWorld();
  world.write(MODEL, { values: [value(2000, 'chair'), value(2001, 'oak')] });
  world.write(BATCH, { parent: MODEL, values: [value(2002, 'plant 1'), value(2001, 'ash')] });
  world.write(ITEM, { parent: BATCH, values: [value(2010, 'serial 7')] });
  for (const _ of [1, 2]) world.ask(ITEM);
  return world;
}

const WHOLE = '2000=chair 2001=ash 2002=plant 1 2010=serial 7';

describe('a record with parents', () => {
  test('answers with its own values over the nearest parent over the next', () => {
    const world = createFamily();
    const { answer, tier } = world.ask(ITEM);
    expect([told(answer), tier]).toEqual([WHOLE, 'l1']);
    expect((answer as Found).ancestors.map((r) => r.handle)).toEqual([BATCH, MODEL]);
    expect(revisionTagOf(answer as Found)).toBe('1-1-1');
  });

  test('shares inherited values, each with a memo, with its siblings; its own have none', () => {
    const world = createFamily();
    const sibling = '88.118.1/ITEM-2' as Handle;
    world.write(sibling, { parent: BATCH, values: [value(2010, 'serial 8')] });
    const mine = (world.ask(ITEM).answer as Found).values;
    const theirs = (world.ask(sibling).answer as Found).values;
    expect(mine.map((v, i) => v === theirs[i])).toEqual([true, true, true, false]);
    expect(mine.map((v) => v.memo)).toEqual([{ json: null }, { json: null }, { json: null }, null]);
  });

  test('reads its parents once, however many children ask', () => {
    const world = createFamily();
    for (let i = 0; i < 10; i++) {
      world.write(`88.118.1/I-${i}` as Handle, { parent: BATCH });
      world.ask(`88.118.1/I-${i}`);
    }
    expect(world.records.reads.filter((handle) => handle === BATCH || handle === MODEL)).toHaveLength(2);
    expect(world.events.get('parent hit')).toBe(11);
  });

  test('reads them again for a question that bypasses caches', () => {
    const world = createFamily();
    world.records.reads.length = 0;
    expect(told(world.ask(ITEM, { bypassCache: true }).answer)).toBe(WHOLE);
    expect(world.records.reads).toEqual([ITEM, BATCH, MODEL]);
  });

  test('takes the least TTL of the merged values, and only of those', () => {
    const world = createWorld();
    world.write(MODEL, { values: [value(2000, 'a', { ttl: 50 }), value(2001, 'b', { ttl: 5 })] });
    world.write(ITEM, { parent: MODEL, values: [value(2001, 'own', { ttl: 70 })] });
    expect(world.ask(ITEM).answer.ttlSeconds).toBe(50);
  });

  test('is kept right after its own update, though its parents were read long before', () => {
    const world = createFamily();
    world.write(ITEM, { parent: BATCH, values: [value(2010, 'serial 7b')] });
    world.ask(ITEM);
    expect(world.ask(ITEM).tier).toBe('l1');
  });

  test('reads parents again when they are as old as an answer may be', () => {
    const world = createFamily();
    world.records.reads.length = 0;
    world.passSeconds(30);
    world.ask(ITEM);
    expect(world.records.reads).toEqual([ITEM, BATCH, MODEL]);
  });
});

describe('a change above', () => {
  test('of the parent shows at once', () => {
    const world = createFamily();
    world.write(BATCH, { parent: MODEL, values: [value(2002, 'plant 2')] });
    expect(told(world.ask(ITEM).answer)).toBe('2000=chair 2001=oak 2002=plant 2 2010=serial 7');
  });

  test('of the grandparent shows at once, and only its own line is read again', () => {
    const world = createFamily();
    const stool = '88.118.1/STOOL' as Handle;
    world.write(stool, { values: [value(1, 'stool')] });
    for (const _ of [1, 2]) world.ask(stool);
    world.write(MODEL, { values: [value(2000, 'armchair')] });
    expect(told(world.ask(ITEM).answer)).toBe('2000=armchair 2001=ash 2002=plant 1 2010=serial 7');
    expect(world.ask(stool).tier).toBe('l1');
  });

  test('to another parent shows at once', () => {
    const world = createFamily();
    world.write(SERIES, { values: [value(2000, 'sofa')] });
    world.write(BATCH, { parent: SERIES });
    expect(told(world.ask(ITEM).answer)).toBe('2000=sofa 2010=serial 7');
  });
});

describe('a revoked ancestor', () => {
  test.each([BATCH, MODEL])('takes along what is below it: %s', (revoked) => {
    const world = createFamily();
    const parent = revoked === BATCH ? MODEL : null;
    world.write(revoked, { status: 'revoked', reason: 'unsafe', parent });
    expect(told(world.ask(ITEM).answer)).toBe(`revoked by ${revoked}: unsafe`);
    expect(world.ask(ITEM).answer).toMatchObject({ record: { handle: ITEM } });
    world.write(revoked, { parent, values: [value(2000, 'mended')] });
    expect(told(world.ask(ITEM).answer)).toContain('2000=mended');
  });

  test('is named by the nearest, and the record itself before all', () => {
    const world = createFamily();
    world.write(MODEL, { status: 'revoked', reason: 'far' });
    world.write(BATCH, { status: 'revoked', reason: 'near', parent: MODEL });
    expect(told(world.ask(ITEM).answer)).toBe(`revoked by ${BATCH}: near`);
    world.write(ITEM, { status: 'revoked', reason: 'own', parent: BATCH });
    expect(told(world.ask(ITEM).answer)).toBe(`revoked by ${ITEM}: own`);
  });

  test('is not hidden by a reserved one between', () => {
    const world = createFamily();
    world.write(BATCH, { status: 'reserved', parent: MODEL });
    world.write(MODEL, { status: 'revoked', reason: 'unsafe' });
    expect(told(world.ask(ITEM).answer)).toBe(`revoked by ${MODEL}: unsafe`);
  });
});

describe('a parent that does not answer', () => {
  test('reserved: hands down nothing of its own until it is activated', () => {
    const world = createFamily();
    world.write(BATCH, { status: 'reserved', parent: MODEL, values: [value(2002, 'secret')] });
    for (const _ of [1, 2, 3]) expect(told(world.ask(ITEM).answer)).toBe('2000=chair 2001=oak 2010=serial 7');
    world.write(BATCH, { parent: MODEL, values: [value(2002, 'secret')] });
    expect(told(world.ask(ITEM).answer)).toBe('2000=chair 2001=oak 2002=secret 2010=serial 7');
  });

  test('deleted: leaves the child its own values until it is created again', () => {
    const world = createFamily();
    world.write(MODEL, null);
    for (const _ of [1, 2, 3]) expect(told(world.ask(ITEM).answer)).toBe('2001=ash 2002=plant 1 2010=serial 7');
    expect(world.ask(ITEM).tier).toBe('l1');
    world.write(MODEL, { values: [value(2000, 'chair')] });
    expect(told(world.ask(ITEM).answer)).toBe(WHOLE);
  });
});

describe('a chain', () => {
  const FIFTH = '88.118.1/FIFTH' as Handle;

  test('of four records is answered whole, in whatever order it is read', () => {
    const world = createFamily();
    world.write(SERIES, { values: [value(1, 'series')] });
    world.write(MODEL, { parent: SERIES });
    expect(told(world.ask(ITEM).answer)).toBe('1=series 2001=ash 2002=plant 1 2010=serial 7');
    expect(told(world.ask(BATCH).answer)).toBe('1=series 2001=ash 2002=plant 1');
  });

  test.each(['cold', 'warm'])('of five is a failure, with its parents %s', (parents) => {
    const world = createFamily();
    world.write(FIFTH, { values: [value(1, 'root')] });
    world.write(SERIES, { parent: FIFTH });
    world.write(MODEL, { parent: SERIES });
    if (parents === 'warm') world.ask(BATCH);
    expect(() => world.ask(ITEM)).toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }));
    expect(told(world.ask(BATCH).answer)).toBe('1=root 2001=ash 2002=plant 1');
  });

  test.each([ITEM, BATCH])('that returns to %s is a failure, not a loop', (back) => {
    const world = createFamily();
    world.write(MODEL, { parent: back });
    expect(() => world.ask(ITEM)).toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }));
    expect(world.records.reads.length).toBeLessThan(12);
    world.write(MODEL, { values: [value(2000, 'chair')] });
    expect(told(world.ask(ITEM).answer)).toBe(WHOLE);
  });

  test('torn by a move between two reads is read again instead of being called broken', () => {
    const world = createFamily();
    world.write(FIFTH, {});
    world.write(SERIES, { parent: FIFTH });
    const reads = world.records.reads;
    world.records.gate = (read) => {
      const seen = read();
      if (reads.at(-1) === ITEM && reads.filter((handle) => handle === ITEM).length === 3) {
        world.write(ITEM, { values: [value(1, 'alone')] }); // leaves its batch, which then may move down
        world.write(MODEL, { parent: SERIES });
      }
      return seen;
    };
    world.write(ITEM, { parent: BATCH });
    expect(told(world.ask(ITEM).answer)).toBe('1=alone');
  });
});
