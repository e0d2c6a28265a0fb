// `jiabiao stats`: what was registered and resolved, by prefix and day.

import type { Command } from 'commander';
import { ApiClient } from './client.ts';
import { listAll } from './listing.ts';
import { parseCount, pathOf, sharedFlagsOf } from './options.ts';
import { tableOf } from './table.ts';
import type { Terminal } from './terminal.ts';

interface RowJson {
  /** Null: prefixes of which nothing is known here. */
  readonly prefix: string | null;
  readonly day: string;
  readonly live: number;
  readonly registrations: Readonly<Record<'created' | 'updated' | 'revoked' | 'deleted', number>>;
  readonly resolutions: Readonly<Record<'requests' | 'found' | 'notFound' | 'revoked' | 'referred' | 'failed', number>>;
}

interface Flags {
  readonly prefix?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
}

const HEAD = [
  ...['DAY', 'PREFIX', 'CREATED', 'UPDATED', 'REVOKED', 'DELETED', 'LIVE'],
  ...['RESOLUTIONS', 'FOUND', 'NOT FOUND', 'REVOKED', 'REFERRED', 'FAILED'],
];

export function addStatsCommand(program: Command, terminal: Terminal): void {
  program
    .command('stats')
    .description('Registrations and resolutions by prefix and day (China time).')
    .option('--prefix <prefix>', 'of one prefix (default: all that the key may see)')
    .option('--from <day>', 'first day, such as 2026-11-01 (default: 30 days ago)')
    .option('--to <day>', 'last day (default: today)')
    .option('--limit <count>', 'at most this many rows', parseCount, 1000)
    .action(async ({ limit, ...given }: Flags, command: Command) => {
      const shared = sharedFlagsOf(command);
      const rows = await listAll<RowJson>(new ApiClient(shared), pathOf('/v1/statistics', { ...given }), limit);
      if (shared.json === true) return terminal.print(JSON.stringify(rows));
      for (const line of tableOf(HEAD, rows.map(cellsOf))) terminal.print(line);
    });
}

function cellsOf({ day, prefix, live, registrations, resolutions }: RowJson): (string | number)[] {
  const { created, updated, revoked, deleted } = registrations;
  const { requests, found, notFound, revoked: ofRevoked, referred, failed } = resolutions;
  return [
    ...[day, prefix ?? '(others)', created, updated, revoked, deleted, live],
    ...[requests, found, notFound, ofRevoked, referred, failed],
  ];
}
