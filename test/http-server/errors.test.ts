// Every error code at both doors, and one answer to one question whatever the door.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/domain/answer.ts';
import { type ErrorCode, HandleError } from '../../src/domain/error.ts';
import type { Handle } from '../../src/domain/handle.ts';
import type { IdentifierRegistry } from '../../src/registry/registry.ts';
import { CHAIRS, type OpenDoor, openDoor } from './door.ts';
import { NAME, register, revoke } from './registering.ts';

/** Status in `/v1`; response code and status of the Handle API; status of the page. */
const EXPECTED = {
  INVALID_HANDLE: [400, 102, 400, 400],
  INVALID_PREFIX: [400, 102, 400, 400],
  INVALID_VALUE: [400, 202, 400, 503],
  INVALID_REQUEST: [400, 4, 400, 400],
  MALFORMED_MESSAGE: [400, 4, 400, 503],
  PAYLOAD_TOO_LARGE: [413, 4, 413, 503],
  UNSUPPORTED_MEDIA_TYPE: [415, 4, 400, 503],
  UNSUPPORTED_METHOD: [405, 4, 501, 503],
  UNAUTHENTICATED: [401, 402, 403, 503],
  FORBIDDEN: [403, 400, 403, 503],
  INSUFFICIENT_PERMISSIONS: [403, 401, 403, 503],
  NOT_FOUND: [404, 100, 404, 404],
  REVOKED: [410, 100, 404, 410],
  NOT_RESPONSIBLE: [404, 301, 400, 404],
  ALREADY_EXISTS: [409, 101, 409, 503],
  VALUE_EXISTS: [409, 201, 409, 503],
  VALUES_NOT_FOUND: [404, 200, 400, 503],
  REVISION_CONFLICT: [412, 3, 503, 503],
  INVALID_PARENT: [422, 202, 400, 503],
  LOT_OVERLAP: [409, 101, 409, 503],
  INVALID_LOT_CODE: [422, 102, 400, 503],
  INVALID_TEMPLATE: [422, 202, 400, 503],
  INVALID_STATE: [409, 401, 403, 503],
  IDEMPOTENCY_MISMATCH: [422, 4, 400, 503],
  IDEMPOTENCY_IN_PROGRESS: [409, 3, 503, 503],
  RATE_LIMITED: [429, 3, 429, 429],
  OVERLOADED: [503, 3, 503, 503],
  UPSTREAM_UNAVAILABLE: [502, 2, 502, 502],
  STORE_READ_ONLY: [503, 7, 503, 503],
  STORE_UNAVAILABLE: [503, 2, 503, 503],
  LOT_KEY_MISSING: [503, 2, 503, 503],
  STORE_FORMAT: [500, 2, 500, 503],
  INVALID_CONFIG: [500, 2, 500, 503],
  INTERNAL: [500, 2, 500, 503],
} as const satisfies Record<ErrorCode, readonly [number, number, number, number]>;

const CODES = Object.keys(EXPECTED) as ErrorCode[];
const MESSAGE = 'What is wrong: how to mend it.';

/** The code a handle or header asks for: `88.118.10001/FAIL-<code>`. */
function failing(text: string): HandleError | null {
  const code = /FAIL-([A-Z_]+)/.exec(text)?.[1] as ErrorCode | undefined;
  return code === undefined ? null : new HandleError(code, MESSAGE, { cause: new Error('a secret of the node') });
}

let door: OpenDoor;

