// Codes of lots on the read path: answered without a record, coherent with every acknowledged change, and cheap to miss.

import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { announce } from '../../src/app/announce.ts';
import { createEpochBuffers, EpochTable } from '../../src/cache/epoch-table.ts';
import type { Answer } from '../../src/domain/answer.ts';
import type { Change } from '../../src/domain/change.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { type Lot, lotIdOf, type Suspicion, suffixAt } from '../../src/domain/lot.ts';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import { createResolver } from '../../src/resolver/chain.ts';
import { createPastResolver, type PastResolver } from '../../src/resolver/past.ts';
import type { Question, Resolver } from '../../src/resolver/resolver.ts';
import { LotSecrets } from '../../src/store/lot-secrets.ts';
import { openMemoryStore } from '../../src/store/memory-store.ts';
import type { RegistryStore } from '../../src/store/registry-store.ts';
import { apply, h, lot, lotAgain, NOON, P, put, remove, text } from '../store/world.ts';
import { told } from './world.ts';

const KEYS = [randomBytes(32)];
const secrets = new LotSecrets(KEYS);
const sealedSecret = secrets.seal(P, randomBytes);
const TAGGED = { tagLength: 9, sealedSecret };

let store: RegistryStore;
let resolver: Resolver;
let past: PastResolver;
let suspicions: Suspicion[];
/** Questions the store was asked, by method. */
let asked: string[];
let now: number;

function open(tags: LotSecrets = secrets): void {
  suspicions = [];
  asked = [];
  now = NOON;
  const epochs = new EpochTable(createEpochBuffers());
  const clock = () => now;
  store = openMemoryStore({ clock, lotTags: secrets, onVisible: (changes) => announce(epochs, changes) });
  const noting = <T extends keyof RegistryStore>(name: T): RegistryStore[T] =>
    ((...question: never[]) => {
      asked.push(name);
      return (store[name] as (...question: never[]) => unknown)(...question);
    }) as RegistryStore[T];
  const reader = { lots: noting('lots'), findLot: noting('findLot'), list: noting('list') };
  const observer = { ...SILENT_OBSERVER, suspected: (kind: Suspicion) => void suspicions.push(kind) };
  const homed = () => [{ prefix: '88.118' as Prefix, foldsCase: false }];
  const cache = { l1Bytes: 1e6, negativeBytes: 1e5, parentBytes: 1e6, maxAgeSeconds: 30 };
  const shared = { epochs, clock, homed };
  resolver = createResolver({
    ...shared,
    store: { get: noting('get') },
    lots: { reader, tags },
    observer,
    foreign: null,
    cache,
  });
  past = createPastResolver({ ...shared, store, lots: store, tags });
}

beforeEach(() => open());

function question(handle: Handle): Question {
  return { handle, bypassCache: false, delegated: null, via: '', tier: 'none', payForLook() {}, payForTrip() {} };
}

function ask(suffix: string, prefix: string = P): Answer {
  const answer = resolver.resolve(question(h(suffix, prefix)));
  if (answer instanceof Promise) throw new Error('what is at hand was answered with a promise');
  return answer;
}

const says = (suffix: string): string => told(ask(suffix));
const standing = async (name: string): Promise<Lot> => (await store.lot(lotIdOf(P, name))) as Lot;
const change = async (name: string, more: Partial<Lot>): Promise<unknown> =>
  apply(store, lotAgain(await standing(name), more));
const lotOf = (name: string, more: Partial<Lot> = {}): Change =>
  lot(name, { values: [text(2000, 'no {serial}')], ...more });

