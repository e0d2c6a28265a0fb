// `jiabiao migrate`: brings the tables of a registry in PostgreSQL to the layout that this version needs. It is told from
// the settings where they are, and reads and writes no record.

import type { Command } from 'commander';
import { systemClock } from '../app/clock.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { parseCount, sharedFlagsOf } from './options.ts';
import type { Terminal } from './terminal.ts';

interface Flags {
  readonly config?: string;
  readonly dryRun?: true;
  readonly distribute?: true;
  readonly partitions?: number;
}

/** What was done, or would be. */
interface Outcome {
  readonly schema: string;
  readonly version: number;
  /** Steps taken, by number. */
  readonly steps: readonly number[];
  /** Tables that were spread over the machines of a cluster. */
  readonly distributed: readonly string[];
}

export function addMigrateCommand(program: Command, terminal: Terminal): void {
  program
    .command('migrate')
    .description('Bring the tables in PostgreSQL to the layout of this version. Safe to repeat, and while nodes run.')
    .option('--config <file>', 'JSON file of settings that names the PostgreSQL')
    .option('--dry-run', 'print the statements that are missing, change nothing')
    .option('--distribute', 'on a Citus cluster: spread the tables over its machines, by prefix')
    .option('--partitions <count>', 'parts of each large table, for a new registry (default: 8)', parseCount)
    .action(async (flags: Flags, command: Command) => {
      const json = sharedFlagsOf(command).json === true;
      if (flags.dryRun === true) await rehearse(flags, json, terminal);
      else await migrateNow(flags, json, terminal);
    });
}

/** Loaded here, so that the commands that are only clients start fast. */
async function placeOf({ config: file, distribute, partitions }: Flags) {
  const { loadConfig } = await import('../app/config.ts');
  const { placeOf: databaseOf } = await import('../app/postgres-servers.ts');
  const config = loadConfig({ file });
  if (config.store.kind !== 'postgres') {
    const text = `store.kind is ${config.store.kind}: only a store in PostgreSQL is migrated. Set store.kind to postgres and postgres.urls.`;
    throw new CommandFailure(EXIT.usage, text);
  }
  if (distribute === true && partitions !== undefined) {
    throw new CommandFailure(
      EXIT.usage,
      'A cluster divides the tables itself: give --distribute or --partitions, not both.',
    );
  }
  const place = await databaseOf(config, 'migrate');
  const parts = distribute === true ? 0 : partitions;
  return { ...place, clock: systemClock, ...(parts === undefined ? {} : { partitions: parts }) };
}

async function rehearse(flags: Flags, json: boolean, terminal: Terminal): Promise<void> {
  const { missingStatements } = await import('../store/postgres-migrations.ts');
  const { distributionStatements } = await import('../store/postgres-distribution.ts');
  const place = await placeOf(flags);
  const missing = await missingStatements(place);
  const distribution = flags.distribute === true ? distributionStatements().map(({ text }) => text) : [];
  const statements = [...missing, ...distribution];
  if (json) terminal.print(JSON.stringify({ schema: place.schema, statements }));
  else if (statements.length === 0) terminal.print(`Nothing is missing in ${place.schema}.`);
  else for (const statement of statements) terminal.print(`${statement.trim()};`);
}

async function migrateNow(flags: Flags, json: boolean, terminal: Terminal): Promise<void> {
  const { migrate, SCHEMA_VERSION } = await import('../store/postgres-migrations.ts');
  const { assertDistributable, distribute } = await import('../store/postgres-distribution.ts');
  const place = await placeOf(flags);
  const isCluster = flags.distribute === true;
  // Before there are tables: those of a cluster are not those of one PostgreSQL.
  if (isCluster) await assertDistributable(place);
  const steps = await migrate(place);
  const distributed = isCluster ? await distribute(place) : [];
  const outcome: Outcome = { schema: place.schema, version: SCHEMA_VERSION, steps, distributed };
  if (json) terminal.print(JSON.stringify(outcome));
  else for (const line of linesOf(outcome)) terminal.print(line);
}

function linesOf({ schema, version, steps, distributed }: Outcome): readonly string[] {
  const taken =
    steps.length === 0 ? 'nothing was missing' : `took ${steps.length === 1 ? 'step' : 'steps'} ${steps.join(', ')}`;
  const spread = distributed.length === 0 ? [] : [`Spread over the cluster: ${distributed.join(', ')}.`];
  return [`${schema} has layout ${version}: ${taken}.`, ...spread];
}
