// What is asked wrongly, at every operation in every way: the answer is a refusal, and one that the description knows.
// The door itself holds each answer against the description (see door.ts).

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/domain/error.ts';
import { HandleError } from '../../src/domain/error.ts';
import { OPERATIONS } from '../../src/http-server/openapi.ts';
import type { Operation } from '../../src/http-server/operation.ts';
import { isOver, type JobState } from '../../src/imports/job.ts';
import { type Asked, CHAIRS, type OpenDoor, openDoor } from './door.ts';

let door: OpenDoor;
/** What the resolver fails with; null while it is let be. */
let failure: ErrorCode | null = null;

beforeAll(async () => {
  door = await openDoor({
    interrupt() {
      if (failure !== null) throw new HandleError(failure, 'on purpose');
      return null;
    },
  });
});

/** Imports that wrong requests began end before their directory goes. */
afterAll(async () => {
  while (!(await areImportsOver())) await new Promise((resolve) => setImmediate(resolve));
  await door.close();
});

async function areImportsOver(): Promise<boolean> {
  const { json } = await door.ask('GET', '/v1/imports?limit=1000', { key: door.operator });
  return (json.items as { readonly state: JobState }[]).every(({ state }) => isOver(state));
}

interface Wrong extends Asked {
  readonly path: string;
  /** Instead of the operator's. */
  readonly withKey?: string;
}

const NO_HANDLES = [
  '%FF',
  '%00%2Fx',
  '%2F',
  'x',
  `${CHAIRS}%2F`,
  `${'9'.repeat(3000)}%2Fx`,
  '%',
  '99.1%2Fx',
  '0.NA%2F',
];
const NONSENSE = ['', '-1', '%FF', '9'.repeat(400)];
const BODIES = ['', '{', '7', 'null', '""', '[]', '{}', '[{}]', '{"a":{"b":[]}}', '\u0000'];
const HEADERS = ['if-match', 'if-none-match', 'idempotency-key', 'last-event-id', 'accept-language'];
const OTHER_TYPES = ['text/plain', 'application/x-ndjson', 'application/x-www-form-urlencoded', 'nothing'];

function filled({ path, pathExamples = {} }: Operation, instead?: string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name) => instead ?? encodeURIComponent(pathExamples[name] ?? 'missing'));
}

const hasBody = ({ method }: Operation): boolean => ['post', 'put', 'patch'].includes(method);

function* wrongsOf(operation: Operation): Generator<Wrong> {
  const path = filled(operation);
  const json = { 'content-type': 'application/json' };
  if (operation.path.includes('{')) for (const one of NO_HANDLES) yield { path: filled(operation, one) };
  if (operation.path === '/{handle}') for (const one of NO_HANDLES) yield { path: `/?hdl=${one}` };
  for (const name of [...Object.keys(operation.query?.properties ?? {}), 'unknown']) {
    for (const value of NONSENSE) yield { path: `${path}?${name}=${value}` };
    yield { path: `${path}?${name}=1&${name}=2` };
  }
  for (const name of HEADERS) for (const value of NONSENSE) yield { path, headers: { [name]: value } };
  yield { path, headers: { accept: 'image/png' } };
  if (hasBody(operation)) yield { path, headers: { ...json, 'content-encoding': 'gzip' }, body: '[]' };
  yield { path, headers: { accept: 'text/html' } };
  for (const withKey of ['', 'jb_wrong', door.reader, door.chairs]) yield { path, withKey };
  if (!hasBody(operation)) return;
  for (const body of BODIES) yield { path, body, headers: json };
  for (const type of OTHER_TYPES) yield { path, body: '{', headers: { 'content-type': type } };
  yield { path, headers: json, body: JSON.stringify('x'.repeat(1_100_000)) };
  for (const body of spoilt(exampleOf(operation))) yield { path, headers: json, body: JSON.stringify(body) };
  if (operation.path === '/{handle}') for (const body of NO_HANDLES) yield { ...formOf(body), path: '/' };
}

const NASTY: readonly unknown[] = [null, -1, 1.5, 1e308, '', '\u0000', '\ud800', 'x'.repeat(5000), [], {}, [[]], true];

function exampleOf({ body }: Operation): unknown {
  return body?.content['application/json']?.example;
}

/** An example with one thing in it that is something else, or is not there, each in turn. */
function* spoilt(example: unknown): Generator<unknown> {
  if (example === undefined) return;
  yield* NASTY;
  if (typeof example !== 'object' || example === null) return;
  for (const [name, value] of Object.entries(example)) {
    const others = Object.entries(example).filter(([other]) => other !== name);
    if (!Array.isArray(example)) yield Object.fromEntries(others);
    for (const one of spoilt(value)) {
      yield Array.isArray(example) ? example.with(Number(name), one) : { ...example, [name]: one };
    }
  }
}

const formOf = (handle: string) => ({
  headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
  body: `hdl=${handle}`,
});

describe('what is asked wrongly is answered as described', () => {
  it.each(OPERATIONS)('at $method $path', async (operation) => {
    const objections: string[] = [];
    for (const { path, withKey = door.operator, ...more } of wrongsOf(operation)) {
      const key = withKey === '' ? {} : { key: withKey };
      const asked = JSON.stringify(more).slice(0, 200);
      await door.ask(operation.method.toUpperCase(), path, { ...more, ...key }).then(
        ({ status }) => status === 500 && objections.push(`${path} is a defect (${asked})`),
        (error: Error) => objections.push(`${error.message.slice(0, 300)} (${asked})`),
      );
    }
    expect(objections).toEqual([]);
  });
});

describe('what cannot be found out is answered as described', () => {
  const codes = ['RATE_LIMITED', 'OVERLOADED', 'UPSTREAM_UNAVAILABLE', 'STORE_UNAVAILABLE', 'INTERNAL'] as const;
  const item = `${encodeURIComponent(CHAIRS)}%2FITEM`;
  it.each(codes)('%s', async (code) => {
    failure = code;
    try {
      const asked = [
        door.ask('GET', `/${item}`),
        door.ask('GET', `/${item}`, { headers: { accept: 'text/html' } }),
        door.ask('GET', `/?hdl=${item}`),
        door.ask('POST', '/', formOf(item)),
        door.ask('POST', '/', { ...formOf(item), headers: { ...formOf('').headers, accept: 'text/html' } }),
        door.ask('GET', `/api/handles/${item}`),
        door.ask('POST', `/api/handles/${item}`),
      ];
      for (const { status } of await Promise.all(asked)) expect(status).toBeGreaterThanOrEqual(429);
      expect((await door.ask('POST', '/v1/resolve', { json: [`${CHAIRS}/ITEM`] })).status).toBe(200);
    } finally {
      failure = null;
    }
  });
});