describe('a code of a lot', () => {
  it('is found without a record, with its serial in the lot’s values, and what is above the lot', async () => {
    await apply(store, put(h('MODEL'), 0, { values: [text(2001, 'sofa'), text(2000, 'hidden')] }));
    await apply(store, put(h('BATCH'), 0, { parent: h('MODEL'), values: [text(2002, 'May')] }));
    await apply(store, lotOf('a', { parent: h('BATCH') }));
    expect(says('SOFA-0007')).toBe('2000=no 0007 2001=sofa 2002=May');
    expect(says('SOFA-0999')).toBe('2000=no 0999 2001=sofa 2002=May');
    const answer = ask('SOFA-0007');
    expect(answer).toMatchObject({ kind: 'found', record: { handle: h('SOFA-0007'), revision: 0, values: [] } });
    expect(answer.kind === 'found' && answer.ancestors.map(({ handle }) => handle)).toEqual([
      lotIdOf(P, 'a'),
      h('BATCH'),
      h('MODEL'),
    ]);
  });

  it('is found with its check tag, and with no other', async () => {
    await apply(store, lotOf('t', { head: 'T', ...TAGGED }));
    const code = suffixAt(await standing('t'), 7, secrets);
    expect(says(code)).toBe('2000=no 0007');
    const wrong = `${code.slice(0, -1)}${code.at(-1) === '3' ? '4' : '3'}`;
    expect(says(wrong)).toBe('not-found');
    expect(says(`T0008${code.slice(5)}`)).toBe('not-found');
    expect(suspicions).toEqual(['tag', 'tag']);
  });

  it('is not found with a serial outside the range, or in a foreign shape, which is counted', async () => {
    await apply(store, lotOf('a', { from: 10, to: 99 }), lotOf('b', { from: 500 }));
    for (const suffix of ['SOFA-0009', 'SOFA-0100', 'SOFA-1000']) expect(says(suffix)).toBe('not-found');
    expect(suspicions).toEqual(['serial', 'serial', 'serial']);
    for (const suffix of ['SOFA-00X9', 'SOFA-10', 'TABLE']) expect(says(suffix)).toBe('not-found');
    expect(suspicions.slice(3)).toEqual(['shape', 'shape', 'shape']);
    expect(told(ask('SOFA-0009', '88.118.7'))).toBe('not-found');
    expect(suspicions).toHaveLength(6);
  });

  it('is revoked with the lot, and with what is above it', async () => {
    await apply(store, put(h('BATCH')), lotOf('a', { parent: h('BATCH') }), lotOf('b', { from: 2000, to: 2999 }));
    expect(says('SOFA-0007')).toBe('2000=no 0007');
    await apply(store, put(h('BATCH'), 1, { status: 'revoked', reason: 'glue' }));
    expect(says('SOFA-0007')).toBe(`revoked by ${h('BATCH')}: glue`);
    await change('a', { state: 'revoked', reason: 'recalled' });
    expect(says('SOFA-0007')).toBe(`revoked by ${lotIdOf(P, 'a')}: recalled`);
    expect(says('SOFA-2007')).toBe('2000=no 2007');
  });

  it('says so when something above it is recalled', async () => {
    await apply(store, put(h('BATCH')), lotOf('a', { parent: h('BATCH') }));
    expect(says('SOFA-0007')).not.toContain('1002');
    await apply(store, put(h('BATCH'), 1, { recall: { reason: 'r', notice: 'stop using it', timestamp: 0 } }));
    expect(says('SOFA-0007')).toContain('1002=stop using it');
  });
});

