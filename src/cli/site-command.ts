// `jiabiao site …`: the site as which a node answers the Handle protocol, its data for the parent's prefix record, and the
// rotation of its key. It reads and writes the file of the keys itself, beside a running node or without one.

import { createHash, createPublicKey } from 'node:crypto';
import type { Command } from 'commander';
import { systemClock } from '../app/clock.ts';
import type { Config } from '../app/config.ts';
import type { HandleSite } from '../app/handle-site.ts';
import type { SiteKey } from '../app/site-keys.ts';
import { prefixHandleOf } from '../domain/handle.ts';
import { siteToJson } from '../wire/site-json.ts';
import { decodeSite, type Site } from '../wire/site-value.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { recordAct } from './machine-record.ts';
import { sharedFlagsOf } from './options.ts';
import { tableOf } from './table.ts';
import type { Terminal } from './terminal.ts';

interface Flags {
  readonly config?: string;
}

type Form = (typeof FORMS)[number];
const FORMS = ['record', 'json', 'hex', 'base64'] as const;
const CONFIG = ['--config <file>', "the node's settings"] as const;

export function addSiteCommand(program: Command, terminal: Terminal): void {
  const site = program.command('site').description('The site as which the node answers the Handle protocol.');
  site
    .command('show')
    .description('Address, serial number and keys of the site.')
    .option(...CONFIG)
    .action(async (flags: Flags, command: Command) => {
      const { site: answered, keys } = await siteIn(flags);
      const shown = decodeSite(answered.data);
      if (sharedFlagsOf(command).json === true) return terminal.print(JSON.stringify(siteToJson(shown)));
      for (const line of linesOf(shown, keys, answered)) terminal.print(line);
    });
  site
    .command('export')
    .description('What the holder of the parent prefix puts into the record of yours.')
    .option(
      '--form <form>',
      `${FORMS.join(', ')}: the whole record, siteinfo.json, or the bytes of the value`,
      'record',
    )
    .option(...CONFIG)
    .action(async (flags: Flags & { readonly form: string }) => {
      const form = FORMS.find((one) => one === flags.form);
      if (form === undefined) throw new CommandFailure(EXIT.usage, `--form is one of ${FORMS.join(', ')}.`);
      const { site: data, config } = await siteIn(flags);
      terminal.print(exported(form, data, config));
    });
  addKeyCommands(site, terminal);
}

function addKeyCommands(site: Command, terminal: Terminal): void {
  site
    .command('rotate-key')
    .description('Make a new key. It signs from now on; the one before is kept until it is withdrawn.')
    .option(...CONFIG)
    .action(async (flags: Flags, command: Command) => {
      const { rotateSiteKey } = await import('../app/site-keys.ts');
      const { file, config } = await fileIn(flags);
      const [first] = await rotateSiteKey({ file, siteSerial: config.handle.siteSerial, nowMs: systemClock() });
      const serialNumber = config.handle.siteSerial + (first?.raises ?? 0);
      await recordAct(flags, { kind: 'site-key-rotated', subject: file, detail: { serialNumber } }, terminal);
      if (sharedFlagsOf(command).json === true) return terminal.print(JSON.stringify({ file, serialNumber }));
      terminal.print(
        `The site has a new key and serial number ${serialNumber}; a running node takes it within ${SECONDS} seconds.`,
      );
      terminal.print('Next: hand the site on (jiabiao site export), wait for a day, then jiabiao site withdraw-key.');
    });
  site
    .command('withdraw-key')
    .description('Remove the keys before the last. Who knows the site by them must ask for it again.')
    .option(...CONFIG)
    .action(async (flags: Flags, command: Command) => {
      const { withdrawSiteKeys } = await import('../app/site-keys.ts');
      const { file } = await fileIn(flags);
      const count = withdrawSiteKeys(file).length;
      if (count > 0)
        await recordAct(flags, { kind: 'site-keys-withdrawn', subject: file, detail: { count } }, terminal);
      if (sharedFlagsOf(command).json === true) return terminal.print(JSON.stringify({ file, withdrawn: count }));
      terminal.print(count === 0 ? 'There is one key, and it signs.' : `Withdrawn: ${count}. One key is left.`);
    });
}

/** How soon a running node looks at the file (site-watch.ts). */
const SECONDS = 5;

async function fileIn(flags: Flags): Promise<{ readonly config: Config; readonly file: string }> {
  // Loaded here, so that the commands that are only clients start fast.
  const { loadConfig } = await import('../app/config.ts');
  const { siteKeyFileOf } = await import('../app/handle-site.ts');
  const config = loadConfig({ file: flags.config });
  return { config, file: siteKeyFileOf(config) };
}

async function siteIn(
  flags: Flags,
): Promise<{ readonly config: Config; readonly site: HandleSite; readonly keys: readonly SiteKey[] }> {
  const { config, file } = await fileIn(flags);
  const { siteOf } = await import('../app/handle-site.ts');
  const { readSiteKeys } = await import('../app/site-keys.ts');
  const { port } = config.handle;
  if (port === null || port === 0) {
    throw new CommandFailure(EXIT.usage, 'The site needs its port: set handle.port, as the node is started with it.');
  }
  const keys = readSiteKeys(file);
  if (keys === null) {
    throw new CommandFailure(
      EXIT.failed,
      `There is no key of a site in ${file}: the first start of the node makes one.`,
    );
  }
  return { config, site: siteOf(config, port, keys), keys };
}

function exported(form: Form, { data }: HandleSite, config: Config): string {
  const bytes = Buffer.from(data, 'latin1');
  if (form === 'hex' || form === 'base64') return bytes.toString(form);
  const value = siteToJson(decodeSite(data));
  if (form === 'json') return JSON.stringify(value, null, 2);
  const values = [{ index: 1, type: 'HS_SITE', data: { format: 'site', value }, ttl: 86_400 }];
  return JSON.stringify({ handle: prefixHandleOf(config.node.prefix), values }, null, 2);
}

function linesOf(shown: Site, keys: readonly SiteKey[], { serialNumber }: HandleSite): string[] {
  const site = siteToJson(shown) as { readonly servers: readonly Record<string, unknown>[] };
  const interfaces = shown.servers.flatMap((server) => server.interfaces);
  return [
    `serial number   ${serialNumber}`,
    `address         ${site.servers[0]?.address}`,
    `interfaces      ${interfaces.map(({ protocol, port }) => `${protocol} ${port}`).join(', ')}`,
    '',
    ...tableOf(
      ['KEY', 'SHA-256', 'SINCE'],
      keys.map((key, i) => [i === 0 ? 'signs' : 'kept', fingerprintOf(key), key.since ?? 'the first start']),
    ),
  ];
}

function fingerprintOf({ pem }: SiteKey): string {
  const der = createPublicKey(pem).export({ format: 'der', type: 'spki' });
  return createHash('sha256').update(der).digest('hex');
}
