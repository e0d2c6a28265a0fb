// What a node remembers of others for all its threads.

import { describe, expect, test } from 'vitest';
import { DiskAnswers } from '../../src/cache/disk-answers.ts';
import { HandleError } from '../../src/domain/error.ts';
import type { ForeignQuestion } from '../../src/domain/foreign-answer.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import { RememberingReader } from '../../src/resolver/remembering.ts';
import { Others, START } from './world.ts';

const HANDLE = '20.500/OAK' as Handle;
const question: ForeignQuestion = { handle: HANDLE, site: null, via: '', isRenewal: false };

function open() {
  const clock = { now: START };
  const others = new Others();
  const tier = new DiskAnswers({ file: ':memory:', maxBytes: 1e6, clock: () => clock.now, observer: SILENT_OBSERVER });
  const policy = { maxAgeSeconds: 3600, staleSeconds: 3600 };
  const reader = new RememberingReader({ reader: others, tier, clock: () => clock.now, trusts: () => true, ...policy });
  return { clock, others, reader };
}

describe('a node', () => {
  test('asks others once while what they told is fresh, whichever thread wants to know', async () => {
    const { others, reader, clock } = open();
    const first = await reader.fetch(question);
    expect(await reader.fetch(question)).toEqual(first);
    expect(others.asked).toHaveLength(1);
    clock.now += 600_000;
    await reader.fetch(question);
    expect(others.asked).toHaveLength(2);
  });

  test('asks again for a renewal, and gives nothing old in its place', async () => {
    const { others, reader } = open();
    await reader.fetch(question);
    await reader.fetch({ ...question, isRenewal: true });
    expect(others.asked).toHaveLength(2);
    const failure = new HandleError('UPSTREAM_UNAVAILABLE', 'x');
    others.says = async () => Promise.reject(failure);
    await expect(reader.fetch({ ...question, isRenewal: true })).rejects.toBe(failure);
  });

  test('gives what it knew while others cannot be asked, with its age, as long as it may stand in', async () => {
    const { others, reader, clock } = open();
    const first = await reader.fetch(question);
    others.says = async () => Promise.reject(new HandleError('UPSTREAM_UNAVAILABLE', 'x'));
    clock.now += 700_000;
    expect(await reader.fetch(question)).toEqual(first);
    others.says = async () => Promise.reject(new HandleError('INTERNAL', 'x'));
    await expect(reader.fetch(question)).rejects.toMatchObject({ code: 'INTERNAL' });
    others.says = async () => Promise.reject(new HandleError('UPSTREAM_UNAVAILABLE', 'x'));
    clock.now += 3_600_000;
    await expect(reader.fetch(question)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });

  test('keeps nothing that was on its way when it was invalidated', async () => {
    const { others, reader } = open();
    others.says = async () => {
      await reader.forget(HANDLE);
      return others.found('old');
    };
    await reader.fetch(question);
    others.says = async () => others.found('new');
    expect(await reader.fetch(question)).toMatchObject({ values: [{ data: 'new' }] });
    await reader.forget(HANDLE);
    await reader.fetch(question);
    expect(others.asked).toHaveLength(3);
  });
});
