// Traces of a real node, received by a collector that speaks OTLP/HTTP as a real one does.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadConfig } from '../../src/app/config.ts';
import { createLog } from '../../src/app/logs.ts';
import { type RunningNode, startNode } from '../../src/app/supervisor.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: { key: string; value: { stringValue?: string; intValue?: number } }[];
}

const directory = mkdtempSync(join(tmpdir(), 'jiabiao-tracing-'));
afterAll(() => rmSync(directory, { recursive: true }));

let collector: Server;
let spans: Span[];
let node: RunningNode;

beforeEach(async () => {
  spans = [];
  collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
      const { resourceSpans } = JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
});
afterEach(async () => {
  await node.close();
  collector.closeAllConnections();
  collector.close();
});

async function start(settings: Readonly<Record<string, string>>) {
  const all = {
    'http.port': '0',
    'store.kind': 'memory',
    'store.path': directory,
    'log.level': 'silent',
    ...settings,
  };
  const flags = Object.entries(all).map(([name, text]): [string, string, string] => [name, text, 'test']);
  const log = createLog({ level: 'silent' }, 'main');
  const operatorKeyFile = join(directory, 'operator.key');
  node = await startNode({ config: loadConfig({ environment: {}, flags }), version: '0.0.0', log, operatorKeyFile });
  return (method: string, path: string, headers: Record<string, string> = {}, body?: unknown) =>
    fetch(`http://${node.address.host}:${node.address.port}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}

function endpoint(): string {
  return `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`;
}

const TRACE = 'a'.repeat(32);
const ABOVE = 'b'.repeat(16);
const attributesOf = (span: Span | undefined) =>
  Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, value.stringValue ?? value.intValue]));

test('a traced request is a span of the trace it came with, and its commit a span below it', async () => {
  const call = await start({ 'tracing.endpoint': endpoint(), 'tracing.sampleRatio': '0' });
  const headers = {
    authorization: `Bearer ${node.firstKey?.token}`,
    traceparent: `00-${TRACE}-${ABOVE}-01`,
    'x-request-id': 'mine-1',
  };
  expect((await call('POST', '/v1/enterprises', headers, { name: 'x' })).status).toBe(201);
  expect((await call('GET', '/api/handles/88.118.1/A', { ...headers, 'x-request-id': 'mine-2' })).status).toBe(404);
  const plain = { traceparent: headers.traceparent };
  expect((await call('GET', '/api/handles/88.118.1/B', plain)).status).toBe(404);
  await node.close();

  expect(spans.every(({ traceId }) => traceId === TRACE)).toBe(true);
  const request = spans.find(({ name }) => name === 'POST /v1/enterprises');
  expect(request).toMatchObject({ parentSpanId: ABOVE });
  expect(attributesOf(request)).toEqual({
    'http.request.method': 'POST',
    'http.route': '/v1/enterprises',
    'http.response.status_code': 201,
    'jiabiao.request.id': 'mine-1',
    'jiabiao.principal.id': 'operator',
  });
  const commit = spans.find(({ name }) => name === 'store commit');
  expect(commit).toMatchObject({ parentSpanId: request?.spanId });
  expect(attributesOf(commit)).toEqual({ 'jiabiao.request.id': 'mine-1', 'jiabiao.commit.changes': 1 });
  const resolutions = spans.filter(({ name }) => name === 'GET /api/handles/*').map(attributesOf);
  expect(resolutions).toHaveLength(2);
  expect(resolutions).toContainEqual(expect.objectContaining({ 'http.response.status_code': 404 }));
});

test('who sends no trace, or one that is not sampled, is traced as the sample says', async () => {
  const call = await start({ 'tracing.endpoint': endpoint(), 'tracing.sampleRatio': '0' });
  await call('GET', '/api/handles/88.118.1/A');
  await call('GET', '/v1/keys', { traceparent: `00-${TRACE}-${ABOVE}-00` });
  await node.close();
  expect(spans).toEqual([]);

  const again = await start({ 'tracing.endpoint': endpoint(), 'tracing.sampleRatio': '1' });
  await again('GET', '/api/handles/88.118.1/A', { traceparent: 'nonsense' });
  await node.close();
  expect(spans.map(({ name, parentSpanId }) => [name, parentSpanId ?? ''])).toEqual([['GET /api/handles/*', '']]);
});

test('a collector that is gone keeps nobody from anything', async () => {
  const gone = endpoint();
  collector.close();
  const call = await start({ 'tracing.endpoint': gone, 'tracing.sampleRatio': '1' });
  expect((await call('GET', '/api/handles/88.118.1/A')).status).toBe(404);
  const startedAt = performance.now();
  await node.close();
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

test('nothing is traced unless it is asked for', async () => {
  const call = await start({});
  expect((await call('GET', '/v1/keys', { traceparent: `00-${TRACE}-${ABOVE}-01` })).status).toBe(401);
  await node.close();
  expect(spans).toEqual([]);
});
