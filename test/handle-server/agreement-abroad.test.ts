// One question has one answer at TCP, UDP and HTTP also where others answer for it, and whatever failure the node can name.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bytesFromText, textFromBytes } from '../../src/domain/bytes.ts';
import { type ErrorCode, HandleError } from '../../src/domain/error.ts';
import type { ForeignReader } from '../../src/domain/foreign-answer.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import { MAX_HOPS } from '../../src/domain/limits.ts';
import { HANDLE_API_ERRORS } from '../../src/http-server/problems.ts';
import { decodeMessage, encodeMessage } from '../../src/wire/message.ts';
import { formatValues } from '../../src/wire/value-json.ts';
import { codeOf, PUBLIC, resolution, response } from './client.ts';
import { type OpenHandleDoor, openHandleDoor } from './door.ts';
import { register } from './registering.ts';

const DELEGATED = '88.118.10002';
/** Of each question that went to them, whom it had passed. */
const ways: string[] = [];
/** Other nodes that know everything but what the handle says they do not. */
const others: ForeignReader = {
  async forget() {},
  async held() {
    return null;
  },
  async fetch({ handle, via }) {
    ways.push(via);
    if (handle.endsWith('/DOWN')) throw new HandleError('UPSTREAM_UNAVAILABLE', 'Try again.');
    if (handle.endsWith('/NONE')) return { kind: 'not-found', learnedAt: 1 };
    const value = makeValue({ index: 1, type: bytesFromText('NAME'), data: bytesFromText(handle), ttl: 600 });
    return { kind: 'found', values: [value], learnedAt: Date.UTC(2026, 10, 23, 3, 51, 48) };
  },
};

let door: OpenHandleDoor;
/** What the resolver fails with; null if it does not. */
let failing: ErrorCode | null = null;

beforeAll(async () => {
  const routes = [{ name: 'world', scheme: 'handle', prefixes: ['20'] }] as const;
  const rest = { tier: null, routes, delegation: 'refer', ownAddresses: [], staleSeconds: 0 } as const;
  door = await openHandleDoor({
    http: {
      foreign: { reader: others, ...rest },
      described: false,
      interrupt() {
        if (failing !== null) throw new HandleError(failing, 'Said by the test.');
        return null;
      },
    },
  });
  await register(door, `0.NA/${DELEGATED}`, [{ index: 2, type: 'SITE_URL', data: 'https://lamps.example' }]);
});

afterEach(() => {
  failing = null;
});
afterAll(() => door.close());

interface Answer {
  readonly responseCode: unknown;
  readonly values: unknown;
}

async function overHttp(handle: string): Promise<Answer> {
  const { json } = await door.http.ask('GET', `/api/handles/${handle}`);
  return { responseCode: json.responseCode, values: json.values ?? null };
}

async function overHandle(by: 'tcp' | 'udp', handle: string): Promise<Answer> {
  const asked = resolution(handle, { flags: PUBLIC });
  const told = response(by === 'tcp' ? (await door.tcp(asked))[0] : (await door.udp(asked)).message);
  const { content } = told.body;
  const values = content.kind === 'values' || content.kind === 'referral' ? content.values : null;
  const json = values === null ? null : JSON.parse(textFromBytes(formatValues(values)));
  return { responseCode: told.header.responseCode, values: json };
}

describe('what others answer for', () => {
  it.each([
    ['found', '20.500/OAK', 1],
    ['not found', '20.500/NONE', 100],
    ['not to be found out', '20.500/DOWN', 2],
    ['referred to', `${DELEGATED}/LAMP`, 303],
    ['of a prefix that lives nowhere we know', '10.1/X', 301],
  ])('and is %s, is the same at every door', async (_, handle, code) => {
    const expected = await overHttp(handle);
    expect(expected.responseCode).toBe(code);
    expect(await overHandle('tcp', handle)).toEqual(expected);
    expect(await overHandle('udp', handle)).toEqual(expected);
  });
});

describe('a question that has come through other servers', () => {
  const asked = (handle: string, hops: number) => {
    const message = decodeMessage(resolution(handle, { flags: PUBLIC }));
    if (message.kind !== 'request') throw new Error('That is no request.');
    return encodeMessage({ ...message, header: { ...message.header, recursionCount: hops } });
  };
  const codeAfter = async (handle: string, hops: number) => codeOf((await door.tcp(asked(handle, hops)))[0]);

  it('is handed on, and what they say of its way with it', async () => {
    for (const hops of [0, 1, MAX_HOPS - 1]) expect(await codeAfter(`20.500/HOPS-${hops}`, hops)).toBe(1);
    expect(ways.slice(-3).map((via) => (via === '' ? 0 : via.split(',').length))).toEqual([0, 1, MAX_HOPS - 1]);
  });

  it('too many of them is not, and is answered from here alone', async () => {
    const before = ways.length;
    for (const hops of [MAX_HOPS, 255]) {
      expect(await codeAfter(`20.500/FAR-${hops}`, hops)).toBe(301);
      expect(await codeAfter(`${DELEGATED}/LAMP`, hops)).toBe(303);
    }
    expect(ways.length).toBe(before);
  });
});

describe('every failure', () => {
  // Over HTTP who has shown no key is told so; here he is challenged instead, and told only that his answer was wrong.
  const other = new Map<string, number>([
    ['UNAUTHENTICATED', 403],
    ['UNSUPPORTED_METHOD', 5],
  ]);

  it.each(Object.keys(HANDLE_API_ERRORS) as ErrorCode[])('%s has one response code', async (code) => {
    failing = code;
    const { responseCode } = await overHttp('20.500/OAK');
    expect(responseCode).toBe(HANDLE_API_ERRORS[code].responseCode);
    const expected = { responseCode: other.get(code) ?? responseCode, values: null };
    expect(await overHandle('tcp', '20.500/OAK')).toEqual(expected);
    expect(await overHandle('udp', '20.500/OAK')).toEqual(expected);
  });
});
