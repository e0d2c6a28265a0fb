// What is not in our store: handed to who answers for it, referred, or not found; and how long what others said is kept.

import { describe, expect, test } from 'vitest';
import { createEpochBuffers, EpochTable } from '../../src/cache/epoch-table.ts';
import { type ByteString, bytesFromText } from '../../src/domain/bytes.ts';
import { HandleError } from '../../src/domain/error.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import type { ForeignOptions } from '../../src/resolver/chain.ts';
import { siteFromJson } from '../../src/wire/site-json.ts';
import { encodeSite } from '../../src/wire/site-value.ts';
import { askLater, createWorld, ITEM, Others, START, told, value, type World } from './world.ts';

const ABROAD = '20.500/OAK' as Handle;
const DELEGATED = '88.118.7/OAK' as Handle;
const PREFIX_RECORD = '0.NA/88.118.7' as Handle;

const epochs = new EpochTable(createEpochBuffers());
const EVERYTHING = [{ name: 'world', scheme: 'handle', prefixes: ['*'] }] as const;

function open(more: Partial<ForeignOptions> = {}): { others: Others; world: World } {
  const others = new Others();
  const foreign: ForeignOptions = {
    reader: others,
    tier: null,
    routes: EVERYTHING,
    delegation: 'off',
    ownAddresses: [],
    staleSeconds: 0,
    ...more,
  };
  return { others, world: createWorld({ maxAgeSeconds: 3600 }, epochs, foreign) };
}

const typed = (index: number, type: string, data: ByteString) => makeValue({ index, type: type as ByteString, data });
const siteUrl = (url: string) => typed(1, 'SITE_URL', bytesFromText(url));

function site(address: string, ...interfaces: [protocol: string, port: number][]) {
  const servers = [
    {
      serverId: 1,
      address,
      interfaces: interfaces.map(([protocol, port]) => ({ query: true, admin: false, protocol, port })),
    },
  ];
  return typed(2, 'HS_SITE', encodeSite(siteFromJson({ servers }, '')));
}

describe('a handle of another prefix', () => {
  test('is asked for once, and then answered from the cache', async () => {
    const { world, others } = open();
    expect(await askLater(world, ABROAD)).toMatchObject({ says: '1=oak', tier: 'upstream' });
    expect(world.ask(ABROAD)).toMatchObject({ tier: 'l1', answer: { learned: { learnedAt: START } } });
    expect(others.asked).toEqual([{ handle: ABROAD, site: null, via: '', isRenewal: false }]);
  });

  test('is fresh for its TTL and no longer, and for an hour at most', async () => {
    const { world, others } = open();
    await askLater(world, ABROAD);
    world.passSeconds(600);
    others.says = async () => ({ ...others.found('ash', 86_400), learnedAt: START + 600_000 });
    expect(await askLater(world, ABROAD)).toMatchObject({ says: '1=ash', tier: 'upstream' });
    world.passSeconds(3600);
    others.says = async () => others.found('ash', 86_400, START + 4_200_000);
    expect(await askLater(world, ABROAD)).toMatchObject({ tier: 'upstream', answer: { ttlSeconds: 3600 } });
  });

  test('that does not exist there is not found, for a minute', async () => {
    const { world, others } = open();
    others.says = async () => ({ kind: 'not-found', learnedAt: START });
    expect(await askLater(world, ABROAD)).toMatchObject({ says: 'not-found', tier: 'upstream' });
    expect(world.ask(ABROAD).tier).toBe('negative');
    world.passSeconds(60);
    await askLater(world, ABROAD);
    expect(others.asked).toHaveLength(2);
  });

  test('whose node cannot be asked is not "not found", and is asked for again', async () => {
    const { world, others } = open();
    const failure = new HandleError('UPSTREAM_UNAVAILABLE', 'x');
    others.says = async () => Promise.reject(failure);
    await expect(askLater(world, ABROAD)).rejects.toBe(failure);
    others.says = async () => others.found('oak');
    expect(await askLater(world, ABROAD)).toMatchObject({ says: '1=oak' });
  });

  test('has one flight for all who ask at once', async () => {
    const { world, others } = open();
    const answers = await Promise.all(Array.from({ length: 50 }, () => askLater(world, ABROAD)));
    expect(new Set(answers.map(({ says, tier }) => `${says} ${tier}`))).toEqual(new Set(['1=oak upstream']));
    expect(others.asked).toHaveLength(1);
  });

  test('that no route covers, or nobody is asked about, does not live here', () => {
    const { world, others } = open({ routes: [{ name: 'doi', scheme: 'handle', prefixes: ['10'] }] });
    const alone = createWorld({}, epochs);
    for (const one of [world, alone]) {
      expect(() => one.ask(ABROAD)).toThrow(expect.objectContaining({ code: 'NOT_RESPONSIBLE' }));
    }
    expect(others.asked).toEqual([]);
  });

  test('has another entity tag for other content, and the same for the same', async () => {
    const { world, others } = open();
    const revisionOf = async () => {
      const { answer } = await askLater(world, ABROAD, { bypassCache: true });
      return answer.kind === 'found' ? answer.record.revision : null;
    };
    const first = await revisionOf();
    expect(await revisionOf()).toBe(first);
    others.says = async () => others.found('ash');
    expect(await revisionOf()).not.toBe(first);
  });

  test('is not handed on for who asked us not to', () => {
    const { world } = open();
    expect(() => world.ask(ABROAD, { delegated: 'refer' })).toThrow(
      expect.objectContaining({ code: 'NOT_RESPONSIBLE' }),
    );
  });
});

