// The Handle API gives the reference server's answers, byte for byte, where nothing is listed as a deviation.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRegistration } from '../../src/registry/registration-json.ts';
import { type OpenDoor, openDoor } from './door.ts';

interface Vectors {
  readonly records: readonly { readonly handle: string; readonly at: string; readonly values: readonly unknown[] }[];
  readonly cases: readonly {
    readonly name: string;
    readonly deviation?: string;
    readonly request: { method: string; path: string; headers: Record<string, string>; body: string | null };
    readonly response: { status: number; headers: Record<string, string>; body: string };
  }[];
}

const vectors: Vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../vectors/handle-http-resolution.json'), 'utf8'),
);

let door: OpenDoor;

beforeAll(async () => {
  door = await openDoor();
  for (const { handle, at, values } of vectors.records) {
    door.clock.nowMs = Date.parse(at);
    const registration = parseRegistration({ handle, values }, '', { mode: 'create' });
    const { results } = await door.identifiers.register(door.actor, [registration], {
      dryRun: false,
      idempotency: null,
    });
    expect(results[0]).toMatchObject({ ok: true });
  }
});

afterAll(() => door.close());

describe('the Handle API answers as the reference server', () => {
  const same = vectors.cases.filter((one) => one.deviation === undefined);

  it.each(same.map((one) => [one.name, one] as const))('%s', async (_name, { request, response }) => {
    const { method, path, headers, body } = request;
    const told = await door.ask(method, path, { headers, ...(body === null ? {} : { body }) });
    expect(told.text).toBe(response.body ?? '');
    expect(told.status).toBe(response.status);
    expect(told.headers).toMatchObject(response.headers);
  });
});

describe('the Handle API deviates where security demands it', () => {
  it('offers no TRACE in OPTIONS', async () => {
    const told = await door.ask('OPTIONS', '/api/handles/20.500.99999/w1');
    expect(told).toMatchObject({ status: 200, text: '', headers: { allow: 'GET, HEAD, POST, PUT, DELETE, OPTIONS' } });
  });

  it('does not echo TRACE', async () => {
    const told = await door.ask('TRACE', '/api/handles/20.500.99999/w1', { headers: { authorization: 'secret' } });
    expect(told).toMatchObject({ status: 501, json: { responseCode: 4, message: 'Unknown method TRACE' } });
    expect(told.text).not.toContain('secret');
  });

  it('names each deviation once in the vectors', () => {
    expect(vectors.cases.filter((one) => one.deviation !== undefined).map((one) => one.name)).toEqual([
      'options',
      'trace',
    ]);
  });
});
