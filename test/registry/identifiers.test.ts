// What registrations make of records: put, patch, revoke and delete, each beside its nearest refusal.

import { describe, expect, it } from 'vitest';
import { AT_COMMIT } from '../../src/domain/handle-value.ts';
import { MAX_REASON_LENGTH, MAX_STORED_HANDLE_BYTES } from '../../src/domain/limits.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import {
  CHAIRS,
  DRY,
  FOREIGN_HOME,
  LAMPS,
  one,
  openFixture,
  patch,
  put,
  refusal,
  remove,
  revoke,
  value,
  WRITE,
  word,
} from './fixture.ts';
import { putTemplate } from './template-fixture.ts';

const A = `${CHAIRS}/A`;

describe('put', () => {
  it('creates, updates, and leaves alone what already says the same', async () => {
    const f = await openFixture();
    expect(await one(f, f.chairs, put(A))).toMatchObject({ ok: true, outcome: 'created', handle: A, revision: 1 });
    f.clock.nowMs += 1000;
    const before = f.commits.count;
    expect(await one(f, f.chairs, put(A))).toMatchObject({
      outcome: 'unchanged',
      revision: 1,
      updatedAt: f.clock.nowMs - 1000,
    });
    expect(f.commits.count).toBe(before);
    const other = put(A, { values: [value(2000, 'NAME', 'Stool')] });
    expect(await one(f, f.chairs, other)).toMatchObject({ outcome: 'updated', revision: 2, updatedAt: f.clock.nowMs });
  });

  it('replaces everything: what it does not name is gone', async () => {
    const f = await openFixture();
    await one(f, f.chairs, put(`${CHAIRS}/M`));
    await putTemplate(f, f.chairs, `${CHAIRS}/META_1`, [{ index: 2000, kind: 'string' }]);
    await one(
      f,
      f.chairs,
      put(A, { parent: `${CHAIRS}/M`, template: `${CHAIRS}/META_1`, values: [value(1, 'X', '1'), value(2, 'Y', '2')] }),
    );
    expect((await f.identifiers.read(f.chairs, A)).template).toBe(`${CHAIRS}/META_1`);
    await one(f, f.chairs, put(A, { values: [value(2, 'Y', '2')] }));
    const record = await f.identifiers.read(f.chairs, A);
    expect(record).toMatchObject({ parent: null, template: null, status: 'active' });
    expect(record.values.map((v) => v.index)).toEqual([2]);
  });

  it('creates only what is new, updates only what is there, if asked to', async () => {
    const f = await openFixture();
    expect(await word(f, f.chairs, put(A, { mode: 'update' }))).toBe('NOT_FOUND');
    expect(await word(f, f.chairs, put(A, { mode: 'create' }))).toBe('created');
    expect(await word(f, f.chairs, put(A, { mode: 'create' }))).toBe('ALREADY_EXISTS');
    expect(await word(f, f.chairs, put(A, { mode: 'update', values: [] }))).toBe('updated');
  });

  it('writes only over the revision it names', async () => {
    const f = await openFixture();
    expect(await word(f, f.chairs, put(A, { ifMatch: 1 }))).toBe('REVISION_CONFLICT');
    await one(f, f.chairs, put(A));
    expect(await word(f, f.chairs, put(A, { ifMatch: 2, values: [] }))).toBe('REVISION_CONFLICT');
    expect(await word(f, f.chairs, put(A, { ifMatch: 1, values: [] }))).toBe('updated');
  });

  it('keeps the timestamps of values that say the same', async () => {
    const f = await openFixture();
    const old = value(1, 'X', '1', { timestamp: 1000 });
    await one(f, f.chairs, put(A, { values: [old, value(2, 'Y', '2', { timestamp: 1000 })] }));
    await one(f, f.chairs, put(A, { values: [value(1, 'X', '1'), value(2, 'Y', 'new')] }));
    const { values } = await f.identifiers.read(f.chairs, A);
    expect(values[0]?.timestamp).toBe(1000);
    expect(values[1]?.timestamp).not.toBe(1000);
    expect(AT_COMMIT).toBe(0);
  });

  it('takes the handle in canonical form, by the case rule of its prefix', async () => {
    const f = await openFixture();
    await one(f, f.operator, put(`${FOREIGN_HOME}/abc`));
    expect(await one(f, f.operator, put(`${FOREIGN_HOME}/ABC`))).toMatchObject({
      outcome: 'unchanged',
      handle: `${FOREIGN_HOME}/ABC`,
    });
    await one(f, f.chairs, put(`${CHAIRS}/abc`));
    expect(await word(f, f.chairs, put(`${CHAIRS}/ABC`))).toBe('created');
  });

  it('refuses malformed handles and those too long to store', async () => {
    const f = await openFixture();
    for (const handle of ['nonsense', `${CHAIRS}/`, `${CHAIRS}/a\nb`]) {
      expect(await word(f, f.chairs, put(handle)), handle).toBe('INVALID_HANDLE');
    }
    const fits = `${CHAIRS}/${'x'.repeat(MAX_STORED_HANDLE_BYTES - CHAIRS.length - 1)}`;
    expect(await word(f, f.chairs, put(fits))).toBe('created');
    expect(await word(f, f.chairs, put(`${fits}x`))).toBe('INVALID_HANDLE');
    expect(refusal(await one(f, f.chairs, put(A, { parent: 'nonsense' }))).at).toBe('/parent');
    expect(refusal(await one(f, f.chairs, put(A, { template: `${fits}x` }))).at).toBe('/template');
  });

  it('says where a value breaks a rule, and changes nothing', async () => {
    const f = await openFixture();
    const result = await one(f, f.chairs, put(A, { values: [value(1, 'X', ''), value(1, 'X', '')] }));
    expect(refusal(result)).toMatchObject({ code: 'INVALID_VALUE', at: '/values/1/index' });
    await expect(f.identifiers.read(f.chairs, A)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('parents', () => {
  it('live under the same prefix, are no descendant, and make no chain deeper than four', async () => {
    const f = await openFixture();
    const at = (n: number) => `${CHAIRS}/${n}`;
    await one(f, f.chairs, put(at(1)));
    for (const n of [2, 3, 4]) expect(await word(f, f.chairs, put(at(n), { parent: at(n - 1) }))).toBe('created');
    for (const [handle, parent] of [
      [at(5), at(4)],
      [at(5), `${CHAIRS}/GONE`],
      [at(5), `${LAMPS}/1`],
      [at(1), at(2)],
      [at(1), at(1)],
    ] as const) {
      const result = await one(f, f.chairs, put(handle, { parent }));
      expect(refusal(result), `${handle} under ${parent}`).toMatchObject({ code: 'INVALID_PARENT', at: '/parent' });
    }
  });
});

describe('patch', () => {
  it('changes what it names and keeps the rest', async () => {
    const f = await openFixture();
    await one(f, f.chairs, put(`${CHAIRS}/M`));
    await one(
      f,
      f.chairs,
      put(A, { parent: `${CHAIRS}/M`, values: [value(1, 'X', '1'), value(2, 'Y', '2'), value(3, 'Z', '3')] }),
    );
    const result = await one(
      f,
      f.chairs,
      patch(A, { values: [value(2, 'Y', 'new'), value(9, 'N', '9')], removeIndexes: [1, 77] }),
    );
    expect(result).toMatchObject({ outcome: 'updated', revision: 2 });
    const record = await f.identifiers.read(f.chairs, A);
    expect(record.parent).toBe(`${CHAIRS}/M`);
    expect(record.values.map((v) => `${v.index}=${v.data}`)).toEqual(['2=new', '3=3', '9=9']);
    expect(await word(f, f.chairs, patch(A, { parent: null }))).toBe('updated');
    expect((await f.identifiers.read(f.chairs, A)).parent).toBeNull();
    expect(await word(f, f.chairs, patch(A, {}))).toBe('unchanged');
  });

  it('refuses the missing, the contradictory, and the outdated', async () => {
    const f = await openFixture();
    expect(await word(f, f.chairs, patch(A, { status: 'active' }))).toBe('NOT_FOUND');
    await one(f, f.chairs, put(A));
    expect(await word(f, f.chairs, patch(A, { values: [value(1, 'X', '')], removeIndexes: [1] }))).toBe(
      'INVALID_REQUEST',
    );
    expect(await word(f, f.chairs, patch(A, { values: [value(1, 'X', ''), value(1, 'X', '')] }))).toBe('INVALID_VALUE');
    expect(await word(f, f.chairs, patch(A, { reason: 'why' }))).toBe('INVALID_REQUEST');
    expect(await word(f, f.chairs, patch(A, { ifMatch: 9, template: A }))).toBe('REVISION_CONFLICT');
  });
});

describe('the life of an identifier', () => {
  it('is reserved, activated, revoked with a reason, brought back', async () => {
    const f = await openFixture();
    expect(await word(f, f.chairs, put(A, { status: 'reserved' }))).toBe('created');
    expect(await word(f, f.chairs, patch(A, { status: 'active' }))).toBe('updated');
    expect(await word(f, f.chairs, patch(A, { status: 'reserved' }))).toBe('INVALID_STATE');
    expect(await word(f, f.chairs, put(A, { status: 'reserved' }))).toBe('INVALID_STATE');
    expect(await word(f, f.chairs, revoke(A))).toBe('revoked');
    expect(await f.identifiers.read(f.chairs, A)).toMatchObject({ status: 'revoked', reason: 'faulty hinge' });
    expect(await word(f, f.chairs, patch(A, { status: 'reserved' }))).toBe('INVALID_STATE');
    expect(await one(f, f.chairs, patch(A, { status: 'active' }))).toMatchObject({ outcome: 'updated', revision: 4 });
    expect(await f.identifiers.read(f.chairs, A)).toMatchObject({ status: 'active', reason: null });
  });

  it('keeps what it said when revoked: a put cannot silently overwrite a tombstone', async () => {
    const f = await openFixture();
    await one(f, f.chairs, put(A));
    await one(f, f.chairs, revoke(A));
    for (const mode of ['upsert', 'update'] as const) {
      const error = refusal(await one(f, f.chairs, put(A, { mode })));
      expect(error).toMatchObject({ code: 'INVALID_STATE', message: expect.stringContaining('status active') });
    }
    expect(await word(f, f.chairs, put(A, { mode: 'create' }))).toBe('ALREADY_EXISTS');
    expect(await word(f, f.chairs, patch(A, { values: [], removeIndexes: [2000] }))).toBe('INVALID_STATE');
    expect(await word(f, f.chairs, patch(A, { status: 'active', removeIndexes: [2000] }))).toBe('updated');
  });

  it('needs a reason to be revoked, and may have it corrected', async () => {
    const f = await openFixture();
    await one(f, f.chairs, put(A));
    expect(await word(f, f.chairs, patch(A, { status: 'revoked' }))).toBe('INVALID_REQUEST');
    for (const reason of ['', '  ', 'a\u0000b', 'x'.repeat(MAX_REASON_LENGTH + 1)]) {
      expect(await word(f, f.chairs, revoke(A, reason))).toBe('INVALID_REQUEST');
      expect(await word(f, f.chairs, patch(A, { status: 'revoked', reason }))).toBe('INVALID_REQUEST');
    }
    expect(await word(f, f.chairs, patch(A, { status: 'revoked', reason: 'x'.repeat(MAX_REASON_LENGTH) }))).toBe(
      'revoked',
    );
    expect(await word(f, f.chairs, revoke(A, 'x'.repeat(MAX_REASON_LENGTH)))).toBe('unchanged');
    expect(await word(f, f.chairs, patch(A, { reason: 'better said' }))).toBe('updated');
    expect(await f.identifiers.read(f.chairs, A)).toMatchObject({ status: 'revoked', reason: 'better said' });
    expect(await word(f, f.chairs, revoke(`${CHAIRS}/NONE`))).toBe('NOT_FOUND');
  });

  it('may be deleted and created again, and goes on counting its revisions', async () => {
    const f = await openFixture();
    expect(await word(f, f.chairs, remove(A))).toBe('NOT_FOUND');
    await one(f, f.chairs, put(A));
    expect(await word(f, f.chairs, remove(A, 7))).toBe('REVISION_CONFLICT');
    expect(await one(f, f.chairs, remove(A, 1))).toMatchObject({ outcome: 'deleted', revision: 2 });
    expect(await one(f, f.chairs, put(A))).toMatchObject({ outcome: 'created', revision: 3 });
  });

  it('is not deleted while others inherit from it', async () => {
    const f = await openFixture();
    await one(f, f.chairs, put(A));
    await one(f, f.chairs, put(`${CHAIRS}/CHILD`, { parent: A }));
    const error = refusal(await one(f, f.chairs, remove(A)));
    expect(error).toMatchObject({ code: 'INVALID_STATE', message: expect.stringContaining('CHILD') });
    await one(f, f.chairs, remove(`${CHAIRS}/CHILD`));
    expect(await word(f, f.chairs, remove(A))).toBe('deleted');
  });
});

describe('quota', () => {
  it('bounds what an enterprise registers, and frees what it deletes', async () => {
    const f = await openFixture();
    await f.directory.updateEnterprise(f.operator, CHAIRS, { quota: 2 }, null);
    const { results } = await f.identifiers.register(
      f.chairs,
      [put(`${CHAIRS}/1`), put(`${CHAIRS}/2`), put(`${CHAIRS}/3`), remove(`${CHAIRS}/1`), put(`${CHAIRS}/4`)],
      { dryRun: true, idempotency: null },
    );
    expect(results.map((result) => result.ok)).toEqual([true, true, false, true, true]);
    await one(f, f.chairs, put(`${CHAIRS}/1`));
    await one(f, f.chairs, put(`${CHAIRS}/2`));
    const error = refusal(await one(f, f.chairs, put(`${CHAIRS}/3`)));
    expect(error).toMatchObject({ code: 'INVALID_STATE', message: expect.stringContaining('quota of 2') });
    expect(await word(f, f.chairs, put(`${CHAIRS}/2`, { values: [] }))).toBe('updated');
    expect(await word(f, f.chairs, put(`${CHAIRS}.1/X`))).toBe('INVALID_STATE');
  });

  it('holds exactly between calls that are on their way together', async () => {
    const f = await openFixture();
    await f.directory.updateEnterprise(f.operator, CHAIRS, { quota: 25 }, null);
    const calls = Array.from({ length: 6 }, (_, call) => {
      const rows = Array.from({ length: 10 }, (_row, i) => put(`${CHAIRS}/${call}-${i}`));
      return f.identifiers.register(f.chairs, rows, WRITE);
    });
    const results = (await Promise.all(calls)).flatMap((call) => call.results);
    expect(results.filter(({ ok }) => ok)).toHaveLength(25);
    expect((await f.store.counts(CHAIRS as Prefix)).live).toBe(25);
  });

  it('leaves codes of a lot to be written to, as they are counted already', async () => {
    const f = await openFixture();
    await f.directory.updateEnterprise(f.operator, CHAIRS, { quota: 9 }, null);
    const shape = { prefix: CHAIRS, head: 'LOT-', width: 4, from: 1, to: 9, tagLength: 0 };
    await f.lots.create(f.chairs, { ...shape, parent: null, template: null, values: [] }, null);
    for (const options of [DRY, WRITE]) {
      const rows = [put(`${CHAIRS}/LOT-0003`), put(`${CHAIRS}/LOT-0010`)];
      const { results } = await f.identifiers.register(f.chairs, rows, options);
      expect(results).toMatchObject([{ outcome: 'created' }, { error: { code: 'INVALID_STATE' } }]);
    }
  });
});
