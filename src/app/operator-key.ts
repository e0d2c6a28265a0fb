// The file that the first operator key goes to. It never overwrites a key that might still be somebody's only one.

import { randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectory } from '../disk/make-directory.ts';
import { HandleError } from '../domain/error.ts';
import type { Agreements } from '../peers/agreements.ts';
import { createFirstOperator } from '../registry/first-operator.ts';
import { OPERATOR_KEY_FILE } from '../store/key-files.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import { systemClock } from './clock.ts';
import type { Log } from './logs.ts';

/** Readable by its owner alone. */
const KEY_FILE_MODE = 0o600;
/** Under which name nodes do it one after the other. */
const AGREED = 'first-operator';

/** Writes the token; a file that stands there is kept under another name, which is returned (else null). */
export function writeOperatorKey(file: string, token: string, nowMs: number): string | null {
  const content = `${token}\n`;
  try {
    makeDirectory(dirname(file), 0o700);
    try {
      writeFileSync(file, content, { mode: KEY_FILE_MODE, flag: 'wx' });
      return null;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const kept = `${file}.${new Date(nowMs).toISOString().replace(/[:.]/g, '-')}`;
    renameSync(file, kept);
    writeFileSync(file, content, { mode: KEY_FILE_MODE, flag: 'wx' });
    return kept;
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new HandleError('INVALID_CONFIG', `The operator key cannot be written to ${file}: ${reason}.`, { cause });
  }
}

/** A memory store's key dies with it, so it must not take the place of one that lasts. */
export function operatorKeyFileNameFor(storeKind: string): string {
  return storeKind === 'memory' ? 'operator.memory.key' : OPERATOR_KEY_FILE;
}

export interface FirstKeyParts {
  readonly store: RegistryStore;
  readonly file: string;
  /** Null for a node whose store is its own. */
  readonly agreements: Agreements | null;
  readonly log: Log;
}

/** The first operator's token, if this start has made one; it is in the file then. */
export function makeFirstKey({ store, file, agreements, log }: FirstKeyParts): Promise<string | null> {
  const keep = (token: string): void => {
    const kept = writeOperatorKey(file, token, systemClock());
    if (kept !== null)
      log.warn({ kept }, 'the store is new: the operator key of an older one was kept under another name');
  };
  const options = { store, randomBytes, keep };
  if (agreements === null) return createFirstOperator(options);
  return createFirstOperator({ ...options, alone: (work) => agreements.alone(AGREED, work) });
}
