// The file of the key that opens the secrets of lots, beside the store and not in it. It is made once, with the first
// start, and never while lots stand whose secrets another key sealed.

import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeDirectory } from '../disk/make-directory.ts';
import { HandleError } from '../domain/error.ts';
import { MAX_PAGE_SIZE } from '../domain/limits.ts';
import type { LotId } from '../domain/lot.ts';
import type { Agreements } from '../peers/agreements.ts';
import { LOT_KEY_FILE } from '../store/key-files.ts';
import { LOT_KEY_BYTES, LotSecrets } from '../store/lot-secrets.ts';
import type { LotReader, RegistryStore } from '../store/registry-store.ts';
import type { Config } from './config.ts';
import type { Log } from './logs.ts';
import { agreeOnKey } from './shared-keys.ts';

/** Readable by its owner alone. */
const KEY_FILE_MODE = 0o600;
/** Under which name nodes agree on it. */
const AGREED = 'lot-key';
const KEY = /^[0-9a-f]{64}$/;

/** Keys in hex, a line each: the first seals, all open. None if there is no file. Throws `INVALID_CONFIG`. */
export function readLotKeys(file: string): readonly Buffer[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unusable(file, `it cannot be read (${(cause as Error).message})`);
  }
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (keys.length === 0) throw unusable(file, 'it holds no key');
  return keys.map((key, i) => {
    if (!KEY.test(key)) throw unusable(file, `its key ${i + 1} is not 64 hexadecimal digits`);
    return Buffer.from(key, 'hex');
  });
}

export interface LotKeys {
  readonly secrets: LotSecrets;
  /** The keys that are known by now, for other threads. */
  current(): readonly Buffer[];
  /**
   * Once the store is open: makes the first key if it is time to, and sees to it that other nodes have the same. False
   * if lots wait for a key that is missing.
   */
  settle(store: RegistryStore, log: Log, agreements: Agreements | null): Promise<boolean>;
}

/** Reads the keys there are; a store in memory gets one that dies with it. Throws `INVALID_CONFIG`. */
export function openLotKeys({ store: { kind, path } }: Pick<Config, 'store'>): LotKeys {
  const file = join(path, LOT_KEY_FILE);
  let keys = kind === 'memory' ? [randomBytes(LOT_KEY_BYTES)] : readLotKeys(file);
  const secrets = new LotSecrets(keys);
  return {
    secrets,
    current: () => keys,
    async settle(store, log, agreements) {
      if (kind === 'memory') return true;
      const isReadOnly = store.stats().readOnlyReason !== null;
      const othersHaveOne = agreements !== null && (await agreements.read(AGREED)) !== null;
      keys = await keepLotKeys({ file, store, isReadOnly, othersHaveOne, log });
      if (agreements !== null && !isReadOnly) await agreeOnKey(agreements, { name: AGREED, file, keys });
      secrets.use(keys);
      return keys.length > 0 || isReadOnly;
    },
  };
}

export interface LotKeyOptions {
  readonly file: string;
  readonly store: Pick<LotReader, 'lots'>;
  readonly isReadOnly: boolean;
  /** Whether other nodes of this registry share a key. */
  readonly othersHaveOne: boolean;
  readonly log: Log;
}

/** The keys that are there, or a new one. None while lots wait for the key that is missing: resolving the others goes on. */
export async function keepLotKeys(options: LotKeyOptions): Promise<readonly Buffer[]> {
  const { file, store, isReadOnly, othersHaveOne, log } = options;
  const there = readLotKeys(file);
  if (there.length > 0 || isReadOnly) return there;
  if (othersHaveOne || (await hasSealedLots(store))) {
    const mend = othersHaveOne ? 'copy the file from another node of this registry' : 'put the file back';
    log.error({ file }, `the key of lots is missing, so codes with check tags are not resolved: ${mend}, restart`);
    return [];
  }
  const key = randomBytes(LOT_KEY_BYTES);
  try {
    makeDirectory(dirname(file), 0o700);
    writeFileSync(file, `${key.toString('hex')}\n`, { mode: KEY_FILE_MODE, flag: 'wx' });
  } catch (cause) {
    throw unusable(file, `it cannot be written (${(cause as Error).message})`);
  }
  return [key];
}

/** Lots without check tags have no secret. */
async function hasSealedLots(store: Pick<LotReader, 'lots'>): Promise<boolean> {
  for (let after: LotId | null = null; ; ) {
    const page: Awaited<ReturnType<LotReader['lots']>> = await store.lots(null, after, MAX_PAGE_SIZE);
    if (page.some((lot) => lot.sealedSecret !== null)) return true;
    after = page.at(-1)?.id ?? null;
    if (after === null || page.length < MAX_PAGE_SIZE) return false;
  }
}

function unusable(file: string, why: string): HandleError {
  return new HandleError(
    'INVALID_CONFIG',
    `The key of lots in ${file} cannot be used: ${why}. Mend the file, or put it back from where it is kept.`,
  );
}
