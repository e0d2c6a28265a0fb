// What operators see of the cache, and purge from it.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { slotOf } from '../../src/cache/epoch-table.ts';
import { bytesFromText } from '../../src/domain/bytes.ts';
import type { ForeignAnswer, ForeignReader } from '../../src/domain/foreign-answer.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import { type OpenDoor, openDoor } from './door.ts';

const HANDLE = '20.500/OAK';
const LEARNED_AT = Date.UTC(2026, 10, 23, 3, 51, 48);
const forgotten: (Handle | null)[] = [];

let onDisk: ForeignAnswer | null = null;
const reader: ForeignReader = {
  async fetch(): Promise<ForeignAnswer> {
    const value = makeValue({ index: 1, type: bytesFromText('NAME'), data: bytesFromText('oak'), ttl: 600 });
    return { kind: 'found', values: [value], learnedAt: LEARNED_AT };
  },
  async forget(handle) {
    forgotten.push(handle);
  },
  async held() {
    return onDisk;
  },
};

let door: OpenDoor;
beforeAll(async () => {
  const routes = [{ name: 'world', scheme: 'handle', prefixes: ['*'] }] as const;
  const foreign = { reader, tier: null, routes, delegation: 'off', ownAddresses: [], staleSeconds: 3600 } as const;
  door = await openDoor({ foreign });
});
afterAll(() => door.close());

const cached = (key = door.operator, method = 'GET') => door.ask(method, `/v1/cache/${HANDLE}`, { key });

it('shows nothing of what was not asked for, and then how old it is', async () => {
  expect((await cached()).json).toEqual({ handle: HANDLE, memory: null, shared: null, disk: null });
  await door.ask('GET', `/api/handles/${HANDLE}`);
  expect((await cached()).json).toMatchObject({
    memory: { kind: 'found', values: 1, state: 'fresh', learnedAt: new Date(LEARNED_AT).toISOString() },
    shared: null,
  });
  door.clock.nowMs += 700_000;
  expect((await cached()).json).toMatchObject({ memory: { state: 'stale' } });
});

it('shows what the disk of the node holds, which no worker has asked for', async () => {
  onDisk = { kind: 'found', values: [], learnedAt: LEARNED_AT };
  const shown = (await door.ask('GET', '/v1/cache/20.500/ASH', { key: door.operator })).json;
  expect(shown).toMatchObject({ memory: null, disk: { kind: 'found', values: 0 } });
  onDisk = null;
});

it('shows nothing any more of what has ended since, whoever ended it', async () => {
  await door.ask('GET', `/api/handles/${HANDLE}`);
  expect((await cached()).json.memory).not.toBeNull();
  const slot = slotOf(HANDLE);
  door.epochs.raise([slot], [slot]);
  expect((await cached()).json).toMatchObject({ memory: null });
});

it('is purged by operators', async () => {
  expect((await cached(door.operator, 'DELETE')).status).toBe(204);
  expect(forgotten).toEqual([HANDLE]);
});

it('is nothing for enterprises, and for nobody', async () => {
  for (const method of ['GET', 'DELETE']) expect((await cached(door.chairs, method)).status).toBe(403);
  expect((await door.ask('GET', `/v1/cache/${HANDLE}`)).status).toBe(401);
  expect(forgotten).toHaveLength(1);
});

it('has no room for what is no handle', async () => {
  expect((await door.ask('GET', '/v1/cache/%00/X', { key: door.operator })).status).toBe(400);
});
