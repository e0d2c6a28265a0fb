// The command line's table of contents: every command, the options all clients share, and how a failure becomes a code.

import { Command, CommanderError } from 'commander';
import { isHandleError } from '../domain/error.ts';
import { addAuditCommand, addLogCommand } from './audit-command.ts';
import { addBackupCommands } from './backup-command.ts';
import { addCacheCommand } from './cache-command.ts';
import { addChangesCommand } from './changes-command.ts';
import { addChildrenCommand } from './children-command.ts';
import { addCompletionCommand } from './completion-command.ts';
import { addConfigCommand } from './config-command.ts';
import { addEnterpriseCommand } from './enterprise-command.ts';
import { addExamples } from './examples.ts';
import { CommandFailure, EXIT, EXIT_CODE_HELP, type ExitCode } from './exit-codes.ts';
import { addExportCommand } from './export-command.ts';
import { addHistoryCommand } from './history-command.ts';
import { addImportCommand } from './import-command.ts';
import { addKeyCommand } from './key-command.ts';
import { addLotCommand } from './lot-command.ts';
import { addMigrateCommand } from './migrate-command.ts';
import { addMigrateStoreCommand } from './migrate-store-command.ts';
import { addMoveCommand } from './move-command.ts';
import { addPrincipalCommand } from './principal-command.ts';
import { addRecallCommand } from './recall-command.ts';
import { addRegisterCommand, addRevokeCommand } from './register-command.ts';
import { addResolveCommand } from './resolve-command.ts';
import { addSearchCommand } from './search-command.ts';
import { addServeCommand } from './serve-command.ts';
import { addSiteCommand } from './site-command.ts';
import { addStatsCommand } from './stats-command.ts';
import { addTemplateCommand } from './template-command.ts';
import type { Terminal } from './terminal.ts';
import { addVerifyCommand } from './verify-command.ts';
import { PACKAGE_VERSION } from './version.ts';

/** Runs one command line (without `node` and the script); never throws for what a person can do wrong. */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    await createProgram(terminal).parseAsync([...argv], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // Commander has printed its own message or the help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof CommandFailure) {
      terminal.note(error.message);
      return error.exitCode;
    }
    if (isHandleError(error)) {
      terminal.note(error.message);
      if (error.cause instanceof CommandFailure) return error.cause.exitCode;
      return error.code === 'INVALID_CONFIG' ? EXIT.usage : EXIT.failed;
    }
    terminal.note(`A defect of this program: ${error instanceof Error ? error.stack : String(error)}`);
    return EXIT.failed;
  }
}

/** The commands, ready to parse; `terminal` gets what they say. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('jiabiao')
    .description('Secondary identifier-resolution node: register identifiers, resolve them, run the node.')
    .version(PACKAGE_VERSION)
    .option('--url <url>', 'the node to talk to (or JIABIAO_URL; default http://127.0.0.1:8000)')
    .option(
      '--key-file <file>',
      'file that holds the key (or JIABIAO_KEY with the key itself; default ./data/operator.key)',
    )
    .option('--ca <file>', 'with https: whom to trust to vouch for the node (PEM; or NODE_EXTRA_CA_CERTS)')
    .option('--cert <file>', 'with https: client certificate to show; takes the place of a key (PEM)')
    .option('--cert-key <file>', 'private key of --cert, if it is not in the same file')
    .option('--json', 'print results as JSON')
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .showHelpAfterError('Run it with --help to see what it takes.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
    });
  addServeCommand(program, terminal);
  addImportCommand(program, terminal);
  addExportCommand(program, terminal);
  addResolveCommand(program, terminal);
  addRegisterCommand(program, terminal);
  addRevokeCommand(program, terminal);
  addRecallCommand(program, terminal);
  addChildrenCommand(program, terminal);
  addMoveCommand(program, terminal);
  addSearchCommand(program, terminal);
  addHistoryCommand(program, terminal);
  addChangesCommand(program, terminal);
  addLotCommand(program, terminal);
  addTemplateCommand(program, terminal);
  addEnterpriseCommand(program, terminal);
  addPrincipalCommand(program, terminal);
  addKeyCommand(program, terminal);
  addCacheCommand(program, terminal);
  addStatsCommand(program, terminal);
  addAuditCommand(program, terminal);
  addLogCommand(program, terminal);
  addSiteCommand(program, terminal);
  addBackupCommands(program, terminal);
  addMigrateCommand(program, terminal);
  addMigrateStoreCommand(program, terminal);
  addVerifyCommand(program, terminal);
  addConfigCommand(program, terminal);
  addCompletionCommand(program, terminal);
  addExamples(program);
  return program.addHelpText('after', EXIT_CODE_HELP);
}
