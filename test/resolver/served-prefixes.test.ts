// The prefix record of a prefix that this node serves: what is registered, else one that leads here; of others there is none.

import { describe, expect, test } from 'vitest';
import { createEpochBuffers, EpochTable, slotOf } from '../../src/cache/epoch-table.ts';
import { bytesFromText } from '../../src/domain/bytes.ts';
import type { Enterprise } from '../../src/domain/enterprise.ts';
import type { Handle } from '../../src/domain/handle.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import { decodeAdmin } from '../../src/wire/admin-value.ts';
import { createWorld, told, value, type World } from './world.ts';

const OWN = '88.118';
const recordOf = (prefix: string) => `0.NA/${prefix}` as Handle;

interface Scene extends World {
  readonly site: { data: ReturnType<typeof bytesFromText> };
  /** Makes or changes an enterprise, as the registry does. */
  put(prefix: string, more?: Partial<Enterprise>): void;
}

function scene({ hasSite = true } = {}): Scene {
  const epochs = new EpochTable(createEpochBuffers());
  const enterprises = new Map<string, Enterprise>();
  const site = { data: bytesFromText('the site') };
  const directory = { enterprise: (prefix: Prefix) => enterprises.get(prefix) ?? null };
  const served = hasSite ? { directory, ownPrefix: OWN as Prefix, site } : null;
  const world = createWorld({}, epochs, null, served);
  return {
    ...world,
    site,
    put(prefix, more = {}) {
      const plain = { name: 'Chairs', state: 'active', hosting: 'here', contact: null, quota: null } as const;
      const times = { holder: null, revision: 1, createdAt: 1_700_000_000_000, updatedAt: 1_700_000_000_000 };
      enterprises.set(prefix, { prefix: prefix as Prefix, ...plain, ...times, ...more });
      epochs.raise([slotOf(`enterprise:${prefix}`)], []);
    },
  };
}

describe('the prefix record', () => {
  test('of an enterprise that is hosted here leads to this node, and names who administers', () => {
    const { ask, put } = scene();
    put('88.118.1');
    const { answer, tier } = ask(recordOf('88.118.1'));
    if (answer.kind !== 'found') throw new Error(answer.kind);
    const [site, ...admins] = answer.values;
    expect([tier, site?.index, site?.type, site?.data]).toEqual(['store', 1, 'HS_SITE', 'the site']);
    expect(admins.map(({ type, data }) => ({ type, ...decodeAdmin(data) }))).toMatchObject([
      { type: 'HS_ADMIN', handle: '88.118/ADMIN', permissions: 0xfff },
      { type: 'HS_ADMIN', handle: '88.118.1/ADMIN', permissions: 0x803 },
    ]);
    expect(new Set(answer.values.map(({ timestamp }) => timestamp))).toEqual(new Set([1_700_000_000]));
  });

  test("of the node's own prefix does", () => {
    expect(told(scene().ask(recordOf(OWN)).answer)).toMatch(/^1=the site 100=/);
  });

  test.each<[string, Partial<Enterprise>]>([
    ['is not approved yet', { state: 'pending' }],
    ['answers for itself', { hosting: 'delegated' }],
  ])('of an enterprise that %s is not found', (_, more) => {
    const { ask, put } = scene();
    put('88.118.1', more);
    expect(told(ask(recordOf('88.118.1')).answer)).toBe('not-found');
  });

  test.each(['suspended', 'closed'] as const)('of one that is %s leads here, as it goes on resolving', (state) => {
    const { ask, put } = scene();
    put('88.118.1', { state });
    expect(ask(recordOf('88.118.1')).answer.kind).toBe('found');
  });

  test('of a prefix that nobody has is not found, nor is a handle that only looks alike', () => {
    const { ask, put } = scene();
    put('88.118.1');
    for (const name of [recordOf('88.118.2'), recordOf('88.118.1.2'), '88.118.1/0.NA/88.118.1']) {
      expect(told(ask(name).answer)).toBe('not-found');
    }
    expect(() => ask(recordOf('20.500'))).toThrow(expect.objectContaining({ code: 'NOT_RESPONSIBLE' }));
  });

  test('is what is registered, at once, whatever that says', () => {
    const { ask, put, write } = scene();
    put('88.118.1');
    for (let i = 0; i < 3; i++) expect(ask(recordOf('88.118.1')).answer.kind).toBe('found');
    write(recordOf('88.118.1'), { values: [value(7, 'registered')] });
    expect(told(ask(recordOf('88.118.1')).answer)).toBe('7=registered');
    write(recordOf('88.118.1'), { status: 'reserved' });
    expect(told(ask(recordOf('88.118.1')).answer)).toBe('not-found');
    write(recordOf('88.118.1'), { status: 'revoked', reason: 'gone' });
    expect(ask(recordOf('88.118.1')).answer.kind).toBe('revoked');
  });

  test('is there as soon as the enterprise is approved, and gone as soon as it answers for itself', () => {
    const { ask, put } = scene();
    for (let i = 0; i < 3; i++) expect(told(ask(recordOf('88.118.1')).answer)).toBe('not-found');
    put('88.118.1');
    for (let i = 0; i < 3; i++) expect(ask(recordOf('88.118.1')).answer.kind).toBe('found');
    put('88.118.1', { hosting: 'delegated' });
    expect(told(ask(recordOf('88.118.1')).answer)).toBe('not-found');
  });

  test('has another entity tag with another site, and the same with the same', () => {
    const { ask, site } = scene();
    const revision = () => {
      const { answer } = ask(recordOf(OWN), { bypassCache: true });
      return answer.kind === 'found' ? answer.record.revision : null;
    };
    const first = revision();
    expect(revision()).toBe(first);
    site.data = bytesFromText('another');
    expect(revision()).not.toBe(first);
  });

  test('is not found where the node has no site', () => {
    const { ask, put } = scene({ hasSite: false });
    put('88.118.1');
    for (const prefix of [OWN, '88.118.1']) expect(told(ask(recordOf(prefix)).answer)).toBe('not-found');
  });
});
