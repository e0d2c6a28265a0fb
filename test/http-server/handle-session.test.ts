// A recorded session with the reference Handle server, replayed in its order: writing, listing, HTTP Basic, sessions,
// verifications, messages, redirects. What deviates is one table, the same as in src/http-server/deviations.md.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import { parseRegistration } from '../../src/registry/registration-json.ts';
import { decodeMessage } from '../../src/wire/message.ts';
import { publicKeyToJson } from '../../src/wire/public-key-json.ts';
import { decodePublicKey } from '../../src/wire/public-key-value.ts';
import { type OpenHandleDoor, openHandleDoor, SITE } from '../handle-server/door.ts';
import { fromHex, recording } from '../wire/handle-vectors.ts';
import { FOLDED, type OpenDoor, type Told } from './door.ts';

interface Case {
  readonly name: string;
  readonly request: {
    readonly protocol: 'http' | 'https';
    readonly method: string;
    readonly path: string;
    readonly headers: Record<string, string>;
    readonly body: string | null;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly body: string | null;
  };
}

interface Session {
  readonly secret: string;
  readonly cases: readonly Case[];
}

const session: Session = JSON.parse(
  readFileSync(join(import.meta.dirname, '../vectors/handle-http-session.json'), 'utf8'),
);

/** What was written between the given requests by others of the same session. */
const ADMIN = { index: 100, type: 'HS_ADMIN', data: adminOf(300) };
/** The recorded values live for a day. */
const DAY_MS = 86_400_000;
const URL_VALUE = { index: 1, type: 'URL', data: 'http://x/' };
const BEFORE: Readonly<Record<string, readonly [handle: string, values: readonly object[]]>> = {
  'get-empty-record': [`${FOLDED}/w5`, []],
  'put-index-various': [`${FOLDED}/w6`, [URL_VALUE, ADMIN]],
  'session-header-pbkdf2': [`${FOLDED}/w7`, [URL_VALUE, ADMIN]],
  'native-post': [
    `${FOLDED}/vec1`,
    [
      { index: 1, type: 'URL', data: 'http://example.org/vec1' },
      { index: 2, type: 'EMAIL', data: 'a@example.org' },
      { index: 3, type: 'URL.de', data: 'http://example.de/vec1' },
      { index: 5, type: 'DESC', data: 'absolute ttl', ttl: '2033-05-18T03:33:20Z' },
      { index: 6, type: 'DESC', data: 'with refs', references: [{ handle: '1234/x', index: 7 }] },
      ADMIN,
    ],
  ],
};

const OWN_WORDS = { status: 400, json: expect.objectContaining({ responseCode: 4 }) };
const TRACE = '`TRACE` echoes the request';
const JAVA = "messages about values in JSON are a Java stack's";

/** Where this node means to answer otherwise: what the table of deviations calls it, and the answer it gives. */
const DEVIATIONS: Readonly<Record<string, readonly [deviation: string, answer: Partial<Told>]>> = {
  options: [TRACE, { status: 200, headers: { allow: 'GET, HEAD, POST, PUT, DELETE, OPTIONS' } }],
  trace: [TRACE, { status: 501, json: { responseCode: 4, message: 'Unknown method TRACE' } }],
  'prefix-get-one': [TRACE, { status: 405, headers: { allow: 'POST, DELETE, OPTIONS' }, text: '' }],
  'put-missing-type': [JAVA, OWN_WORDS],
  'put-bad-format': [JAVA, OWN_WORDS],
  'put-null-data': [JAVA, OWN_WORDS],
  'put-not-responsible': [
    'a suffix may be empty',
    { status: 400, json: { responseCode: 102, message: expect.any(String) } },
  ],
};

/** What the recorded server held besides, or made up by chance. */
const OTHER_HANDLES = /"totalCount":"\d+"|"handles":\[[^\]]*\]/g;
const MINTED = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/;
const INSTANT = /"timestamp":"[^"]*"/g;

