// Where `resolve --protocol handle` asks: a host on the command line, or the file of a site. It opens no connection.

import { readSiteFile } from '../app/site-file.ts';
import type { Start } from '../upstream/handle-responsible.ts';
import { HANDLE_PORT, siteOfHost } from '../upstream/handle-sites.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';

export interface TargetFlags {
  readonly site?: string;
  readonly root?: true;
}

export interface HandleTargets {
  readonly start: Start;
  readonly handles: readonly string[];
}

/** `host`, `host:port`, `[address]:port` or an IPv6 address. */
const HOST = /^(?:\[([0-9A-Fa-f:.]+)\](?::(\d{1,5}))?|([^\s/@?#:[\]]+)(?::(\d{1,5}))?|([0-9A-Fa-f:.]+))$/;
const MAX_PORT = 65_535;

/** The last word is the host, unless a file says who is asked. */
export function targetsOf(words: readonly string[], { site, root }: TargetFlags): HandleTargets {
  const kind = root === true ? 'root' : 'server';
  if (site !== undefined) return { handles: words, start: { kind, sites: readSiteFile(site, '--site') } };
  const host = words.at(-1) ?? '';
  const [, bracketed, bracketedPort, name, namePort, address] = HOST.exec(host) ?? [];
  const port = Number(bracketedPort ?? namePort ?? HANDLE_PORT);
  const found = bracketed ?? name ?? address;
  if (found === undefined || port < 1 || port > MAX_PORT || words.length < 2) {
    throw new CommandFailure(
      EXIT.usage,
      'With --protocol handle say whom to ask after the identifiers: HOST or HOST:PORT, such as 127.0.0.1:2641; or name the file of a site with --site.',
    );
  }
  return { handles: words.slice(0, -1), start: { kind, sites: [siteOfHost(found, port)] } };
}
