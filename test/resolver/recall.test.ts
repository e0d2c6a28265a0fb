// A recall shows on everything below it, at once, and takes nothing away.

import { describe, expect, test } from 'vitest';
import type { Found } from '../../src/domain/answer.ts';
import { textFromBytes } from '../../src/domain/bytes.ts';
import { BATCH, createWorld, ITEM, MODEL, START, told, value, type World } from './world.ts';

const recall = (notice: string) => ({ reason: 'hinge', notice, timestamp: START / 1000 });

function createFamily(): World {
  const world = createWorld();
  world.write(MODEL, { values: [value(2000, 'chair')] });
  world.write(BATCH, { parent: MODEL, values: [value(1, 'url')] });
  world.write(ITEM, { parent: BATCH, values: [value(2010, 'serial 7')] });
  for (const _ of [1, 2]) world.ask(ITEM);
  return world;
}

const noticeOf = (world: World) => {
  const found = (world.ask(ITEM).answer as Found).values.find(({ index }) => index === 1002);
  return found === undefined ? null : textFromBytes(found.data);
};

describe('a recall', () => {
  test.each([ITEM, BATCH, MODEL])('of %s shows on the item at once, as one public value in its place', (recalled) => {
    const world = createFamily();
    const { parent, values } = world.records.live.get(recalled) ?? { parent: null, values: [] };
    world.write(recalled, { parent, values, recall: recall('stop') });
    expect(told(world.ask(ITEM).answer)).toBe('1=url 1002=stop 2000=chair 2010=serial 7');
    const notice = (world.ask(ITEM).answer as Found).values[1];
    expect(notice).toMatchObject({ type: 'RECALL', permissions: 0b1110, timestamp: START / 1000 });
    expect(world.ask(ITEM).answer).toMatchObject({ recalls: [{ by: recalled, reason: 'hinge', notice: 'stop' }] });
    expect(world.ask(ITEM).answer.ttlSeconds).toBeLessThanOrEqual(300);
    world.write(recalled, { parent, values });
    expect(told(world.ask(ITEM).answer)).toBe('1=url 2000=chair 2010=serial 7');
  });

  test('does not show on what stands above or beside it', () => {
    const world = createFamily();
    world.write(ITEM, { parent: BATCH, recall: recall('stop') });
    expect(told(world.ask(BATCH).answer)).toBe('1=url 2000=chair');
  });

  test('does not hide another one above it: nearest first, each notice once', () => {
    const world = createFamily();
    world.write(MODEL, { recall: recall('fire') });
    world.write(BATCH, { parent: MODEL, recall: recall('hinge') });
    world.write(ITEM, { parent: BATCH, recall: recall('fire') });
    expect(noticeOf(world)).toBe('fire\nhinge');
    world.write(ITEM, { parent: BATCH });
    expect(noticeOf(world)).toBe('hinge\nfire');
    expect((world.ask(ITEM).answer as Found).recalls.map(({ by }) => by)).toEqual([BATCH, MODEL]);
  });

  test('cannot be hidden by a value that stood in its place', () => {
    const world = createFamily();
    world.write(ITEM, { parent: BATCH, values: [value(1002, 'all is well', { permissions: 0b1100 })] });
    expect(noticeOf(world)).toBe('all is well');
    world.write(MODEL, { recall: recall('fire') });
    expect(noticeOf(world)).toBe('fire');
  });

  test('gives way to a revocation', () => {
    const world = createFamily();
    world.write(BATCH, { status: 'revoked', reason: 'gone', parent: MODEL, recall: recall('stop') });
    expect(told(world.ask(ITEM).answer)).toBe(`revoked by ${BATCH}: gone`);
  });
});
