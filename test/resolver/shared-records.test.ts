// Which copy of a record is read: the cheapest one that cannot be behind what the node was told.

import { beforeEach, describe, expect, test } from 'vitest';
import { EpochPast } from '../../src/cache/epoch-past.ts';
import { createEpochBuffers, EpochTable, slotOf } from '../../src/cache/epoch-table.ts';
import type { KeptRecord, RecordTier } from '../../src/cache/record-tier.ts';
import type { Handle } from '../../src/domain/handle.ts';
import type { HandleRecord } from '../../src/domain/handle-record.ts';
import { SharedRecords } from '../../src/resolver/shared-records.ts';

const HANDLE = '88.118.1/OAK' as Handle;
const QUIET_MS = 2000;

const revision = (number: number): HandleRecord => ({
  ...{ handle: HANDLE, status: 'active', parent: null, template: null, reason: null, recall: null, values: [] },
  ...{ revision: number, createdAt: 1, updatedAt: number },
});

class Copy {
  record: HandleRecord | null = revision(1);
  isNear = true;
  asked = 0;
  fails = false;

  async get(): Promise<HandleRecord | null> {
    this.asked++;
    if (this.fails) throw new Error('gone');
    return this.record;
  }
}

class Shared implements RecordTier {
  isUp = true;
  kept: KeptRecord | null = null;

  async get(): Promise<KeptRecord | null> {
    return this.kept;
  }

  set(kept: KeptRecord): void {
    this.kept = kept;
  }

  async close(): Promise<void> {}
}

let epochs: EpochTable;
let past: EpochPast;
let now = 0;
beforeEach(() => {
  epochs = new EpochTable(createEpochBuffers());
  past = new EpochPast(epochs, QUIET_MS);
  now = 0;
});

function pass(ms: number): void {
  for (let i = 0; i < ms; i += 100) {
    now += 100;
    past.look(now);
  }
}

const change = (handle = HANDLE): void => epochs.raise([slotOf(handle)], []);

function open(parts: { readonly tier?: Shared; readonly replica?: Copy }) {
  const store = new Copy();
  const { tier = null, replica = null } = parts;
  const records = new SharedRecords({ store, tier, replica, epochs, past, clock: () => now });
  return { store, get: () => Promise.resolve(records.get(HANDLE)) };
}

describe('a replica', () => {
  test('is read once the node has been up for longer than it may be behind', async () => {
    const replica = new Copy();
    const { store, get } = open({ replica });
    await get();
    expect([store.asked, replica.asked]).toEqual([1, 0]);
    pass(QUIET_MS + 200);
    await get();
    expect([store.asked, replica.asked]).toEqual([1, 1]);
  });

  test('is not read for what was changed a moment ago, and is for everything else', async () => {
    const replica = new Copy();
    const { store, get } = open({ replica });
    pass(QUIET_MS + 200);
    change();
    store.record = revision(2);
    expect((await get())?.revision).toBe(2);
    change('88.118.1/ELM' as Handle);
    pass(QUIET_MS + 200);
    expect((await get())?.revision).toBe(1);
    change('88.118.1/ELM' as Handle);
    await get();
    expect([store.asked, replica.asked]).toEqual([1, 2]);
  });

  test('is not read while it is far behind, and when it fails the store is', async () => {
    const replica = new Copy();
    const { store, get } = open({ replica });
    pass(QUIET_MS + 200);
    replica.isNear = false;
    await get();
    expect([store.asked, replica.asked]).toEqual([1, 0]);
    replica.isNear = true;
    replica.fails = true;
    expect((await get())?.revision).toBe(1);
    expect([store.asked, replica.asked]).toEqual([2, 1]);
  });
});

describe('what nodes share', () => {
  test('spares the store a question', async () => {
    const tier = new Shared();
    const { store, get } = open({ tier });
    pass(QUIET_MS + 200);
    expect([await get(), await get()]).toEqual([revision(1), revision(1)]);
    expect([store.asked, tier.kept?.record]).toEqual([1, revision(1)]);
  });

  test('is not asked for what was changed a moment ago', async () => {
    const tier = new Shared();
    const { store, get } = open({ tier });
    pass(QUIET_MS + 200);
    await get();
    change();
    store.record = revision(2);
    expect((await get())?.revision).toBe(2);
  });

  test('does not get what was changed while it was read', async () => {
    const tier = new Shared();
    const { store, get } = open({ tier });
    pass(QUIET_MS + 200);
    store.get = async () => {
      change();
      return revision(1);
    };
    await get();
    expect(tier.kept).toBeNull();
  });

  test('is not believed if it was read before a gap in what nodes tell each other', async () => {
    const tier = new Shared();
    const { store, get } = open({ tier });
    pass(QUIET_MS + 200);
    await get();
    epochs.distrust(now + 1);
    store.record = revision(2);
    pass(QUIET_MS + 200);
    expect((await get())?.revision).toBe(2);
    expect(tier.kept?.record.revision).toBe(2);
  });

  test('holds no absence, and is left alone while it is down', async () => {
    const tier = new Shared();
    const { store, get } = open({ tier });
    store.record = null;
    pass(QUIET_MS + 200);
    expect(await get()).toBeNull();
    expect(tier.kept).toBeNull();
    store.record = revision(3);
    tier.kept = { record: revision(2), readAt: now };
    tier.isUp = false;
    expect((await get())?.revision).toBe(3);
  });
});
