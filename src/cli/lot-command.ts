// `jiabiao lot …`: ranges of serials, each registered as one thing, and their codes for the label printer.

import { once } from 'node:events';
import type { Command } from 'commander';
import { ApiClient, type ApiRequest } from './client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { readJsonObject } from './json-file.ts';
import { listAll } from './listing.ts';
import { openNewFile } from './new-file.ts';
import { parseCount, pathOf, sharedFlagsOf } from './options.ts';
import { listOf, tableOf } from './table.ts';
import type { Terminal } from './terminal.ts';

interface LotJson {
  readonly id: string;
  readonly prefix: string;
  readonly head: string;
  readonly width: number;
  readonly from: number;
  readonly to: number;
  readonly size: number;
  readonly tagLength: number;
  readonly guessing: { readonly bits: number; readonly oneIn: number };
  readonly parent: string | null;
  readonly template: string | null;
  readonly values: readonly {
    readonly index: number;
    readonly type: string;
    readonly data: { readonly value: unknown };
  }[];
  readonly state: string;
  readonly reason: string | null;
  readonly splitFrom: string | null;
  readonly revision: number;
  readonly part?: LotJson;
}

interface CreateFlags {
  readonly prefix: string;
  readonly head?: string;
  readonly width: number;
  readonly from: number;
  readonly to: number;
  readonly tagLength?: number;
  readonly parent?: string;
  readonly template?: string;
  readonly file?: string;
}

interface ChangeFlags {
  readonly ifMatch?: number;
}

interface CodesFlags {
  readonly from?: number;
  readonly to?: number;
  readonly format: string;
  readonly out?: string;
}

export function addLotCommand(program: Command, terminal: Terminal): void {
  const lot = program.command('lot').description('Lots: ranges of serials, each registered as one thing.');
  addCreate(lot, terminal);
  lot
    .command('list')
    .description('Lots, in the order in which they were registered.')
    .option('--prefix <prefix>', 'only those of this prefix')
    .option('--limit <count>', 'at most this many', parseCount, 1000)
    .action(async (flags: { readonly prefix?: string; readonly limit: number }, command: Command) => {
      const shared = sharedFlagsOf(command);
      const path = pathOf('/v1/lots', { prefix: flags.prefix });
      const items = await listAll<LotJson>(new ApiClient(shared), path, flags.limit);
      if (shared.json === true) return terminal.print(JSON.stringify(items));
      const rows = items.map((one) => [one.id, rangeOf(one), one.size, one.tagLength, one.state, one.parent]);
      for (const line of tableOf(['LOT', 'SERIALS', 'CODES', 'TAG', 'STATE', 'PARENT'], rows)) terminal.print(line);
    });
  lot
    .command('show')
    .description('One of them, with how hard its codes are to guess.')
    .argument('<lot>')
    .action((id: string, _flags: object, command: Command) =>
      callAndPrint({ method: 'GET', path: pathTo(id), signed: true }, command, terminal),
    );
  addCodes(lot, terminal);
  addChanges(lot, terminal);
}

function addCreate(lot: Command, terminal: Terminal): void {
  lot
    .command('create')
    .description('Register a range of serials: every code resolves from then on, however many they are.')
    .requiredOption('--prefix <prefix>', 'under this prefix')
    .option('--head <text>', 'what every suffix begins with', '')
    .requiredOption('--width <digits>', 'digits of the serial', parseCount)
    .requiredOption('--from <serial>', 'first serial', parseCount)
    .requiredOption('--to <serial>', 'last serial', parseCount)
    .option('--tag-length <characters>', 'of the check tag, 4 to 16, or 0 for none (default: 9)', parseCount)
    .option('--parent <handle>', 'the batch or model whose values its codes inherit')
    .option('--template <handle>', 'the template they fit')
    .option('--file <file>', 'JSON with "values"; {serial} in their data stands for the digits')
    .action(async (flags: CreateFlags, command: Command) => {
      const { file, tagLength, parent, template, ...shape } = flags;
      const { values } = file === undefined ? { values: [] } : readJsonObject(file, 'an object with "values"');
      const optional = { ...(tagLength === undefined ? {} : { tagLength }), parent, template };
      const body = { ...shape, ...optional, values };
      await callAndPrint({ method: 'POST', path: '/v1/lots', body, signed: true }, command, terminal);
    });
}

