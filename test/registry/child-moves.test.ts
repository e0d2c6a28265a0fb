// Children get another parent, step by step: each checked, each in its own history.

import { describe, expect, it } from 'vitest';
import type { Actor } from '../../src/registry/registration.ts';
import type { MoveQuestion } from '../../src/registry/registry.ts';
import { CHAIRS, codeOf, type Fixture, LAMPS, one, openFixture, patch, put, revoke, WRITE } from './fixture.ts';

const at = (suffix: string) => `${CHAIRS}/${suffix}`;
const FROM_A_TO_B: MoveQuestion = { from: at('A'), to: at('B'), after: null, limit: 1000, dryRun: false };

async function family(items: number): Promise<Fixture> {
  const f = await openFixture();
  const children = Array.from({ length: items }, (_, i) =>
    put(at(`N-${String(i).padStart(3, '0')}`), { parent: at('A') }),
  );
  const { results } = await f.identifiers.register(f.chairs, [put(at('A')), put(at('B')), ...children], WRITE);
  expect(results.every((result) => result.ok)).toBe(true);
  return f;
}

const childrenOf = async (f: Fixture, parent: string) =>
  (await f.store.children(at(parent) as never, null, 1000)).length;

describe('a move of children', () => {
  it('takes all of them along in steps, and each has it in its history', async () => {
    const f = await family(25);
    const steps: number[] = [];
    let after: string | null = null;
    do {
      const step: Awaited<ReturnType<typeof f.moves.move>> = await f.moves.move(f.chairs, {
        ...FROM_A_TO_B,
        after,
        limit: 10,
      });
      steps.push(step.moved);
      after = step.next;
    } while (after !== null);
    expect(steps).toEqual([10, 10, 5]);
    expect([await childrenOf(f, 'A'), await childrenOf(f, 'B')]).toEqual([0, 25]);
    const { items } = await f.histories.history(f.chairs, at('N-007'), null, 1);
    expect(items[0]?.differences).toEqual([{ field: 'parent', before: at('A'), after: at('B') }]);
    expect(await f.moves.move(f.chairs, FROM_A_TO_B)).toEqual({ moved: 0, refused: [], next: null });
  });

  it('to no parent leaves them on their own', async () => {
    const f = await family(3);
    expect(await f.moves.move(f.chairs, { ...FROM_A_TO_B, to: null })).toMatchObject({ moved: 3 });
    expect((await f.identifiers.read(f.chairs, at('N-000'))).parent).toBeNull();
  });

  it('says what stays and why, and moves the others', async () => {
    const f = await family(3);
    await one(f, f.chairs, revoke(at('N-001')));
    await one(f, f.chairs, patch(at('B'), { parent: at('A') }));
    const { moved, refused, next } = await f.moves.move(f.chairs, FROM_A_TO_B);
    expect([moved, next]).toEqual([2, null]);
    expect(refused.map(({ handle, error }) => `${handle} ${error.code}`)).toEqual([
      `${at('B')} INVALID_PARENT`,
      `${at('N-001')} INVALID_STATE`,
    ]);
    expect(await childrenOf(f, 'A')).toBe(2);
  });

  it('leaves alone what others move or change at the same moment', async () => {
    let meanwhile: (() => Promise<unknown>) | null = null;
    const f = await openFixture({
      beforeCommit: async () => {
        const step = meanwhile;
        meanwhile = null;
        await step?.();
      },
    });
    for (const record of [put(at('A')), put(at('B')), put(at('C')), put(at('N'), { parent: at('A') })]) {
      await one(f, f.chairs, record);
    }
    meanwhile = () => one(f, f.chairs, patch(at('N'), { parent: at('C') }));
    const { moved, refused } = await f.moves.move(f.chairs, FROM_A_TO_B);
    expect([moved, refused[0]?.error.code]).toEqual([0, 'REVISION_CONFLICT']);
    expect((await f.identifiers.read(f.chairs, at('N'))).parent).toBe(at('C'));
  });

  it('changes nothing in a dry run', async () => {
    const f = await family(3);
    expect(await f.moves.move(f.chairs, { ...FROM_A_TO_B, dryRun: true })).toMatchObject({ moved: 3, refused: [] });
    expect(await childrenOf(f, 'A')).toBe(3);
  });

  it('is refused as a whole where it makes no sense', async () => {
    const f = await family(1);
    const word = (who: Actor, more: Partial<MoveQuestion>) => codeOf(f.moves.move(who, { ...FROM_A_TO_B, ...more }));
    expect(await word(f.chairs, { to: at('A') })).toBe('INVALID_PARENT');
    expect(await word(f.chairs, { to: at('NONE') })).toBe('INVALID_PARENT');
    expect(await word(f.operator, { to: `${LAMPS}/B` })).toBe('INVALID_PARENT');
    expect(await word(f.chairs, { from: at('NONE') })).toBe('NOT_FOUND');
    expect(await word(f.chairs, { from: 'no handle' })).toBe('INVALID_HANDLE');
    for (const who of [f.lamps, f.reader, f.reviewer]) {
      for (const from of [at('A'), at('NONE')]) expect(await word(who, { from })).toBe('FORBIDDEN');
    }
    expect(await word(f.chairs, {})).toBe('done');
  });
});
