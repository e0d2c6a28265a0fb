// Full and differential exports, taken in one behind the other, make the same registry.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedLines } from '../../src/registry/changed-lines.ts';
import type { Registration } from '../../src/registry/registration.ts';
import {
  CHAIRS,
  codeOf,
  type Fixture,
  LAMPS,
  one,
  openFixture,
  patch,
  put,
  remove,
  revoke,
  setState,
  value,
  WRITE,
} from './fixture.ts';
import { DAY_MS, exportOf, furnish, h, preserve } from './moving.ts';
import { putTemplate } from './template-fixture.ts';

async function changesOf(f: Fixture, since: number, more: object = {}): Promise<string[]> {
  const { sequence: newest } = f.store.stats();
  const lines: string[] = [];
  for await (const page of changedLines({ store: f.store, scope: null, withKeys: true, since, newest, ...more })) {
    lines.push(...page);
  }
  return lines;
}

const handles = (lines: readonly string[]) => lines.map((line) => JSON.parse(line).handle ?? JSON.parse(line).prefix);
const sequenceOf = (f: Fixture) => f.store.stats().sequence;
const refused = (outcomes: readonly string[]) =>
  outcomes.filter((one) => !['created', 'updated', 'unchanged'].includes(one));

describe('a differential export', () => {
  it('behind a full one makes the same registry, deletions, histories, templates and enterprises in it', async () => {
    const [source, target] = [await openFixture(), await openFixture()];
    await furnish(source);
    await preserve(target, await exportOf(source));
    let since = sequenceOf(source);
    expect(await changesOf(source, since)).toEqual([]);

    source.clock.nowMs += DAY_MS;
    const calls: Registration[] = [
      put(h('NEW'), { parent: h('Z-MODEL') }),
      patch(h('ITEM'), { parent: null }),
      remove(h('RESERVED')),
      put(h('GONE')),
      { operation: 'lift-recall', handle: h('RECALLED'), ifMatch: null },
    ];
    await source.identifiers.register(source.operator, calls, WRITE);
    await setState(source, LAMPS, 'suspended');
    await putTemplate(source, source.operator, h('META_1'), {
      elements: [
        { index: 2000, kind: 'string' },
        { index: 2001, kind: 'enumeration', choices: [{ value: 'E0', name: { zh: '级', en: 'Class' } }] },
        { index: 2002, kind: 'string' },
      ],
      isOpen: true,
    });
    source.clock.nowMs += DAY_MS;
    await one(source, source.operator, revoke(h('NEW')));
    const [key] = await source.store.keys(null, 10);
    await source.directory.revokeKey(source.operator, key?.id ?? '');

    const lines = await changesOf(source, since);
    expect(handles(lines).filter((name) => name === h('NEW'))).toHaveLength(1);
    expect(refused(await preserve(target, lines))).toEqual([]);
    expect(await exportOf(target)).toEqual(await exportOf(source));
    expect(new Set(await preserve(target, lines))).toEqual(new Set(['unchanged']));

    since = sequenceOf(source);
    await one(source, source.operator, remove(h('NEW')));
    const rest = await changesOf(source, since);
    expect(handles(rest)).toEqual([h('NEW')]);
    expect(await preserve(target, rest)).toEqual(['updated']);
    expect(await exportOf(target)).toEqual(await exportOf(source));
    expect((await target.store.counts(CHAIRS as never)).live).toBe((await source.store.counts(CHAIRS as never)).live);
  });

  it('does so whatever happened, however the changes are cut into exports', async () => {
    const step = fc.record({
      suffix: fc.constantFrom('A', 'B', 'C', 'D'),
      what: fc.constantFrom('put', 'parent', 'revoke', 'remove', 'restore', 'recall', 'lift'),
      exports: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const [source, target] = [await openFixture(), await openFixture()];
        let since = sequenceOf(source);
        let version = 0;
        for (const { suffix, what, exports } of steps) {
          source.clock.nowMs += 1000;
          const values = [value(2000, 'NAME', `v${version++}`)];
          const handle = h(suffix);
          const registration = {
            put: put(handle, { values }),
            parent: put(handle, { values, parent: h('A') }),
            revoke: revoke(handle),
            remove: remove(handle),
            restore: patch(handle, { status: 'active' }),
            recall: { operation: 'recall', handle, ifMatch: null, reason: 'r', notice: `n${version}` },
            lift: { operation: 'lift-recall', handle, ifMatch: null },
          }[what] as Registration;
          await one(source, source.operator, registration);
          if (!exports) continue;
          expect(refused(await preserve(target, await changesOf(source, since)))).toEqual([]);
          since = sequenceOf(source);
        }
        expect(refused(await preserve(target, await changesOf(source, since)))).toEqual([]);
        expect(await exportOf(target)).toEqual(await exportOf(source));
      }),
      { numRuns: 60 },
    );
  });

  it('of a prefix has what changed below it alone, and keys only if they are asked for', async () => {
    const f = await openFixture();
    const since = sequenceOf(f);
    await f.identifiers.register(f.operator, [put(h('A')), put(h('B', LAMPS))], WRITE);
    const principal = await f.directory.createPrincipal(f.operator, { name: 'ERP', role: 'enterprise', scope: LAMPS });
    await f.directory.issueKey(f.operator, { principalId: principal.id, label: 'ERP', expiresAt: null });
    const operator = await f.directory.createPrincipal(f.operator, { name: 'Op', role: 'operator', scope: null });
    await f.directory.issueKey(f.operator, { principalId: operator.id, label: 'Op', expiresAt: null });
    const kinds = async (more: object) => (await changesOf(f, since, more)).map((line) => JSON.parse(line).kind).sort();
    expect(await kinds({ scope: CHAIRS })).toEqual(['record']);
    expect(await kinds({ scope: LAMPS })).toEqual(['key', 'principal', 'record']);
    expect(await kinds({ withKeys: false })).toEqual(['principal', 'record', 'record']);
  });

  it('is refused behind the end of the log', async () => {
    const f = await openFixture();
    expect(await codeOf(changesOf(f, sequenceOf(f) + 1))).toBe('INVALID_REQUEST');
  });
});

describe('what goes on from what stands', () => {
  it('is refused where something else stands, and nothing is overwritten', async () => {
    const [source, target] = [await openFixture(), await openFixture()];
    await one(source, source.operator, put(h('A')));
    await preserve(target, await exportOf(source));
    source.clock.nowMs += 1000;
    await one(source, source.operator, patch(h('A'), { values: [value(1, 'N', 'theirs')] }));
    target.clock.nowMs += 2000;
    await one(target, target.operator, patch(h('A'), { values: [value(1, 'N', 'ours')] }));
    const lines = (await exportOf(source)).filter((line) => line.includes('"record"'));
    expect(await preserve(target, lines)).toEqual(['ALREADY_EXISTS']);
    expect(await exportOf(target)).not.toEqual(await exportOf(source));
  });

  it('of an enterprise is refused if it was made at another instant', async () => {
    const [source, target] = [await openFixture(), await openFixture()];
    source.clock.nowMs += 1000;
    await setState(source, LAMPS, 'suspended');
    const [line = ''] = (await exportOf(source)).filter((one) => one.includes(LAMPS));
    const other = JSON.stringify({ ...JSON.parse(line), createdAt: '2020-01-01T00:00:00.000Z' });
    expect(await preserve(target, [other])).toEqual(['ALREADY_EXISTS']);
    expect(await preserve(target, [line])).toEqual(['updated']);
  });
});
