// `jiabiao completion SHELL`: prints the script with which a shell completes this command line.

import { Argument, type Command, type Option } from 'commander';
import { type CommandShape, completionScript, type OptionShape, SHELLS, type Shell } from './completion.ts';
import { commandsOf } from './examples.ts';
import type { Terminal } from './terminal.ts';

export function addCompletionCommand(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .description('Print a script with which your shell completes commands, options and their choices.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .action((shell: Shell) => terminal.print(completionScript(shell, program.name(), shapeOf(program))));
}

function shapeOf(program: Command): readonly CommandShape[] {
  const help = program.createHelp();
  const shared = program.options.map(optionShape);
  return commandsOf(program).map(([path, command]) => ({
    path,
    commands: help.visibleCommands(command).map((child) => [child.name(), firstSentence(child.description())]),
    options: [...help.visibleOptions(command).map(optionShape), ...(command === program ? [] : shared)],
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    takesFile: command.registeredArguments.some((argument) => isFile(argument.name())),
  }));
}

function optionShape(option: Option): OptionShape {
  return {
    name: option.long ?? option.short ?? '',
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
    takesFile: isFile(/<(.+?)>/.exec(option.flags)?.[1] ?? ''),
  };
}

function isFile(name: string): boolean {
  return ['file', 'directory', 'destination', 'backup'].includes(name);
}

function firstSentence(text: string): string {
  return text.split(/[.:;] /)[0]?.replace(/\.$/, '') ?? text;
}
