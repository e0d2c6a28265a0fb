// What a check of a store finds: every problem counted, the first ones kept in words. Holds no more than it shows.

import { isHandleError } from '../domain/error.ts';
import { MAX_FINDINGS } from '../domain/limits.ts';
import type { TableName } from './lmdb-tables.ts';

export interface Finding {
  /** The table in which it shows. */
  readonly table: TableName;
  readonly detail: string;
}

export class Findings {
  readonly kept: Finding[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(table: TableName, detail: string): void {
    this.#count += 1;
    if (this.kept.length < MAX_FINDINGS) this.kept.push({ table, detail });
  }

  /** Adds the finding unless `holds`; says whether it does. */
  expect(holds: boolean, table: TableName, detail: () => string): boolean {
    if (!holds) this.add(table, detail());
    return holds;
  }

  /** Runs a check of one row; bytes that make no sense are a finding. Null if they did not. */
  attempt<T>(table: TableName, place: () => string, check: () => T): T | null {
    try {
      return check();
    } catch (cause) {
      if (!isHandleError(cause, 'STORE_FORMAT')) throw cause;
      this.add(table, `${place()}: ${cause.message}`);
      return null;
    }
  }
}

/** A key or name as it can be shown. */
export function shownBytes(bytes: string): string {
  return JSON.stringify(Buffer.from(bytes, 'latin1').toString('utf8'));
}
