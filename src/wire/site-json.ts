// Sites (the data of HS_SITE values) ⇄ the JSON of the Handle.net interface.

import type { ByteString } from '../domain/bytes.ts';
import { isHandleError } from '../domain/error.ts';
import { MAX_SITE_PARTS } from '../domain/limits.ts';
import { formatIpAddress, parseIpAddress } from './ip-address-text.ts';
import {
  inputError,
  type JsonObject,
  readArray,
  readBoolean,
  readChoice,
  readInteger,
  readObject,
  readString,
} from './json-input.ts';
import { publicKeyFromJson, publicKeyToJson } from './public-key-json.ts';
import { decodePublicKey, encodePublicKey } from './public-key-value.ts';
import { LAST_HASH_OPTION, SITE_PROTOCOLS, type Site, type SiteInterface, type SiteServer } from './site-value.ts';

export function siteToJson(site: Site): JsonObject {
  return {
    version: site.version,
    protocolVersion: `${site.protocolMajor}.${site.protocolMinor}`,
    serialNumber: site.serialNumber,
    primarySite: site.primary,
    multiPrimary: site.multiPrimary,
    ...(site.hashOption === LAST_HASH_OPTION ? {} : { hashOption: site.hashOption }),
    ...(site.hashFilter === '' ? {} : { hashFilter: site.hashFilter }),
    attributes: site.attributes,
    servers: site.servers.map((server) => ({
      serverId: server.serverId,
      address: formatIpAddress(server.address),
      ...(server.publicKey === '' ? {} : { publicKey: keyToJson(server.publicKey) }),
      interfaces: server.interfaces,
    })),
  };
}

function keyToJson(bytes: ByteString): JsonObject {
  try {
    return { format: 'key', value: publicKeyToJson(decodePublicKey(bytes)) };
  } catch (error) {
    if (!isHandleError(error, 'INVALID_VALUE')) throw error;
    return { format: 'base64', value: Buffer.from(bytes, 'latin1').toString('base64') };
  }
}

const SITE_MEMBERS: ReadonlySet<string> = new Set([
  'version',
  'protocolVersion',
  'serialNumber',
  'primarySite',
  'multiPrimary',
  'hashOption',
  'hashFilter',
  'attributes',
  'servers',
]);
const ATTRIBUTE_MEMBERS: ReadonlySet<string> = new Set(['name', 'value']);
const SERVER_MEMBERS: ReadonlySet<string> = new Set(['serverId', 'address', 'publicKey', 'interfaces']);
const INTERFACE_MEMBERS: ReadonlySet<string> = new Set(['query', 'admin', 'protocol', 'port']);
const KEY_MEMBERS: ReadonlySet<string> = new Set(['format', 'value']);
const PROTOCOL_VERSION = /^(\d{1,3})\.(\d{1,3})$/;
const BYTE_MAX = 0xff;
const SHORT_RANGE = { min: 0, max: 0xffff };
const INT_RANGE = { min: 0, max: 0x7fff_ffff };

/** Throws `INVALID_VALUE`. */
export function siteFromJson(input: unknown, at: string): Site {
  const site = readObject(input, at, SITE_MEMBERS);
  const [protocolMajor, protocolMinor] = parseVersion(site.protocolVersion ?? '2.11', `${at}/protocolVersion`);
  return {
    version: readInteger(site.version ?? 1, `${at}/version`, SHORT_RANGE),
    protocolMajor,
    protocolMinor,
    serialNumber: readInteger(site.serialNumber ?? 1, `${at}/serialNumber`, SHORT_RANGE),
    primary: readBoolean(site.primarySite ?? false, `${at}/primarySite`),
    multiPrimary: readBoolean(site.multiPrimary ?? false, `${at}/multiPrimary`),
    hashOption: readInteger(site.hashOption ?? LAST_HASH_OPTION, `${at}/hashOption`, { min: 0, max: LAST_HASH_OPTION }),
    hashFilter: readString(site.hashFilter ?? '', `${at}/hashFilter`),
    attributes: readArray(site.attributes ?? [], `${at}/attributes`, MAX_SITE_PARTS).map((one, i) =>
      parseAttribute(one, `${at}/attributes/${i}`),
    ),
    servers: readArray(site.servers, `${at}/servers`, MAX_SITE_PARTS).map((one, i) =>
      parseServer(one, `${at}/servers/${i}`),
    ),
  };
}

function parseVersion(input: unknown, at: string): readonly [number, number] {
  const match = PROTOCOL_VERSION.exec(readString(input, at));
  const major = Number(match?.[1]);
  const minor = Number(match?.[2]);
  if (major <= BYTE_MAX && minor <= BYTE_MAX) return [major, minor];
  throw inputError(at, 'Write the protocol version as "major.minor", such as "2.11".');
}

function parseAttribute(input: unknown, at: string): { readonly name: string; readonly value: string } {
  const attribute = readObject(input, at, ATTRIBUTE_MEMBERS);
  return { name: readString(attribute.name, `${at}/name`), value: readString(attribute.value, `${at}/value`) };
}

function parseServer(input: unknown, at: string): SiteServer {
  const server = readObject(input, at, SERVER_MEMBERS);
  const address = parseIpAddress(readString(server.address, `${at}/address`));
  if (address === null) throw inputError(`${at}/address`, 'Write an IPv4 or IPv6 address, such as "192.0.2.1".');
  return {
    serverId: readInteger(server.serverId, `${at}/serverId`, INT_RANGE),
    address,
    publicKey: server.publicKey === undefined ? ('' as ByteString) : parseKey(server.publicKey, `${at}/publicKey`),
    interfaces: readArray(server.interfaces ?? [], `${at}/interfaces`, MAX_SITE_PARTS).map((one, i) =>
      parseInterface(one, `${at}/interfaces/${i}`),
    ),
  };
}

function parseKey(input: unknown, at: string): ByteString {
  const key = readObject(input, at, KEY_MEMBERS);
  if (readChoice(key.format, `${at}/format`, ['key', 'base64']) === 'key') {
    return encodePublicKey(publicKeyFromJson(key.value, `${at}/value`));
  }
  return bytesFromBase64(key.value, `${at}/value`);
}

function parseInterface(input: unknown, at: string): SiteInterface {
  const one = readObject(input, at, INTERFACE_MEMBERS);
  return {
    query: readBoolean(one.query, `${at}/query`),
    admin: readBoolean(one.admin, `${at}/admin`),
    protocol: readChoice(one.protocol, `${at}/protocol`, SITE_PROTOCOLS),
    port: readInteger(one.port, `${at}/port`, SHORT_RANGE),
  };
}

/** Bytes of standard base64 with padding (RFC 4648 §4). */
export function bytesFromBase64(input: unknown, at: string): ByteString {
  const text = readString(input, at);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw inputError(at, 'Write standard base64 with padding (RFC 4648 §4).');
  return bytes.toString('latin1') as ByteString;
}
