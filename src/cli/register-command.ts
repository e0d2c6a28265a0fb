// `jiabiao register` and `jiabiao revoke`: one identifier at a time. Files are import's.

import type { Command } from 'commander';
import { ApiClient } from './client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { readJsonObject } from './json-file.ts';
import { collect, handlePath, parseCount, pathOf, sharedFlagsOf } from './options.ts';
import type { Terminal } from './terminal.ts';
import { printWritten, type Written } from './written.ts';

interface RegisterFlags {
  readonly value?: readonly string[];
  readonly file?: string;
  readonly parent?: string;
  readonly template?: string;
  readonly reserve?: true;
  readonly mode?: string;
  readonly ifMatch?: number;
  readonly dryRun?: true;
}

const VALUE = /^(\d+):([^=]+)=(.*)$/s;

export function addRegisterCommand(program: Command, terminal: Terminal): void {
  program
    .command('register')
    .description('Register an identifier, or say anew everything about it.')
    .argument('<handle>')
    .option('--value <index:TYPE=text>', 'a value, such as "2000:PRODUCT_NAME=Chair" (repeatable)', collect)
    .option('--file <file>', 'JSON file with {"values": […], "parent": …}, as PUT /v1/identifiers takes it')
    .option('--parent <handle>', 'inherit the values of this identifier (the batch or model)')
    .option('--template <handle>', 'hold it against this template')
    .option('--reserve', 'take the identifier without publishing it')
    .option('--mode <mode>', 'create, update or upsert', 'upsert')
    .option('--if-match <revision>', 'only if this is its revision now', parseCount)
    .option('--dry-run', 'check everything, change nothing')
    .action(async (handle: string, flags: RegisterFlags, command: Command) => {
      const shared = sharedFlagsOf(command);
      const headers = flags.ifMatch === undefined ? {} : { 'if-match': `"r${flags.ifMatch}"` };
      const path = pathOf(handlePath('/v1/identifiers', handle), { mode: flags.mode, dryRun: flags.dryRun });
      const request = { method: 'PUT', path, body: bodyOf(flags), headers, signed: true } as const;
      const { body } = await new ApiClient(shared).call(request);
      printWritten(body as Written, shared.json === true, terminal);
    });
}

export function addRevokeCommand(program: Command, terminal: Terminal): void {
  program
    .command('revoke')
    .description('Revoke an identifier: it stops resolving, its record is kept.')
    .argument('<handle>')
    .requiredOption('--reason <text>', 'what people who scan it read; kept for ever')
    .action(async (handle: string, { reason }: { readonly reason: string }, command: Command) => {
      const shared = sharedFlagsOf(command);
      const path = pathOf(handlePath('/v1/identifiers', handle), { reason });
      const { body } = await new ApiClient(shared).call({ method: 'DELETE', path, signed: true });
      printWritten(body as Written, shared.json === true, terminal);
    });
}

function bodyOf(flags: RegisterFlags): object {
  if (flags.file !== undefined && flags.value !== undefined) {
    throw new CommandFailure(EXIT.usage, 'Give values either with --value or with --file, not with both.');
  }
  const content =
    flags.file === undefined
      ? { values: (flags.value ?? []).map(parseValue) }
      : readJsonObject(flags.file, 'a JSON object with "values"');
  return {
    ...content,
    ...(flags.parent === undefined ? {} : { parent: flags.parent }),
    ...(flags.template === undefined ? {} : { template: flags.template }),
    ...(flags.reserve === undefined ? {} : { status: 'reserved' }),
  };
}

function parseValue(text: string): object {
  const [, index, type, data] = VALUE.exec(text) ?? [];
  if (index === undefined || type === undefined) {
    throw new CommandFailure(
      EXIT.usage,
      `"${text}" is not a value: write index:TYPE=text, such as "2000:PRODUCT_NAME=Chair".`,
    );
  }
  return { index: Number(index), type, data: { format: 'string', value: data ?? '' } };
}
