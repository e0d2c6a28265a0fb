// One state of a store as another process reads it, beside a running node or without one: for exports and
// moves. Never writes.

import { visitEnvironment } from './lmdb-environment.ts';
import { assertGrowth, growthLimit } from './lmdb-growth.ts';
import { pinPages } from './lmdb-pages.ts';
import { fixedView, readersOf, readTotals } from './lmdb-reading.ts';
import type {
  DirectoryReader,
  HomeReader,
  JournalReader,
  LotReader,
  RecordReader,
  RegistryScanner,
  SearchReader,
  TemplateReader,
} from './registry-store.ts';

export interface VisitedStore
  extends RecordReader,
    HomeReader,
    DirectoryReader,
    TemplateReader,
    LotReader,
    RegistryScanner,
    SearchReader,
    Pick<JournalReader, 'changes' | 'counts'> {
  /** Live records. */
  readonly records: number;
  /** The newest log row's. */
  readonly sequence: number;
  /** Call now and then: throws `OVERLOADED` if the file has grown too much since (null: by half, or 1 GiB). */
  assertGrowth(maxGrowthBytes: number | null): void;
  /** A second call does nothing. */
  close(): Promise<void>;
}

/** Throws as `visitEnvironment`. Close it soon: while it is open the store's file grows with every write. */
export async function visitStore(path: string): Promise<VisitedStore> {
  const environment = visitEnvironment(path);
  try {
    const pages = pinPages(environment);
    const view = fixedView(environment, pages.snapshot);
    return {
      ...readersOf(view),
      ...readTotals(view),
      assertGrowth: (limit) => assertGrowth(pages.growthBytes(), limit ?? growthLimit(pages.byteLength)),
      close: () => {
        pages.close();
        return environment.close();
      },
    };
  } catch (cause) {
    await environment.close();
    throw cause;
  }
}
