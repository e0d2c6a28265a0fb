// PostgreSQL stores for tests: each in a schema of its own, of one server that goes with the file's tests.

import { afterAll } from 'vitest';
import type { VisibleChange } from '../../src/domain/change.ts';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import { migrate } from '../../src/store/postgres-migrations.ts';
import { openPostgresStore, type PostgresLimits } from '../../src/store/postgres-store.ts';
import { type PostgresProcess, startPostgres } from '../postgres-server.ts';
import { LOT_TAGS, NOON, type StoreFixture } from './world.ts';

let server: Promise<PostgresProcess> | undefined;
let schemas = 0;

/** As few as are several: each is a table to make. */
const PARTITIONS = 2;

/** The server of this file's tests. Nothing of it outlives them, so it need not survive a loss of power. */
export function postgres(): Promise<PostgresProcess> {
  server ??= startPostgres({ settings: ['fsync=off'] });
  return server;
}

afterAll(async () => {
  await (await server)?.close();
});

export interface PostgresFixture extends StoreFixture {
  readonly url: string;
  readonly schema: string;
}

export interface Opening {
  /** One that is there already; without one, of a new schema. */
  readonly schema?: string;
  readonly limits?: Partial<PostgresLimits>;
}

export async function openPostgres({
  schema = `suite_${++schemas}`,
  limits = {},
}: Opening = {}): Promise<PostgresFixture> {
  const { url } = await postgres();
  const clock = { nowMs: NOON };
  const visible: VisibleChange[] = [];
  await migrate({ url, schema, partitions: PARTITIONS, clock: () => clock.nowMs });
  const store = await openPostgresStore({
    ...{ url, schema, limits, lotTags: LOT_TAGS, observer: SILENT_OBSERVER },
    clock: () => clock.nowMs,
    onVisible: (changes) => visible.push(...changes),
  });
  return { url, schema, store, writer: store, clock, visible, close: () => store.close() };
}