beforeAll(async () => {
  const refuse = async (_actor: unknown, handle: string): Promise<never> => {
    throw failing(handle) ?? new TypeError('a secret of the node');
  };
  const identifiers: IdentifierRegistry = { read: refuse, register: () => refuse(null, 'FAIL-INTERNAL') };
  door = await openDoor({
    described: false,
    options: { identifiers },
    interrupt: ({ handle }) => {
      const error = failing(handle);
      if (error !== null) throw error;
      if (handle.endsWith('LATE-FAILURE')) return Promise.reject(new TypeError('a secret of the node'));
      return handle.endsWith('REFERRED') ? referral(handle) : null;
    },
  });
  await register(
    door,
    { handle: `${CHAIRS}/MODEL`, values: [NAME] },
    { handle: `${CHAIRS}/ITEM`, parent: `${CHAIRS}/MODEL` },
    { handle: `${CHAIRS}/OLD-MODEL`, values: [NAME] },
    { handle: `${CHAIRS}/OLD-ITEM`, parent: `${CHAIRS}/OLD-MODEL` },
    { handle: `${CHAIRS}/EMPTY` },
    { handle: `${CHAIRS}/RESERVED`, values: [NAME], status: 'reserved' },
  );
  await revoke(door, `${CHAIRS}/OLD-MODEL`, 'recalled <b>');
});

afterAll(() => door.close());

function referral(handle: Handle): Answer {
  return {
    kind: 'referral',
    handle,
    prefixHandle: `0.NA/${CHAIRS}` as Handle,
    values: [],
    ttlSeconds: 60,
    validity: { epoch: 0, changeSlots: [], creationSlot: null },
    learned: null,
    renderings: { values: null, inherited: null, body: null, reply: null, wire: null },
  };
}

const page = (handle: string) => door.ask('GET', `/${handle}`, { headers: { accept: 'text/html' } });
const api = (handle: string, query = '') => door.ask('GET', `/api/handles/${handle}${query}`);

async function inBatch(handle: string): Promise<Record<string, unknown>> {
  const told = await door.ask('POST', '/v1/resolve', { json: [handle] });
  return (told.json as unknown as Record<string, unknown>[])[0] ?? {};
}

