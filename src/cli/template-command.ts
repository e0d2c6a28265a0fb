// `jiabiao template …`: what kinds of products are described by. Files have the form of config/templates/*.json.

import type { Command } from 'commander';
import { ApiClient, type ApiRequest } from './client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { readJsonObject } from './json-file.ts';
import { listAll } from './listing.ts';
import { handlePath, parseCount, pathOf, sharedFlagsOf } from './options.ts';
import { listOf, tableOf } from './table.ts';
import type { Terminal } from './terminal.ts';

interface Stamped {
  readonly handle: string;
  readonly version: number;
  readonly name: { readonly zh: string; readonly en: string };
  readonly industry: string | null;
}

interface ElementJson {
  readonly index: number;
  readonly type: string;
  readonly kind: string;
  readonly name: { readonly zh: string; readonly en: string };
  readonly required?: boolean;
  readonly searchable?: boolean;
  readonly disabled?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly decimals?: number;
  readonly unit?: string;
  readonly choices?: readonly { readonly value: string }[];
  readonly fileTypes?: readonly string[];
}

interface TemplateJson extends Stamped {
  readonly elements: readonly ElementJson[];
}

interface PutFlags {
  readonly handle?: string;
  readonly ifMatch?: number;
}

export function addTemplateCommand(program: Command, terminal: Terminal): void {
  const template = program.command('template').description('Templates: what kinds of products are described by.');
  template
    .command('list')
    .description('Those of the node, and your own.')
    .option('--prefix <prefix>', 'only those of this prefix')
    .option('--limit <count>', 'at most this many', parseCount, 1000)
    .action(async (flags: { readonly prefix?: string; readonly limit: number }, command: Command) => {
      const shared = sharedFlagsOf(command);
      const path = pathOf('/v1/templates', { prefix: flags.prefix });
      const items = await listAll<Stamped & { readonly elements: number }>(new ApiClient(shared), path, flags.limit);
      if (shared.json === true) return terminal.print(JSON.stringify(items));
      const rows = items.map((item) => [item.handle, item.version, item.elements, bothOf(item.name)]);
      for (const line of tableOf(['HANDLE', 'VERSION', 'ELEMENTS', 'NAME'], rows)) terminal.print(line);
    });
  template
    .command('show')
    .description('One of them with its elements; with --json in the form that "put" takes.')
    .argument('<handle>')
    .option('--at-version <version>', 'as it was in this version', parseCount)
    .action(async (handle: string, { atVersion }: { readonly atVersion?: number }, command: Command) => {
      const path = pathOf(pathTo(handle), { version: atVersion });
      await callAndPrint({ method: 'GET', path, signed: true }, command, terminal);
    });
  template
    .command('put')
    .description('Put a template from a file, or a new version of it. Registrations that follow are held against it.')
    .argument('<file>', 'JSON, such as config/templates/furniture.json')
    .option('--handle <handle>', 'under this handle instead of the one in the file')
    .option('--if-match <version>', 'only if this is its version now', parseCount)
    .action(async (file: string, { handle, ifMatch }: PutFlags, command: Command) => {
      const { handle: inFile, ...body } = readJsonObject(file, 'a JSON object: the template');
      const named = handle ?? inFile;
      if (typeof named !== 'string') {
        const message = `${file} does not say the template's handle: add "handle" to it, or name one with --handle.`;
        throw new CommandFailure(EXIT.usage, message);
      }
      const headers = ifMatch === undefined ? {} : { 'if-match': `"r${ifMatch}"` };
      await callAndPrint({ method: 'PUT', path: pathTo(named), body, headers, signed: true }, command, terminal);
    });
  template
    .command('disable')
    .description('Disable elements: they take no new values, and what stands stays.')
    .argument('<handle>')
    .argument('<index...>', 'indexes of the elements', collectCount)
    .action(async (handle: string, elements: readonly number[], _flags: object, command: Command) => {
      const body = { elements };
      await callAndPrint({ method: 'POST', path: `${pathTo(handle)}/disable`, body, signed: true }, command, terminal);
    });
}

function collectCount(text: string, before: readonly number[] | undefined): readonly number[] {
  return [...(before ?? []), parseCount(text)];
}

function pathTo(handle: string): string {
  return handlePath('/v1/templates', handle);
}

async function callAndPrint(request: ApiRequest, command: Command, terminal: Terminal): Promise<void> {
  const shared = sharedFlagsOf(command);
  const { body } = await new ApiClient(shared).call(request);
  if (shared.json === true) {
    terminal.print(JSON.stringify(body));
    return;
  }
  const { handle, version, name, industry, elements } = body as TemplateJson;
  const head = listOf([
    ['handle', handle],
    ['version', version],
    ['name', bothOf(name)],
    ['industry', industry],
  ]);
  const rows = elements.map((element) => [
    element.index,
    element.type,
    element.kind,
    marksOf(element),
    bothOf(element.name),
    rulesOf(element),
  ]);
  for (const line of [...head, '', ...tableOf(['INDEX', 'TYPE', 'KIND', 'MARKS', 'NAME', 'RULES'], rows)]) {
    terminal.print(line);
  }
}

function bothOf({ zh, en }: Stamped['name']): string {
  return `${zh} / ${en}`;
}

function marksOf({ required, searchable, disabled }: ElementJson): string {
  const marks = [required === true && 'required', searchable === true && 'searchable', disabled === true && 'disabled'];
  return marks.filter((mark) => mark !== false).join(',');
}

function rulesOf(element: ElementJson): string {
  const { minLength, maxLength, pattern, minimum, maximum, decimals, unit, choices, fileTypes } = element;
  const rules = [
    rangeOf(minLength, maxLength, 'characters'),
    rangeOf(minimum, maximum, unit ?? ''),
    decimals === undefined ? '' : `${decimals} decimals`,
    pattern ?? '',
    choices?.map(({ value }) => value).join('|') ?? '',
    fileTypes?.join('|') ?? '',
  ];
  return rules.filter((rule) => rule !== '').join('  ');
}

function rangeOf(least: number | undefined, most: number | undefined, unit: string): string {
  if (least === undefined && most === undefined) return unit === 'characters' ? '' : unit;
  return `${least ?? ''}–${most ?? ''} ${unit}`.trim();
}
