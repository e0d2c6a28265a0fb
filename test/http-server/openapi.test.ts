// The description of the HTTP door: well formed by a linter's judgement, complete, and true of what the door answers. Every
// other test of the door holds its answers against it too (see door.ts).

import { createConfig, lintFromString } from '@redocly/openapi-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../src/http-server/openapi.ts';
import { DOCUMENT, objectionTo, operationOf } from './described.ts';
import { type OpenDoor, openDoor } from './door.ts';

let door: OpenDoor;

beforeAll(async () => {
  door = await openDoor();
});

afterAll(() => door.close());

describe('the description', () => {
  it('is served, with the version of the program', async () => {
    const told = await door.ask('GET', '/openapi.json');
    expect(told.status).toBe(200);
    expect(told.json).toEqual(JSON.parse(JSON.stringify(DOCUMENT)));
    expect(told.json).toMatchObject({ openapi: '3.1.0', info: { version: '0.0.0' } });
  });

  it('satisfies the linter, its examples the schemas', async () => {
    // Probes and pages cannot be asked wrongly, so they have no 4xx.
    const rules = { 'operation-4xx-response': 'off' } as const;
    const config = await createConfig({ extends: ['recommended'], rules });
    const lint = async (document: object) =>
      (await lintFromString({ source: JSON.stringify(document), absoluteRef: 'openapi.json', config })).map(
        ({ ruleId, message, location }) => `${ruleId} at ${location[0]?.pointer}: ${message}`,
      );
    expect(await lint(DOCUMENT)).toEqual([]);
    const { '/healthz': healthz, ...others } = DOCUMENT.paths;
    const wrong = { ...healthz?.get, responses: {}, security: [{ password: [] }] };
    expect((await lint({ ...DOCUMENT, paths: { ...others, '/healthz': { get: wrong } } })).length).toBeGreaterThan(1);
  });

  it('names each operation once', () => {
    const ids = OPERATIONS.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)]);
  });
});

describe('routes and operations', () => {
  /** Files of a page, which are nobody's interface. */
  const PAGE_FILES = /^\/docs\/./;
  /** `/api` answers every method itself; which it offers is told by OPTIONS, see below. */
  const ANY_METHOD = /^\/api/;
  /** One route takes a handle, with or without a word behind it, as only the handle's own code can tell them apart. */
  const WORD_BEHIND = /\/\{handle\}\/\w+$/;
  const asTemplate = (url: string) =>
    url === '/*' ? '/{handle}' : url.replaceAll(/:(\w+)/g, '{$1}').replace(/\/\*$/, '/{handle}');

  it('are the same', () => {
    const offered = door.routes.flatMap((route) => {
      const [method = '', url = ''] = route.split(' ');
      return method === 'HEAD' || PAGE_FILES.test(url) || ANY_METHOD.test(url) ? [] : [`${method} ${asTemplate(url)}`];
    });
    const described = OPERATIONS.filter(({ path }) => !ANY_METHOD.test(path)).map(
      ({ method, path }) => `${method.toUpperCase()} ${path.replace(WORD_BEHIND, '/{handle}')}`,
    );
    expect(offered.length).toBeGreaterThan(15);
    expect([...new Set(described)].sort()).toEqual(offered.sort());
  });

  it.each(OPERATIONS.filter(({ path }) => ANY_METHOD.test(path)))('$method $path is offered', async (operation) => {
    const told = await door.ask('OPTIONS', filledPath(operation));
    expect(told.headers.allow?.split(', ')).toContain(operation.method.toUpperCase());
  });
});

function filledPath({ path, pathExamples = {}, queryExamples }: (typeof OPERATIONS)[number]): string {
  const query = queryExamples === undefined ? '' : `?${new URLSearchParams(queryExamples)}`;
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(pathExamples[name] ?? 'missing'));
  return `${filled}${query}`;
}

interface Example {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

function exampleOf({ body }: (typeof OPERATIONS)[number]): Example {
  const [type, content] = Object.entries(body?.content ?? {})[0] ?? [];
  if (type === undefined || content?.example === undefined) return { headers: {} };
  return { headers: { 'content-type': type }, body: JSON.stringify(content.example) };
}

describe('an operation', () => {
  it.each(OPERATIONS)('takes its own example, and answers as it says: $method $path', async (operation) => {
    const method = operation.method.toUpperCase();
    const key = operation.access === 'key' ? { key: door.operator } : {};
    const told = await door.ask(method, filledPath(operation), { ...key, ...exampleOf(operation) });
    expect(operationOf(method, filledPath(operation))).toBe(operation);
    expect(objectionTo(operation, told)).toBe('');
    // What an empty registry lacks is missing, what was revoked by then stays so; the form of the request may not be wrong.
    // Sessions are had over TLS alone.
    const statuses = [200, 201, 202, 204, 404, 409, 410, 422, ...(/sessions/.test(operation.path) ? [403] : [])];
    expect(statuses).toContain(told.status);
  });

  it.each(OPERATIONS.filter(({ access }) => access === 'key'))('wants a key: $method $path', async (operation) => {
    const told = await door.ask(operation.method.toUpperCase(), filledPath(operation), exampleOf(operation));
    expect(told).toMatchObject(
      operation.failures === 'handle-api'
        ? { status: 403, json: { responseCode: 402 } }
        : { status: 401, json: { code: 'UNAUTHENTICATED' } },
    );
  });
});

describe('the guard of the answers', () => {
  const operation = OPERATIONS.find(({ id }) => id === 'getReadiness') as (typeof OPERATIONS)[number];
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  const json = { status: 'ready', reasons: [] as string[] };
  const told = { status: 200, headers, json, text: '{…}' };

  it('accepts what is described', () => {
    expect(objectionTo(operation, told)).toBe('');
  });

  it.each([
    ['another status', { ...told, status: 418 }],
    ['another media type', { ...told, headers: { 'content-type': 'text/plain' } }],
    ['a member that is missing', { ...told, json: { status: 'ready' } }],
    ['a member too many', { ...told, json: { ...json, mood: 'good' } }],
    ['another value', { ...told, json: { ...json, status: 'maybe' } }],
  ])('sees %s', (_, wrong) => {
    expect(objectionTo(operation, wrong)).not.toBe('');
  });
});
