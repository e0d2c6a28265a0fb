import { describe, expect, it } from 'vitest';
import { PartialRoom } from '../../src/handle-server/partial-room.ts';

describe('Room for messages that have come in part', () => {
  it('is shared: a network that has its share gets no more, and another one does', () => {
    const room = new PartialRoom({ maxBytes: 100, maxBytesOfNetwork: 30 });
    expect(room.take('a', 30)).toBe(true);
    expect(room.take('a', 1)).toBe(false);
    expect(room.take('a', -1)).toBe(true);
    expect(room.take('b', 30)).toBe(true);
    expect(room.take('c', 30)).toBe(true);
  });

  it('ends for everybody when all of it is taken', () => {
    const room = new PartialRoom({ maxBytes: 50, maxBytesOfNetwork: 30 });
    expect([room.take('a', 30), room.take('b', 20), room.take('c', 1)]).toEqual([true, true, false]);
    expect([room.take('c', -1), room.take('a', -30), room.take('c', 30)]).toEqual([true, true, true]);
  });

  it('keeps nothing of networks that take none any more', () => {
    const room = new PartialRoom({ maxBytes: 50, maxBytesOfNetwork: 30 });
    for (const network of ['a', 'b']) room.take(network, 10);
    for (const network of ['a', 'b']) room.take(network, -10);
    expect(room.networks).toBe(0);
  });
});
