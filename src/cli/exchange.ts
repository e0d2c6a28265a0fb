// One request of the command line and its answer, over HTTP or HTTPS. It knows certificates and nothing of the API.

import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What proves the two ends to each other; texts of PEM files. */
export interface TlsClient {
  /** Authorities to trust in place of the usual ones; `any` for a peer that needs no proof. */
  readonly ca?: string | 'any';
  readonly certificate?: string;
  readonly key?: string;
}

/** A body that is sent as it comes. */
export interface Upload {
  readonly chunks: AsyncIterable<Buffer>;
  /** Null if it is not known before. */
  readonly bytes: number | null;
}

export interface Sent {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Upload;
  readonly signal?: AbortSignal;
}

export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface ReceivedStream {
  readonly status: number;
  readonly headers: Headers;
  readonly chunks: AsyncIterable<string>;
}

/** Streams of the node show a sign of life every 15 seconds. */
const SILENCE_TIMEOUT_MS = 60_000;

/** Connections are kept between requests: an import sends thousands. */
export class Exchange {
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https: HttpsAgent;

  constructor({ ca, certificate, key }: TlsClient) {
    this.#https = new HttpsAgent({
      keepAlive: true,
      ...(ca === undefined ? {} : ca === 'any' ? { rejectUnauthorized: false } : { ca }),
      ...(certificate === undefined ? {} : { cert: certificate, key: key ?? certificate }),
    });
  }

  /** Throws what the network throws. */
  async send(url: string, sent: Sent): Promise<Received> {
    const response = await this.#open(url, sent);
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    return { status: response.statusCode ?? 0, headers: headersOf(response), text };
  }

  /** An answer piece by piece, as it comes. A node that shows no sign of life for long counts as gone. */
  async stream(url: string, sent: Sent): Promise<ReceivedStream> {
    const response = await this.#open(url, sent);
    response.setTimeout(SILENCE_TIMEOUT_MS, () => response.destroy(new Error('it has fallen silent')));
    return { status: response.statusCode ?? 0, headers: headersOf(response), chunks: response.setEncoding('utf8') };
  }

  #open(url: string, { method, headers, body, signal }: Sent): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const bytes = body === undefined || typeof body === 'string' ? Buffer.byteLength(body ?? '') : body.bytes;
    const length = body === undefined || bytes === null ? {} : { 'content-length': String(bytes) };
    const options = { method, headers: { ...headers, ...length }, ...(signal === undefined ? {} : { signal }) };
    const request = url.startsWith('https:')
      ? requestHttps(url, { ...options, agent: this.#https })
      : requestHttp(url, { ...options, agent: this.#http });
    request.on('error', reject);
    request.on('response', resolve);
    if (body === undefined || typeof body === 'string') request.end(body);
    // A node that has refused need not be sent the rest; what the file's own end is, is the request's.
    else pipeline(Readable.from(body.chunks), request).catch(reject);
    return promise;
  }
}

function headersOf(response: IncomingMessage): Headers {
  const received = new Headers();
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    for (const value of values ?? []) received.append(name, value);
  }
  return received;
}

const UNTRUSTED = /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY).*)$/;

/** Why nothing came back, and how to mend it; null if there is no more to say than the message itself. */
export function objectionOf(error: NodeJS.ErrnoException, url: string): string | null {
  const { code = '', message } = error;
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (UNTRUSTED.test(code)) {
    return 'its certificate is signed by nobody this machine trusts; name the file of its authority (or of the certificate itself, if it is self-signed) with --ca or NODE_EXTRA_CA_CERTS';
  }
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate has expired; its operator must renew it';
  if (code === 'CERT_NOT_YET_VALID') return "its certificate is not valid yet; is this machine's clock right?";
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `its certificate is for another name (${message})`;
  if (/CERTIFICATE_REQUIRED|PEER_DID_NOT_RETURN/.test(code)) {
    return 'it lets in only clients with a certificate; show one with --cert and --cert-key';
  }
  if (/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_\w+)/.test(code)) {
    return `it does not accept the client certificate (${message.trim()})`;
  }
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return 'it does not speak TLS there; write http:// instead of https://';
  }
  if (code === 'ECONNRESET' && url.startsWith('http:')) {
    return 'it closed the connection; if it speaks TLS, write https:// instead of http://';
  }
  return null;
}
