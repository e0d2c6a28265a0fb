// Data of HS_SITE values (RFC 3651 §3.2.2) ⇄ bytes: the servers of a service. HS_SITE.6 and HS_SITE.PREFIX have the same.

import type { ByteString } from '../domain/bytes.ts';
import { ByteReader } from './byte-reader.ts';
import { byteBytes, countedBytes, countedText, intBytes, joinBytes, shortBytes } from './byte-writer.ts';

export const SITE_PROTOCOLS = ['UDP', 'TCP', 'HTTP', 'HTTPS'] as const;
export type SiteProtocol = (typeof SITE_PROTOCOLS)[number];

export interface SiteInterface {
  readonly query: boolean;
  readonly admin: boolean;
  readonly protocol: SiteProtocol;
  readonly port: number;
}

export interface SiteServer {
  readonly serverId: number;
  /** Sixteen bytes; an IPv4 address stands in the last four after twelve zeros. */
  readonly address: ByteString;
  /** As an HS_PUBKEY's data; may be empty. */
  readonly publicKey: ByteString;
  readonly interfaces: readonly SiteInterface[];
}

export interface Site {
  readonly version: number;
  readonly protocolMajor: number;
  readonly protocolMinor: number;
  readonly serialNumber: number;
  readonly primary: boolean;
  readonly multiPrimary: boolean;
  /** What decides which server has a handle: 0 its prefix, 1 its suffix, 2 the whole. */
  readonly hashOption: number;
  readonly hashFilter: string;
  readonly attributes: readonly { readonly name: string; readonly value: string }[];
  readonly servers: readonly SiteServer[];
}

const PRIMARY = 0x80;
const MULTI_PRIMARY = 0x40;
const ADMIN = 1;
const QUERY = 2;
const ADDRESS_LENGTH = 16;
const MAX_PORT = 0xffff;
export const LAST_HASH_OPTION = 2;

/** Throws `INVALID_VALUE`. */
export function decodeSite(bytes: ByteString): Site {
  const reader = new ByteReader(bytes);
  const version = reader.readShort();
  const protocolMajor = reader.readByte();
  const protocolMinor = reader.readByte();
  const serialNumber = reader.readShort();
  const mask = reader.readByte();
  if ((mask & ~(PRIMARY | MULTI_PRIMARY)) !== 0) throw reader.malformed('a site flag nobody knows');
  const hashOption = reader.readByte();
  if (hashOption > LAST_HASH_OPTION) throw reader.malformed('a hash option nobody knows');
  const hashFilter = reader.readText();
  const attributes = Array.from({ length: reader.readCount(8) }, () => ({
    name: reader.readText(),
    value: reader.readText(),
  }));
  const servers = Array.from({ length: reader.readCount(28) }, () => readServer(reader));
  reader.end();
  return {
    version,
    protocolMajor,
    protocolMinor,
    serialNumber,
    primary: (mask & PRIMARY) !== 0,
    multiPrimary: (mask & MULTI_PRIMARY) !== 0,
    hashOption,
    hashFilter,
    attributes,
    servers,
  };
}

function readServer(reader: ByteReader): SiteServer {
  const serverId = reader.readInt();
  if (serverId < 0) throw reader.malformed('a negative server id');
  return {
    serverId,
    address: reader.readFixed(ADDRESS_LENGTH),
    publicKey: reader.readBytes(),
    interfaces: Array.from({ length: reader.readCount(6) }, () => readInterface(reader)),
  };
}

function readInterface(reader: ByteReader): SiteInterface {
  const use = reader.readByte();
  const protocol = SITE_PROTOCOLS[reader.readByte()];
  if (use > (ADMIN | QUERY) || protocol === undefined) throw reader.malformed('an interface nobody knows');
  const port = reader.readInt();
  if (port < 0 || port > MAX_PORT) throw reader.malformed(`port ${port}`);
  return { query: (use & QUERY) !== 0, admin: (use & ADMIN) !== 0, protocol, port };
}

export function encodeSite(site: Site): ByteString {
  return joinBytes(
    shortBytes(site.version),
    byteBytes(site.protocolMajor),
    byteBytes(site.protocolMinor),
    shortBytes(site.serialNumber),
    byteBytes((site.primary ? PRIMARY : 0) | (site.multiPrimary ? MULTI_PRIMARY : 0)),
    byteBytes(site.hashOption),
    countedText(site.hashFilter),
    intBytes(site.attributes.length),
    ...site.attributes.map(({ name, value }) => joinBytes(countedText(name), countedText(value))),
    intBytes(site.servers.length),
    ...site.servers.map(writeServer),
  );
}

function writeServer(server: SiteServer): ByteString {
  return joinBytes(
    intBytes(server.serverId),
    server.address,
    countedBytes(server.publicKey),
    intBytes(server.interfaces.length),
    ...server.interfaces.map((one) =>
      joinBytes(
        byteBytes((one.admin ? ADMIN : 0) | (one.query ? QUERY : 0)),
        byteBytes(SITE_PROTOCOLS.indexOf(one.protocol)),
        intBytes(one.port),
      ),
    ),
  );
}
