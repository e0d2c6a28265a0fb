// Where import jobs live: beside the store they go into.

import { join } from 'node:path';
import type { Config } from './config.ts';

/** Jobs of a store in memory die with it, and must not be taken for those of one that lasts. */
export function importDirectoryOf({ store }: Pick<Config, 'store'>): string {
  return join(store.path, store.kind === 'memory' ? 'imports.memory' : 'imports');
}
