// What tests of moving registries share: a furnished one, its export, and taking that in.

import { type ByteString, bytesFromText } from '../../src/domain/bytes.ts';
import { parseHandle } from '../../src/domain/handle.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import { type ExportOptions, exportLines } from '../../src/registry/export-lines.ts';
import { CHAIRS, type Fixture, LAMPS, patch, put, remove, revoke, WRITE } from './fixture.ts';
import { putTemplate } from './template-fixture.ts';

export const DAY_MS = 86_400_000;
/** Homed by an operator while the node runs. */
export const FOLDING = '20.600';

export async function exportOf(f: Fixture, more: Partial<ExportOptions> = {}): Promise<string[]> {
  const options = { store: f.store, scope: null, withHistory: true, withKeys: true, ...more };
  const lines: string[] = [];
  for await (const page of exportLines(options)) lines.push(...page);
  return lines;
}

export async function preserve(f: Fixture, lines: readonly string[]): Promise<string[]> {
  const results = await f.preserver.preserve(
    f.operator,
    lines.map((line) => JSON.parse(line)),
  );
  return results.map((result) => (result.ok ? result.outcome : result.error.code));
}

export const h = (suffix: string, prefix = CHAIRS) => parseHandle(`${prefix}/${suffix}`, () => false);

/** Records of every kind, changed on several days. */
export async function furnish(f: Fixture): Promise<void> {
  const odd = [
    makeValue({ index: 7, type: bytesFromText('二进制'), data: '\x00\xff\x80' as ByteString, permissions: 12, ttl: 5 }),
    makeValue({
      index: 3,
      type: bytesFromText('URL'),
      data: bytesFromText('"引号"\n\u2028'),
      ttl: 1_900_000_000,
      ttlIsAbsolute: true,
      references: [{ index: 300, handle: '0.NA/88.118' }],
    }),
    makeValue({
      index: 100,
      type: bytesFromText('HS_ADMIN'),
      data: '\x0f\xff\x00\x00\x00\x03a/b\x00\x00\x01\x2c\x00\x00' as ByteString,
    }),
  ];
  const principal = await f.directory.createPrincipal(f.operator, { name: 'ERP', role: 'enterprise', scope: CHAIRS });
  await f.directory.issueKey(f.operator, { principalId: principal.id, label: 'ERP', expiresAt: Date.UTC(2030, 0, 1) });
  const narrow = [{ index: 2000, kind: 'string' } as const];
  await putTemplate(f, f.operator, h('META_1'), { elements: narrow, isOpen: true });
  await putTemplate(f, f.operator, h('META_ALL', '88.118'), [{ index: 2000, kind: 'string' }]);
  const requester = { kind: 'key', principal: f.operator.principal } as const;
  const home = (prefix: string, foldsCase: boolean) =>
    f.handlePrefixes.home(requester, prefix, { foldsCase, requestId: 'r' });
  await home(FOLDING, true);
  await home('20.601', false);
  await f.handlePrefixes.unhome(requester, '20.601', 'r');
  const calls = [
    put(`${FOLDING}/Folded`),
    put(h('Z-MODEL')),
    put(h('ITEM'), { parent: h('Z-MODEL') }),
    put(h('GONE')),
    put(h('ODD')),
    put(h('L', LAMPS)),
    put(h('RESERVED'), { status: 'reserved' }),
    put(h('RECALLED')),
    { operation: 'recall', handle: h('RECALLED'), ifMatch: null, reason: 'r', notice: '通知' } as const,
  ];
  await f.identifiers.register(f.operator, calls, WRITE);
  f.clock.nowMs += DAY_MS;
  const choices = [{ value: 'E0', name: { zh: '级', en: 'Class' } }];
  const wider = [{ index: 2000, kind: 'string' } as const, { index: 2001, kind: 'enumeration', choices } as const];
  await putTemplate(f, f.operator, h('META_1'), { elements: wider, isOpen: true });
  await f.identifiers.register(
    f.operator,
    [put(h('ODD'), { values: odd, template: h('META_1') }), remove(h('GONE'))],
    WRITE,
  );
  f.clock.nowMs += DAY_MS;
  await f.identifiers.register(
    f.operator,
    [revoke(h('ODD')), patch(h('Z-MODEL'), { values: odd }), put(h('L', LAMPS), { values: odd })],
    WRITE,
  );
}

/** A line of an export. */
export const line = (over: object = {}) =>
  JSON.stringify({
    kind: 'record',
    handle: `${CHAIRS}/A`,
    status: 'active',
    revision: 1,
    createdAt: '2020-01-01T00:00:00.000Z',
    updatedAt: '2020-01-01T00:00:00.000Z',
    values: [],
    ...over,
  });
