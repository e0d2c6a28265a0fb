// `jiabiao config print`: the settings a node would start with, and what each means.

import type { Command } from 'commander';
import type { Config } from '../app/config.ts';
import type { Setting } from '../app/config-layers.ts';
import { sharedFlagsOf } from './options.ts';
import { tableOf } from './table.ts';
import type { Terminal } from './terminal.ts';

interface Flags {
  readonly config?: string;
  readonly describe?: true;
}

export function addConfigCommand(program: Command, terminal: Terminal): void {
  const config = program.command('config').description('Settings of a node.');
  config
    .command('print')
    .description('Check the settings and print them as a configuration file.')
    .option('--config <file>', 'JSON file to read')
    .option('--describe', 'what every setting means, its default, and its name in the environment')
    .action(async (flags: Flags, command: Command) => {
      // Loaded here, so that the commands that are only clients start fast.
      const { loadConfig, SETTINGS } = await import('../app/config.ts');
      if (flags.describe === true) return describeSettings(SETTINGS, sharedFlagsOf(command).json === true, terminal);
      terminal.print(JSON.stringify(asFile(loadConfig({ file: flags.config })), null, 2));
    });
}

/** The configuration as a file would hold it. */
function asFile(config: Config): object {
  const { prefix, homed } = config.node;
  const further = homed.filter((home) => home.prefix !== prefix || home.foldsCase);
  return { ...config, node: { prefix, homed: further } };
}

function describeSettings(all: readonly Setting[], json: boolean, terminal: Terminal): void {
  const settings = all.map(({ path, environment, expected, description, default: fallback }) => ({
    path,
    environment,
    default: fallback,
    expected,
    description,
  }));
  if (json) {
    terminal.print(JSON.stringify(settings, null, 2));
    return;
  }
  const rows = settings.map((each) => [each.path, JSON.stringify(each.default), each.environment, each.description]);
  for (const line of tableOf(['SETTING', 'DEFAULT', 'ENVIRONMENT', 'MEANING'], rows)) terminal.print(line);
}
