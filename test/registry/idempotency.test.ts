// Calls that a client may repeat: carried out once, told again, and kept apart.

import { describe, expect, it } from 'vitest';
import type { IdempotencyClaim } from '../../src/registry/registration.ts';
import {
  CHAIRS,
  claim,
  named,
  one,
  openFixture,
  patch,
  plain,
  put,
  remove,
  secondWorker,
  value,
  words,
} from './fixture.ts';

const A = `${CHAIRS}/A`;
const B = `${CHAIRS}/B`;

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
    const other = secondWorker(f);
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
