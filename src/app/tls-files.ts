// The certificate from its files: read, held against each other, made ready for the servers. What is wrong is said with
// how to mend it. Expiry is reported and refuses nothing: whether it matters depends on what else there is to use.

import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { HandleError } from '../domain/error.ts';
import { secureOptions, type TlsMaterial } from '../http-server/tls.ts';

/** Names of files, each null if there is none. */
export interface TlsSettings extends Pick<TlsMaterial, 'minVersion' | 'clientCertificate'> {
  readonly certificate: string | null;
  readonly key: string | null;
  readonly passphraseFile: string | null;
  readonly clientCa: string | null;
}

/** What the files say. Two readings are the same if all texts are. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  readonly passphrase: string | null;
  readonly clientCa: string | null;
}

export interface Certificate {
  readonly material: TlsMaterial;
  /** Epoch milliseconds between which every certificate of the file is valid. */
  readonly validFrom: number;
  readonly validTo: number;
  readonly subject: string;
}

/** A key that strangers on the machine could read is no secret. */
const READABLE_BY_OTHERS = 0o007;
const TICKET_KEYS_BYTES = 48;
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Throws `INVALID_CONFIG`. `settings.certificate` and `.key` are not null. */
export async function readTlsFiles(settings: TlsSettings): Promise<TlsFiles> {
  const certificate = await readNamed(settings.certificate ?? '', 'tls.certificate');
  const key = await readSecret(settings.key ?? '', 'tls.key');
  const { passphraseFile, clientCa } = settings;
  const passphrase = passphraseFile === null ? null : await readSecret(passphraseFile, 'tls.passphraseFile');
  return {
    certificate,
    key,
    passphrase: passphrase?.split(/\r?\n/, 1)[0] ?? null,
    clientCa: clientCa === null ? null : await readNamed(clientCa, 'tls.clientCa'),
  };
}

async function readNamed(path: string, setting: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw wrong(`${setting}: ${path} cannot be read: ${(cause as Error).message}.`, cause);
  }
}

async function readSecret(path: string, setting: string): Promise<string> {
  const text = await readNamed(path, setting);
  const { mode } = await stat(path);
  if (process.platform !== 'win32' && (mode & READABLE_BY_OTHERS) !== 0) {
    throw wrong(`${setting}: ${path} is a secret that everybody on this machine may read: run chmod o-rwx ${path}.`);
  }
  return text;
}

/** Throws `INVALID_CONFIG` if no TLS server could be made of them. */
export function certificateFrom(files: TlsFiles, settings: TlsSettings): Certificate {
  const chain = certificatesIn(files.certificate, `tls.certificate: ${settings.certificate}`);
  const key = privateKeyIn(files, settings);
  const [own] = chain as [X509Certificate];
  if (!own.checkPrivateKey(key)) {
    throw wrong(
      `tls.key: ${settings.key} is not the private key of the first certificate in ${settings.certificate} (${nameOf(own)}): put the node's own certificate first, and name the key that it was requested with.`,
    );
  }
  if (files.clientCa !== null) certificatesIn(files.clientCa, `tls.clientCa: ${settings.clientCa}`);
  const material: TlsMaterial = {
    certificate: files.certificate,
    key: key.export({ type: 'pkcs8', format: 'pem' }) as string,
    minVersion: settings.minVersion,
    clientCa: files.clientCa,
    clientCertificate: settings.clientCertificate,
    ticketKeys: randomBytes(TICKET_KEYS_BYTES),
  };
  try {
    createSecureContext(secureOptions(material));
  } catch (cause) {
    throw wrong(`tls.certificate: ${settings.certificate} cannot be used: ${(cause as Error).message}.`, cause);
  }
  return {
    material,
    validFrom: Math.max(...chain.map(({ validFromDate }) => validFromDate.getTime())),
    validTo: Math.min(...chain.map(({ validToDate }) => validToDate.getTime())),
    subject: nameOf(own),
  };
}

function certificatesIn(pem: string, where: string): readonly X509Certificate[] {
  const blocks = pem.match(PEM_CERTIFICATE) ?? [];
  if (blocks.length === 0) {
    throw wrong(`${where} holds no certificate: it must be PEM, with a line "-----BEGIN CERTIFICATE-----".`);
  }
  return blocks.map((block, i) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw wrong(
        `${where}: certificate ${i + 1} of ${blocks.length} is damaged: put the whole file there again.`,
        cause,
      );
    }
  });
}

function privateKeyIn({ key, passphrase }: TlsFiles, settings: TlsSettings): KeyObject {
  try {
    return createPrivateKey({ key, ...(passphrase === null ? {} : { passphrase }) });
  } catch (cause) {
    throw wrong(`tls.key: ${settings.key} ${objectionToKey(key, passphrase)}`, cause);
  }
}

function objectionToKey(key: string, passphrase: string | null): string {
  if (!key.includes('PRIVATE KEY-----')) {
    return 'holds no private key: it must be PEM, with a line like "-----BEGIN PRIVATE KEY-----".';
  }
  if (!key.includes('ENCRYPTED')) return 'is damaged: put the whole file there again.';
  return passphrase === null
    ? 'is encrypted: name a file with its passphrase in tls.passphraseFile, or store the key without.'
    : 'cannot be decrypted: the first line of tls.passphraseFile is not its passphrase.';
}

function nameOf(certificate: X509Certificate): string {
  return (certificate.subject ?? '').replaceAll('\n', ', ') || (certificate.subjectAltName ?? 'no name');
}

function wrong(message: string, cause?: unknown): HandleError {
  return new HandleError('INVALID_CONFIG', message, cause === undefined ? {} : { cause });
}
