// What an identifier resolved to at an instant: itself and its ancestors as each stood then.

import { expect, it } from 'vitest';
import { createEpochBuffers, EpochTable } from '../../src/cache/epoch-table.ts';
import type { Handle } from '../../src/domain/handle.ts';
import type { RecordDraft } from '../../src/domain/handle-record.ts';
import { NO_LOT_KEY } from '../../src/domain/lot.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import { createPastResolver } from '../../src/resolver/past.ts';
import { openMemoryStore } from '../../src/store/memory-store.ts';
import { BATCH, ITEM, MODEL, START, told, value } from './world.ts';

function createPast() {
  const clock = { nowMs: START };
  const store = openMemoryStore({ clock: () => clock.nowMs, onVisible() {} });
  const homed = () => [{ prefix: '88.118' as Prefix, foldsCase: false }];
  const epochs = new EpochTable(createEpochBuffers());
  const past = createPastResolver({ store, lots: store, tags: NO_LOT_KEY, epochs, clock: () => START, homed });
  const write = async (seconds: number, handle: Handle, given: Partial<RecordDraft> | null): Promise<void> => {
    clock.nowMs = START + seconds * 1000;
    const expectedRevision = (await store.get(handle))?.revision ?? 0;
    const draft = {
      status: 'active',
      parent: null,
      template: null,
      reason: null,
      recall: null,
      values: [],
      ...given,
    } as const;
    const change =
      given === null
        ? ({ kind: 'delete-record', handle, expectedRevision } as const)
        : ({ kind: 'put-record', handle, expectedRevision, draft } as const);
    const { outcomes } = await store.commit({ principalId: 'p', requestId: 'r', changes: [change], idempotency: null });
    expect(outcomes[0]).toMatchObject({ ok: true });
  };
  const at = async (seconds: number, handle: Handle = ITEM) =>
    told(await past.resolveAt(handle, START + seconds * 1000));
  return { write, at, past };
}

it('inherits from the ancestors of then, with the values of then', async () => {
  const { write, at } = createPast();
  await write(0, MODEL, { values: [value(1, 'old model')] });
  await write(1, BATCH, { parent: MODEL, values: [value(2, 'batch')] });
  await write(2, ITEM, { parent: BATCH, values: [value(3, 'item')] });
  await write(3, MODEL, { values: [value(1, 'new model')] });
  await write(4, ITEM, { parent: null, values: [value(3, 'alone')] });
  await write(5, ITEM, { parent: MODEL, values: [value(3, 'under model')] });
  expect([await at(1), await at(2), await at(3), await at(4), await at(5), await at(99)]).toEqual([
    'not-found',
    '1=old model 2=batch 3=item',
    '1=new model 2=batch 3=item',
    '3=alone',
    '1=new model 3=under model',
    '1=new model 3=under model',
  ]);
});

it('is revoked from a revocation of itself or an ancestor to its end, and absent while deleted or reserved', async () => {
  const { write, at } = createPast();
  await write(0, MODEL, { values: [value(1, 'model')] });
  await write(1, ITEM, { parent: MODEL, status: 'reserved', values: [value(3, 'item')] });
  await write(2, ITEM, { parent: MODEL, values: [value(3, 'item')] });
  await write(3, MODEL, { status: 'revoked', reason: 'withdrawn' });
  await write(4, MODEL, { values: [value(1, 'model')] });
  await write(5, ITEM, { parent: MODEL, status: 'revoked', reason: 'broken' });
  await write(6, ITEM, null);
  await write(7, ITEM, { values: [value(3, 'again')] });
  const told = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((second) => at(second)));
  expect(told).toEqual([
    'not-found',
    '1=model 3=item',
    `revoked by ${MODEL}: withdrawn`,
    '1=model 3=item',
    `revoked by ${ITEM}: broken`,
    'not-found',
    '3=again',
  ]);
});

it('is refused for a prefix that is not homed here', async () => {
  await expect(createPast().past.resolveAt('99.1/A' as Handle, START)).rejects.toMatchObject({
    code: 'NOT_RESPONSIBLE',
  });
});
