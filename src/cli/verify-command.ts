// `jiabiao verify`: checks a store's directory, or a backup, and says what is wrong. Changes nothing.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { StoreReport } from '../store/verify-store.ts';
import { giveWay } from './background.ts';
import { MEBIBYTE, readBackupKey, type StoreFlags, storePathOf, withStore } from './backup-command.ts';
import { BYTES_FORMAT, progressOf } from './byte-progress.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { parseCount, sharedFlagsOf } from './options.ts';
import { withoutControls } from './table.ts';
import type { Terminal } from './terminal.ts';

interface Flags extends StoreFlags {
  readonly backupKey?: string;
  readonly authenticityOnly?: true;
  readonly scratch?: string;
  readonly maxGrowth?: number;
}

const ROWS_FORMAT = '{bar} {percentage}%  {value} rows  {eta_formatted} left';

export function addVerifyCommand(program: Command, terminal: Terminal): void {
  withStore(program.command('verify'))
    .description('Check a store, or a backup: records, indexes, history, change log and counts against each other.')
    .argument('[backup]', 'a backup; without it the directory of a store is checked')
    .option('--backup-key <file>', 'file with the key of the backup')
    .option('--authenticity-only', 'of a backup: only that it is whole and unaltered')
    .option('--scratch <directory>', 'where there is room to unpack the backup meanwhile', tmpdir())
    .option(
      '--max-growth <MiB>',
      'give up if the store grows by more meanwhile (default: by half, or 1024)',
      parseCount,
    )
    .action(async (backup: string | undefined, flags: Flags, command: Command) => {
      giveWay();
      const json = sharedFlagsOf(command).json === true;
      if (backup === undefined) {
        const path = await storePathOf(flags);
        show({ ...(await verify(path, flags, terminal)), store: path }, json, terminal);
      } else if (flags.authenticityOnly === true) {
        const { checkBackup } = await import('../store/backup-restore.ts');
        const manifest = checkBackup({ file: backup, key: await keyOf(flags), progress() {} });
        terminal.print(
          json
            ? JSON.stringify({ isAuthentic: true, ...manifest })
            : `${backup} is whole and unaltered: ${manifest.records} identifiers as of ${manifest.madeAt}.`,
        );
      } else {
        show({ ...(await verifyBackup(backup, flags, terminal)), store: backup }, json, terminal);
      }
    });
}

function keyOf({ backupKey }: Flags): Promise<Buffer> {
  if (backupKey === undefined)
    throw new CommandFailure(EXIT.usage, 'A backup can only be read with its key: add --backup-key FILE.');
  return readBackupKey(backupKey);
}

/** Unpacked beside, checked, and taken away again. */
async function verifyBackup(file: string, flags: Flags, terminal: Terminal): Promise<StoreReport> {
  const { restoreBackup } = await import('../store/backup-restore.ts');
  const key = await keyOf(flags);
  const scratch = mkdtempSync(join(flags.scratch ?? tmpdir(), 'jiabiao-verify-'));
  const progress = progressOf(terminal, BYTES_FORMAT);
  try {
    restoreBackup({ file, key, into: scratch, progress: (bytes, total) => progress.update(bytes, total) });
    progress.stop();
    return await verify(scratch, flags, terminal);
  } finally {
    progress.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function verify(path: string, { maxGrowth }: Flags, terminal: Terminal): Promise<StoreReport> {
  // Loaded here, so that the commands that are only clients start fast.
  const { verifyStore } = await import('../store/verify-store.ts');
  const progress = progressOf(terminal, ROWS_FORMAT);
  const { readLotKeys } = await import('../app/lot-key.ts');
  const { LOT_KEY_FILE } = await import('../store/key-files.ts');
  const { LotSecrets } = await import('../store/lot-secrets.ts');
  return verifyStore({
    lotTags: new LotSecrets(readLotKeys(join(path, LOT_KEY_FILE))),
    path,
    maxGrowthBytes: maxGrowth === undefined ? null : maxGrowth * MEBIBYTE,
    progress: (rows, about) => progress.update(rows, about),
  }).finally(() => progress.stop());
}

function show(report: StoreReport & { readonly store: string }, json: boolean, terminal: Terminal): void {
  if (json) terminal.print(JSON.stringify(report));
  else for (const line of linesOf(report)) terminal.print(withoutControls(line));
  if (report.isSound) return;
  throw new CommandFailure(
    EXIT.damaged,
    `${report.store} is damaged: ${report.problems} problems. Restore a backup that verifies.`,
  );
}

function linesOf({
  isSound,
  store,
  records,
  issued,
  rows,
  findings,
  problems,
}: StoreReport & { readonly store: string }): string[] {
  const checked = Object.values(rows).reduce((sum, count) => sum + count, 0);
  if (isSound)
    return [
      `${store} is sound: ${issued} identifiers, ${issued - records} of them only in lots, ${rows.log ?? 0} log rows, ${rows.history ?? 0} earlier states; ${checked} rows checked.`,
    ];
  const left = problems - findings.length;
  return [...findings.map(({ table, detail }) => `${table}: ${detail}`), ...(left > 0 ? [`… and ${left} more`] : [])];
}
