// The batch call against a node that is not always well: real sockets, scripted answers.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { batchTarget } from '../../src/cli/batch-target.ts';
import { ApiClient } from '../../src/cli/client.ts';
import { CommandFailure } from '../../src/cli/exit-codes.ts';
import { HandleError } from '../../src/domain/error.ts';
import type { ImportTarget } from '../../src/registry/import-loop.ts';

interface Scripted {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const directory = mkdtempSync(join(tmpdir(), 'jiabiao-target-'));
const keyFile = join(directory, 'key');
writeFileSync(keyFile, 'jb_test\n');

let server: Server;
let answers: Scripted[];
let asked: { readonly request: IncomingMessage; readonly body: string }[];

beforeEach(async () => {
  asked = [];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push({ request, body });
    const { status, body: answer, headers } = answers.shift() ?? { status: 500, body: {} };
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function target(dryRun = false): ImportTarget {
  const { port } = server.address() as AddressInfo;
  return batchTarget(new ApiClient({ url: `http://127.0.0.1:${port}`, keyFile }), { mode: 'create', dryRun });
}

const result = { outcome: 'created', handle: '88.118.1/A', revision: 1 } as const;

test('items go out as one array, signed, in the mode asked for', async () => {
  answers = [{ status: 200, body: { results: [result] } }];
  expect(await target().register(['{"a":1}', '{"b":2}'])).toEqual([result]);
  expect(asked[0]?.body).toBe('[{"a":1},{"b":2}]');
  expect(asked[0]?.request.url).toBe('/v1/identifiers?mode=create');
  expect(asked[0]?.request.headers).toMatchObject({ authorization: 'Bearer jb_test' });
  expect(asked[0]?.request.headers['idempotency-key']).toBeTruthy();
});

test('the same items again are the repeat of a lost call, other items a new one', async () => {
  const ok = { status: 200, body: { results: [result] } };
  answers = [ok, ok, ok];
  const once = target();
  const items = ['{}'];
  await once.register(items);
  await once.register(items);
  await once.register(['{}']);
  const keys = asked.map(({ request }) => request.headers['idempotency-key']);
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});

test('a dry run has no idempotency key', async () => {
  answers = [{ status: 200, body: { results: [result] } }];
  await target(true).register(['{}']);
  expect(asked[0]?.request.url).toBe('/v1/identifiers?mode=create&dryRun=true');
  expect(asked[0]?.request.headers['idempotency-key']).toBeUndefined();
});

test.each([
  [503, 'OVERLOADED', 'OVERLOADED'],
  [429, 'RATE_LIMITED', 'RATE_LIMITED'],
  [503, 'STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'],
  [409, 'IDEMPOTENCY_IN_PROGRESS', 'OVERLOADED'],
])('%i %s is worth another try, after the pause the node asks for', async (status, code, passing) => {
  answers = [{ status, body: { code, detail: 'later' }, headers: { 'retry-after': '3' } }];
  const failure = await target()
    .register(['{}'])
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(HandleError);
  expect(failure).toMatchObject({ code: passing, retryAfterSeconds: 3 });
});

test.each([
  [503, 'STORE_READ_ONLY'],
  [401, 'UNAUTHENTICATED'],
  [413, 'PAYLOAD_TOO_LARGE'],
])('%i %s ends the import', async (status, code) => {
  answers = [{ status, body: { code, detail: 'no' } }];
  await expect(target().register(['{}'])).rejects.toBeInstanceOf(CommandFailure);
});

test('a node that does not answer may be restarting', async () => {
  const gone = target();
  await new Promise((resolve) => server.close(resolve));
  await expect(gone.register(['{}'])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  server = createServer().listen(0);
});
