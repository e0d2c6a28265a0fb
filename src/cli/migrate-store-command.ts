// `jiabiao migrate-store`: moves a registry from one store into another while its node runs: copies, follows, compares. The
// switch is the operator's: stop the old node, run it once more, start the new ones.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Moved, MoveStage, MoveState } from '../app/move-store.ts';
import { giveWay } from './background.ts';
import { progressOf } from './byte-progress.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { sharedFlagsOf } from './options.ts';
import { withoutControls } from './table.ts';
import type { Terminal } from './terminal.ts';

interface Flags {
  readonly from: string;
  readonly to: string;
  readonly config?: string;
  readonly state: string;
  readonly compareAll?: true;
}

const FORMATS: Readonly<Record<MoveStage, string>> = {
  copying: 'copying    {bar} {percentage}%  {value} lines  {eta_formatted} left',
  following: 'following  {bar} {percentage}%  up to row {value} of the change log',
  comparing: 'comparing  {bar} {percentage}%  {value} lines  {eta_formatted} left',
};
/** Of a line that differs. */
const SHOWN_CHARACTERS = 200;

export function addMigrateStoreCommand(program: Command, terminal: Terminal): void {
  program
    .command('migrate-store')
    .description(
      'Move a registry into another store, while its node runs: copy, follow, compare. Safe to interrupt and repeat.',
    )
    .requiredOption('--from <store>', 'lmdb:DIRECTORY, or postgres: for the one of the settings')
    .requiredOption('--to <store>', 'the same; nobody else writes to it meanwhile')
    .option('--config <file>', 'JSON file of settings: node.* and, if it is one of the two, postgres.*')
    .option('--state <file>', 'where it notes how far it is', 'migrate-store.json')
    .option('--compare-all', 'compare everything again, and not only what has changed since everything was the same')
    .action(async (flags: Flags, command: Command) => {
      giveWay();
      const moved = await move(flags, terminal);
      report(moved, sharedFlagsOf(command).json === true, terminal);
    });
}

async function move(flags: Flags, terminal: Terminal): Promise<Moved> {
  // Loaded here, so that the commands that are only clients start fast.
  const { loadConfig } = await import('../app/config.ts');
  const { moveStore } = await import('../app/move-store.ts');
  const { openSource, openTarget, parseStorePlace } = await import('../app/store-places.ts');
  const [from, to] = [parseStorePlace(flags.from), parseStorePlace(flags.to)];
  if (JSON.stringify(from) === JSON.stringify(to))
    throw new CommandFailure(EXIT.usage, '--from and --to name the same store: name another to move into.');
  const config = loadConfig({ file: flags.config });
  if ([from, to].some(({ kind }) => kind === 'postgres') && config.postgres.urls.length === 0)
    throw new CommandFailure(
      EXIT.usage,
      'postgres: is that of the settings, which name none: set store.kind postgres and postgres.urls.',
    );
  const state = await readState(flags);
  let stage: MoveStage = 'copying';
  let bar = progressOf(terminal, FORMATS[stage]);
  const target = await openTarget(to, config, from);
  try {
    return await moveStore({
      openSource: () => openSource(from, config),
      target,
      state,
      comparesAll: flags.compareAll === true,
      save: (next) => writeState(flags, next),
      progress(now, lines, about) {
        if (now !== stage) {
          bar.stop();
          stage = now;
          bar = progressOf(terminal, FORMATS[stage]);
        }
        bar.update(lines, about);
      },
    });
  } finally {
    bar.stop();
    await target.close();
  }
}

/** Throws `CommandFailure` if it is of another move. */
async function readState({ state: file, from, to }: Flags): Promise<MoveState> {
  const { NOT_MOVED } = await import('../app/move-store.ts');
  if (!existsSync(file)) return NOT_MOVED;
  const noted = JSON.parse(readFileSync(file, 'utf8')) as MoveState & { readonly from: string; readonly to: string };
  if (noted.from === from && noted.to === to) return { ...NOT_MOVED, ...noted };
  throw new CommandFailure(
    EXIT.usage,
    `${file} is of a move from ${noted.from} to ${noted.to}: name another file with --state.`,
  );
}

function writeState({ state: file, from, to }: Flags, state: MoveState): void {
  writeFileSync(`${file}.new`, JSON.stringify({ from, to, ...state }), { flush: true });
  renameSync(`${file}.new`, file);
}

function report(moved: Moved, json: boolean, terminal: Terminal): void {
  const { lines, refused, compared, difference, moving, isWhole, sequence } = moved;
  const isSame = difference === null && refused.length === 0;
  if (json) {
    const shown = refused.map(({ handle, error }) => ({ handle, code: error.code, detail: error.message }));
    const told = { isSame, lines, compared, isWhole, moving, sequence, refused: shown, difference };
    terminal.print(JSON.stringify(told));
  } else {
    const what = isWhole ? 'all lines' : 'lines that changed since all were compared';
    terminal.print(
      `${lines} lines taken in, the change log followed up to ${sequence}; ${compared} ${what} compared${moving > 0 ? `, ${moving} changed again each time they were looked at` : ''}.`,
    );
    for (const { handle, error } of refused) terminal.print(withoutControls(`refused ${handle}: ${error.message}`));
    if (isSame)
      terminal.print(
        'Both stores hold the same registry. To switch: stop the old node, run this once more, copy lot.key (and handle-site.key), start the new nodes.',
      );
  }
  if (isSame) return;
  const [one, other] = difference ?? [null, null];
  const cut = (line: string | null): string => withoutControls((line ?? '(nothing)').slice(0, SHOWN_CHARACTERS));
  const where =
    difference === null
      ? `${refused.length} lines were refused`
      : `they differ first at\n  ${cut(one)}\n  ${cut(other)}`;
  throw new CommandFailure(EXIT.partly, `The stores are not the same: ${where}.`);
}