describe('a record in a lot', () => {
  it('wins, and inherits through the lot', async () => {
    await apply(store, put(h('BATCH'), 0, { values: [text(2002, 'May')] }), lotOf('a', { parent: h('BATCH') }));
    expect(says('SOFA-0007')).toBe('2000=no 0007 2002=May');
    await apply(store, put(h('SOFA-0007'), 0, { values: [text(2003, 'repaired'), text(2002, 'June')] }));
    expect(says('SOFA-0007')).toBe('2000=no 0007 2002=June 2003=repaired');
    await change('a', { state: 'revoked', reason: 'recalled' });
    expect(says('SOFA-0007')).toBe(`revoked by ${lotIdOf(P, 'a')}: recalled`);
  });

  it('answers for itself when it is reserved or revoked, and gives way to the lot when it is deleted', async () => {
    await apply(store, lotOf('a'), put(h('SOFA-0007'), 0, { status: 'reserved' }));
    expect(says('SOFA-0007')).toBe('not-found');
    await apply(store, put(h('SOFA-0007'), 1, { status: 'revoked', reason: 'stolen' }));
    expect(says('SOFA-0007')).toBe(`revoked by ${h('SOFA-0007')}: stolen`);
    await apply(store, remove(h('SOFA-0007'), 2));
    expect(says('SOFA-0007')).toBe('2000=no 0007');
  });

  it('keeps its own parent, and the lot’s values before it', async () => {
    await apply(
      store,
      put(h('ONE'), 0, { values: [text(2001, 'one')] }),
      put(h('TWO'), 0, { values: [text(2001, 'two')] }),
    );
    await apply(store, lotOf('a', { parent: h('ONE') }), put(h('SOFA-0007'), 0, { parent: h('TWO') }));
    expect(says('SOFA-0007')).toBe('2000=no 0007 2001=two');
    expect(says('SOFA-0008')).toBe('2000=no 0008 2001=one');
  });

  it('stood there before, and joins the lot that comes', async () => {
    await apply(store, put(h('SOFA-0007'), 0, { values: [text(1, 'old')] }));
    expect(says('SOFA-0007')).toBe('1=old');
    await apply(store, lotOf('a'));
    expect(says('SOFA-0007')).toBe('1=old 2000=no 0007');
  });

  it('that stood there with another check tag is none of the lot', async () => {
    await apply(store, put(h('SOFA-0007ABCDEFGHJ'), 0, { values: [text(1, 'old')] }), lotOf('t', TAGGED));
    expect(says('SOFA-0007ABCDEFGHJ')).toBe('1=old');
    expect(suspicions).toEqual([]);
  });
});

describe('an acknowledged change of a lot', () => {
  it('shows at once, whatever was answered before', async () => {
    expect(says('SOFA-0007')).toBe('not-found');
    await apply(store, lotOf('a', { to: 99 }));
    expect(says('SOFA-0007')).toBe('2000=no 0007');
    expect(says('SOFA-0200')).toBe('not-found');
    await change('a', { values: [text(2000, 'new {serial}')] });
    expect(says('SOFA-0007')).toBe('2000=new 0007');
    await change('a', { to: 299 });
    expect(says('SOFA-0200')).toBe('2000=new 0200');
    await change('a', { to: 199, state: 'closed' });
    expect(says('SOFA-0200')).toBe('not-found');
  });

  it('costs a look at the lots of its prefix once, and nothing while there are none', async () => {
    for (let i = 0; i < 5; i++) ask(`X-${i}`);
    expect(asked.filter((name) => name !== 'get')).toEqual(['lots']);
    await apply(store, lotOf('a', { prefix: '88.118.2' as Prefix }));
    asked.length = 0;
    for (let i = 0; i < 5; i++) ask(`SOFA-000${i}`, '88.118.2');
    for (let i = 0; i < 5; i++) ask(`Y-${i}`);
    expect(asked.filter((name) => name !== 'get')).toEqual(['lots', 'list']);
    await apply(store, put(h('Z')));
    asked.length = 0;
    for (let i = 5; i < 9; i++) ask(`SOFA-000${i}`, '88.118.2');
    expect(asked).toEqual([]);
  });

  it('is looked for among the records only once one of the lot is there', async () => {
    await apply(store, lotOf('a'), lotOf('b', { head: 'BED-' }));
    expect([says('SOFA-0001'), says('SOFA-0002'), says('BED-0001')]).toEqual(
      ['0001', '0002', '0001'].map((digits) => `2000=no ${digits}`),
    );
    asked.length = 0;
    // Neither records beside the rooms nor a code whose form is foreign change that.
    await apply(store, put(h('SOFA')), put(h('SOFA-1000')), put(h('SOFA-A')));
    expect(says('SOFA-0003')).toBe('2000=no 0003');
    expect(asked).toEqual([]);
    await apply(store, put(h('SOFA-0001'), 0, { status: 'reserved' }));
    expect([says('SOFA-0001'), says('SOFA-0004'), says('BED-0002')]).toEqual([
      'not-found',
      '2000=no 0004',
      '2000=no 0002',
    ]);
    expect(asked).toEqual(['list', 'get', 'get', 'list']);
    asked.length = 0;
    await apply(store, put(h('SOFA-0001'), 1, { values: [text(2000, 'own')] }), put(h('SOFA-0002')));
    expect([says('SOFA-0001'), says('SOFA-0002'), says('BED-0003')]).toEqual([
      '2000=own',
      '2000=no 0002',
      '2000=no 0003',
    ]);
    await apply(store, remove(h('SOFA-0001'), 2));
    expect(says('SOFA-0001')).toBe('2000=no 0001');
    expect(asked.filter((name) => name === 'list')).toEqual(['list']);
  });

  it.each([
    ['a record that is a code', 'SOFA-0500'],
    ['the first', 'SOFA-0000'],
    ['the last', 'SOFA-0999'],
  ])('finds %s that stood there before its lot', async (_, suffix) => {
    await apply(store, put(h(suffix), 0, { values: [text(2000, 'own')] }), lotOf('a'));
    expect([says(suffix), says('SOFA-0007')]).toEqual(['2000=own', '2000=no 0007']);
  });

  it('finds what stood there where the room is the whole of the prefix', async () => {
    await apply(store, put(h('0003'), 0, { values: [text(2000, 'own')] }), lotOf('a', { head: '' }));
    expect([says('0003'), says('0004')]).toEqual(['2000=own', '2000=no 0004']);
  });
});

