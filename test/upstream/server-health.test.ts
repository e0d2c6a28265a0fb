// Which server is asked first: the nearer one, within bounds, and none that rests.

import { describe, expect, it } from 'vitest';
import { ServerHealth } from '../../src/upstream/server-health.ts';

function open() {
  let now = 1000;
  const health = new ServerHealth(() => now);
  const order = (...names: readonly string[]) => names.toSorted((a, b) => health.costOf(a) - health.costOf(b));
  return { health, order, pass: (ms: number) => (now += ms) };
}

describe('servers', () => {
  it('of which nothing is known come first, in the order they have', () => {
    const { health, order } = open();
    health.answered('known', 100);
    expect(order('known', 'a', 'b')).toEqual(['a', 'b', 'known']);
  });

  it('that are nearer come first, and those within a factor of two are equal', () => {
    const { health, order } = open();
    health.answered('far', 200);
    health.answered('near', 20);
    health.answered('as near', 17);
    expect(order('far', 'near', 'as near')).toEqual(['near', 'as near', 'far']);
    expect(health.costOf('near')).toBe(health.costOf('as near'));
  });

  it('that failed rest, longer each time, and come last until one answer', () => {
    const { health, order, pass } = open();
    health.answered('slow', 20_000);
    health.failed('ill');
    expect(order('ill', 'slow')).toEqual(['slow', 'ill']);
    pass(1001);
    expect(order('slow', 'ill')).toEqual(['ill', 'slow']);
    health.failed('ill');
    pass(1001);
    expect(order('ill', 'slow')).toEqual(['slow', 'ill']);
    health.answered('ill', 5);
    expect(order('slow', 'ill')).toEqual(['ill', 'slow']);
  });

  it('are asked again by one question a minute, to see how they are', () => {
    const { health, order, pass } = open();
    health.answered('far', 500);
    health.answered('near', 5);
    pass(60_001);
    health.answered('near', 5);
    expect(order('near', 'far')).toEqual(['near', 'far']);
    expect(health.costOf('far')).toBe(0);
    health.asked('far');
    expect(order('far', 'near')).toEqual(['near', 'far']);
  });

  it('whose rest is over get one question, and the others wait for what comes of it', () => {
    const { health, pass } = open();
    health.failed('ill');
    pass(1001);
    const before = health.costOf('ill');
    health.asked('ill');
    expect(health.costOf('ill')).toBeGreaterThan(before);
  });
});
