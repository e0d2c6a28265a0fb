// Whether two registries that stand still are the same in everything that moves: exports, counts, indexes, the order of what
// happened to each thing, and every write that was acknowledged.

import { createHash } from 'node:crypto';
import type { Handle } from '../../src/domain/handle.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import { exportLines } from '../../src/registry/export-lines.ts';
import { foldText } from '../../src/store/search-terms.ts';
import type { ReadStore } from './houses.ts';
import type { Writer } from './writers.ts';

const ROWS_AT_ONCE = 50;
const LISTED_AT_ONCE = 1000;
const STATES = ['revoked', 'recalled', 'reserved'] as const;

export interface Contents {
  readonly lines: number;
  readonly records: number;
  /** Of all lines of the export, histories and hashes of keys among them. */
  readonly hash: string;
  /** By prefix, in their order: live identifiers, and what the days counted. */
  readonly counts: string;
  /** Rows of the change log, which is without gaps. */
  readonly log: number;
  /** Of each thing: what happened to it, in the order of the log. */
  readonly histories: string;
  /** Records found by their state, and children by their parents. */
  readonly found: string;
}

export async function contentsOf(store: ReadStore): Promise<Contents> {
  const exported = await hashOfExport(store);
  const prefixes = await store.prefixes();
  const counts: string[] = [];
  for (const prefix of prefixes) counts.push(JSON.stringify([prefix, await store.counts(prefix)]));
  const { rows, sum } = await readLog(store);
  return {
    ...exported,
    counts: counts.join('\n'),
    log: rows,
    histories: sum,
    found: await hashOfFound(store, prefixes),
  };
}

/** Throws unless both have the same. Logs differ in how changes are gathered into rows, and in nothing else. */
export function assertSame(one: Contents, other: Contents): void {
  for (const name of ['lines', 'records', 'hash', 'counts', 'histories', 'found'] as const) {
    if (one[name] === other[name]) continue;
    const [a, b] = [one, other].map((contents) => String(contents[name]).slice(0, 2000));
    throw new Error(`The registries differ in their ${name}:\n${a}\n${b}`);
  }
}

async function hashOfExport(store: ReadStore): Promise<Pick<Contents, 'lines' | 'records' | 'hash'>> {
  const hash = createHash('sha256');
  let [lines, records] = [0, 0];
  for await (const page of exportLines({ store, scope: null, withHistory: true, withKeys: true })) {
    for (const line of page) {
      lines += 1;
      if (line.startsWith('{"kind":"record"')) records += 1;
      hash.update(`${line}\n`);
    }
  }
  return { lines, records, hash: hash.digest('hex') };
}

/** Throws for a gap, an instant that falls, or a revision that does not rise. */
async function readLog(store: ReadStore): Promise<{ readonly rows: number; readonly sum: string }> {
  const revisions = new Map<string, number>();
  let [rows, at] = [0, 0];
  let sum = 0n;
  for (;;) {
    const page = await store.changes(rows, ROWS_AT_ONCE);
    for (const row of page) {
      if (row.sequence !== rows + 1 || row.at < at) throw new Error(`Row ${row.sequence} follows row ${rows}.`);
      rows = row.sequence;
      at = row.at;
      for (const { subject, name, action, revision } of row.entries) {
        // Operators, and what settings home, stay with their node.
        if (subject !== 'record' && subject !== 'lot' && subject !== 'template') continue;
        const key = `${subject} ${name}`;
        if (revision <= (revisions.get(key) ?? 0)) throw new Error(`${key} goes back to revision ${revision}.`);
        revisions.set(key, revision);
        if (subject === 'record') sum += fingerprint(`${key} ${action} ${revision}`);
      }
    }
    if (page.length < ROWS_AT_ONCE) return { rows, sum: sum.toString(16) };
  }
}

/** Sums of these are the same for the same members, whatever their order. */
function fingerprint(text: string): bigint {
  return createHash('md5').update(text).digest().readBigUInt64LE();
}

async function hashOfFound(store: ReadStore, prefixes: readonly Prefix[]): Promise<string> {
  const hash = createHash('sha256');
  for (const prefix of prefixes) {
    for (const state of STATES) {
      for (let after: Handle | null = null; ; ) {
        const page = await store.findByState({ prefix, state, after, limit: LISTED_AT_ONCE, rows: 100_000 });
        hash.update(page.handles.map((handle) => `${state} ${handle}\n`).join(''));
        after = page.next;
        if (after === null) break;
      }
    }
    await hashChildren(store, prefix, hash);
    await hashSerials(store, prefix, hash);
  }
  return hash.digest('hex');
}

async function hashChildren(store: ReadStore, prefix: Prefix, hash: ReturnType<typeof createHash>): Promise<void> {
  const parents = new Set<Handle>();
  for (let after: Handle | null = null; ; ) {
    const page = await store.list(prefix, after, LISTED_AT_ONCE);
    for (const { parent } of page) if (parent !== null) parents.add(parent);
    after = page.at(-1)?.handle ?? null;
    if (page.length < LISTED_AT_ONCE) break;
  }
  for (const parent of [...parents].sort()) {
    for (let after: Handle | null = null; ; ) {
      const page = await store.children(parent, after, LISTED_AT_ONCE);
      hash.update(page.map((child) => `${parent} ${child}\n`).join(''));
      after = page.at(-1) ?? null;
      if (page.length < LISTED_AT_ONCE) break;
    }
  }
}

/** All that is found by its serial number. */
async function hashSerials(store: ReadStore, prefix: Prefix, hash: ReturnType<typeof createHash>): Promise<void> {
  const asked = { prefix, type: 'SERIAL' as never, value: foldText('SN' as never), match: 'prefix' } as const;
  for (let after: Awaited<ReturnType<ReadStore['findByValue']>>[number] | null = null; ; ) {
    const page = await store.findByValue({ ...asked, after, limit: LISTED_AT_ONCE });
    hash.update(page.map(({ handle, value }) => `${value} ${handle}\n`).join(''));
    after = page.at(-1) ?? null;
    if (page.length < LISTED_AT_ONCE) return;
  }
}

/** Throws if one is not there as it was acknowledged. Returns how many there are. */
export async function assertAcknowledged(store: ReadStore, writers: readonly Writer[]): Promise<number> {
  let checked = 0;
  for (const { ledger } of writers) {
    for (const [handle, { revision, atLeast }] of ledger) {
      const stands = (await store.state(handle as Handle))?.revision ?? 0;
      if (stands !== revision && !(atLeast && stands > revision))
        throw new Error(`${handle} was acknowledged at revision ${revision}, and stands at ${stands}.`);
      if (revision > 0) checked += 1;
    }
  }
  return checked;
}
