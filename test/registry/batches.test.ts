// Calls of many registrations: order, cost, races, dry runs and repeats.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HandleError } from '../../src/domain/error.ts';
import { MAX_BATCH_ITEMS } from '../../src/domain/limits.ts';
import { type Observer, SILENT_OBSERVER } from '../../src/domain/observer.ts';
import type { IdempotencyClaim, Registration } from '../../src/registry/registration.ts';
import {
  CHAIRS,
  DRY,
  LAMPS,
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
const named = (name: string) => ({ values: [value(2000, 'NAME', name)] });

function claim(more: Partial<IdempotencyClaim> = {}): IdempotencyClaim {
  return { clientKey: 'key-1', method: 'POST', path: '/v1/identifiers', bodyHash: 'b1', ...more };
}

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
          draft: { status: 'active' as const, parent: null, template: null, reason: null, ...named(name) },
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

describe('an idempotent call', () => {
  const calls = [
    put(A),
    put('nonsense'),
    put(A),
    put(A, named('2')),
    put(B, { parent: `${CHAIRS}/NONE` }),
    remove(A),
    put(A),
  ];

  it('is carried out once and told again, whatever happened since', async () => {
    const f = await openFixture();
    const options = { dryRun: false, idempotency: claim() };
    const first = await f.identifiers.register(f.chairs, calls, options);
    expect(words(first.results)).toEqual([
      'created',
      'INVALID_HANDLE',
      'unchanged',
      'updated',
      'INVALID_PARENT',
      'deleted',
      'created',
    ]);
    await one(f, f.chairs, put(A, named('later')));
    const again = await f.identifiers.register(f.chairs, calls, options);
    expect(again.repeated).toBe(true);
    expect(again.results.map(plain)).toEqual(first.results.map(plain));
    expect((await f.identifiers.read(f.chairs, A)).values[0]?.data).toBe('later');
  });

  it('remembers that nothing had to change', async () => {
    const f = await openFixture();
    await one(f, f.chairs, put(A));
    const options = { dryRun: false, idempotency: claim() };
    expect(words((await f.identifiers.register(f.chairs, [put(A)], options)).results)).toEqual(['unchanged']);
    await one(f, f.chairs, put(A, named('later')));
    const again = await f.identifiers.register(f.chairs, [put(A)], options);
    expect(again).toMatchObject({ repeated: true, results: [{ outcome: 'unchanged', revision: 1 }] });
    expect((await f.identifiers.read(f.chairs, A)).values[0]?.data).toBe('later');
  });

  it('may be tried again after a refusal was mended', async () => {
    const f = await openFixture();
    const options = { dryRun: false, idempotency: claim() };
    const update = put(A, { mode: 'update' as const });
    expect(words((await f.identifiers.register(f.chairs, [update], options)).results)).toEqual(['NOT_FOUND']);
    await one(f, f.chairs, put(A, named('0')));
    expect(words((await f.identifiers.register(f.chairs, [update], options)).results)).toEqual(['updated']);
  });

  it('refuses another body, and keeps callers, methods and paths apart', async () => {
    const f = await openFixture();
    const call = (who: typeof f.chairs, more: Partial<IdempotencyClaim>) =>
      f.identifiers.register(who, [put(A)], { dryRun: false, idempotency: claim(more) });
    await call(f.chairs, {});
    await expect(call(f.chairs, { bodyHash: 'b2' })).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    expect(await call(f.chairs, { bodyHash: 'b2', method: 'PUT' })).toMatchObject({ repeated: false });
    expect(await call(f.chairs, { bodyHash: 'b2', path: '/other' })).toMatchObject({ repeated: false });
    expect(await call(f.operator, { bodyHash: 'b2' })).toMatchObject({ repeated: false });
    for (const clientKey of ['', 'x'.repeat(201), 'a\nb', '键']) {
      await expect(call(f.chairs, { clientKey })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    }
  });

  it('refuses a repeat while the first is under way, then tells its outcome', async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    let gated = false;
    const f = await openFixture({ beforeCommit: () => (gated ? gate : undefined) });
    gated = true;
    const options = { dryRun: false, idempotency: claim() };
    const first = f.identifiers.register(f.chairs, [put(A)], options);
    await expect(f.identifiers.register(f.chairs, [put(A)], options)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_IN_PROGRESS',
    });
    const otherBody = { dryRun: false, idempotency: claim({ bodyHash: 'b2' }) };
    await expect(f.identifiers.register(f.chairs, [put(A)], otherBody)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    });
    release();
    expect(await first).toMatchObject({ repeated: false });
    expect(await f.identifiers.register(f.chairs, [put(A)], options)).toMatchObject({ repeated: true });
  });

  it('is carried out once by two workers that get it at the same moment', async () => {
    const f = await openFixture();
    const { createRegistry } = await import('../../src/registry/create-registry.ts');
    const { OWN, seededBytes } = await import('./fixture.ts');
    const other = createRegistry({
      store: f.store,
      epochs: f.epochs,
      clock: () => f.clock.nowMs,
      randomBytes: seededBytes(),
      ownPrefix: OWN,
      homed: [],
      observer: SILENT_OBSERVER,
    });
    const options = { dryRun: false, idempotency: claim() };
    const both = await Promise.all(
      [f.identifiers, other.identifiers].map((i) => i.register(f.chairs, [put(A)], options)),
    );
    expect(both.map((result) => result.repeated).sort()).toEqual([false, true]);
    expect(both.map((result) => result.results[0])).toMatchObject([{ revision: 1 }, { revision: 1 }]);
  });

  it('applies nothing of a call whose records others keep changing', async () => {
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
    const { results } = await f.identifiers.register(f.chairs, [put(B), put(A, named('2'))], {
      dryRun: false,
      idempotency: claim(),
    });
    expect(words(results)).toEqual(['REVISION_CONFLICT', 'REVISION_CONFLICT']);
    await expect(f.identifiers.read(f.chairs, B)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

/** A result without its error's stack. */
function plain(result: Awaited<ReturnType<typeof one>>): unknown {
  if (result.ok) return result;
  const { code, message, at } = result.error;
  return { handle: result.handle, code, message, at };
}

describe('random sequences of registrations', () => {
  const handle = fc.constantFrom('A', 'B', 'C').map((suffix) => `${CHAIRS}/${suffix}`);
  const values = fc.constantFrom('x', 'y').map(named);
  const status = fc.constantFrom('reserved' as const, 'active' as const);
  const registration: fc.Arbitrary<Registration> = fc.oneof(
    fc
      .record({ handle, mode: fc.constantFrom('create', 'update', 'upsert'), status, values })
      .map(({ handle, mode, status, values }) => put(handle, { mode: mode as 'create', status, ...values })),
    fc.record({ handle, values }).map(({ handle, values }) => patch(handle, values)),
    fc.record({ handle, status }).map(({ handle, status }) => patch(handle, { status })),
    handle.map((at) => revoke(at)),
    handle.map((at) => remove(at)),
  );

  /** Word for word what the rules say, without store, commits or revisions of anything but live records. */
  function model(calls: readonly Registration[]): { words: string[]; records: Map<string, string> } {
    const records = new Map<string, { status: string; name: string }>();
    const told = calls.map((call): string => {
      const stands = records.get(call.handle);
      const set = (status: string, name: string): string => {
        records.set(call.handle, { status, name });
        if (stands === undefined) return 'created';
        if (stands.status === status && stands.name === name) return 'unchanged';
        return status === 'revoked' ? 'revoked' : 'updated';
      };
      if (call.operation === 'put') {
        if (call.mode === 'create' && stands !== undefined) return 'ALREADY_EXISTS';
        if (call.mode === 'update' && stands === undefined) return 'NOT_FOUND';
        if (stands?.status === 'revoked') return 'INVALID_STATE';
        if (stands?.status === 'active' && call.status === 'reserved') return 'INVALID_STATE';
        return set(call.status, String(call.values[0]?.data));
      }
      if (stands === undefined) return 'NOT_FOUND';
      if (call.operation === 'revoke') return set('revoked', stands.name);
      if (call.operation === 'delete') return records.delete(call.handle) ? 'deleted' : 'NOT_FOUND';
      if (call.operation !== 'patch') return '?';
      const next = call.status ?? stands.status;
      if (next === 'reserved' && stands.status !== 'reserved') return 'INVALID_STATE';
      if (next === 'revoked') return 'INVALID_STATE'; // these patches change values of a tombstone
      return set(next, String(call.values?.[0]?.data ?? stands.name));
    });
    return { words: told, records: new Map([...records].map(([at, { status, name }]) => [at, `${status} ${name}`])) };
  }

  it('equal a simple model, one by one, in one batch, as a dry run, and as an idempotent call', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(registration, { maxLength: 14 }), async (calls) => {
        const expected = model(calls);
        const single = await openFixture();
        const batch = await openFixture();
        const once = await openFixture();
        const singles: string[] = [];
        for (const call of calls) singles.push(await word(single, single.chairs, call));
        const dry = await batch.identifiers.register(batch.chairs, calls, DRY);
        const wet = await batch.identifiers.register(batch.chairs, calls, WRITE);
        const claimed = await once.identifiers.register(once.chairs, calls, { dryRun: false, idempotency: claim() });
        for (const seen of [singles, words(dry.results), words(wet.results), words(claimed.results)]) {
          expect(seen).toEqual(expected.words);
        }
        for (const f of [single, batch, once]) {
          const stored = await f.store.list(CHAIRS as never, null, 10);
          expect(new Map(stored.map((r) => [r.handle as string, `${r.status} ${r.values[0]?.data}`]))).toEqual(
            expected.records,
          );
        }
        expect(claimed.results.map(plain)).toEqual(wet.results.map(plain));
      }),
      { numRuns: 150 },
    );
  });
});
