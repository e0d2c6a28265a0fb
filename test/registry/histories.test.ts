// The history of an identifier: who, when, what, by which request; and the record as it was.

import { describe, expect, it } from 'vitest';
import type { RecordChange } from '../../src/registry/registry.ts';
import { CHAIRS, codeOf, type Fixture, named, one, openFixture, patch, put, remove, revoke, value } from './fixture.ts';

const CHAIR = `${CHAIRS}/CHAIR`;

/** Each difference in a word or two. */
function words({ differences }: RecordChange): string[] {
  return differences.map((difference) => {
    if (difference.field !== 'value') return `${difference.field}: ${difference.before} → ${difference.after}`;
    if ('hidden' in difference) return `${difference.index}: hidden`;
    return `${difference.index}: ${difference.before?.data ?? '-'} → ${difference.after?.data ?? '-'}`;
  });
}

async function lived(): Promise<Fixture> {
  const f = await openFixture();
  const by = (who: 'chairs' | 'operator', requestId: string) => ({ ...f[who], requestId });
  const step = async (...[who, registration]: Parameters<typeof one> extends [unknown, ...infer R] ? R : never) => {
    f.clock.nowMs += 1000;
    expect(await one(f, who, registration)).toMatchObject({ ok: true });
  };
  await step(by('chairs', 'r-0'), put(`${CHAIRS}/MODEL`));
  await step(
    by('chairs', 'r-1'),
    put(CHAIR, { values: [value(2000, 'NAME', 'Chair'), value(2001, 'MATERIAL', 'oak')] }),
  );
  await step(
    by('chairs', 'r-2'),
    patch(CHAIR, { parent: `${CHAIRS}/MODEL`, removeIndexes: [2001], ...named('Armchair') }),
  );
  await step(by('operator', 'r-3'), revoke(CHAIR, 'faulty hinge'));
  await step(by('operator', 'r-4'), remove(CHAIR));
  await step(by('chairs', 'r-5'), put(CHAIR, named('Stool')));
  return f;
}