describe('our own handles', () => {
  test('are never asked for elsewhere, found or not', () => {
    const { world, others } = open();
    world.write(ITEM, { values: [value(1, 'oak')] });
    expect(told(world.ask(ITEM).answer)).toBe('1=oak');
    expect(told(world.ask('88.118.1/NONE').answer)).toBe('not-found');
    expect(others.asked).toEqual([]);
  });
});

describe('a prefix whose enterprise answers for itself', () => {
  test('is referred to, with the values that say where', () => {
    const { world, others } = open({ delegation: 'refer' });
    world.write(PREFIX_RECORD, { values: [siteUrl('https://oak.example'), value(9, 'unrelated')] });
    const { answer } = world.ask(DELEGATED);
    expect(answer).toMatchObject({ kind: 'referral', prefixHandle: PREFIX_RECORD, values: [{ type: 'SITE_URL' }] });
    expect(others.asked).toEqual([]);
  });

  test('is asked, where the settings say so', async () => {
    const { world, others } = open({ delegation: 'recurse' });
    world.write(PREFIX_RECORD, { values: [siteUrl('https://oak.example/'), site('203.0.113.9', ['HTTP', 8000])] });
    expect(await askLater(world, DELEGATED)).toMatchObject({ says: '1=oak', tier: 'upstream' });
    expect(others.asked).toMatchObject([
      { handle: DELEGATED, site: { prefix: '88.118.7', urls: ['https://oak.example', 'http://203.0.113.9:8000'] } },
    ]);
  });

  test('is asked or referred to as the question wants it', async () => {
    const { world } = open({ delegation: 'refer' });
    world.write(PREFIX_RECORD, { values: [siteUrl('https://oak.example')] });
    expect(await askLater(world, DELEGATED, { delegated: 'recurse' })).toMatchObject({ says: '1=oak' });
    expect(await askLater(world, DELEGATED)).toMatchObject({ says: 'referral' });
    const { world: other } = open({ delegation: 'recurse' });
    expect(await askLater(other, DELEGATED, { delegated: 'refer' })).toMatchObject({ says: 'not-found' });
  });

  test('is not there for who wants to hear of no other node', async () => {
    const { world, others } = open({ delegation: 'recurse' });
    world.write(PREFIX_RECORD, { values: [siteUrl('https://oak.example')] });
    expect(await askLater(world, DELEGATED, { delegated: 'absent' })).toMatchObject({ says: 'not-found' });
    expect(() => world.ask(ABROAD, { delegated: 'absent' })).toThrow(
      expect.objectContaining({ code: 'NOT_RESPONSIBLE' }),
    );
    expect(others.asked).toEqual([]);
  });

  test('that can be asked by the Handle protocol alone is asked by that', async () => {
    const { world, others } = open({ delegation: 'recurse' });
    const alone = site('203.0.113.9', ['TCP', 2641], ['UDP', 2641]);
    world.write(PREFIX_RECORD, { values: [alone, value(9, 'unrelated')] });
    expect(await askLater(world, DELEGATED)).toMatchObject({ says: '1=oak', tier: 'upstream' });
    expect(others.asked).toMatchObject([{ site: { prefix: '88.118.7', urls: [], sites: [alone.data] } }]);
  });

  test('that can be asked by HTTP too is asked by either, as long as it is not this very node', async () => {
    const { world, others } = open({ delegation: 'recurse', ownAddresses: ['203.0.113.1:2641'] });
    const both = site('203.0.113.9', ['HTTP', 8000], ['TCP', 2641]);
    world.write(PREFIX_RECORD, { values: [both, { ...site('203.0.113.1', ['TCP', 2641]), index: 7 }] });
    expect(await askLater(world, DELEGATED)).toMatchObject({ says: '1=oak' });
    expect(others.asked).toMatchObject([{ site: { urls: ['http://203.0.113.9:8000'], sites: [both.data] } }]);
  });

  test('that takes no questions, or is no site, is referred to', async () => {
    const { world, others } = open({ delegation: 'recurse' });
    for (const values of [[site('203.0.113.9')], [typed(2, 'HS_SITE', 'nonsense' as ByteString)]]) {
      world.write(PREFIX_RECORD, { values });
      expect(await askLater(world, DELEGATED)).toMatchObject({ says: 'referral' });
    }
    expect(others.asked).toEqual([]);
  });

  test('covers what is below it, and the longest prefix wins', async () => {
    const { world, others } = open({ delegation: 'recurse' });
    world.write(PREFIX_RECORD, { values: [siteUrl('https://oak.example')] });
    world.write('0.NA/88.118.7.2' as Handle, { values: [siteUrl('https://branch.example')] });
    for (const prefix of ['88.118.7.1', '88.118.7.2', '88.118.7.2.5', '88.118.70']) {
      await askLater(world, `${prefix}/X` as Handle);
    }
    expect(others.asked.map(({ handle, site: asked }) => [handle, asked?.urls[0]])).toEqual([
      ['88.118.7.1/X', 'https://oak.example'],
      ['88.118.7.2/X', 'https://branch.example'],
      ['88.118.7.2.5/X', 'https://branch.example'],
    ]);
  });

  test('through a service handle that has the site, and through no circle of them', async () => {
    const { world, others } = open({ delegation: 'recurse' });
    const serve = (handle: string) => typed(3, 'HS_SERV', handle as ByteString);
    world.write(PREFIX_RECORD, { values: [serve('88.118.1/SERVICE')] });
    world.write('88.118.1/SERVICE' as Handle, { values: [site('203.0.113.9', ['HTTPS', 443])] });
    expect(await askLater(world, DELEGATED)).toMatchObject({ says: '1=oak' });
    expect(others.asked[0]?.site?.urls).toEqual(['https://203.0.113.9:443']);
    world.write('88.118.1/SERVICE' as Handle, { values: [serve('88.118.1/OTHER')] });
    world.write('88.118.1/OTHER' as Handle, { values: [serve('88.118.1/SERVICE')] });
    expect(await askLater(world, DELEGATED, { bypassCache: true })).toMatchObject({ says: 'referral' });
  });

  test('answers from here for what is still registered here', () => {
    const { world } = open({ delegation: 'refer' });
    world.write(PREFIX_RECORD, { values: [siteUrl('https://oak.example')] });
    world.write(DELEGATED, { values: [value(1, 'here')] });
    expect(told(world.ask(DELEGATED).answer)).toBe('1=here');
  });

  test('is delegated, moved and taken back at once, whatever was cached', () => {
    const { world } = open({ delegation: 'refer' });
    const twice = () => [1, 2].map(() => told(world.ask(DELEGATED).answer))[1];
    expect(twice()).toBe('not-found');
    world.write(PREFIX_RECORD, { values: [siteUrl('https://oak.example')] });
    expect(twice()).toBe('referral');
    world.write(PREFIX_RECORD, { values: [value(9, 'unrelated')] });
    expect(twice()).toBe('not-found');
    world.write(PREFIX_RECORD, null);
    expect(twice()).toBe('not-found');
  });

  test.each([
    ['this very node', [siteUrl('http://node.example:8000')]],
    ['this very node by its address', [site('203.0.113.1', ['TCP', 2641])]],
    ['this very node by address and port', [site('203.0.113.2', ['TCP', 2641])]],
    ['nothing', [value(9, 'unrelated')]],
    ['what only administrators may read', [{ ...siteUrl('https://oak.example'), permissions: 0b1100 }]],
  ])('delegates nothing if its record names %s', (_, values) => {
    const { world } = open({
      delegation: 'refer',
      ownAddresses: ['node.example:8000', '203.0.113.1', '203.0.113.2:2641'],
    });
    world.write(PREFIX_RECORD, { values });
    expect(told(world.ask(DELEGATED).answer)).toBe('not-found');
  });

  test('is looked for once, not with every handle that does not exist', () => {
    const { world } = open({ delegation: 'refer' });
    for (let i = 0; i < 20; i++) world.ask(`88.118.7/GUESS-${i}`);
    expect(world.records.reads.filter((handle) => handle === PREFIX_RECORD)).toHaveLength(1);
  });

  test('is not looked for at all where delegation is off', () => {
    const { world } = open();
    world.write(PREFIX_RECORD, { values: [siteUrl('https://oak.example')] });
    expect(told(world.ask(DELEGATED).answer)).toBe('not-found');
    expect(world.records.reads).toEqual([DELEGATED]);
  });
});
