// One question has one answer, whichever door it is asked at: TCP, UDP and HTTP are asked the same, in every state that an
// identifier can be in.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textFromBytes } from '../../src/domain/bytes.ts';
import type { HandleValue } from '../../src/domain/handle-value.ts';
import { encodeMessage } from '../../src/wire/message.ts';
import { FLAG, OPERATION, RESPONSE } from '../../src/wire/protocol.ts';
import { formatValues } from '../../src/wire/value-json.ts';
import { CHAIRS } from '../http-server/door.ts';
import { answered, PUBLIC, resolution, response, url, write } from './client.ts';
import { type OpenHandleDoor, openHandleDoor } from './door.ts';
import { register } from './registering.ts';

let door: OpenHandleDoor;
const ADMIN = { handle: `${CHAIRS}/ADMIN`, index: 301, secret: 'a secret of some length' } as const;

beforeAll(async () => {
  door = await openHandleDoor({ http: { options: { trustedProxies: ['127.0.0.1'] } } });
  await register(door, ADMIN.handle, [
    { index: 301, type: 'HS_SECKEY', data: ADMIN.secret, permissions: '1100' },
    {
      index: 100,
      type: 'HS_ADMIN',
      data: { format: 'admin', value: { handle: ADMIN.handle, index: 301, permissions: '111111111111' } },
    },
  ]);
  const put = (name: string, more: object) =>
    door.http.ask('PUT', `/v1/identifiers/${encodeURI(`${CHAIRS}/${name}`)}`, { key: door.http.operator, json: more });
  await put('MODEL', {
    values: [
      { index: 1, type: 'URL', data: 'https://example.com/chair' },
      { index: 2, type: 'URL.DE', data: 'https://example.com/stuhl', ttl: 60 },
      { index: 3, type: 'NOTE', data: 'for the administrator', permissions: '1100' },
      { index: 4, type: 'COLOUR', data: '橡木色' },
    ],
  });
  await put('ITEM', {
    parent: `${CHAIRS}/MODEL`,
    values: [
      { index: 4, type: 'COLOUR', data: 'private here', permissions: '1100' },
      { index: 9, type: 'SERIAL', data: '000001' },
    ],
  });
  await put('EMPTY', { values: [] });
  await put('HIDDEN', { values: [{ index: 1, type: 'NOTE', data: 'private', permissions: '1100' }] });
  await put('RESERVED', { status: 'reserved', values: [{ index: 1, type: 'URL', data: 'https://example.com/' }] });
  await put('REVOKED', { values: [{ index: 1, type: 'URL', data: 'https://example.com/' }] });
  await door.http.ask('DELETE', `/v1/identifiers/${CHAIRS}/REVOKED?reason=test`, { key: door.http.operator });
});

afterAll(() => door.close());

interface Question {
  readonly handle: string;
  readonly indexes?: readonly number[];
  readonly types?: readonly string[];
}

interface Answer {
  readonly responseCode: unknown;
  readonly values: unknown;
}

async function overHttp({ handle, indexes = [], types = [] }: Question, secret: boolean): Promise<Answer> {
  const query = new URLSearchParams([
    ...indexes.map((one) => ['index', String(one)]),
    ...types.map((one) => ['type', one]),
  ]);
  const user = `${ADMIN.index}%3A${ADMIN.handle}`;
  const authorization = `Basic ${Buffer.from(`${user}:${ADMIN.secret}`).toString('base64')}`;
  const headers = secret ? { authorization, 'x-forwarded-proto': 'https' } : {};
  const { json } = await door.http.ask('GET', `/api/handles/${encodeURI(handle)}?${query}`, { headers });
  // Over HTTP an answer without values has an empty list of them, here it has none.
  const values = Array.isArray(json.values) && json.values.length > 0 ? json.values : null;
  return { responseCode: values === null && json.responseCode === 1 ? 200 : json.responseCode, values };
}

