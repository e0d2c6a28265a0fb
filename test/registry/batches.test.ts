// Calls of many registrations: order, cost, races and dry runs.

import { describe, expect, it } from 'vitest';
import { HandleError } from '../../src/domain/error.ts';
import { MAX_BATCH_ITEMS } from '../../src/domain/limits.ts';
import { type Observer, SILENT_OBSERVER } from '../../src/domain/observer.ts';
import type { Registration } from '../../src/registry/registration.ts';
import {
  CHAIRS,
  claim,
  DRY,
  LAMPS,
  named,
  one,
  openFixture,
  patch,
  put,
  remove,
  revoke,
  value,
  WRITE,
  word,
  words,
} from './fixture.ts';

const A = `${CHAIRS}/A`;
const B = `${CHAIRS}/B`;

describe('a batch', () => {
  it('refuses its bad items alone and answers in order', async () => {
    const f = await openFixture();
    const malformed = new HandleError('INVALID_VALUE', 'no index', { at: '/values/0' });
    const { results } = await f.identifiers.register(
      f.chairs,
      [
        put(A),
        { operation: 'refused', handle: '?', ifMatch: null, error: malformed },
        put('nonsense'),
        put(`${LAMPS}/A`),
        put('1.2/A'),
        put(B, { parent: A }),
        put(`${CHAIRS}/C`, { parent: `${CHAIRS}/NONE` }),
        revoke(`${CHAIRS}/NONE`),
      ],
      WRITE,
    );
    expect(words(results)).toEqual([
      'created',
      'INVALID_VALUE',
      'INVALID_HANDLE',
      'FORBIDDEN',
      'NOT_RESPONSIBLE',
      'created',
      'INVALID_PARENT',
      'NOT_FOUND',
    ]);
    expect(results[1]).toEqual({ ok: false, handle: '?', error: malformed });
    expect(results[2]).toMatchObject({ handle: 'nonsense' });
  });

  it('carries out the same handle in order', async () => {
    const f = await openFixture();
    const calls: Registration[] = [
      put(A),
      put(A),
      put(A, named('2')),
      revoke(A),
      put(A),
      remove(A),
      put(A, { mode: 'create' }),
      patch(A, named('3')),
    ];
    const { results } = await f.identifiers.register(f.chairs, calls, WRITE);
    expect(words(results)).toEqual([
      'created',
      'unchanged',
      'updated',
      'revoked',
      'INVALID_STATE',
      'deleted',
      'created',
      'updated',
    ]);
    expect(results.map((result) => (result.ok ? result.revision : 0))).toEqual([1, 1, 2, 3, 0, 4, 5, 6]);
  });

  it('costs one read of records, one commit, and one look at the enterprise', async () => {
    const f = await openFixture();
    const calls = Array.from({ length: 1000 }, (_, i) => put(`${CHAIRS}/${i}`));
    const { results } = await f.identifiers.register(f.chairs, calls, WRITE);
    expect(results.every((result) => result.ok)).toBe(true);
    expect(f.commits.count).toBe(1);
    expect(f.reads.get('getMany')).toBe(1);
    const looked = f.reads.get('enterprise') ?? 0;
    await one(f, f.chairs, put(A));
    expect(f.reads.get('enterprise')).toBe(looked);
  });

  it('has a limit', async () => {
    const f = await openFixture();
    const calls = new Array<Registration>(MAX_BATCH_ITEMS + 1).fill(put(A));
    await expect(f.identifiers.register(f.chairs, calls, WRITE)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(await f.identifiers.register(f.chairs, [], WRITE)).toEqual({ results: [], repeated: false });
  });

  it('tells the observer what became of it, dry runs and repeats aside', async () => {
    const seen: string[] = [];
    const observer: Observer = {
      ...SILENT_OBSERVER,
      registered: (outcome, count) => seen.push(`${outcome} ${count}`),
      failed: (code) => seen.push(code),
    };
    const f = await openFixture({ observer });
    const calls = [put(A), put(B), put('nonsense')];
    await f.identifiers.register(f.chairs, calls, DRY);
    expect(seen).toEqual([]);
    await f.identifiers.register(f.chairs, calls, { dryRun: false, idempotency: claim() });
    await f.identifiers.register(f.chairs, calls, { dryRun: false, idempotency: claim() });
    expect(seen).toEqual(['INVALID_HANDLE', 'created 2', 'refused 1']);
  });
});

describe('a dry run', () => {
  it('says what would happen, parents included, and changes nothing', async () => {
    const f = await openFixture();
    await one(f, f.chairs, put(A));
    await one(f, f.chairs, put(B, { parent: A }));
    const before = f.commits.count;
    const at = (n: number) => `${CHAIRS}/${n}`;
    const calls = [
      put(A),
      put(A, named('2')),
      put(at(1)),
      put(at(2), { parent: at(1) }),
      put(at(3), { parent: at(2) }),
      put(at(4), { parent: at(3) }),
      put(at(5), { parent: at(4) }),
      put(at(6), { parent: at(7) }),
      put(A, { parent: B }),
      put(A, { parent: at(3) }),
      put(A, { parent: at(2) }),
      remove(A),
      revoke(B),
    ];
    const dry = await f.identifiers.register(f.chairs, calls, DRY);
    expect(f.commits.count).toBe(before);
    expect(dry.results[1]).toMatchObject({ outcome: 'updated', revision: 1 });
    expect(dry.results[2]).toMatchObject({ outcome: 'created', revision: 0, updatedAt: 0 });
    const wet = await f.identifiers.register(f.chairs, calls, WRITE);
    expect(words(dry.results)).toEqual(words(wet.results));
    expect(words(wet.results)).toEqual([
      'unchanged',
      'updated',
      'created',
      'created',
      'created',
      'created',
      'INVALID_PARENT',
      'INVALID_PARENT',
      'INVALID_PARENT',
      'INVALID_PARENT',
      'updated',
      'INVALID_STATE',
      'revoked',
    ]);
  });
});

describe('races', () => {
  it('are run again if no revision was named', async () => {
    let rivals = 0;
    const f = await openFixture({
      beforeCommit: async () => {
        if (rivals-- > 0) await f.store.commit(rivalPut(`${rivals}`));
      },
    });
    await one(f, f.chairs, put(A));
    const rivalPut = (name: string) => ({
      principalId: 'rival',
      requestId: 'r',
      idempotency: null,
      changes: [
        {
          kind: 'put-record' as const,
          handle: A as never,
          expectedRevision: revision++,
          draft: {
            status: 'active' as const,
            parent: null,
            template: null,
            reason: null,
            recall: null,
            ...named(name),
          },
        },
      ],
    });
    let revision = 1;
    // The rival's own commit passes the same gate: each of its turns takes one.
    rivals = 1;
    expect(await one(f, f.chairs, patch(A, { values: [value(5, 'X', 'x')] }))).toMatchObject({
      outcome: 'updated',
      revision: 3,
    });
    expect((await f.identifiers.read(f.chairs, A)).values.map((v) => v.data)).toEqual(['0', 'x']);
  });

  it('keep every update of many writers at once', async () => {
    const f = await openFixture();
    await one(f, f.chairs, put(A));
    const writers = Array.from({ length: 5 }, (_, i) =>
      word(f, f.chairs, patch(A, { values: [value(i + 1, 'X', `${i}`)] })),
    );
    expect(await Promise.all(writers)).toEqual(new Array(5).fill('updated'));
    expect(await f.identifiers.read(f.chairs, A)).toMatchObject({ revision: 6, values: { length: 6 } });
  });

  it('give in to endless contention, and to a revision that was named', async () => {
    let contested = false;
    const f = await openFixture({
      beforeCommit: async () => {
        if (!contested) return;
        contested = false;
        await one(f, f.operator, patch(A, { values: [value(7, 'N', `${n++}`)] }));
        contested = true;
      },
    });
    let n = 0;
    await one(f, f.chairs, put(A));
    contested = true;
    expect(await word(f, f.chairs, patch(A, { values: [value(1, 'X', 'x')] }))).toBe('REVISION_CONFLICT');
    expect(n).toBe(5);
    expect(await word(f, f.chairs, patch(A, { values: [value(1, 'X', 'x')], ifMatch: 6 }))).toBe('REVISION_CONFLICT');
    expect(n).toBe(6);
  });

  it('let exactly one of two creators win', async () => {
    const f = await openFixture();
    const both = [put(A, { mode: 'create' }), put(A, { mode: 'create', ...named('2') })];
    const outcomes = await Promise.all(both.map((registration) => word(f, f.chairs, registration)));
    expect(outcomes.sort()).toEqual(['ALREADY_EXISTS', 'created']);
  });
});
