// A real PostgreSQL for a case, as it is installed but for its place and its memory: what it acknowledges is on disk.
// Migrated, filled with a sector by a writer of the store, and gone at the end.

import type { HandleRecord } from '../../src/domain/handle-record.ts';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import { migrate } from '../../src/store/postgres-migrations.ts';
import { openPostgresStore } from '../../src/store/postgres-store.ts';
import { startPostgres } from '../../test/postgres-server.ts';
import { cpuSecondsOf } from '../driver/server-usage.ts';
import type { Sector } from '../generator.ts';
import { fillStore } from '../load-store.ts';

const SCHEMA = 'jiabiao';

/**
 * Its own cache, of which it is installed with 128 MB: its documentation begins with a quarter of the memory, and LMDB
 * beside it has whatever memory is free.
 */
const MEMORY = 'shared_buffers=1GB';
const PAGE = 2000;

export interface PostgresServer {
  /** Settings of a node that has it as its store. */
  readonly settings: Readonly<Record<string, string>>;
  /** Returns how many rows were written. */
  fill(sector: Sector): Promise<number>;
  /** All that it holds, prefix by prefix. */
  records(): AsyncIterable<HandleRecord>;
  /** CPU seconds that all its processes have used so far. */
  cpuSeconds(): number;
  /** Bytes of the tables of records, their indexes counted, and of the change log's. */
  sizes(): Promise<{ readonly records: number; readonly log: number }>;
  close(): Promise<void>;
}

export async function startMigrated(): Promise<PostgresServer> {
  const server = await startPostgres({ settings: [MEMORY] });
  const place = { url: server.url, schema: SCHEMA, clock: Date.now };
  await migrate(place);
  const sizeOf = async (pattern: string): Promise<number> => {
    const [row] = await server.query(
      `SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint AS size FROM pg_class
       WHERE relnamespace = $1::regnamespace AND relkind = 'r' AND relname ~ $2`,
      [SCHEMA, pattern],
    );
    return Number(row?.size);
  };
  const open = () => openPostgresStore({ ...place, onVisible() {}, observer: SILENT_OBSERVER });
  return {
    settings: { JIABIAO_STORE__KIND: 'postgres', JIABIAO_POSTGRES__URLS: server.url },
    async fill(sector) {
      const store = await open();
      const rows = await fillStore(store, sector);
      await store.close();
      await server.query('VACUUM ANALYZE');
      return rows;
    },
    async *records() {
      const store = await open();
      for (const prefix of await store.prefixes()) {
        let page = await store.list(prefix, null, PAGE);
        for (; page.length > 0; page = await store.list(prefix, page.at(-1)?.handle ?? null, PAGE)) yield* page;
      }
      await store.close();
    },
    cpuSeconds: () => server.family().reduce((sum, id) => sum + cpuSecondsIfAlive(id), 0),
    sizes: async () => ({ records: await sizeOf('^records'), log: await sizeOf('^log') }),
    close: () => server.close(),
  };
}

/** A connection may have ended since its process was listed. */
function cpuSecondsIfAlive(id: number): number {
  try {
    return cpuSecondsOf(id);
  } catch {
    return 0;
  }
}
