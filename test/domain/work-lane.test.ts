import { describe, expect, it } from 'vitest';
import { WorkLane } from '../../src/domain/work-lane.ts';

/** Work that ends when it is told to, and the order in which it began. */
function works() {
  const begun: string[] = [];
  const ends = new Map<string, { resolve: (value: string) => void; reject: (error: Error) => void }>();
  const work = (name: string) => (): Promise<string> => {
    begun.push(name);
    return new Promise((resolve, reject) => ends.set(name, { resolve, reject }));
  };
  return {
    begun,
    work,
    end: (name: string) => ends.get(name)?.resolve(name),
    fail: (name: string) => ends.get(name)?.reject(new Error(name)),
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('A lane', () => {
  it('has so much done at once, and the rest in the order it came', async () => {
    const lane = new WorkLane({ atOnce: 2, maxWaitingCost: 10, refusal: 'Too much.' });
    const { begun, work, end, fail } = works();
    const done = ['a', 'b', 'c', 'd'].map((name) => lane.run(1, work(name)));
    await settled();
    expect(begun).toEqual(['a', 'b']);
    end('b');
    await settled();
    expect(begun).toEqual(['a', 'b', 'c']);
    fail('a');
    await expect(done[0]).rejects.toThrow('a');
    await settled();
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
    end('c');
    end('d');
    expect(await Promise.all(done.slice(1))).toEqual(['b', 'c', 'd']);
    await Promise.all([lane.run(1, async () => {}), lane.run(1, async () => {})]);
  });

  it('refuses what would wait behind too much, and takes it when that has gone on', async () => {
    const lane = new WorkLane({ atOnce: 1, maxWaitingCost: 10, refusal: 'Too much.' });
    const { begun, work, end } = works();
    const first = lane.run(100, work('first'));
    const second = lane.run(9, work('second'));
    const third = lane.run(100, work('third'));
    await expect(lane.run(1, work('fourth'))).rejects.toMatchObject({ code: 'OVERLOADED', message: 'Too much.' });
    for (const name of ['first', 'second', 'third']) {
      await settled();
      end(name);
    }
    await Promise.all([first, second, third]);
    expect(await lane.run(1, async () => 'fifth')).toBe('fifth');
    expect(begun).toEqual(['first', 'second', 'third']);
  });
});
