// The site as which the node answers the Handle protocol: its key, made at the first start and kept beside the store, and its
// HS_SITE data, made from the settings.

import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
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

/** What each thread that answers is born with. */
export interface HandleSite {
  readonly port: number;
  readonly data: ByteString;
  readonly serialNumber: number;
  /** PKCS #8 in PEM. */
  readonly privateKey: string;
}

const KEY_FILE_MODE = 0o600;
const KEY_BITS = 2048;

/** Null if the protocol is off. Throws `INVALID_CONFIG` if the port or the key cannot be had. */
export async function openHandleSite(config: Config, agreements: Agreements | null): Promise<HandleSite | null> {
  if (config.handle.port === null) return null;
  const port = await takePort({ host: config.handle.host, port: config.handle.port, setting: 'handle.port' });
  const key = config.store.kind === 'memory' ? await makeKey() : await keptKey(config.store.path);
  if (agreements !== null) {
    // Clients know the site by it, whichever node they reach.
    const file = join(config.store.path, SITE_KEY_FILE);
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
    await agreeOnKey(agreements, { name: 'site-key', file, keys: [spki] });
  }
  const privateKey = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { port, data: siteData(config, port, key), serialNumber: config.handle.siteSerial, privateKey };
}

async function keptKey(directory: string): Promise<KeyObject> {
  const file = join(directory, SITE_KEY_FILE);
  try {
    if (existsSync(file)) return createPrivateKey(readFileSync(file));
    const key = await makeKey();
    makeDirectory(directory, 0o700);
    writeFileSync(file, key.export({ type: 'pkcs8', format: 'pem' }), { mode: KEY_FILE_MODE, flag: 'wx' });
    return key;
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new HandleError('INVALID_CONFIG', `The site's key cannot be read or kept in ${file}: ${reason}.`, { cause });
  }
}

async function makeKey(): Promise<KeyObject> {
  return (await promisify(generateKeyPair)('rsa', { modulusLength: KEY_BITS })).privateKey;
}

function siteData(config: Config, port: number, key: KeyObject): ByteString {
  const { kty, n, e } = createPublicKey(key).export({ format: 'jwk' });
  const http: SiteProtocol = config.tls.certificate === null ? 'HTTP' : 'HTTPS';
  const both = { query: true, admin: true } as const;
  return encodeSite({
    version: 1,
    protocolMajor: 2,
    protocolMinor: 11,
    serialNumber: config.handle.siteSerial,
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
