// Room for connections: a cap for all, a share for each network, nobody's business while a door is quiet.

import { describe, expect, it } from 'vitest';
import { ConnectionRoom, type Leave } from '../../src/domain/connection-room.ts';

const LIMIT = 800;

/** Takes as many places as there are to be had; what was told at the end. */
function takeAll(room: ConnectionRoom, network: string): { readonly taken: Leave[]; readonly told: string } {
  const taken: Leave[] = [];
  for (;;) {
    const leave = room.enter(() => network);
    if (typeof leave === 'string') return { taken, told: leave };
    taken.push(leave);
  }
}

describe('room for connections', () => {
  it('is not to be had by one network alone, and a small one finds some', () => {
    const room = new ConnectionRoom(LIMIT);
    const { taken, told } = takeAll(room, 'greedy');
    expect(told).toBe('share');
    expect(taken.length).toBeGreaterThan(LIMIT / 2);
    expect(taken.length).toBeLessThan(LIMIT * 0.9);
    const other = room.enter(() => 'other');
    expect(typeof other).toBe('function');
  });

  it('is left by several greedy ones, each with less than the one before', () => {
    const room = new ConnectionRoom(LIMIT);
    const taken = ['a', 'b', 'c'].map((network) => takeAll(room, network).taken.length);
    expect(taken).toEqual(taken.toSorted((a, b) => b - a));
    expect(typeof room.enter(() => 'other')).toBe('function');
  });

  it('ends for everybody at the cap, and comes back with each that leaves, once', () => {
    const room = new ConnectionRoom(LIMIT);
    const leaves: Leave[] = [];
    for (let i = 0; i < LIMIT; i++) leaves.push(room.enter(() => `network ${i}`) as Leave);
    expect(room.enter(() => 'late')).toBe('full');
    leaves[5]?.();
    leaves[5]?.();
    expect(typeof room.enter(() => 'late')).toBe('function');
    expect(room.enter(() => 'later')).toBe('full');
  });

  it('is given back to the network that had it', () => {
    const room = new ConnectionRoom(LIMIT);
    const { taken } = takeAll(room, 'greedy');
    for (const leave of taken) leave();
    expect(takeAll(room, 'greedy').taken).toHaveLength(taken.length);
  });

  it('is nobody’s share while little is taken: nobody is asked where he comes from', () => {
    const room = new ConnectionRoom(LIMIT);
    let asked = 0;
    const networkOf = () => {
      asked++;
      return 'a';
    };
    for (let i = 0; i < LIMIT / 8; i++) room.enter(networkOf);
    expect(asked).toBe(0);
    room.enter(networkOf);
    expect(asked).toBe(1);
  });
});
