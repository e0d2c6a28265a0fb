// `jiabiao export`: the registry as lines of JSON, read from the store's directory beside a running node or without one.

import { once } from 'node:events';
import { rmSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Command } from 'commander';
import { parsePrefix } from '../domain/prefix.ts';
import { createPacer, giveWay } from './background.ts';
import { MEBIBYTE, type StoreFlags, storePathOf, withStore } from './backup-command.ts';
import { progressOf } from './byte-progress.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { recordAct } from './machine-record.ts';
import { openNewFile } from './new-file.ts';
import { parseCount, sharedFlagsOf } from './options.ts';
import type { Terminal } from './terminal.ts';

interface Flags extends StoreFlags {
  readonly out?: string;
  readonly prefix?: string;
  readonly history: boolean;
  readonly since?: number;
  readonly keys?: true;
  readonly maxGrowth?: number;
}

const FORMAT = '{bar} {percentage}%  {value} lines  {eta_formatted} left';

export function addExportCommand(program: Command, terminal: Terminal): void {
  withStore(program.command('export'))
    .description('Write the whole registry as lines of JSON, for "import --preserve" at another node.')
    .option('--out <file>', 'the file to make; without it lines go to standard output')
    .option('--prefix <prefix>', 'only this prefix and what is below it')
    .option(
      '--since <sequence>',
      'only what has changed since, deletions too: what an export before this one named',
      parseCount,
    )
    .option('--no-history', 'leave out earlier states and deleted identifiers')
    .option('--keys', 'with the hashes of keys, so that they open the other node too (never those of operators)')
    .option(
      '--max-growth <MiB>',
      'give up if the store grows by more meanwhile (default: by half, or 1024)',
      parseCount,
    )
    .action(async (flags: Flags, command: Command) => {
      if (flags.since !== undefined && !flags.history) {
        throw new CommandFailure(EXIT.usage, 'What has changed is told with its history: leave out --no-history.');
      }
      giveWay();
      const { lines, next } = await runExport(flags, terminal);
      terminal.note(`${lines} lines. What changes from here on: export --since ${next}`);
      const isJson = sharedFlagsOf(command).json === true && flags.out !== undefined;
      if (isJson) terminal.print(JSON.stringify({ lines, next }));
    });
}

interface Exported {
  readonly lines: number;
  /** The newest change that is in it: where a differential export goes on. */
  readonly next: number;
}

async function runExport(flags: Flags, terminal: Terminal): Promise<Exported> {
  const scope = flags.prefix === undefined ? null : parsePrefix(flags.prefix);
  // Loaded here, so that the commands that are only clients start fast.
  const { exportLines } = await import('../registry/export-lines.ts');
  const { changedLines } = await import('../registry/changed-lines.ts');
  const { visitStore } = await import('../store/lmdb-visit.ts');
  const store = await visitStore(await storePathOf(flags));
  const progress = progressOf(terminal, FORMAT);
  const rest = createPacer();
  let lines = 0;
  let out: Writable | null = null;
  try {
    out = flags.out === undefined ? process.stdout : await openNewFile(flags.out);
    const { since } = flags;
    const options = { store, scope, withHistory: flags.history, withKeys: flags.keys === true };
    const pages =
      since === undefined ? exportLines(options) : changedLines({ ...options, since, newest: store.sequence });
    for await (const page of pages) {
      lines += page.length;
      if (page.length > 0 && !out.write(`${page.join('\n')}\n`)) await once(out, 'drain');
      store.assertGrowth(flags.maxGrowth === undefined ? null : flags.maxGrowth * MEBIBYTE);
      progress.update(lines, Math.max(lines, store.records));
      await rest();
    }
    if (flags.out !== undefined) {
      out.end();
      await once(out, 'close');
    }
  } catch (error) {
    // Half an export must not be taken for a whole one, nor be in the way of the next attempt.
    if (out !== null && flags.out !== undefined) rmSync(flags.out, { force: true });
    throw error;
  } finally {
    progress.stop();
    await store.close();
  }
  const { history, keys = false, since = null } = flags;
  const detail = { lines, prefix: scope, history, keys, since, sequence: store.sequence };
  await recordAct(flags, { kind: 'registry-exported', subject: flags.out ?? 'standard output', detail }, terminal);
  return { lines, next: store.sequence };
}
