// What the HTTPS server is made with, and renewed with while it runs. Files and their validity are the concern of app.

import type { ServerOptions } from 'node:https';

/** A certificate ready for use; it travels to every worker. */
export interface TlsMaterial {
  /** PEM: the node's own certificate, then the intermediate ones. */
  readonly certificate: string;
  /** PEM, not encrypted. */
  readonly key: string;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** PEM: who may vouch for clients; null if clients show no certificates. */
  readonly clientCa: string | null;
  /** `handle`: certificates are asked for without anybody to vouch for them too, as their key may be that of a handle. */
  readonly clientCertificate: 'request' | 'require' | 'handle';
  /** 48 bytes. The same in all workers, so that a session begun at one is resumed at any other; new with each certificate. */
  readonly ticketKeys: Uint8Array;
}

/** Authenticated encryption with forward secrecy and nothing else: Mozilla's "intermediate" list, without the DHE suites. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** Options of `https.createServer` and of `setSecureContext`. Client certificates are required or not for a server's life. */
export function secureOptions(material: TlsMaterial): ServerOptions {
  const { certificate, key, minVersion, clientCa, clientCertificate, ticketKeys } = material;
  return {
    cert: certificate,
    key,
    minVersion,
    ciphers: CIPHERS,
    // The client knows whether its machine has AES instructions.
    honorCipherOrder: false,
    ticketKeys: Buffer.from(ticketKeys),
    ...(clientCa === null && clientCertificate !== 'handle'
      ? {}
      : // An empty list of authorities, not the machine's own: nobody but tls.clientCa vouches for a client.
        { ca: clientCa ?? [], requestCert: true, rejectUnauthorized: clientCertificate === 'require' }),
  };
}