describe('without the key of lots', () => {
  it('what a check tag would tell cannot be found out, and everything else goes on', async () => {
    const code = suffixAt(lot('t', { head: 'T', ...TAGGED }).lot as Lot, 7, secrets);
    open(new LotSecrets([randomBytes(32)]));
    await apply(store, lotOf('t', { head: 'T', ...TAGGED }), lotOf('a'), put(h(code), 0, { values: [text(1, 'own')] }));
    expect(() => ask(`T0008${code.slice(5)}`)).toThrow(expect.objectContaining({ code: 'LOT_KEY_MISSING' }));
    expect(says('SOFA-0007')).toBe('2000=no 0007');
    expect(says(code)).toBe('1=own 2000=no 0007');
    expect(says('T1000')).toBe('not-found');
  });
});

describe('a code as of an instant', () => {
  const at = async (suffix: string, ms: number): Promise<string> => told(await past.resolveAt(h(suffix) as Handle, ms));

  it('answers as its lot stood then', async () => {
    await apply(store, put(h('BATCH'), 0, { values: [text(2001, 'one')] }));
    now += 1000;
    await apply(store, lotOf('a', { parent: h('BATCH'), to: 99 }));
    now += 1000;
    await change('a', { values: [text(2000, 'new {serial}')], to: 199 });
    now += 1000;
    await change('a', { to: 49, state: 'closed' });
    await apply(store, lotOf('b', { from: 50, values: [text(2000, 'other')] }));
    expect(await at('SOFA-0060', NOON)).toBe('not-found');
    expect(await at('SOFA-0060', NOON + 1000)).toBe('2000=no 0060 2001=one');
    expect(await at('SOFA-0150', NOON + 1000)).toBe('not-found');
    expect(await at('SOFA-0150', NOON + 2500)).toBe('2000=new 0150 2001=one');
    expect(await at('SOFA-0060', NOON + 3000)).toBe('2000=other');
    expect(await at('SOFA-0010', NOON + 3000)).toBe('2000=new 0010 2001=one');
  });
});

it('of a store that is away fails for who asked, and is asked nothing that nobody waits for', async () => {
  await apply(store, lotOf('away', { head: 'AWAY-' }));
  const away = () => Promise.reject(new Error('the store is away'));
  const remote = createResolver({
    store: { get: away },
    lots: {
      reader: { lots: async (...question) => store.lots(...question), findLot: away, list: away },
      tags: secrets,
    },
    ...{ epochs: new EpochTable(createEpochBuffers()), clock: () => now, observer: SILENT_OBSERVER, foreign: null },
    homed: () => [{ prefix: '88.118' as Prefix, foldsCase: false }],
    cache: { l1Bytes: 1e6, negativeBytes: 1e5, parentBytes: 1e6, maxAgeSeconds: 30 },
  });
  // A failure that nobody waits for would end the thread, and this test.
  await expect(async () => remote.resolve(question(h('AWAY-0001')))).rejects.toThrow('the store is away');
});
