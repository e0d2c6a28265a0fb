// What others told, on this node's own disk: over restarts, within its bytes, and no worse than nothing when it is broken.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { DiskAnswers } from '../../src/cache/disk-answers.ts';
import type { TierKey } from '../../src/cache/second-tier.ts';
import { bytesFromText } from '../../src/domain/bytes.ts';
import type { ForeignAnswer } from '../../src/domain/foreign-answer.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import { temporaryDirectory } from '../system/node.ts';

const directory = temporaryDirectory();
const opened: DiskAnswers[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

function open(file = ':memory:', maxBytes = 1e6) {
  const clock = { now: 1000 };
  const events: string[] = [];
  const tier = new DiskAnswers({
    file,
    maxBytes,
    clock: () => clock.now,
    observer: { cacheEvent: (_cache, event) => events.push(event), cacheSize() {} },
  });
  opened.push(tier);
  return { tier, clock, events };
}

const key = (suffix: string): TierKey => ({ handle: `20.500/${suffix}` as Handle, site: null });
const told = (data: string): ForeignAnswer => ({
  kind: 'found',
  learnedAt: 1,
  values: [makeValue({ index: 1, type: bytesFromText('NAME'), data: bytesFromText(data) })],
});

describe('answers on disk', () => {
  test('are there after a restart, each with its site, until their time is over', async () => {
    const file = join(directory.path, 'learned.sqlite');
    const first = open(file);
    first.tier.set(key('OAK'), told('橡木'), 5000);
    const elsewhere = { ...key('OAK'), site: { prefix: '20.500' as never, urls: ['https://oak.example'], sites: [] } };
    first.tier.set(elsewhere, told('oak'), 5000);
    await first.tier.close();
    const { tier, clock } = open(file);
    expect(await tier.get(key('OAK'))).toEqual(told('橡木'));
    expect(await tier.get(elsewhere)).toEqual(told('oak'));
    expect(await tier.held(elsewhere.handle)).toMatchObject({ kind: 'found' });
    expect(await tier.held(key('ASH').handle)).toBeNull();
    clock.now += 5000;
    expect(await tier.get(key('OAK'))).toBeNull();
    expect(await tier.held(key('OAK').handle)).toBeNull();
  });

  test('are gone when they are forgotten, or when what they tell of is', async () => {
    const { tier } = open();
    for (const suffix of ['A', 'B']) tier.set(key(suffix), told('x'), 5000);
    await tier.forget(key('A').handle);
    tier.set(key('B'), { kind: 'not-found', learnedAt: 1 }, 5000);
    expect([await tier.get(key('A')), await tier.get(key('B'))]).toEqual([null, null]);
  });

  test('take no more than their bytes: the oldest give way', async () => {
    const { tier, clock, events } = open(':memory:', 20_000);
    for (let i = 0; i < 100; i++) {
      clock.now++;
      tier.set(key(String(i)), told('x'.repeat(400)), 1e6);
    }
    expect(events).toContain('evicted');
    expect(await tier.get(key('0'))).toBeNull();
    expect(await tier.get(key('99'))).not.toBeNull();
    const left = await Promise.all(Array.from({ length: 100 }, (_, i) => tier.get(key(String(i)))));
    const count = left.filter((answer) => answer !== null).length;
    expect(count).toBeGreaterThan(20);
    expect(count).toBeLessThan(40);
  });

  test('begin anew in a file that is no database', async () => {
    const file = join(directory.path, 'broken.sqlite');
    writeFileSync(file, 'x'.repeat(5000));
    const { tier } = open(file);
    expect(await tier.get(key('OAK'))).toBeNull();
    tier.set(key('OAK'), told('oak'), 5000);
    expect(await tier.get(key('OAK'))).toEqual(told('oak'));
    directory.remove();
  });
});
