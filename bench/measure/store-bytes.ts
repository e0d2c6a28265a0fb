// Bytes that each table of a store takes on disk, counted in whole pages.

import { visitEnvironment } from '../../src/store/lmdb-environment.ts';

/** Tables of the change log, and of search: counted apart from what an identifier takes. */
const LOG: readonly string[] = ['log', 'logByPrefix'];
const SEARCH: readonly string[] = ['search'];

export interface StoreBytes {
  /** Records and every index but that of search. */
  readonly identifiers: number;
  readonly changeLog: number;
  readonly search: number;
}

export async function bytesOfStore(path: string): Promise<StoreBytes> {
  const environment = visitEnvironment(path);
  try {
    const tables = Object.entries(environment.tables).map(([name, table]) => [name, table.pageBytes()] as const);
    const sum = (holds: (name: string) => boolean): number =>
      tables.reduce((total, [name, bytes]) => total + (holds(name) ? bytes : 0), 0);
    return {
      identifiers: sum((name) => !LOG.includes(name) && !SEARCH.includes(name)),
      changeLog: sum((name) => LOG.includes(name)),
      search: sum((name) => SEARCH.includes(name)),
    };
  } finally {
    await environment.close();
  }
}
