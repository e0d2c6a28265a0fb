// `jiabiao export`: the registry as lines of JSON, read from the store's directory beside a running node or without one.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Command } from 'commander';
import { parsePrefix } from '../domain/prefix.ts';
import { createPacer, giveWay } from './background.ts';
import { MEBIBYTE, type StoreFlags, storePathOf, withStore } from './backup-command.ts';
import { progressOf } from './byte-progress.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { recordAct } from './machine-record.ts';
import { parseCount } from './options.ts';
import type { Terminal } from './terminal.ts';

interface Flags extends StoreFlags {
  readonly out?: string;
  readonly prefix?: string;
  readonly history: boolean;
  readonly keys?: true;
  readonly maxGrowth?: number;
}

const FORMAT = '{bar} {percentage}%  {value} lines  {eta_formatted} left';
const OWN_FILE_MODE = 0o600;

export function addExportCommand(program: Command, terminal: Terminal): void {
  withStore(program.command('export'))
    .description('Write the whole registry as lines of JSON, for "import --preserve" at another node.')
    .option('--out <file>', 'the file to make; without it lines go to standard output')
    .option('--prefix <prefix>', 'only this prefix and what is below it')
    .option('--no-history', 'leave out earlier states and deleted identifiers')
    .option('--keys', 'with the hashes of keys, so that they open the other node too (never those of operators)')
    .option(
      '--max-growth <MiB>',
      'give up if the store grows by more meanwhile (default: by half, or 1024)',
      parseCount,
    )
    .action(async (flags: Flags) => {
      giveWay();
      const lines = await runExport(flags, terminal);
      terminal.note(`${lines} lines.`);
    });
}

async function runExport(flags: Flags, terminal: Terminal): Promise<number> {
  const scope = flags.prefix === undefined ? null : parsePrefix(flags.prefix);
  // Loaded here, so that the commands that are only clients start fast.
  const { exportLines } = await import('../registry/export-lines.ts');
  const { visitStore } = await import('../store/lmdb-visit.ts');
  const store = await visitStore(await storePathOf(flags));
  const progress = progressOf(terminal, FORMAT);
  const rest = createPacer();
  let lines = 0;
  try {
    const out = await openOut(flags.out);
    const pages = exportLines({ store, scope, withHistory: flags.history, withKeys: flags.keys === true });
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
  } finally {
    progress.stop();
    await store.close();
  }
  const detail = { lines, prefix: scope, history: flags.history, keys: flags.keys === true };
  await recordAct(flags, { kind: 'registry-exported', subject: flags.out ?? 'standard output', detail }, terminal);
  return lines;
}

async function openOut(file: string | undefined): Promise<Writable> {
  if (file === undefined) return process.stdout;
  const stream = createWriteStream(file, { flags: 'wx', mode: OWN_FILE_MODE });
  try {
    await once(stream, 'open');
    return stream;
  } catch (cause) {
    throw new CommandFailure(EXIT.usage, `The export ${file} cannot be made: ${(cause as Error).message}.`, { cause });
  }
}
