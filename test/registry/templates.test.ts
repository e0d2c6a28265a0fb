// Templates and their versions: who may put and read them, what may follow what, and requests that are repeated.

import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../src/registry/template-json.ts';
import { actor, CHAIRS, LAMPS, openFixture, setState } from './fixture.ts';
import { type GivenElement, putTemplate } from './template-fixture.ts';

const META = `${CHAIRS}/META_CHAIR`;
const NODE_META = '88.118/META_ALL';
const STRING: GivenElement = { index: 2000, kind: 'string' };
const name = { zh: '椅子', en: 'Chair' };
const draft = parseTemplate({ name, elements: [{ ...STRING, type: 'T', name }] }, '');
const FREE = { ifMatch: null, idempotency: null };

describe('a template', () => {
  it('gets a new version with every change, and each can be read', async () => {
    const f = await openFixture();
    expect(await putTemplate(f, f.chairs, META, [STRING])).toMatchObject({ outcome: 'created' });
    f.clock.nowMs += 1000;
    const wider = [STRING, { index: 2001, kind: 'date' } as const];
    expect(await putTemplate(f, f.chairs, META, wider)).toMatchObject({
      outcome: 'updated',
      template: { handle: META, revision: 2, createdAt: f.clock.nowMs - 1000, updatedAt: f.clock.nowMs },
    });
    const commits = f.commits.count;
    expect(await putTemplate(f, f.chairs, META, wider)).toMatchObject({
      outcome: 'unchanged',
      template: { revision: 2 },
    });
    expect(f.commits.count).toBe(commits);
    const elements = async (version: number | null) =>
      (await f.templates.read(f.chairs, META, version === null ? null : { version })).elements.map(
        ({ index }) => index,
      );
    expect([await elements(null), await elements(2), await elements(1)]).toEqual([[2000, 2001], [2000, 2001], [2000]]);
    const at = async (atMs: number) => (await f.templates.read(f.chairs, META, { atMs })).revision;
    const put = f.clock.nowMs;
    expect([await at(put - 1000), await at(put - 1), await at(put), await at(put + 1)]).toEqual([1, 1, 2, 2]);
    await expect(at(put - 1001)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(elements(3)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(f.templates.read(f.chairs, `${META}2`, null)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is put by its enterprise, and by operators for all', async () => {
    const f = await openFixture();
    expect(await putTemplate(f, f.operator, NODE_META, [STRING])).toMatchObject({ outcome: 'created' });
    const denied = { code: 'FORBIDDEN' };
    await expect(putTemplate(f, f.chairs, NODE_META, [STRING])).rejects.toMatchObject(denied);
    await expect(putTemplate(f, f.lamps, META, [STRING])).rejects.toMatchObject(denied);
    await expect(putTemplate(f, f.reader, META, [STRING])).rejects.toMatchObject(denied);
    await expect(putTemplate(f, f.reviewer, META, [STRING])).rejects.toMatchObject(denied);
    await expect(putTemplate(f, f.operator, '0.NA/88.118', [STRING])).rejects.toMatchObject({
      code: 'INVALID_TEMPLATE',
    });
    await expect(putTemplate(f, f.operator, '1.2/META', [STRING])).rejects.toMatchObject({ code: 'NOT_RESPONSIBLE' });
    await putTemplate(f, f.chairs, META, [STRING]);
    await setState(f, CHAIRS, 'suspended');
    await expect(f.templates.disable(f.chairs, META, [2000], FREE)).rejects.toMatchObject(denied);
  });

  it('is read by those who read under its prefix; those of the node by everyone', async () => {
    const f = await openFixture();
    await putTemplate(f, f.operator, NODE_META, [STRING]);
    await putTemplate(f, f.chairs, META, [STRING]);
    for (const who of [f.chairs, f.reader, f.reviewer, f.operator]) {
      expect((await f.templates.read(who, META, null)).handle).toBe(META);
    }
    await expect(f.templates.read(f.lamps, META, null)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    // Asked for what does not exist, it tells the same.
    await expect(f.templates.read(f.lamps, `${META}2`, null)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await f.templates.read(f.lamps, NODE_META, null)).handle).toBe(NODE_META);
  });

  it('is for prefixes below its own, too', async () => {
    const f = await openFixture();
    await putTemplate(f, f.chairs, META, [STRING]);
    const below = actor('enterprise', `${CHAIRS}.7`);
    expect((await f.templates.read(below, META, null)).handle).toBe(META);
    expect((await f.templates.list(below, null, null, 10)).map(({ handle }) => handle)).toEqual([META]);
    expect(await f.templates.list(below, CHAIRS, null, 10)).toHaveLength(1);
    const beside = actor('enterprise', `${CHAIRS}7`);
    await expect(f.templates.read(beside, META, null)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await f.templates.list(beside, null, null, 10)).toEqual([]);
  });

  it('is listed to those who may read it, page by page', async () => {
    const f = await openFixture();
    const own = [`${CHAIRS}/META_A`, `${CHAIRS}/META_B`];
    const all = [...own, `${LAMPS}/META_L`, NODE_META];
    for (const handle of all) await putTemplate(f, f.operator, handle, [STRING]);
    const list = async (who: typeof f.chairs, prefix: string | null, after: string | null, limit = 10) =>
      (await f.templates.list(who, prefix, after, limit)).map(({ handle }) => handle);
    expect(await list(f.operator, null, null)).toEqual(all);
    expect(await list(f.operator, LAMPS, null)).toEqual([all[2]]);
    expect(await list(f.chairs, null, null)).toEqual([...own, NODE_META]);
    const pages: string[] = [];
    for (let after: string | null = null; ; ) {
      const page: string[] = await list(f.chairs, null, after, 1);
      pages.push(...page);
      if (page.length === 0) break;
      after = page[0] as string;
    }
    expect(pages).toEqual([...own, NODE_META]);
    expect(await list(f.chairs, '88.118', null)).toEqual([NODE_META]);
    await expect(list(f.chairs, LAMPS, null)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('compares and swaps, and is created once if asked to', async () => {
    const f = await openFixture();
    const put = (more: object) => f.templates.put(f.chairs, { handle: META, draft, mode: 'upsert', ...FREE, ...more });
    await expect(put({ ifMatch: 1 })).rejects.toMatchObject({ code: 'REVISION_CONFLICT' });
    await put({ mode: 'create' });
    await expect(put({ mode: 'create' })).rejects.toMatchObject({ code: 'ALREADY_EXISTS', at: '/handle' });
    await expect(put({ ifMatch: 2 })).rejects.toMatchObject({ code: 'REVISION_CONFLICT' });
    expect(await put({ ifMatch: 1, draft: { ...draft, isOpen: true } })).toMatchObject({ template: { revision: 2 } });
    await expect(f.templates.disable(f.chairs, META, [2000], { ...FREE, ifMatch: 1 })).rejects.toMatchObject({
      code: 'REVISION_CONFLICT',
    });
  });

  it('answers a repeated request with its first outcome', async () => {
    const f = await openFixture();
    const claim = { clientKey: 'k', method: 'PUT', path: '/v1/templates/x', bodyHash: 'a' };
    const put = (isOpen: boolean, bodyHash = 'a', clientKey = 'k') =>
      f.templates.put(f.chairs, {
        handle: META,
        draft: { ...draft, isOpen },
        mode: 'upsert',
        ifMatch: null,
        idempotency: { ...claim, bodyHash, clientKey },
      });
    expect(await put(false)).toMatchObject({ outcome: 'created', template: { revision: 1 } });
    expect(await put(true, 'b', 'k2')).toMatchObject({ outcome: 'updated', template: { revision: 2 } });
    expect(await put(false)).toMatchObject({ outcome: 'created', template: { revision: 1, isOpen: false } });
    expect((await f.templates.read(f.chairs, META, null)).revision).toBe(2);
    await expect(put(true, 'c')).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
  });

  it('is put again if others were faster', async () => {
    let others: (() => Promise<unknown>) | null = null;
    const f = await openFixture({
      beforeCommit: async () => {
        const first = others;
        others = null;
        await first?.();
      },
    });
    await putTemplate(f, f.chairs, META, [STRING]);
    others = () => putTemplate(f, f.chairs, META, [STRING, { index: 2001, kind: 'date' }]);
    const three = [STRING, { index: 2001, kind: 'date' } as const, { index: 2002, kind: 'date' } as const];
    expect(await putTemplate(f, f.chairs, META, three)).toMatchObject({ template: { revision: 3 } });
  });

  it('fills no store: a prefix has so many', async () => {
    const f = await openFixture();
    for (let i = 0; i < 200; i++) await putTemplate(f, f.chairs, `${META}${i}`, [STRING]);
    await expect(putTemplate(f, f.chairs, META, [STRING])).rejects.toMatchObject({ code: 'INVALID_STATE' });
    await putTemplate(f, f.chairs, `${META}0`, [{ ...STRING, searchable: true }]);
  });
});

describe('an element', () => {
  it('is disabled and enabled, never removed', async () => {
    const f = await openFixture();
    await putTemplate(f, f.chairs, META, [STRING, { index: 2001, kind: 'date' }]);
    const { template, outcome } = await f.templates.disable(f.chairs, META, [2001], FREE);
    expect([outcome, template.revision, template.elements.map(({ disabled }) => disabled)]).toEqual([
      'updated',
      2,
      [false, true],
    ]);
    expect(await f.templates.disable(f.chairs, META, [2001], FREE)).toMatchObject({ outcome: 'unchanged' });
    await expect(f.templates.disable(f.chairs, META, [2000, 2009], FREE)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(f.templates.disable(f.chairs, `${META}2`, [2000], FREE)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const gone = putTemplate(f, f.chairs, META, [STRING]);
    await expect(gone).rejects.toMatchObject({ code: 'INVALID_STATE', at: '/elements' });
    await expect(gone).rejects.toThrow(/Element 2001 \(要素2001 \/ Element 2001\) is gone/);
    expect(await putTemplate(f, f.chairs, META, [STRING, { index: 2001, kind: 'date' }])).toMatchObject({
      template: { revision: 3 },
    });
  });

  it('keeps its type and kind for ever', async () => {
    const f = await openFixture();
    await putTemplate(f, f.chairs, META, [STRING]);
    for (const [change, at] of [
      [{ type: 'OTHER' }, '/elements/0/type'],
      [{ kind: 'number' }, '/elements/0/kind'],
    ] as const) {
      const put = putTemplate(f, f.chairs, META, [{ ...STRING, ...change }]);
      await expect(put).rejects.toMatchObject({ code: 'INVALID_STATE', at });
    }
    await putTemplate(f, f.chairs, META, [{ ...STRING, required: true, maxLength: 5, name: { zh: '名', en: 'N' } }]);
  });
});
