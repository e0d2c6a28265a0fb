import { expect, test } from 'vitest';
import { announce } from '../../src/app/announce.ts';
import { createEpochBuffers, EpochTable, slotOf } from '../../src/cache/epoch-table.ts';
import type { VisibleChange } from '../../src/domain/change.ts';
import type { Handle } from '../../src/domain/handle.ts';
import type { LotId } from '../../src/domain/lot.ts';
import type { Prefix } from '../../src/domain/prefix.ts';

const handle = '88.118.1/A' as Handle;

/** Which of two answers, one that saw the record and one that saw its absence, a change ends. */
function ended(change: VisibleChange, name: string): { positive: boolean; negative: boolean } {
  const epochs = new EpochTable(createEpochBuffers());
  const epoch = epochs.current();
  announce(epochs, [change]);
  return {
    positive: !epochs.holds({ epoch, changeSlots: [slotOf(name)], creationSlot: null }),
    negative: !epochs.holds({ epoch, changeSlots: [], creationSlot: slotOf(name) }),
  };
}

test('a record that is replaced ends positive answers, one that appears negative ones', () => {
  const subject = 'record' as const;
  expect(ended({ subject, handle, replaced: true, appeared: false }, handle)).toEqual({
    positive: true,
    negative: false,
  });
  expect(ended({ subject, handle, replaced: false, appeared: true }, handle)).toEqual({
    positive: false,
    negative: true,
  });
  expect(ended({ subject, handle, replaced: true, appeared: true }, handle)).toEqual({
    positive: true,
    negative: true,
  });
});

test('what is known of the rooms of lots ends when a code becomes a record, and with nothing else', () => {
  const subject = 'record' as const;
  const name = 'lot-rows:88.118.1';
  expect(ended({ subject, handle, replaced: true, appeared: true }, name).positive).toBe(true);
  expect(ended({ subject, handle, replaced: false, appeared: true }, name).positive).toBe(false);
  expect(ended({ subject, handle, replaced: true, appeared: false }, name).positive).toBe(false);
});

test('what is remembered of enterprises, principals, keys, templates and lots ends with each change', () => {
  const changes: [VisibleChange, string][] = [
    [{ subject: 'enterprise', prefix: '88.118.1' as Prefix, transferred: false }, 'enterprise:88.118.1'],
    [{ subject: 'principal', id: 'p1' }, 'principal:p1'],
    [{ subject: 'key', tokenHash: 'ab' }, 'key:ab'],
    [{ subject: 'template', handle }, `template:${handle}`],
    [{ subject: 'lot', id: '88.118.1:a' as LotId, prefix: '88.118.1' as Prefix }, 'enterprise:88.118.1'],
  ];
  for (const [change, name] of changes) expect(ended(change, name).positive).toBe(true);
});

test('a change of homes ends everything, and so does what is committed with it', () => {
  const change: VisibleChange = { subject: 'home', prefix: '88.119' as Prefix };
  expect(ended(change, '88.119.1/A')).toEqual({ positive: true, negative: true });
});

test('one commit is one epoch', () => {
  const epochs = new EpochTable(createEpochBuffers());
  const before = epochs.current();
  announce(epochs, [
    { subject: 'record', handle, replaced: true, appeared: true },
    { subject: 'principal', id: 'p1' },
  ]);
  expect(epochs.current()).toBe(before + 1);
});
