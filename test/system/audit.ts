// Looks into the store of a node that is gone, and compares it with what the node had promised.

import { textFromBytes } from '../../src/domain/bytes.ts';
import { parseHandle } from '../../src/domain/handle.ts';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import { parsePrefix } from '../../src/domain/prefix.ts';
import { openLmdbStore } from '../../src/store/lmdb-store.ts';
import type { RegistryStore } from '../../src/store/registry-store.ts';
import type { Ledger } from './writers.ts';

const PAGE = 1000;

/** Follows one prefix over several audits, so that each reads only what is new in the log. */
export class Auditor {
  readonly #directory: string;
  readonly prefix: string;
  #sequence = 0;
  #created = 0;
  #deleted = 0;

  constructor(directory: string, prefix: string) {
    this.#directory = directory;
    this.prefix = prefix;
  }

  get created(): number {
    return this.#created;
  }

  /** Everything that is wrong, in words. `thorough` also counts the records one by one. */
  async audit(ledger: Ledger, thorough: boolean): Promise<readonly string[]> {
    const store = await openLmdbStore({
      path: this.#directory,
      clock: Date.now,
      visibleEpoch: () => 0,
      onVisible: () => {},
      observer: SILENT_OBSERVER,
    });
    try {
      const logged = new Set<string>();
      const problems = await this.#readLog(store, logged);
      problems.push(...(await checkAcknowledged(store, ledger, logged)));
      problems.push(...(await this.#checkCounts(store, thorough)));
      return problems;
    } finally {
      await store.close();
    }
  }

  async #readLog(store: RegistryStore, logged: Set<string>): Promise<string[]> {
    const problems: string[] = [];
    for (;;) {
      const rows = await store.changes(this.#sequence, PAGE);
      for (const row of rows) {
        if (row.sequence !== this.#sequence + 1) problems.push(`gap in the log: ${this.#sequence} → ${row.sequence}`);
        this.#sequence = row.sequence;
        for (const entry of row.entries) {
          if (entry.subject !== 'record' || !entry.name.startsWith(`${this.prefix}/`)) continue;
          logged.add(`${entry.name}@${entry.revision}`);
          if (entry.action === 'created') this.#created++;
          if (entry.action === 'deleted') this.#deleted++;
        }
      }
      if (rows.length < PAGE) break;
    }
    const { sequence } = store.stats();
    if (sequence !== this.#sequence) problems.push(`the store counts to ${sequence}, its log to ${this.#sequence}`);
    return problems;
  }

  async #checkCounts(store: RegistryStore, thorough: boolean): Promise<string[]> {
    const prefix = parsePrefix(this.prefix);
    const problems: string[] = [];
    const expect = (what: string, counted: number, expected: number): void => {
      if (counted !== expected) problems.push(`${what}: counted ${counted}, the log says ${expected}`);
    };
    const { live, days } = await store.counts(prefix);
    expect('live identifiers', live, this.#created - this.#deleted);
    expect('identifiers created', sum(days.map((day) => day.created)), this.#created);
    expect('identifiers deleted', sum(days.map((day) => day.deleted)), this.#deleted);
    if (thorough) expect('records in the store', await countRecords(store, prefix), live);
    return problems;
  }
}

async function checkAcknowledged(store: RegistryStore, ledger: Ledger, logged: ReadonlySet<string>): Promise<string[]> {
  const problems: string[] = [];
  for (const { handle, revision } of ledger.fresh) {
    if (!logged.has(`${handle}@${revision}`)) problems.push(`${handle} revision ${revision} is not in the log`);
  }
  for (const { handle, revision, text } of ledger.acknowledged.values()) {
    const record = await store.get(parseHandle(handle, () => false));
    const stored = record?.values[0];
    const found = stored === undefined ? null : textFromBytes(stored.data);
    if (record === null) problems.push(`${handle} was acknowledged and is gone`);
    else if (record.revision === revision && found !== text) problems.push(`${handle} holds ${found}, not ${text}`);
    else if (record.revision !== revision && found !== ledger.inDoubt.get(handle)) {
      problems.push(`${handle} is at revision ${record.revision}, acknowledged was ${revision}`);
    } else if (record.revision > revision) {
      ledger.acknowledged.set(handle, { handle, revision: record.revision, text: found ?? '' });
    }
  }
  return problems;
}

async function countRecords(store: RegistryStore, prefix: Parameters<RegistryStore['list']>[0]): Promise<number> {
  let counted = 0;
  for (let after: Parameters<RegistryStore['list']>[1] = null; ; ) {
    const page = await store.list(prefix, after, PAGE);
    counted += page.length;
    after = page.at(-1)?.handle ?? null;
    if (page.length < PAGE || after === null) return counted;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
