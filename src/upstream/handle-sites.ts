// Sites of the Handle protocol as a client sees them: from HS_SITE data, or a host that somebody has named. It asks nobody.

import type { ByteString } from '../domain/bytes.ts';
import { isHandleError } from '../domain/error.ts';
import { MAX_SITES_OF_RECORD } from '../domain/handle-client-limits.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import { formatIpAddress } from '../wire/ip-address-text.ts';
import { MAJOR_VERSION, MINOR_VERSION, type ProtocolVersion, UNKNOWN_SERIAL } from '../wire/protocol.ts';
import { decodeSite, type Site } from '../wire/site-value.ts';

export const HANDLE_PORT = 2641;

/** Whether an address with its port stands in the settings, so that it may be asked wherever it is. */
export type IsConfigured = (host: string, port: number) => boolean;

export type Transport = 'TCP' | 'UDP';

export interface KnownServer {
  readonly id: number;
  /** An address, or a name that stands in the settings. */
  readonly host: string;
  /** Whether it stands in the settings; else it came from data, and only public addresses are asked. */
  readonly isConfigured: boolean;
  /** As an HS_PUBKEY's data; empty if it is not known. */
  readonly publicKey: ByteString;
  readonly interfaces: readonly { readonly transport: Transport; readonly port: number }[];
}

export interface KnownSite {
  /** For people. */
  readonly name: string;
  /** What its site data says, in no words: the same for the same servers. */
  readonly key: string;
  /** False of a host of which nothing but its name is known. */
  readonly isDescribed: boolean;
  readonly isPrimary: boolean;
  readonly hashOption: number;
  readonly serialNumber: number;
  readonly version: ProtocolVersion;
  /** At least one. */
  readonly servers: readonly KnownServer[];
}

const WHOLE_HANDLE = 2;

/** A host that somebody has named, of whose site nothing else is known. */
export function siteOfHost(host: string, port: number): KnownSite {
  const interfaces = [
    { transport: 'TCP', port },
    { transport: 'UDP', port },
  ] as const;
  return {
    name: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    key: `${host} ${port}`,
    isDescribed: false,
    isPrimary: true,
    hashOption: WHOLE_HANDLE,
    serialNumber: UNKNOWN_SERIAL,
    version: { major: MAJOR_VERSION, minor: MINOR_VERSION },
    servers: [{ id: 1, host, isConfigured: true, publicKey: '' as ByteString, interfaces }],
  };
}

/** Null if none of its servers takes questions over TCP or UDP. */
export function siteOf(site: Site, isConfigured: IsConfigured): KnownSite | null {
  const servers = site.servers.map(({ serverId, address, publicKey, interfaces }): KnownServer => {
    const host = formatIpAddress(address);
    const asked = interfaces.flatMap(({ query, protocol, port }) =>
      query && (protocol === 'TCP' || protocol === 'UDP') ? [{ transport: protocol, port }] : [],
    );
    const stands = asked.every(({ port }) => isConfigured(host, port));
    return { id: serverId, host, isConfigured: stands, publicKey, interfaces: asked };
  });
  if (!servers.some(({ interfaces }) => interfaces.length > 0)) return null;
  const description = site.attributes.find(({ name }) => name === 'desc')?.value ?? '';
  return {
    name: description === '' ? `site ${site.serialNumber}` : description,
    key: servers.map(({ host, interfaces }) => `${host} ${interfaces.map(({ port }) => port).join(' ')}`).join(','),
    isDescribed: true,
    isPrimary: site.primary,
    hashOption: site.hashOption,
    serialNumber: site.serialNumber,
    version: { major: site.protocolMajor, minor: site.protocolMinor },
    servers,
  };
}

/** As `siteOf`, of the data of an HS_SITE value; null also for what cannot be read. */
export function siteOfData(data: ByteString, isConfigured: IsConfigured): KnownSite | null {
  try {
    return siteOf(decodeSite(data), isConfigured);
  } catch (error) {
    if (isHandleError(error)) return null;
    throw error;
  }
}

const SITE_TYPES: ReadonlySet<string> = new Set(['HS_SITE', 'HS_SITE.6']);
/** What a referral to the site of derived prefixes has. */
const PREFIX_SITE_TYPES: ReadonlySet<string> = new Set(['HS_SITE.PREFIX', 'HS_NA_DELEGATE']);
/** What is asked of a prefix record, as the reference client asks it. */
export const SERVICE_TYPES = ['HS_SITE', 'HS_SITE.6', 'HS_SERV', 'HS_NAMESPACE'] as const;

export interface ServiceValues {
  readonly sites: readonly KnownSite[];
  /** Handles whose HS_SITE values give more sites. */
  readonly services: readonly ByteString[];
}

/** What values say of who answers. `isReferral`: of a referral, which may name the sites of derived prefixes. */
export function servicesIn(
  values: readonly HandleValue[],
  isReferral: boolean,
  isConfigured: IsConfigured,
): ServiceValues {
  const sites: KnownSite[] = [];
  const services: ByteString[] = [];
  for (const { type, data } of values.slice(0, MAX_SITES_OF_RECORD)) {
    const name = type.toUpperCase();
    if (name === 'HS_SERV' || (isReferral && name === 'HS_SERV.PREFIX')) services.push(data);
    if (!SITE_TYPES.has(name) && !(isReferral && PREFIX_SITE_TYPES.has(name))) continue;
    const site = siteOfData(data, isConfigured);
    if (site !== null) sites.push(site);
  }
  return { sites, services };
}
