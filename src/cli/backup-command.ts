// `jiabiao backup`, `backup-key` and `restore`: a store's directory to an encrypted file and back. They read the store
// themselves, beside a running node or without one; only restore writes, and only into an empty place.

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../app/clock.ts';
import { giveWay } from './background.ts';
import { BYTES_FORMAT, progressOf } from './byte-progress.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { recordAct } from './machine-record.ts';
import { parseCount, sharedFlagsOf } from './options.ts';
import type { Terminal } from './terminal.ts';

/** Which store: flags that all commands on a store's directory take. */
export interface StoreFlags {
  readonly store?: string;
  readonly config?: string;
}

interface BackupFlags extends StoreFlags {
  readonly backupKey: string;
  readonly maxGrowth?: number;
}

export const MEBIBYTE = 2 ** 20;
const OWN_FILE_MODE = 0o600;
const BACKUP_KEY = ['--backup-key <file>', 'file with the key of the backups (see: jiabiao backup-key)'] as const;

export function addBackupCommands(program: Command, terminal: Terminal): void {
  withStore(program.command('backup'))
    .description('Copy a whole store into an encrypted file, while its node runs or not.')
    .argument('<destination>', 'the file to make, or a directory in which it gets a name of its own')
    .requiredOption(...BACKUP_KEY)
    .option(
      '--max-growth <MiB>',
      'give up if the store grows by more meanwhile (default: by half, or 1024)',
      parseCount,
    )
    .action((destination: string, flags: BackupFlags, command: Command) =>
      backUp(destination, flags, sharedFlagsOf(command).json === true, terminal),
    );
  program
    .command('backup-key')
    .description('Make a key file for backups. Keep copies of it apart from the backups: without it none can be read.')
    .argument('<file>', 'the file to make')
    .action(async (file: string, _flags: object, command: Command) => {
      await makeKey(file);
      const json = sharedFlagsOf(command).json === true;
      terminal.print(
        json ? JSON.stringify({ file }) : `The key is in ${file}. Keep a copy of it apart from the backups.`,
      );
    });
  program
    .command('restore')
    .description('Put a backup back into an empty or new directory.')
    .argument('<file>', 'the backup')
    .requiredOption('--into <directory>', 'the directory of the store')
    .requiredOption(...BACKUP_KEY)
    .action((file: string, flags: { readonly into: string; readonly backupKey: string }, command: Command) =>
      restore(file, flags, sharedFlagsOf(command).json === true, terminal),
    );
}

export function withStore(command: Command): Command {
  return command
    .option('--store <directory>', 'directory of the store (default: store.path of the settings)')
    .option('--config <file>', 'JSON file of settings that names the store');
}

export async function storePathOf({ store, config }: StoreFlags): Promise<string> {
  if (store !== undefined) return store;
  const { loadConfig } = await import('../app/config.ts');
  const { kind, path } = loadConfig({ file: config }).store;
  if (kind === 'postgres') {
    const text =
      'The store is a PostgreSQL, and this command reads a directory: back it up with pg_basebackup or pg_dump, export over a node with --url, and keep a copy of the keys in store.path. --store names a directory all the same.';
    throw new CommandFailure(EXIT.usage, text);
  }
  return path;
}

export async function readBackupKey(file: string): Promise<Buffer> {
  const { parseBackupKey } = await import('../store/backup-cipher.ts');
  try {
    return parseBackupKey(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CommandFailure(EXIT.usage, `The key file ${file} cannot be used: ${(cause as Error).message}`, { cause });
  }
}

async function backUp(destination: string, flags: BackupFlags, json: boolean, terminal: Terminal): Promise<void> {
  giveWay();
  // Loaded here, so that the commands that are only clients start fast.
  const { writeBackup } = await import('../store/backup-writer.ts');
  const key = await readBackupKey(flags.backupKey);
  const path = await storePathOf(flags);
  const nowMs = systemClock();
  const began = performance.now();
  const progress = progressOf(terminal, BYTES_FORMAT);
  const done = await writeBackup({
    path,
    file: fileIn(destination, nowMs),
    key,
    maxGrowthBytes: flags.maxGrowth === undefined ? null : flags.maxGrowth * MEBIBYTE,
    nowMs,
    progress: (bytes, total) => progress.update(bytes, total),
  }).finally(() => progress.stop());
  const { records, fileBytes: bytes } = done;
  await recordAct(flags, { kind: 'backup-made', subject: done.file, detail: { records, bytes } }, terminal);
  const seconds = (performance.now() - began) / 1000;
  if (json) {
    terminal.print(JSON.stringify({ ...done, seconds: Number(seconds.toFixed(3)) }));
    return;
  }
  const rate = Math.round(done.storeBytes / 1e6 / seconds);
  terminal.print(
    `${done.file}  ${mebibytes(done.fileBytes)} of ${mebibytes(done.storeBytes)}, ${done.records} identifiers`,
  );
  terminal.note(`${seconds.toFixed(1)} s, ${rate} MB/s; the store grew by ${mebibytes(done.growthBytes)} meanwhile.`);
}

/** A name that sorts by time and needs no quotes. */
function fileIn(destination: string, nowMs: number): string {
  const isDirectory = existsSync(destination) && statSync(destination).isDirectory();
  if (!isDirectory) return destination;
  const instant = new Date(nowMs)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:]/g, '');
  return join(destination, `jiabiao-${instant}.backup`);
}

function mebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}

async function makeKey(file: string): Promise<void> {
  const { KEY_BYTES } = await import('../store/backup-cipher.ts');
  try {
    writeFileSync(file, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: OWN_FILE_MODE, flag: 'wx' });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'EEXIST' ? 'it exists, and a key is never overwritten' : message;
    throw new CommandFailure(EXIT.failed, `The key file ${file} cannot be made: ${reason}.`, { cause });
  }
}

async function restore(
  file: string,
  { into, backupKey }: { readonly into: string; readonly backupKey: string },
  json: boolean,
  terminal: Terminal,
): Promise<void> {
  const { restoreBackup } = await import('../store/backup-restore.ts');
  const progress = progressOf(terminal, BYTES_FORMAT);
  const key = await readBackupKey(backupKey);
  try {
    const manifest = restoreBackup({ file, key, into, progress: (bytes, total) => progress.update(bytes, total) });
    progress.stop();
    const { records, madeAt } = manifest;
    await recordAct(
      { store: into },
      { kind: 'registry-restored', subject: file, detail: { records, madeAt } },
      terminal,
    );
    if (json) terminal.print(JSON.stringify({ into, ...manifest }));
    else terminal.print(`${into}  ${manifest.records} identifiers as of ${manifest.madeAt}`);
    if (!json) terminal.note(`Check it with "jiabiao verify --store ${into}", then start a node on it: --data ${into}`);
  } finally {
    progress.stop();
  }
}
