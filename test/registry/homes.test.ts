// What the node is home to: told by the settings, remembered by the store, followed while it runs.

import { describe, expect, it } from 'vitest';
import { announce } from '../../src/app/announce.ts';
import { createEpochBuffers, EpochTable } from '../../src/cache/epoch-table.ts';
import { HandleError } from '../../src/domain/error.ts';
import type { Home, HomedPrefix } from '../../src/domain/prefix.ts';
import { followHomes } from '../../src/registry/live-homes.ts';
import { rememberHomes } from '../../src/registry/remembered-homes.ts';
import { openMemoryStore } from '../../src/store/memory-store.ts';
import type { RegistryStore } from '../../src/store/registry-store.ts';
import { apply, h, put } from '../store/world.ts';

const epochs = new EpochTable(createEpochBuffers());

function open(): RegistryStore {
  return openMemoryStore({ clock: () => 1, onVisible: announce.bind(null, epochs) });
}

function homes(...texts: string[]): HomedPrefix[] {
  return texts.map((text) => ({ prefix: text.replace('~', ''), foldsCase: text.startsWith('~') }) as HomedPrefix);
}

async function start(store: RegistryStore, ...texts: string[]): Promise<string> {
  try {
    await rememberHomes({ store, configured: homes(...texts) });
  } catch (error) {
    if (error instanceof HandleError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return (await store.homes())
    .map(({ prefix, foldsCase, state }) => `${foldsCase ? '~' : ''}${prefix} ${state}`)
    .join(', ');
}

describe('at a start', () => {
  it('the rule of case of each homed prefix is remembered', async () => {
    const store = open();
    expect(await start(store, '88.118', '~20.500')).toBe('~20.500 homed, 88.118 homed');
    const { sequence } = store.stats();
    expect(await start(store, '88.118', '~20.500')).toBe('~20.500 homed, 88.118 homed');
    expect(store.stats().sequence).toBe(sequence);
  });

  it('another rule for identifiers that exist is refused, and says how to mend it', async () => {
    const store = open();
    await start(store, '88.118');
    await apply(store, put(h('a', '88.118.1')));
    const refusal = await start(store, '~88.118');
    expect(refusal).toMatch(/^INVALID_CONFIG: Suffixes under 88\.118 compare exactly/);
    expect(refusal).toContain('Set "foldsCase": false for 88.118 in node.homed');
    expect(await start(store, '88.118')).toBe('88.118 homed');
  });

  it('another rule is taken while there is nothing it could hide', async () => {
    const store = open();
    await start(store, '88.118');
    expect(await start(store, '~88.118')).toBe('~88.118 homed');
  });

  it('a prefix below another gets a rule of its own only before it holds identifiers', async () => {
    const store = open();
    await start(store, '88.118');
    await apply(store, put(h('a', '88.118.1')));
    expect(await start(store, '88.118', '~88.118.1')).toMatch(/^INVALID_CONFIG/);
    expect(await start(store, '88.118', '~88.118.2')).toBe('88.118 homed, ~88.118.2 homed');
    await apply(store, put(h('A', '88.118.2')));
    expect(await start(store, '88.118')).toMatch(/^INVALID_CONFIG.*88\.118\.2/);
  });

  it('what the settings no longer name is homed no more, and its rule is not forgotten', async () => {
    const store = open();
    await start(store, '88.118', '~20.500');
    await apply(store, put(h('A', '20.500')));
    expect(await start(store, '88.118')).toBe('~20.500 unhomed, 88.118 homed');
    expect(await start(store, '88.118', '20.500')).toMatch(/^INVALID_CONFIG/);
    expect(await start(store, '88.118', '~20.500')).toBe('~20.500 homed, 88.118 homed');
  });

  it('a store that takes no writes is compared all the same', async () => {
    const store = open();
    const readOnly: RegistryStore = {
      ...store,
      commit: async () => Promise.reject(new HandleError('STORE_READ_ONLY', 'The disk is full.')),
    };
    expect(await start(readOnly, '88.118')).toBe('');
    await start(store, '88.118');
    await apply(store, put(h('a', '88.118')));
    expect(await start(readOnly, '~88.118')).toMatch(/^INVALID_CONFIG/);
  });
});

describe('while it runs', () => {
  const configured = homes('88.118');
  const home = (state: Home['state'], expectedRevision: number) => ({
    kind: 'put-home' as const,
    expectedRevision,
    home: { prefix: '88.119' as Home['prefix'], foldsCase: true, homedBy: 'operator' as const, state },
  });

  it('what an operator homes and unhomes counts from its acknowledgement', async () => {
    const store = open();
    const homed = followHomes({ store, epochs, configured });
    expect(homed()).toEqual(configured);
    await apply(store, home('homed', 0));
    expect(homed()).toEqual(homes('88.118', '~88.119'));
    await apply(store, home('unhomed', 1));
    expect(homed()).toEqual(configured);
  });

  it('a store that answers later is read in the background, and again after a failure', async () => {
    const store = open();
    await apply(store, home('homed', 0));
    let fails = true;
    const slow = {
      homes: async () => {
        if (fails) throw new HandleError('STORE_UNAVAILABLE', 'It does not answer.');
        return store.homes();
      },
    };
    const homed = followHomes({ store: slow, epochs, configured });
    expect(homed()).toEqual(configured);
    await new Promise(setImmediate);
    fails = false;
    expect(homed()).toEqual(configured);
    await new Promise(setImmediate);
    expect(homed()).toEqual(homes('88.118', '~88.119'));
  });
});
