// The node that others are asked at, as a process of its own: answers for any handle 20 ms after it was asked, and counts.
// It takes what it is to do over IPC and ends with its parent.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface UpstreamScript {
  /** 0 for any. */
  readonly port: number;
  /** Of every value it tells. */
  readonly ttlSeconds: number;
}

export interface UpstreamCounts {
  /** Questions so far. */
  readonly asked: number;
  /** Most that were on their way at the same time. */
  readonly mostAtOnce: number;
}

/** Suffixes that begin so are not known there. */
export const ABSENT = 'NO-';

const LATENCY_MS = 20;
const VALUES = 8;

let [asked, onTheirWay, mostAtOnce] = [0, 0, 0];

function serve({ port, ttlSeconds }: UpstreamScript): void {
  const server = createServer((request, response) => {
    asked++;
    onTheirWay++;
    mostAtOnce = Math.max(mostAtOnce, onTheirWay);
    response.once('close', () => onTheirWay--);
    const handle = decodeURIComponent((request.url ?? '').split('?', 1)[0] ?? '').replace('/api/handles/', '');
    setTimeout(() => answer(response, handle, ttlSeconds), LATENCY_MS);
  });
  server.listen(port, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
}

function answer(response: ServerResponse, handle: string, ttl: number): void {
  const isAbsent = handle.split('/', 2)[1]?.startsWith(ABSENT) ?? true;
  const timestamp = '2026-03-11T01:00:00Z';
  const values = Array.from({ length: VALUES }, (_, i) => {
    const data = { format: 'string', value: `${handle}, value ${i}` };
    return { index: 2000 + i, type: 'PRODUCT_NAME', data, ttl, timestamp };
  });
  const body = isAbsent ? { responseCode: 100, handle } : { responseCode: 1, handle, values };
  response.writeHead(isAbsent ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

process.on('message', (message: UpstreamScript | 'counts') => {
  if (message === 'counts') process.send?.({ asked, mostAtOnce });
  else serve(message);
});
process.on('disconnect', () => process.exit(0));