describe.each(CODES)('%s', (code) => {
  const [v1Status, responseCode, apiStatus, pageStatus] = EXPECTED[code];
  const handle = `${CHAIRS}/FAIL-${code}`;

  it('is a problem document of its own status in /v1', async () => {
    const told = await door.ask('GET', `/v1/identifiers/${handle}`, { key: door.operator });
    expect(told.status).toBe(v1Status);
    expect(told.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(told.json).toMatchObject({
      type: `urn:jiabiao:problem:${code.toLowerCase().replaceAll('_', '-')}`,
      status: v1Status,
      code,
      requestId: told.headers['x-request-id'],
    });
    expect(told.json.detail).toEqual(code === 'INTERNAL' ? expect.stringContaining('request id') : MESSAGE);
    expect(told.headers['retry-after']).toBe([429, 502, 503].includes(v1Status) ? '1' : undefined);
  });

  it('has a response code and status in the Handle API, with parameters and without', async () => {
    for (const query of ['', '?pretty=no']) {
      const told = await api(handle, query);
      expect(told).toMatchObject({ status: apiStatus, json: { responseCode } });
      expect(told.text).not.toContain('secret');
      expect(told.headers['cache-control']).toBe('no-store');
    }
  });

  it('is the same in a batch and on a page', async () => {
    expect(await inBatch(handle)).toMatchObject({ responseCode, handle });
    const told = await page(handle);
    expect(told.status).toBe(pageStatus);
    expect(told.text).not.toContain(MESSAGE);
  });
});

describe('one question has one answer at every door', () => {
  it.each([
    { outcome: 'found', suffix: 'MODEL', responseCode: 1, apiStatus: 200, pageStatus: 200 },
    { outcome: 'found by inheritance', suffix: 'ITEM', responseCode: 1, apiStatus: 200, pageStatus: 200 },
    { outcome: 'found, nothing public', suffix: 'EMPTY', responseCode: 200, apiStatus: 200, pageStatus: 200 },
    { outcome: 'not found', suffix: 'NEVER', responseCode: 100, apiStatus: 404, pageStatus: 404 },
    { outcome: 'reserved', suffix: 'RESERVED', responseCode: 100, apiStatus: 404, pageStatus: 404 },
    { outcome: 'revoked', suffix: 'OLD-MODEL', responseCode: 100, apiStatus: 404, pageStatus: 410 },
    { outcome: 'revoked with its model', suffix: 'OLD-ITEM', responseCode: 100, apiStatus: 404, pageStatus: 410 },
    { outcome: 'referred', suffix: 'REFERRED', responseCode: 303, apiStatus: 300, pageStatus: 300 },
    { outcome: 'failed later', suffix: 'LATE-FAILURE', responseCode: 2, apiStatus: 500, pageStatus: 503 },
  ])('$outcome', async ({ suffix, responseCode, apiStatus, pageStatus }) => {
    const handle = `${CHAIRS}/${suffix}`;
    const told = await api(handle);
    expect(told).toMatchObject({ status: apiStatus, json: { responseCode } });
    expect((await api(handle, '?cert=true')).text).toBe(told.text);
    expect(await inBatch(handle)).toMatchObject(told.json);
    const bare = await door.ask('GET', `/${handle}`);
    expect(bare).toMatchObject({ status: apiStatus, text: told.text });
    const lines = await door.ask('POST', '/v1/resolve', {
      body: handle,
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect(JSON.parse(lines.text)).toMatchObject(told.json);
    expect((await page(handle)).status).toBe(pageStatus);
  });

  it('and a batch says of a revoked handle what revoked it and why', async () => {
    expect(await inBatch(`${CHAIRS}/OLD-ITEM`)).toEqual({
      responseCode: 100,
      handle: `${CHAIRS}/OLD-ITEM`,
      revoked: true,
      revokedBy: `${CHAIRS}/OLD-MODEL`,
      reason: 'recalled <b>',
    });
  });
});

describe('a defect', () => {
  const defect = { code: 'INTERNAL', status: 500, cause: expect.any(TypeError) };
  const late = `${CHAIRS}/LATE-FAILURE`;

  it.each([
    {
      route: '/v1/identifiers/*',
      status: 500,
      tell: () => door.ask('GET', `/v1/identifiers/x/y`, { key: door.operator }),
    },
    { route: '/api/handles/*', status: 500, tell: () => api(late) },
    { route: '/api/handles/*', status: 500, tell: () => api(late, '?pretty') },
    { route: '/*', status: 503, tell: () => page(late) },
    { route: '/v1/resolve', status: 200, tell: () => door.ask('POST', '/v1/resolve', { json: [late] }) },
  ])('at $route keeps its message inside and gives it to the log', async ({ route, status, tell }) => {
    const told = await tell();
    expect(told.status).toBe(status);
    expect(told.text).not.toContain('secret');
    await expect.poll(() => door.seen.log.at(-1)).toMatchObject({ ...defect, route, status });
  });
});

describe('the log of plain resolutions', () => {
  it('has one of so many', async () => {
    const sampling = await openDoor({ options: { resolutionSample: 3 } });
    for (let i = 0; i < 7; i++) await sampling.ask('GET', '/api/handles/88.118.1/x');
    await expect.poll(() => sampling.seen.log.length).toBe(2);
    expect(sampling.seen.log[0]).toMatchObject({ route: '/api/handles/*', status: 404, plain: { sampled: true } });
    await sampling.close();
  });
});

describe('a request id', () => {
  it('is the client’s if it is sane, and ours if it is not', async () => {
    const sane = await door.ask('GET', '/v1/me', { headers: { 'x-request-id': 'abc-1.2:3' } });
    expect(sane.headers['x-request-id']).toBe('abc-1.2:3');
    for (const strange of ['a b', 'a"b', '', 'x'.repeat(65)]) {
      const told = await door.ask('GET', '/v1/me', { headers: { 'x-request-id': strange } });
      expect(told.headers['x-request-id']).toMatch(/^request-\d+$/);
    }
  });
});

describe('what is not offered', () => {
  it('is 404 or 405 with what is', async () => {
    expect(await door.ask('GET', '/v1/nothing')).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
    expect(await door.ask('POST', '/nothing')).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
    const told = await door.ask('DELETE', '/v1/enterprises', { key: door.operator });
    expect(told).toMatchObject({ status: 405, json: { code: 'UNSUPPORTED_METHOD' } });
    expect(told.headers.allow).toBe('POST, GET, HEAD');
  });
});