function addCodes(lot: Command, terminal: Terminal): void {
  lot
    .command('codes')
    .description('The codes of a lot for the label printer, as a stream of any length.')
    .argument('<lot>')
    .option('--from <serial>', 'from this serial on', parseCount)
    .option('--to <serial>', 'up to this serial', parseCount)
    .option('--format <format>', 'csv or ndjson', 'csv')
    .option('--out <file>', 'the file to make; without it lines go to standard output')
    .action(async (id: string, { from, to, format, out }: CodesFlags, command: Command) => {
      if (format !== 'csv' && format !== 'ndjson') {
        throw new CommandFailure(EXIT.usage, `Codes come as csv or as ndjson, not as "${format}".`);
      }
      const path = pathOf(`${pathTo(id)}/codes`, { from, to, format });
      const chunks = await new ApiClient(sharedFlagsOf(command)).pieces(path);
      const stream = out === undefined ? null : await openNewFile(out);
      for await (const chunk of chunks) {
        if (!(stream ?? process.stdout).write(chunk)) await once(stream ?? process.stdout, 'drain');
      }
      if (stream === null) return;
      stream.end();
      await once(stream, 'close');
      terminal.note(`${out} has the codes of ${id}. Who has them can print genuine labels: keep it as you keep money.`);
    });
}

function addChanges(lot: Command, terminal: Terminal): void {
  const step = (name: string, description: string) =>
    lot
      .command(name)
      .description(description)
      .argument('<lot>')
      .option('--if-match <revision>', 'only if this is its revision now', parseCount);
  const send = (to: string, body: object, { ifMatch }: ChangeFlags, command: Command) => {
    const headers = ifMatch === undefined ? {} : { 'if-match': `"r${ifMatch}"` };
    const request = { method: 'POST', path: to, body, headers, signed: true } as const;
    return callAndPrint(request, command, terminal);
  };
  step('split', 'Make two lots of one: serials from --at on are the second.')
    .requiredOption('--at <serial>', 'first serial of the second lot', parseCount)
    .action((id: string, { at, ...flags }: ChangeFlags & { at: number }, command: Command) =>
      send(`${pathTo(id)}/split`, { at }, flags, command),
    );
  step('close', 'End a lot: codes behind the last serial that was used are withdrawn.')
    .option('--to <serial>', 'the last serial that was used (default: where it ends)', parseCount)
    .action((id: string, { to, ...flags }: ChangeFlags & { to?: number }, command: Command) =>
      send(`${pathTo(id)}/close`, { to }, flags, command),
    );
  step('revoke', 'Revoke every code of a lot, for good.')
    .requiredOption('--reason <text>', 'what people who scan a code read')
    .action((id: string, { reason, ...flags }: ChangeFlags & { reason: string }, command: Command) =>
      send(`${pathTo(id)}/revoke`, { reason }, flags, command),
    );
  step('extend', 'Extend a lot to a later serial.')
    .requiredOption('--to <serial>', 'its new last serial', parseCount)
    .action((id: string, { to, ...flags }: ChangeFlags & { to: number }, command: Command) =>
      send(`${pathTo(id)}/extend`, { to }, flags, command),
    );
}

function pathTo(id: string): string {
  return `/v1/lots/${encodeURIComponent(id)}`;
}

async function callAndPrint(request: ApiRequest, command: Command, terminal: Terminal): Promise<void> {
  const shared = sharedFlagsOf(command);
  const body = (await new ApiClient(shared).call(request)).body as LotJson;
  if (shared.json === true) return terminal.print(JSON.stringify(body));
  for (const line of linesOf(body)) terminal.print(line);
  if (body.part === undefined) return;
  terminal.print('');
  for (const line of linesOf(body.part)) terminal.print(line);
}

function linesOf(lot: LotJson): readonly string[] {
  const { id, size, tagLength, guessing, parent, template, state, reason, splitFrom, revision, values } = lot;
  const guess = `one guess in ${guessing.oneIn.toLocaleString('en')} is right (${guessing.bits} bits)`;
  const head = listOf([
    ['lot', id],
    ['serials', rangeOf(lot)],
    ['codes', size],
    ['tag', tagLength === 0 ? 'none: whoever knows one code knows all' : `${tagLength} characters, ${guess}`],
    ['parent', parent],
    ['template', template],
    ['state', reason === null ? state : `${state}: ${reason}`],
    ['split from', splitFrom],
    ['revision', revision],
  ]);
  if (values.length === 0) return head;
  const rows = values.map(({ index, type, data }) => [index, type, String(data.value)]);
  return [...head, '', ...tableOf(['INDEX', 'TYPE', 'DATA'], rows)];
}

/** The first and the last suffix, without their check tags. */
function rangeOf({ prefix, head, width, from, to }: LotJson): string {
  const digits = (serial: number): string => String(serial).padStart(width, '0');
  return `${prefix}/${head}${digits(from)}–${digits(to)}`;
}
