// The HTTP server below the framework: caps on connections, clocks against slow clients, an orderly end.

import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { networkOf } from '../domain/client-network.ts';
import { ConnectionRoom } from '../domain/connection-room.ts';
import type { Observer } from '../domain/observer.ts';
import { plainAddress } from './client-network.ts';
import { secureOptions, type TlsMaterial } from './tls.ts';

export interface ServerLimits {
  readonly connections: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
}

/** Connections told to come back later, at once; beyond them the system closes without a word. */
const MAX_REFUSALS = 256;
/** How long a refused client has to read why. */
const REFUSAL_TIMEOUT_MS = 1000;
/** How long what is in flight may take to finish when the server closes. */
const CLOSE_TIMEOUT_MS = 10_000;
const CLOSE_SWEEP_MS = 50;

const REFUSAL_BODY = '{"code":"OVERLOADED","detail":"Too many connections to this node: try again in a second."}';
const REFUSAL = `HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: ${REFUSAL_BODY.length}\r\n\r\n${REFUSAL_BODY}`;

/** Stands before a server, and holds connections that node:http does not know of. */
export interface Holder {
  /** To be called before anything else listens: whatever takes the server's connections now gets what is let through. */
  standBefore(server: Server): void;
  closeIdle(): void;
  closeAll(): void;
  /** There is no connection any more. */
  stop(): void;
}

export interface LimitedServerOptions {
  readonly limits: ServerLimits;
  readonly observer: Observer;
  /** Plain HTTP without. */
  readonly tls: TlsMaterial | null;
  readonly holder: Holder | null;
}

export function createLimitedServer(listener: RequestListener, parts: LimitedServerOptions): Server {
  const { limits, observer, tls, holder } = parts;
  const { headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs, connections } = limits;
  const options: ServerOptions = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    // The two clocks above are read this often.
    connectionsCheckingInterval: Math.max(100, Math.min(5000, Math.floor(headersTimeoutMs / 2))),
  };
  const server =
    tls === null
      ? createServer(options, listener)
      : createSecureServer({ ...options, ...secureOptions(tls), handshakeTimeout: headersTimeoutMs }, listener);
  // A client that neither sends nor reads; later than the clocks above, which can still say so.
  server.timeout = 2 * requestTimeoutMs;
  holder?.standBefore(server);
  capConnections(server, { limit: connections, refusal: tls === null ? REFUSAL : null }, observer);
  return server;
}

/** For connections from now on; those that are open go on. */
export function renewSecureContext(server: Server, material: TlsMaterial): void {
  if ('setSecureContext' in server) (server as SecureServer).setSecureContext(secureOptions(material));
}

/** Refuses before TLS and the HTTP parser see the socket; with an answer instead of a reset where it could be read. */
function capConnections(
  server: Server,
  { limit, refusal }: { readonly limit: number; readonly refusal: string | null },
  observer: Observer,
): void {
  const accept = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.maxConnections = limit + MAX_REFUSALS;
  const room = new ConnectionRoom(limit);
  let refusals = 0;
  server.on('connection', (socket: Socket) => {
    const leave = room.enter(() => networkOf(plainAddress(socket.remoteAddress ?? '')));
    if (typeof leave !== 'string') {
      socket.once('close', leave);
      for (const listener of accept) listener.call(server, socket);
      return;
    }
    observer.refused(leave === 'full' ? 'connections' : 'connection-share');
    socket.on('error', () => socket.destroy());
    // Whoever reads no refusal takes no places that others could have.
    if (refusal === null || refusals >= MAX_REFUSALS) {
      socket.destroy();
      return;
    }
    refusals += 1;
    socket.once('close', () => {
      refusals -= 1;
    });
    socket.setTimeout(REFUSAL_TIMEOUT_MS, () => socket.destroy());
    socket.resume(); // what the client sent must be read, or the close would reset its connection
    socket.end(refusal);
  });
  server.on('drop', () => observer.refused('connections'));
}

const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
};

/** Connections over which a file comes. */
const uploading = new WeakSet<Duplex>();

/** Takes a connection's request out of the time that requests may take. */
export function allowLongUpload(socket: Duplex): void {
  uploading.add(socket);
}

/** Bytes that are no HTTP, or came too slowly: one line of answer, then the end of the connection. */
export function answerClientError(error: Error & { code?: string }, socket: Duplex): void {
  const { code = '' } = error;
  // A large file takes as long as it takes; who sends nothing for long is ended by the server's own timeout.
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT' && uploading.has(socket)) return;
  const isHttp = code.startsWith('HPE_') || code in CLIENT_ERRORS;
  // A handshake that failed or did not come cannot be answered, and an end of it would wait for the client for ever.
  if (!isHttp || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = CLIENT_ERRORS[code] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

export function listen(server: Server, where: { host: string; port: number; reusePort: boolean }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(where, () => {
    server.off('error', reject);
    resolve();
  });
  return promise;
}

/** Takes no new connection, lets what is in flight finish, and ends what does not in time. */
export function closeServer(server: Server, holder: Holder | null): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const deadline = setTimeout(() => {
    holder?.closeAll();
    server.closeAllConnections();
  }, CLOSE_TIMEOUT_MS);
  const closeIdle = (): void => {
    holder?.closeIdle();
    server.closeIdleConnections();
  };
  // A request that had sent its head before the end leaves its connection open when it is done.
  const sweep = setInterval(closeIdle, CLOSE_SWEEP_MS);
  server.close(() => {
    clearTimeout(deadline);
    clearInterval(sweep);
    holder?.stop();
    resolve();
  });
  closeIdle();
  return promise;
}