async function overHandle(question: Question, door: 'tcp' | 'udp', secret: boolean): Promise<Answer> {
  let told = response(await exchange(door, resolution(question.handle, { ...question, flags: secret ? 0 : PUBLIC })));
  if (told.header.responseCode === RESPONSE.authenticationNeeded) {
    told = response(await exchange(door, encodeMessage(answered(told, ADMIN))));
  }
  const { content } = told.body;
  const values = content.kind === 'values' ? json(content.values) : null;
  return { responseCode: told.header.responseCode, values };
}

async function exchange(by: 'tcp' | 'udp', message: string) {
  return by === 'tcp' ? (await door.tcp(message))[0] : (await door.udp(message)).message;
}

function json(values: readonly HandleValue[]): unknown {
  return JSON.parse(textFromBytes(formatValues(values)));
}

const QUESTIONS: readonly (readonly [name: string, question: Question])[] = [
  ['an item with what it inherits', { handle: `${CHAIRS}/ITEM` }],
  ['a model', { handle: `${CHAIRS}/MODEL` }],
  ['a prefix in another case of letters, and a suffix that is exact', { handle: `${CHAIRS}/item` }],
  ['one index', { handle: `${CHAIRS}/ITEM`, indexes: [9] }],
  ['one type', { handle: `${CHAIRS}/MODEL`, types: ['url'] }],
  ['a family of types', { handle: `${CHAIRS}/MODEL`, types: ['URL.'] }],
  ['an index or a type', { handle: `${CHAIRS}/MODEL`, indexes: [4], types: ['URL.DE'] }],
  ['what nobody has', { handle: `${CHAIRS}/MODEL`, indexes: [77] }],
  ['a private value that hides the inherited public one', { handle: `${CHAIRS}/ITEM`, indexes: [4] }],
  ['a record without values', { handle: `${CHAIRS}/EMPTY` }],
  ['a record of private values', { handle: `${CHAIRS}/HIDDEN` }],
  ['what is reserved', { handle: `${CHAIRS}/RESERVED` }],
  ['what is revoked', { handle: `${CHAIRS}/REVOKED` }],
  ['what is not registered', { handle: `${CHAIRS}/NOTHING` }],
  ['another prefix', { handle: '99.9.9/X' }],
  ['a prefix by itself', { handle: CHAIRS }],
  ['no handle', { handle: `${CHAIRS}/` }],
  ['too long a handle', { handle: `${CHAIRS}/${'x'.repeat(2100)}` }],
];

describe('without a secret', () => {
  it.each(QUESTIONS)('%s', async (_, question) => {
    const expected = await overHttp(question, false);
    expect(await overHandle(question, 'tcp', false)).toEqual(expected);
    expect(await overHandle(question, 'udp', false)).toEqual(expected);
  });
});

describe('with the secret of an administrator', () => {
  it.each(QUESTIONS.filter(([name]) => !/too long|no handle/.test(name)))('%s', async (_, question) => {
    const expected = await overHttp(question, true);
    expect(await overHandle(question, 'tcp', true)).toEqual(expected);
    expect(await overHandle(question, 'udp', true)).toEqual(expected);
  });
});

describe('what changes', () => {
  it('is told at once at every door', async () => {
    const handle = `${CHAIRS}/NEW`;
    const question = { handle };
    expect(await overHandle(question, 'tcp', false)).toEqual({ responseCode: 100, values: null });
    const creation = write(OPERATION.createHandle, handle, [url(1, 'https://example.com/new')]);
    const challenge = response(await exchange('tcp', encodeMessage(creation)));
    expect(response(await exchange('udp', encodeMessage(answered(challenge, ADMIN)))).header.responseCode).toBe(1);
    const expected = await overHttp(question, false);
    expect(expected).toMatchObject({ responseCode: 1, values: [{ index: 1 }] });
    expect(await overHandle(question, 'udp', false)).toEqual(expected);
    expect(await overHandle({ handle }, 'tcp', false)).toEqual(expected);
    expect(
      response(await exchange('tcp', resolution(handle, { flags: PUBLIC | FLAG.authoritative }))).header.responseCode,
    ).toBe(1);
  });
});
