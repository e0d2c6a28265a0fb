// Reads the file that says which servers of the Handle protocol are asked, and with which keys they sign: a site, or several,
// in the JSON of the Handle.net interface, or the HS_SITE data of one in binary.

import { readFileSync } from 'node:fs';
import type { ByteString } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { type KnownSite, siteOf } from '../upstream/handle-sites.ts';
import { siteFromJson } from '../wire/site-json.ts';
import { decodeSite, type Site } from '../wire/site-value.ts';

/** HS_SITE data begins with its format's number, 1. */
const BINARY_HEAD = '\0\x01';

/** `setting`: who names the file. Throws `INVALID_CONFIG`. */
export function readSiteFile(file: string, setting: string): readonly KnownSite[] {
  const sites = sitesIn(file, setting).map((site) => siteOf(site, () => true));
  const known = sites.filter((site) => site !== null);
  if (known.length === sites.length && known.length > 0) return known;
  throw new HandleError('INVALID_CONFIG', `${setting}: ${file} has a site that cannot be asked over TCP or UDP.`);
}

function sitesIn(file: string, setting: string): readonly Site[] {
  try {
    const bytes = readFileSync(file, 'latin1') as ByteString;
    if (bytes.startsWith(BINARY_HEAD)) return [decodeSite(bytes)];
    const json: unknown = JSON.parse(Buffer.from(bytes, 'latin1').toString('utf8'));
    return Array.isArray(json) ? json.map((one, i) => siteFromJson(one, `/${i}`)) : [siteFromJson(json, '')];
  } catch (cause) {
    const at = cause instanceof HandleError && cause.at !== undefined ? ` (at ${cause.at})` : '';
    const reason = `${(cause as Error).message}${at}`;
    throw new HandleError('INVALID_CONFIG', `${setting}: ${file} cannot be read as a site: ${reason}`, { cause });
  }
}