/** Of a session, in JSON and in a header. */
const SESSION_ID = /(sessionId"?[:=]")([^"]+)(")/g;
const NONCE = /\bnonce"?[:=]"([^"]+)"/;

let handle: OpenHandleDoor;
let door: OpenDoor;
/** What the recorded server came up with by chance in the case at hand; and ids of ours for its sessions. */
const nonces: Buffer[] = [];
const sessionIds = new Map<string, string>();
const seenNonces = new Set<string>();

beforeAll(async () => {
  handle = await openHandleDoor({
    http: {
      isFoldedAlone: true,
      options: {
        trustedProxies: ['127.0.0.1'],
        site: SITE,
        randomBytes: (size) => (size === 16 ? nonces.shift() : undefined) ?? randomBytes(size),
        answerMessage: async (message, { address }) =>
          handle.answerer.answer(message, { address, door: 'handle-http' }),
      },
    },
  });
  door = handle.http;
  const publicKey = { format: 'key', value: publicKeyToJson(decodePublicKey(fromHex(recording.publicKey.value))) };
  await write(`${FOLDED}/ADMIN`, [
    { index: 300, type: 'HS_PUBKEY', data: publicKey },
    { index: 301, type: 'HS_SECKEY', data: session.secret, permissions: '1100' },
    { index: 100, type: 'HS_ADMIN', data: adminOf(301) },
  ]);
});

afterAll(() => handle.close());

/** Pages of the reference server for people: ours are our own, and JSON for programs. */
const isPage = ({ response }: Case): boolean => response.body === null && response.status !== 302;

describe('a session with the reference server, replayed', () => {
  it.each(session.cases.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const { request, response } = one;
    const before = BEFORE[name];
    if (before !== undefined) await write(...before);
    if (name === 'session-get-deleted') await ask({ ...request, method: 'DELETE' });
    foresee(response);
    const told = await ask(request);
    rememberSession(response, told);
    const deviation = DEVIATIONS[name];
    if (deviation !== undefined) {
      expect(told).toMatchObject(deviation[1]);
      return;
    }
    if (isPage(one)) {
      expect(told.status).toBe(response.status);
      return;
    }
    if (response.body?.startsWith('hex:') === true) {
      expect(timeless(told.bytes)).toEqual(timeless(fromHex(response.body.slice(4))));
    } else expect(comparable(told.text)).toBe(comparable(response.body ?? ''));
    expect(told.status).toBe(response.status);
    const { 'content-length': _, 'www-authenticate': challenge, expires, ...headers } = response.headers;
    if (expires !== undefined) expect(Date.parse(told.headers.expires ?? '') - door.clock.nowMs).toBe(DAY_MS);
    expect(told.headers).toMatchObject(headers);
    expect(withoutIds(told.headers['www-authenticate'])).toBe(withoutIds(challenge));
  });
});

describe('the session', () => {
  it('is replayed whole', () => {
    expect(session.cases).toHaveLength(111);
    expect(session.cases.filter(isPage).map(({ name }) => name)).toEqual([
      'redirect-type',
      'redirect-notfound-slash',
      'redirect-foreign',
      'redirect-alias-ignore',
      'redirect-alias-loop',
      'redirect-root',
      'native-post-no-accept',
    ]);
  });

  it('deviates only as the documents say', () => {
    const known = deviationsIn('deviations.md');
    for (const [deviation] of Object.values(DEVIATIONS)) expect(known).toContain(deviation);
    expect(deviationsIn('deviations.zh-CN.md')).toHaveLength(known.length);
  });

  it('lists what it has written, upper-cased and in order', async () => {
    const told = await ask({ ...listing(), path: `/api/handles?prefix=${FOLDED}&pageSize=4` });
    const handles = ['A+B', 'ADMIN', 'ALIAS', 'ALIAS2'].map((suffix) => `${FOLDED}/${suffix}`);
    expect(told.json).toMatchObject({ totalCount: '20', page: 0, pageSize: 4, handles });
    const next = await ask({ ...listing(), path: `/api/handles?prefix=${FOLDED}&page=4&pageSize=4` });
    expect(next.json.handles).toHaveLength(4);
  });
});

/** First cells of the table of a document. */
function deviationsIn(file: string): string[] {
  const text = readFileSync(join(import.meta.dirname, '../../src/http-server', file), 'utf8');
  return [...text.matchAll(/^\| (.+?) \| .+ \|$/gm)].slice(1).map((row) => row[1] as string);
}

function listing(): Case['request'] {
  return (session.cases.find((one) => one.name === 'list-page') as Case).request;
}

async function ask({ protocol, method, path, headers, body }: Case['request']): Promise<Told> {
  const forwarded = protocol === 'https' ? { 'x-forwarded-proto': 'https' } : { 'x-forwarded-proto': 'http' };
  const known = Object.entries(headers).map(([name, value]) => [name, withOwnIds(value)] as const);
  const sent =
    body === null ? {} : { body: body.startsWith('hex:') ? Buffer.from(body.slice(4), 'hex') : withOwnIds(body) };
  return door.ask(method, path, { headers: { ...Object.fromEntries(known), ...forwarded }, ...sent });
}

/** The nonce with which the recorded server began a session, if it did. */
function foresee({ headers, body }: Case['response']): void {
  const nonce = NONCE.exec(`${headers['www-authenticate'] ?? ''} ${body ?? ''}`)?.[1];
  if (nonce === undefined || seenNonces.has(nonce)) return;
  seenNonces.add(nonce);
  nonces.push(Buffer.from(nonce, 'base64'));
}

function rememberSession({ headers, body }: Case['response'], told: Told): void {
  const [theirs] = [...`${headers['www-authenticate'] ?? ''} ${body ?? ''}`.matchAll(SESSION_ID)];
  const [ours] = [...`${told.headers['www-authenticate'] ?? ''} ${told.text}`.matchAll(SESSION_ID)];
  if (theirs?.[2] !== undefined && ours?.[2] !== undefined) sessionIds.set(theirs[2], ours[2]);
}

function withOwnIds(text: string): string {
  return text.replace(SESSION_ID, (_all, before, id, after) => `${before}${sessionIds.get(id) ?? id}${after}`);
}

function withoutIds(text: string | undefined): string | undefined {
  return text?.replace(SESSION_ID, '$1$3');
}

/** A message without what depends on when it was made. */
function timeless(bytes: Buffer | string): object {
  const message = decodeMessage((typeof bytes === 'string' ? bytes : bytes.toString('latin1')) as ByteString);
  const without = JSON.stringify({ ...message, content: '' }, (name, value) =>
    name === 'expiresAt' || name === 'timestamp' ? 0 : value,
  );
  return JSON.parse(without);
}

function comparable(text: string): string {
  return (withoutIds(text) as string).replace(OTHER_HANDLES, '').replace(MINTED, '(uuid)').replace(INSTANT, '');
}

function adminOf(index: number): object {
  return { format: 'admin', value: { handle: `${FOLDED}/ADMIN`, index, permissions: '111111111111' } };
}

async function write(handle: string, values: readonly object[]): Promise<void> {
  const registration = parseRegistration({ handle, values }, '', { mode: 'create' });
  const options = { dryRun: false, idempotency: null };
  const { results } = await door.identifiers.register(door.actor, [registration], options);
  expect(results[0]).toMatchObject({ ok: true });
}
