// The settings of TLS, and the rules that join them. It reads no file; tls-files.ts does.

import type { TlsSettings } from './tls-files.ts';

const file = (description: string) =>
  ({ anyOf: [{ type: 'null' }, { type: 'string', minLength: 1 }], default: null, description }) as const;

export const TLS_SECTION = {
  certificate: file(
    "PEM file of the node's certificate, followed by the intermediate ones. With it http.port speaks HTTPS and may be open to others; read again when it changes.",
  ),
  key: file('PEM file of its private key, which only its owner and group may read.'),
  passphraseFile: file('File whose first line decrypts the key; null if the key is not encrypted.'),
  minVersion: {
    enum: ['TLSv1.2', 'TLSv1.3'],
    default: 'TLSv1.2',
    description: 'Oldest version of TLS that is spoken.',
  },
  clientCa: file(
    'PEM file of the authorities whose client certificates are accepted. They decide who may take which name: list your own, never public ones.',
  ),
  clientCertificate: {
    enum: ['request', 'require', 'handle'],
    default: 'request',
    description:
      'request and require count with tls.clientCa. request: clients may show a certificate; require: who shows none is not let in; handle: as request, and without tls.clientCa too, for administrators whose HS_PUBKEY value has the key of their certificate.',
  },
} as const;

/** What is wrong with settings that are right one by one: path and reason. */
export function tlsObjections(settings: TlsSettings): readonly (readonly [path: string, reason: string])[] {
  const { certificate, key, passphraseFile, clientCa } = settings;
  const objections: [string, string][] = [];
  if (certificate !== null && key === null)
    objections.push(['tls.key', 'must name the private key of tls.certificate']);
  if (certificate === null) {
    for (const [name, value] of Object.entries({ key, passphraseFile, clientCa })) {
      if (value !== null)
        objections.push([`tls.${name}`, 'counts only beside tls.certificate: set that too, or neither']);
    }
  }
  return objections;
}
