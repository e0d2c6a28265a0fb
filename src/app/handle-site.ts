// The site as which the node answers the Handle protocol: its key, made at the first start and kept beside the store, and its
// HS_SITE data, made from the settings.

import { createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeDirectory } from '../disk/make-directory.ts';
import type { ByteString } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import type { Agreements } from '../peers/agreements.ts';
import { SITE_KEY_FILE } from '../store/key-files.ts';
import { parseIpAddress } from '../wire/ip-address-text.ts';
import { publicKeyFromJson } from '../wire/public-key-json.ts';
import { encodePublicKey } from '../wire/public-key-value.ts';
import { encodeSite, type SiteProtocol } from '../wire/site-value.ts';
import type { Config } from './config.ts';
import { siteAddressOf } from './config-handle.ts';
import { takePort } from './listening.ts';
import { agreeOnKey } from './shared-keys.ts';
import { formatSiteKeys, makeSiteKey, readSiteKeys, type SiteKey } from './site-keys.ts';

/** What each thread that answers is born with. */
export interface HandleSite {
  readonly port: number;
  readonly data: ByteString;
  readonly serialNumber: number;
  /** PKCS #8 in PEM, the one that signs first. */
  readonly keys: readonly Pick<SiteKey, 'pem' | 'fromSerial'>[];
}

const KEY_FILE_MODE = 0o600;

export function siteKeyFileOf(config: Pick<Config, 'store'>): string {
  return join(config.store.path, SITE_KEY_FILE);
}

/** Null if the protocol is off. Throws `INVALID_CONFIG` if the port or the key cannot be had. */
export async function openHandleSite(config: Config, agreements: Agreements | null): Promise<HandleSite | null> {
  if (config.handle.port === null) return null;
  const port = await takePort({ host: config.handle.host, port: config.handle.port, setting: 'handle.port' });
  const file = siteKeyFileOf(config);
  const keys = config.store.kind === 'memory' ? [await makeSiteKey()] : await keptKeys(file);
  await agreeOnSiteKeys(agreements, { file, keys });
  return siteOf(config, port, keys);
}

/** Clients know the site by its key, whichever node of a registry they reach. Throws `INVALID_CONFIG` if others have another. */
export async function agreeOnSiteKeys(
  agreements: Agreements | null,
  { file, keys }: { readonly file: string; readonly keys: readonly SiteKey[] },
): Promise<void> {
  if (agreements === null) return;
  const known = keys.map(({ pem }) => createPublicKey(pem).export({ type: 'spki', format: 'der' }));
  await agreeOnKey(agreements, { name: 'site-key', file, keys: known });
}

export function siteOf(config: Config, port: number, keys: readonly SiteKey[]): HandleSite {
  const [first] = keys;
  if (first === undefined) throw new HandleError('INTERNAL', 'A site has no key.');
  const serialNumber = config.handle.siteSerial + first.raises;
  return { port, data: siteData(config, { port, serialNumber, pem: first.pem }), serialNumber, keys };
}

async function keptKeys(file: string): Promise<readonly SiteKey[]> {
  const there = readSiteKeys(file);
  if (there !== null) return there;
  const keys = [await makeSiteKey()];
  try {
    makeDirectory(dirname(file), 0o700);
    writeFileSync(file, formatSiteKeys(keys), { mode: KEY_FILE_MODE, flag: 'wx' });
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new HandleError('INVALID_CONFIG', `The site's key cannot be kept in ${file}: ${reason}.`, { cause });
  }
  return keys;
}

function siteData(
  config: Config,
  { port, serialNumber, pem }: { readonly port: number; readonly serialNumber: number; readonly pem: string },
): ByteString {
  const { kty, n, e } = createPublicKey(pem).export({ format: 'jwk' });
  const http: SiteProtocol = config.tls.certificate === null ? 'HTTP' : 'HTTPS';
  const both = { query: true, admin: true } as const;
  return encodeSite({
    version: 1,
    protocolMajor: 2,
    protocolMinor: 11,
    serialNumber,
    primary: true,
    multiPrimary: false,
    hashOption: 2,
    hashFilter: '',
    attributes: [{ name: 'desc', value: `Jiabiao ${config.node.prefix}` }],
    servers: [
      {
        serverId: 1,
        address: parseIpAddress(siteAddressOf(config.handle) ?? '127.0.0.1') ?? ('\0'.repeat(16) as ByteString),
        publicKey: encodePublicKey(publicKeyFromJson({ kty, n, e }, '')),
        interfaces: [
          { ...both, protocol: 'TCP', port },
          { query: true, admin: false, protocol: 'UDP', port },
          ...(config.http.port === 0 ? [] : [{ ...both, protocol: http, port: config.http.port }]),
        ],
      },
    ],
  });
}
