// Where import jobs live, and what the rest of the node knows of who runs them.

import { join } from 'node:path';
import { IMPORTS_FOLDER } from '../store/beside-files.ts';
import type { Config } from './config.ts';

export interface Imports {
  /** Something is to be done, perhaps. */
  wake(): void;
}

/** Jobs of a store in memory die with it, and must not be taken for those of one that lasts. */
export function importDirectoryOf({ store, imports }: Pick<Config, 'store' | 'imports'>): string {
  if (imports.directory !== 'auto') return imports.directory;
  return join(store.path, store.kind === 'memory' ? `${IMPORTS_FOLDER}.memory` : IMPORTS_FOLDER);
}
