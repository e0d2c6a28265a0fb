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
