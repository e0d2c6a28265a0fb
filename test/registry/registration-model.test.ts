// A law: whatever is asked, in whatever way, records and answers equal those of a model of a few lines.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Registration } from '../../src/registry/registration.ts';
import {
  CHAIRS,
  claim,
  DRY,
  named,
  openFixture,
  patch,
  plain,
  put,
  remove,
  revoke,
  WRITE,
  word,
  words,
} from './fixture.ts';

describe('random sequences of registrations', () => {
  const handle = fc.constantFrom('A', 'B', 'C').map((suffix) => `${CHAIRS}/${suffix}`);
  const values = fc.constantFrom('x', 'y').map(named);
  const status = fc.constantFrom('reserved' as const, 'active' as const);
  const parent = fc.constantFrom(null, null, `${CHAIRS}/A`, `${CHAIRS}/B`);
  const mode = fc.constantFrom('create' as const, 'update' as const, 'upsert' as const, 'upsert' as const);
  const registration: fc.Arbitrary<Registration> = fc.oneof(
    fc
      .record({ handle, mode, status, parent, values })
      .map(({ handle, values, ...rest }) => put(handle, { ...rest, ...values })),
    fc.record({ handle, values }).map(({ handle, values }) => patch(handle, values)),
    fc.record({ handle, status }).map(({ handle, status }) => patch(handle, { status })),
    fc.record({ handle, parent }).map(({ handle, parent }) => patch(handle, { parent })),
    handle.map((at) => revoke(at)),
    handle.map((at) => remove(at)),
  );

  interface Stands {
    readonly status: string;
    readonly name: string;
    readonly parent: string | null;
  }

  /** Word for word what the rules say, without store, commits or revisions. */
  function carryOut(call: Registration, records: Map<string, Stands>): string {
    const stands = records.get(call.handle);
    const set = (next: Stands): string => {
      if (stands !== undefined && JSON.stringify(stands) === JSON.stringify(next)) return 'unchanged';
      if (next.parent !== null && next.parent !== stands?.parent) {
        if (!records.has(next.parent)) return 'INVALID_PARENT';
        for (let at: string | null = next.parent; at !== null; at = records.get(at)?.parent ?? null) {
          if (at === call.handle) return 'INVALID_PARENT';
        }
      }
      records.set(call.handle, next);
      if (stands === undefined) return 'created';
      return next.status === 'revoked' ? 'revoked' : 'updated';
    };
    if (call.operation === 'put') {
      if (call.mode === 'create' && stands !== undefined) return 'ALREADY_EXISTS';
      if (call.mode === 'update' && stands === undefined) return 'NOT_FOUND';
      if (stands?.status === 'revoked') return 'INVALID_STATE';
      if (stands?.status === 'active' && call.status === 'reserved') return 'INVALID_STATE';
      return set({ status: call.status, name: String(call.values[0]?.data), parent: call.parent });
    }
    if (stands === undefined) return 'NOT_FOUND';
    if (call.operation === 'revoke') return set({ ...stands, status: 'revoked' });
    if (call.operation === 'delete') {
      if ([...records.values()].some((record) => record.parent === call.handle)) return 'INVALID_STATE';
      records.delete(call.handle);
      return 'deleted';
    }
    if (call.operation !== 'patch') return '?';
    const status = call.status ?? stands.status;
    if (status === 'reserved' && stands.status !== 'reserved') return 'INVALID_STATE';
    if (status === 'revoked') return 'INVALID_STATE'; // none of these patches revokes: they would change a tombstone
    const name = String(call.values?.[0]?.data ?? stands.name);
    return set({ status, name, parent: call.parent === undefined ? stands.parent : call.parent });
  }

  function model(calls: readonly Registration[]): { words: string[]; records: Map<string, Stands> } {
    const records = new Map<string, Stands>();
    return { words: calls.map((call) => carryOut(call, records)), records };
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
          expect(
            new Map(
              stored.map((r) => [r.handle as string, { status: r.status, name: r.values[0]?.data, parent: r.parent }]),
            ),
          ).toEqual(expected.records);
        }
        expect(claimed.results.map(plain)).toEqual(wet.results.map(plain));
      }),
      { numRuns: 300 },
    );
  });
});
