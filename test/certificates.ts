// Certificates for tests, real ones: an authority that vouches for whatever a test needs, from whenever until whenever.

import 'reflect-metadata'; // what @peculiar/x509 asks of whoever imports it
import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const DAY_MS = 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** PEM texts. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

export interface Wanted {
  /** `CN=erp, O=Oak Works`. */
  readonly name?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

export interface Authority {
  /** PEM: what others must trust. */
  readonly certificate: string;
  /** For 127.0.0.1 and localhost. */
  issue(wanted?: Wanted): Promise<Issued>;
}

const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

export async function createAuthority(name = 'CN=Test Authority'): Promise<Authority> {
  const keys = await newKeys();
  const root: X509Certificate = await X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 365 * DAY_MS),
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  let serial = 1;
  return {
    certificate: root.toString('pem'),
    async issue(wanted = {}) {
      const own = await newKeys();
      serial += 1;
      const certificate = await X509CertificateGenerator.create({
        serialNumber: serial.toString(16).padStart(2, '0'),
        subject: wanted.name ?? 'CN=localhost',
        issuer: root.subject,
        notBefore: wanted.notBefore ?? new Date(Date.now() - DAY_MS),
        notAfter: wanted.notAfter ?? new Date(Date.now() + 90 * DAY_MS),
        signingKey: keys.privateKey,
        publicKey: own.publicKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new SubjectAlternativeNameExtension([
            { type: 'ip', value: '127.0.0.1' },
            { type: 'dns', value: 'localhost' },
          ]),
        ],
      });
      const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', own.privateKey)).toString('base64');
      const lines = (der.match(/.{1,64}/g) ?? []).join('\n');
      return {
        certificate: `${certificate.toString('pem')}\n`,
        key: `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`,
      };
    },
  };
}

/** The files as an operator leaves them; returns their paths. */
export function writePair(folder: string, { certificate, key }: Issued): { certificate: string; key: string } {
  const paths = { certificate: join(folder, 'node.crt'), key: join(folder, 'node.key') };
  writeFileSync(paths.certificate, certificate);
  writeFileSync(paths.key, key, { mode: 0o600 });
  return paths;
}
