// Which answers a commit makes old, across threads and across the end of the numbers.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEpochBuffers, EpochTable, enterpriseSlotOf, olderEpoch, slotOf } from '../../src/cache/epoch-table.ts';
import type { Prefix } from '../../src/domain/prefix.ts';

const A = slotOf('88.118.1/A');
const B = slotOf('88.118.1/B');

function tableAt(start: number): EpochTable {
  const buffers = createEpochBuffers();
  new Int32Array(buffers.epoch)[0] = start;
  for (const table of [buffers.changes, buffers.creations]) new Int32Array(table).fill(start - 1);
  return new EpochTable(buffers);
}

describe('an answer', () => {
  test.each([0, 2 ** 30 - 1, 2 ** 31 - 1, -1])('holds until something it depends on changes, at epoch %d', (start) => {
    const epochs = tableAt(start);
    const answer = { epoch: epochs.current(), changeSlots: [A], creationSlot: null };
    expect(epochs.holds(answer)).toBe(true);
    epochs.raise([A], []);
    expect(epochs.holds(answer)).toBe(false);
    expect(epochs.holds({ ...answer, epoch: epochs.current() })).toBe(true);
  });

  test('holds while other things change, and while its own handle is only announced as created', () => {
    const epochs = tableAt(0);
    const answer = { epoch: epochs.current(), changeSlots: [A], creationSlot: null };
    epochs.raise([B], [A]);
    expect(epochs.holds(answer)).toBe(true);
  });

  test('that says nothing is there ends with a creation', () => {
    const epochs = tableAt(0);
    const answer = { epoch: epochs.current(), changeSlots: [], creationSlot: A };
    epochs.raise([A], [B]);
    expect(epochs.holds(answer)).toBe(true);
    epochs.raise([], [A]);
    expect(epochs.holds(answer)).toBe(false);
  });

  test('ends with a flush, whatever it depends on', () => {
    const epochs = tableAt(0);
    const answer = { epoch: epochs.current(), changeSlots: [A], creationSlot: null };
    epochs.flush();
    expect(epochs.holds(answer)).toBe(false);
  });

  test('ends in every thread that shares the buffers', () => {
    const buffers = createEpochBuffers();
    const reader = new EpochTable(buffers);
    const answer = { epoch: reader.current(), changeSlots: [A], creationSlot: null };
    new EpochTable(buffers).raise([A], []);
    expect(reader.current()).toBe(1);
    expect(reader.holds(answer)).toBe(false);
  });
});

test('every slot is renewed before its distance to the epoch could overflow', () => {
  const epochs = tableAt(2 ** 30 - 2);
  const untouched = { epoch: epochs.current(), changeSlots: [A], creationSlot: null };
  epochs.raise([B], []);
  expect(epochs.holds(untouched)).toBe(true);
  epochs.raise([B], []);
  expect(epochs.holds(untouched)).toBe(false);
});

test('the older of two epochs is the one the other was raised from', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 2 ** 31 - 1 }), (epoch, raised) => {
      const later = (epoch + raised) | 0;
      expect(olderEpoch(epoch, later)).toBe(epoch);
      expect(olderEpoch(later, epoch)).toBe(epoch);
    }),
  );
});

test('an enterprise has the slot of its name', () => {
  expect(enterpriseSlotOf('88.118.10023' as Prefix)).toBe(slotOf('enterprise:88.118.10023'));
});
