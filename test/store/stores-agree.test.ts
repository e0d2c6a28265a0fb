// The LMDB and PostgreSQL stores say the same as the store in memory of everything that happens to them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, VisibleChange } from '../../src/domain/change.ts';
import type { Handle } from '../../src/domain/handle.ts';
import type { RecordDraft } from '../../src/domain/handle-record.ts';
import { lotIdOf } from '../../src/domain/lot.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import type { PreservedState } from '../../src/domain/preserved.ts';
import { openMemoryStore } from '../../src/store/memory-store.ts';
import type { CommitRequest, RegistryStore } from '../../src/store/registry-store.ts';
import { verifyStore } from '../../src/store/verify-store.ts';
import { openLmdb } from './lmdb-world.ts';
import { openPostgres } from './postgres-world.ts';
import { draft, element, LOT_TAGS, lotAgain, lotDraft, NOON, type StoreFixture, template, text } from './world.ts';

const PREFIXES = ['88.118.1', '88.118.10', '0.NA'] as Prefix[];
const SUFFIXES = ['A', 'B', 'C', 'D', '桌', '😀', '！', 'A/1', 'L1', 'L5', 'LX'];
/** Rooms of lots: `L0`–`L9` and parts of it, and one among the other suffixes. */
const LOTS = ['a', 'b', 'c'];
const ROOMS = [
  { head: 'L', width: 1, from: 0, to: 4 },
  { head: 'L', width: 1, from: 5, to: 9 },
  { head: 'L', width: 1, from: 3, to: 5 },
];
const HANDLES = PREFIXES.flatMap((prefix) => SUFFIXES.map((suffix) => `${prefix}/${suffix}` as Handle));

const anyHandle = fc.constantFrom(...HANDLES);

/** A change whose expected revision is filled in when it is made: the one that stands, or one beside it. */
interface Wish {
  readonly kind: 'put' | 'delete' | 'preserve' | 'lot' | 'template';
  readonly handle: Handle;
  readonly offset: number;
  readonly parent: Handle | null;
  readonly status: 'reserved' | 'active' | 'revoked';
  readonly data: string;
  readonly lot: number;
}

const anyWish: fc.Arbitrary<Wish> = fc.record({
  kind: fc.constantFrom('put', 'put', 'put', 'delete', 'preserve', 'lot', 'template'),
  handle: anyHandle,
  offset: fc.constantFrom(0, 0, 0, 0, 0, 1),
  parent: fc.option(anyHandle),
  status: fc.constantFrom('reserved', 'active', 'revoked'),
  data: fc.constantFrom('', 'x', '桌子'),
  lot: fc.nat({ max: 8 }),
});

interface Step {
  readonly wishes: readonly Wish[];
  readonly key: string | null;
  readonly laterMs: number;
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  wishes: fc.array(anyWish, { minLength: 1, maxLength: 6 }),
  key: fc.option(fc.constantFrom('k1', 'k2', 'k3')),
  laterMs: fc.constantFrom(0, 1, 1500, 3_600_000, 30_000_000, -10_000),
});

/** Two states of long ago; the parent of the first is none that others may not have. */
function statesOf(content: RecordDraft): PreservedState[] {
  const createdAt = NOON - 1_000_000_000;
  return [
    { revision: 1, createdAt, updatedAt: createdAt, draft: { ...content, status: 'active', reason: null } },
    { revision: 2, createdAt, updatedAt: createdAt + 500_000_000, draft: content },
  ];
}

async function lotChangeOf({ lot, handle, offset, parent, status, data }: Wish, store: RegistryStore): Promise<Change> {
  const prefix = handle.split('/')[0] as Prefix;
  const id = lotIdOf(prefix, LOTS[lot % 3] as string);
  const stands = await store.lot(id);
  const room = ROOMS[Math.floor(lot / 3)] as (typeof ROOMS)[number];
  const fresh = lotDraft(LOTS[lot % 3] as string, { prefix, ...room, parent });
  const state = status === 'revoked' ? 'revoked' : 'open';
  const change =
    stands === null
      ? fresh
      : ({ ...lotAgain(stands, {}).lot, state, parent, to: Math.max(room.to, stands.from) } as const);
  const expectedRevision = (stands?.revision ?? 0) + offset;
  return { kind: 'put-lot', expectedRevision, lot: { ...change, values: data === '' ? [] : [text(1, data)] } };
}