describe('a history', () => {
  it('is told at once to those who read now and then, and to the greedy with pauses', async () => {
    const f = await lived();
    const read = async (times: number): Promise<number> => {
      const startedAt = performance.now();
      for (let i = 0; i < times; i++) await f.histories.history(f.chairs, CHAIR, null, 1);
      return performance.now() - startedAt;
    };
    await read(40);
    // Half a millisecond each, a twentieth of the time: less is impossible, however fast the machine.
    expect(await read(60)).toBeGreaterThan(500);
  });

  it('tells of every revision who made it, when, by which request, and what it changed', async () => {
    const f = await lived();
    const start = f.clock.nowMs - 6000;
    const { items, next, handle } = await f.histories.history(f.chairs, CHAIR, null, 100);
    expect([handle, next]).toEqual([CHAIR, null]);
    const { chairs, operator } = f;
    const told = items.map((item) => [item.revision, item.action, item.cause?.principalId, item.cause?.requestId]);
    expect(told).toEqual([
      [5, 'created', chairs.principal.id, 'r-5'],
      [4, 'deleted', operator.principal.id, 'r-4'],
      [3, 'revoked', operator.principal.id, 'r-3'],
      [2, 'updated', chairs.principal.id, 'r-2'],
      [1, 'created', chairs.principal.id, 'r-1'],
    ]);
    expect(items.map((item) => item.at - start)).toEqual([6000, 5000, 4000, 3000, 2000]);
    expect(items.map((item) => item.cause?.sequence)).toEqual([8, 7, 6, 5, 4]);
    expect(items.map(words)).toEqual([
      ['status: null → active', '2000: - → Stool'],
      [`status: revoked → null`, `parent: ${CHAIRS}/MODEL → null`, 'reason: faulty hinge → null', '2000: Armchair → -'],
      ['status: active → revoked', 'reason: null → faulty hinge'],
      [`parent: null → ${CHAIRS}/MODEL`, '2000: Chair → Armchair', '2001: oak → -'],
      ['status: null → active', '2000: - → Chair', '2001: - → oak'],
    ]);
  });

  it('is read page by page, at any size the same', async () => {
    const f = await lived();
    const whole = (await f.histories.history(f.chairs, CHAIR, null, 100)).items;
    for (const size of [1, 2, 3, 4, 5]) {
      const pages: RecordChange[] = [];
      let before: number | null = null;
      do {
        const page: Awaited<ReturnType<typeof f.histories.history>> = await f.histories.history(
          f.chairs,
          CHAIR,
          before,
          size,
        );
        expect(page.items.length).toBeLessThanOrEqual(size);
        pages.push(...page.items);
        before = page.next;
      } while (before !== null);
      expect(pages).toEqual(whole);
    }
    expect((await f.histories.history(f.chairs, CHAIR, 1, 10)).items).toEqual([]);
  });

  it('shows a deleted identifier, and says of a strange one that it never was', async () => {
    const f = await lived();
    await one(f, f.chairs, remove(CHAIR));
    const { items } = await f.histories.history(f.chairs, CHAIR, null, 1);
    expect(items).toMatchObject([{ revision: 6, action: 'deleted' }]);
    expect(await codeOf(f.histories.history(f.chairs, `${CHAIRS}/NEVER`, null, 1))).toBe('NOT_FOUND');
    expect(await codeOf(f.histories.history(f.chairs, 'no handle', null, 1))).toBe('INVALID_HANDLE');
  });

  it('is for keys of the prefix only, whether the identifier exists or not', async () => {
    const f = await lived();
    for (const handle of [CHAIR, `${CHAIRS}/NEVER`]) {
      expect(await codeOf(f.histories.history(f.lamps, handle, null, 1))).toBe('FORBIDDEN');
      expect(await codeOf(f.histories.recordAt(f.lamps, handle, f.clock.nowMs))).toBe('FORBIDDEN');
    }
    for (const who of [f.reader, f.reviewer, f.operator]) {
      expect((await f.histories.history(who, CHAIR, null, 1)).items).toHaveLength(1);
    }
  });

  it('finds who created one among many of the same instant, and while the clock stands still', async () => {
    const f = await openFixture();
    const by = (i: number) => ({ ...f.chairs, requestId: `r-${i}` });
    for (let i = 0; i < 30; i++) await one(f, by(i), put(`${CHAIRS}/N-${i}`));
    f.clock.nowMs -= 3_600_000;
    for (let i = 30; i < 60; i++) await one(f, by(i), put(`${CHAIRS}/N-${i}`));
    for (const i of [0, 13, 29, 30, 59]) {
      const { items } = await f.histories.history(f.chairs, `${CHAIRS}/N-${i}`, null, 1);
      expect(items[0]?.cause?.requestId).toBe(`r-${i}`);
    }
  });

  it('names, and does not show, what permissions close today or closed then, and secrets', async () => {
    const f = await openFixture();
    const cost = (data: string, permissions: number) => value(2001, 'COST', data, { permissions });
    const key = value(301, 'HS_SECKEY', 'old secret', { permissions: 12 });
    await one(f, f.operator, put(CHAIR, { values: [cost('10', 12), value(2002, 'B', 'b', { permissions: 0 }), key] }));
    await one(f, f.operator, put(CHAIR, { values: [cost('11', 12), value(2002, 'B', 'b')] }));
    const told = async () => (await f.histories.history(f.chairs, CHAIR, null, 9)).items.map(words);
    expect(await told()).toEqual([
      ['301: hidden', '2001: 10 → 11', '2002: hidden'],
      ['status: null → active', '301: hidden', '2001: - → 10', '2002: hidden'],
    ]);
    await one(f, f.operator, put(CHAIR, { values: [cost('11', 4), value(2002, 'B', 'b')] }));
    expect((await told()).flat().filter((word) => word.startsWith('2001'))).toEqual(Array(3).fill('2001: hidden'));
  });

  it('tells of a change of order alone', async () => {
    const f = await openFixture();
    const [a, b] = [value(1, 'A', 'a'), value(2, 'B', 'b')];
    await one(f, f.chairs, put(CHAIR, { values: [a, b] }));
    await one(f, f.chairs, put(CHAIR, { values: [b, a] }));
    expect(words((await f.histories.history(f.chairs, CHAIR, null, 1)).items[0] as RecordChange)).toEqual([
      'order: 1,2 → 2,1',
    ]);
  });
});

describe('the record at an instant', () => {
  it('is what it was, and absent before its creation and while it was deleted', async () => {
    const f = await lived();
    const start = f.clock.nowMs - 6000;
    const at = async (ms: number) => {
      const record = await f.histories.recordAt(f.chairs, CHAIR, start + ms);
      return `${record.status} r${record.revision} ${record.values.map(({ data }) => data).join()}`;
    };
    expect(await codeOf(at(1999))).toBe('NOT_FOUND');
    expect([await at(2000), await at(3000), await at(4999), await at(6000)]).toEqual([
      'active r1 Chair,oak',
      'active r2 Armchair',
      'revoked r3 Armchair',
      'active r5 Stool',
    ]);
    expect(await codeOf(at(5000))).toBe('NOT_FOUND');
  });

  it('shows the values that are open by the permissions of then and of today', async () => {
    const f = await openFixture();
    const cost = (permissions: number) =>
      put(CHAIR, { values: [value(2000, 'NAME', 'x'), value(2001, 'COST', '10', { permissions })] });
    const indexes = async (at: number) =>
      (await f.histories.recordAt(f.chairs, CHAIR, at)).values.map(({ index }) => index);
    await one(f, f.chairs, cost(12));
    const then = f.clock.nowMs;
    f.clock.nowMs += 1000;
    expect(await indexes(then)).toEqual([2000, 2001]);
    await one(f, f.chairs, cost(4));
    expect(await indexes(then)).toEqual([2000]);
    f.clock.nowMs += 1000;
    await one(f, f.chairs, cost(12));
    expect([await indexes(then), await indexes(then + 1000)]).toEqual([[2000, 2001], [2000]]);
  });
});
