// An upstream on a real port that does what a test says: answers, fails, hangs, drips, redirects.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export type Script = (request: IncomingMessage, response: ServerResponse, handle: string) => void;

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  /** Handles asked for so far, in order. */
  readonly asked: string[];
  /** Headers of the latest request. */
  headers(): IncomingMessage['headers'];
  script: Script;
  close(): Promise<void>;
}

export function answer(response: ServerResponse, status: number, body: unknown): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json' }).end(text);
}

/** The Handle.net JSON of a record with one value, as the public proxy writes it. */
export const foundJson = (handle: string, value = 'oak', ttl = 86_400): unknown => ({
  responseCode: 1,
  handle,
  values: [{ index: 1, type: 'NAME', data: { format: 'string', value }, ttl, timestamp: '2026-11-23T03:51:48Z' }],
});

export const saysFound: Script = (_request, response, handle) => answer(response, 200, foundJson(handle));
export const saysAbsent: Script = (_request, response, handle) => answer(response, 404, { responseCode: 100, handle });

export async function openScripted(
  script: Script = saysFound,
  tls: { readonly certificate: string; readonly key: string } | null = null,
): Promise<ScriptedServer> {
  let headers: IncomingMessage['headers'] = {};
  const listener: RequestListener = (request, response) => {
    headers = request.headers;
    const handle = decodeURIComponent((request.url ?? '').replace(/^\/(api\/handles\/)?/, ''));
    scripted.asked.push(handle);
    scripted.script(request, response, handle);
  };
  const server =
    tls === null ? createServer(listener) : createTlsServer({ cert: tls.certificate, key: tls.key }, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const scripted: ScriptedServer = {
    url: `${tls === null ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    asked: [],
    headers: () => headers,
    script,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return scripted;
}