async function requestOf(step: Step, store: RegistryStore): Promise<CommitRequest> {
  const changes: Change[] = [];
  for (const wish of step.wishes) {
    const { kind, handle, offset, parent, status, data } = wish;
    if (kind === 'lot') {
      changes.push(await lotChangeOf(wish, store));
      continue;
    }
    if (kind === 'template') {
      const stands = (await store.template(handle))?.revision ?? 0;
      changes.push(template(handle, stands + offset, [element(2000, { unit: data, disabled: parent === null })]));
      continue;
    }
    const expectedRevision = ((await store.get(handle))?.revision ?? 0) + offset;
    const values = data === '' ? [] : [text(1, data), text(2000, data, { ttl: 5 })];
    const content = draft({ parent, status, reason: status === 'revoked' ? data : null, values });
    if (kind === 'put') changes.push({ kind: 'put-record', handle, expectedRevision, draft: content });
    else if (kind === 'preserve') changes.push({ kind: 'preserve-record', handle, states: statesOf(content) });
    else changes.push({ kind: 'delete-record', handle, expectedRevision });
  }
  const idempotency = step.key === null ? null : { key: step.key, bodyHash: 'b', note: 'n' };
  return { principalId: 'p', requestId: 'r', changes, idempotency };
}

/** Everything a store can be asked. */
async function everything(store: RegistryStore, nowMs: number): Promise<unknown> {
  const { records, issued, sequence } = store.stats();
  return {
    totals: { records, issued, sequence },
    records: await store.getMany(HANDLES),
    states: await Promise.all(PREFIXES.map((prefix) => store.states(prefix, null, 100))),
    prefixes: await store.prefixes(),
    lists: await Promise.all(PREFIXES.map((prefix) => store.list(prefix, null, 100))),
    pages: await Promise.all(HANDLES.map((handle) => store.list(handle.split('/')[0] as Prefix, handle, 2))),
    children: await Promise.all(HANDLES.map((handle) => store.children(handle, null, 100))),
    history: await Promise.all(HANDLES.map((handle) => store.history(handle, 1000, 1000))),
    changes: await store.changes(0, 1000),
    changesByPrefix: await Promise.all(PREFIXES.map((prefix) => store.changes(2, 1000, prefix))),
    lots: await Promise.all(PREFIXES.map((prefix) => store.lots(prefix, null, 100))),
    found: await Promise.all(HANDLES.map((handle) => store.findLot(handle))),
    templates: await store.templates(null, null, 100),
    templatesByPrefix: await Promise.all(PREFIXES.map((prefix) => store.templates(prefix, null, 2))),
    versions: await Promise.all(HANDLES.map((handle) => store.templateVersions(handle, 1, 100))),
    counts: await Promise.all(PREFIXES.map((prefix) => store.counts(prefix))),
    results: await Promise.all(['k1', 'k2', 'k3'].map((key) => store.idempotencyResult(key, nowMs))),
  };
}

interface Compared extends StoreFixture {
  /** What is wrong with what it left behind, and its end. */
  finish(): Promise<readonly unknown[]>;
}

async function openVerifiedLmdb(): Promise<Compared> {
  const lmdb = await openLmdb();
  const finish = async (): Promise<readonly unknown[]> => {
    // As another process would: two openings of one file do not go well together in one.
    await lmdb.store.close();
    const report = await verifyStore({ path: lmdb.path, lotTags: LOT_TAGS, maxGrowthBytes: null, progress() {} });
    await lmdb.close();
    return report.findings;
  };
  return { ...lmdb, finish };
}

async function openFreshPostgres(): Promise<Compared> {
  const fixture = await openPostgres();
  return { ...fixture, finish: () => fixture.close().then(() => []) };
}

describe('a store and that in memory', () => {
  it.each([
    ['LMDB', openVerifiedLmdb, 40],
    ['PostgreSQL', openFreshPostgres, 20],
  ] as const)('agree on every outcome, announcement and state: %s', { timeout: 120_000 }, async (_, open, numRuns) => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 25 }), async (steps) => {
        const { store, clock, visible, finish } = await open();
        const announced: VisibleChange[] = [];
        const memory = openMemoryStore({
          lotTags: LOT_TAGS,
          clock: () => clock.nowMs,
          onVisible: (changes) => announced.push(...changes),
        });
        clock.nowMs = NOON;
        for (const step of steps) {
          clock.nowMs += step.laterMs;
          const request = await requestOf(step, memory);
          expect(await store.commit(request)).toEqual(await memory.commit(request));
        }
        expect(visible).toEqual(announced);
        expect(await everything(store, clock.nowMs)).toEqual(await everything(memory, clock.nowMs));
        expect(await finish()).toEqual([]);
      }),
      { numRuns },
    );
  });
});
