// What a worker remembers of the directory: as long as it stands, and never longer.

import { describe, expect, it } from 'vitest';
import { createEpochBuffers, EpochTable, slotOf } from '../../src/cache/epoch-table.ts';
import { MAX_REMEMBERED } from '../../src/domain/limits.ts';
import { Remembered } from '../../src/registry/remembered.ts';

const epochs = new EpochTable(createEpochBuffers());
const change = (name: string) => epochs.raise([slotOf(`key:${name}`)], []);

function remembering(answer: (name: string) => string | null, keepsAbsence: boolean) {
  const asked: string[] = [];
  const read = (name: string) => {
    asked.push(name);
    return answer(name);
  };
  return { asked, remembered: new Remembered<string>({ epochs, kind: 'key', read, keepsAbsence }) };
}

describe('what is remembered', () => {
  it('is read once, and again after a change', () => {
    let stands = 'old';
    const { asked, remembered } = remembering(() => stands, false);
    expect([remembered.get('a'), remembered.get('a')]).toEqual(['old', 'old']);
    stands = 'new';
    change('b');
    expect(remembered.get('a')).toBe('old');
    change('a');
    expect([remembered.get('a'), remembered.get('a')]).toEqual(['new', 'new']);
    expect(asked).toEqual(['a', 'a']);
  });

  it('is absence too, where asked for', () => {
    const kept = remembering(() => null, true);
    const not = remembering(() => null, false);
    for (const { remembered } of [kept, not]) expect([remembered.get('a'), remembered.get('a')]).toEqual([null, null]);
    expect([kept.asked.length, not.asked.length]).toEqual([1, 2]);
  });

  it('does not outlive a change that came while it was being read', async () => {
    const waiting: ((value: string) => void)[] = [];
    const read = () => new Promise<string>((resolve) => waiting.push(resolve));
    const remembered = new Remembered<string>({ epochs, kind: 'key', read, keepsAbsence: false });
    const first = remembered.get('a');
    change('a');
    waiting[0]?.('old');
    expect(await first).toBe('old');
    const second = remembered.get('a');
    waiting[1]?.('new');
    expect(await second).toBe('new');
    expect(remembered.get('a')).toBe('new');
  });

  it('is read once for all who ask while it is read, but not for those who ask after a change', async () => {
    const waiting: ((value: string) => void)[] = [];
    const read = () => new Promise<string>((resolve) => waiting.push(resolve));
    const remembered = new Remembered<string>({ epochs, kind: 'key', read, keepsAbsence: false });
    const before = [remembered.get('a'), remembered.get('a')];
    change('b');
    const after = [remembered.get('a'), remembered.get('a')];
    expect(waiting).toHaveLength(2);
    waiting[1]?.('new');
    waiting[0]?.('old');
    expect(await Promise.all([...before, ...after])).toEqual(['old', 'old', 'new', 'new']);
  });

  it('is asked for again when reading failed for all who waited', async () => {
    let fails = true;
    const read = async (name: string) => {
      if (fails) throw new Error('away');
      return name;
    };
    const remembered = new Remembered<string>({ epochs, kind: 'key', read, keepsAbsence: false });
    const asked = await Promise.allSettled([remembered.get('a'), remembered.get('a')]);
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fails = false;
    expect(await remembered.get('a')).toBe('a');
  });

  it('forgets a name that is gone', () => {
    let stands: string | null = 'there';
    const { remembered } = remembering(() => stands, false);
    remembered.get('a');
    stands = null;
    change('a');
    expect(remembered.get('a')).toBeNull();
  });

  it('is bounded: the oldest give way', () => {
    const { asked, remembered } = remembering((name) => name, false);
    for (let i = 0; i <= MAX_REMEMBERED; i++) remembered.get(`n${i}`);
    remembered.get('n1');
    expect(asked).toHaveLength(MAX_REMEMBERED + 1);
    remembered.get('n0');
    expect(asked).toHaveLength(MAX_REMEMBERED + 2);
  });
});
