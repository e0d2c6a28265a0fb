// A recorded session with the reference Handle server, replayed in its order: writing, listing, HTTP Basic. What deviates is
// one table, the same as in src/http-server/deviations.md.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRegistration } from '../../src/registry/registration-json.ts';
import { FOLDED, type OpenDoor, openDoor, type Told } from './door.ts';

interface Case {
  readonly name: string;
  readonly excluded?: string;
  readonly request: {
    readonly protocol: 'http' | 'https';
    readonly method: string;
    readonly path: string;
    readonly headers: Record<string, string>;
    readonly body: string | null;
  };
  readonly response: { readonly status: number; readonly headers: Record<string, string>; readonly body: string };
}

interface Session {
  readonly secret: string;
  readonly excluded: Readonly<Record<string, string>>;
  readonly cases: readonly Case[];
}

const session: Session = JSON.parse(
  readFileSync(join(import.meta.dirname, '../vectors/handle-http-session.json'), 'utf8'),
);

/** What was written between the given requests by others of the same session. */
const ADMIN = { index: 100, type: 'HS_ADMIN', data: adminOf(300) };
const URL_VALUE = { index: 1, type: 'URL', data: 'http://x/' };
const BEFORE: Readonly<Record<string, readonly [handle: string, values: readonly object[]]>> = {
  'get-empty-record': [`${FOLDED}/w5`, []],
  'put-index-various': [`${FOLDED}/w6`, [URL_VALUE, ADMIN]],
};

const BASIC_ALONE = { status: 401, headers: { 'www-authenticate': 'Basic realm="handle"' } };
const OWN_WORDS = { status: 400, json: expect.objectContaining({ responseCode: 4 }) };
const TRACE = '`TRACE` echoes the request';
const SESSIONS = '`401` offers `Handle sessionId=…` beside Basic';
const JAVA = "messages about values in JSON are a Java stack's";

/** Where this node means to answer otherwise: what the table of deviations calls it, and the answer it gives. */
const DEVIATIONS: Readonly<Record<string, readonly [deviation: string, answer: Partial<Told>]>> = {
  options: [TRACE, { status: 200, headers: { allow: 'GET, HEAD, POST, PUT, DELETE, OPTIONS' } }],
  trace: [TRACE, { status: 501, json: { responseCode: 4, message: 'Unknown method TRACE' } }],
  'prefix-get-one': [TRACE, { status: 405, headers: { allow: 'POST, DELETE, OPTIONS' }, text: '' }],
  'get-publiconly-false-https': [SESSIONS, BASIC_ALONE],
  'delete-noauth': [SESSIONS, BASIC_ALONE],
  'list-noauth': [SESSIONS, BASIC_ALONE],
  'prefixes-noauth': [SESSIONS, BASIC_ALONE],
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

let door: OpenDoor;

beforeAll(async () => {
  door = await openDoor({ isFoldedAlone: true, options: { trustedProxies: ['127.0.0.1'] } });
  await write(`${FOLDED}/ADMIN`, [
    { index: 301, type: 'HS_SECKEY', data: session.secret, permissions: '1100' },
    { index: 100, type: 'HS_ADMIN', data: adminOf(301) },
  ]);
});

afterAll(() => door.close());

const cases = session.cases.filter((one) => one.excluded === undefined);

describe('a session with the reference server, replayed', () => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', async (name, { request, response }) => {
    const before = BEFORE[name];
    if (before !== undefined) await write(...before);
    const told = await ask(request);
    const deviation = DEVIATIONS[name];
    if (deviation !== undefined) {
      expect(told).toMatchObject(deviation[1]);
      return;
    }
    expect(comparable(told.text)).toBe(comparable(response.body ?? ''));
    expect(told.status).toBe(response.status);
    const { 'content-length': _, ...headers } = response.headers;
    expect(told.headers).toMatchObject(headers);
  });
});

describe('the session', () => {
  it('is replayed whole but for kinds that are named with their reasons', () => {
    const kinds = new Set(session.cases.flatMap((one) => one.excluded ?? []));
    expect([...kinds].sort()).toEqual(Object.keys(session.excluded).sort());
    expect(session.cases.length - cases.length).toBe(37);
    expect(cases).toHaveLength(74);
  });

  it('deviates only as the documents say', () => {
    const known = deviationsIn('deviations.md');
    for (const [deviation] of Object.values(DEVIATIONS)) expect(known).toContain(deviation);
    expect(deviationsIn('deviations.zh-CN.md')).toHaveLength(known.length);
  });

  it('lists what it has written, upper-cased and in order', async () => {
    const told = await ask({ ...listing(), path: `/api/handles?prefix=${FOLDED}&pageSize=4` });
    const handles = ['A+B', 'ADMIN', 'ALIAS', 'ALIAS2'].map((suffix) => `${FOLDED}/${suffix}`);
    expect(told.json).toMatchObject({ totalCount: '18', page: 0, pageSize: 4, handles });
    const next = await ask({ ...listing(), path: `/api/handles?prefix=${FOLDED}&page=4&pageSize=4` });
    expect(next.json.handles).toHaveLength(2);
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

function ask({ protocol, method, path, headers, body }: Case['request']): Promise<Told> {
  const forwarded = protocol === 'https' ? { 'x-forwarded-proto': 'https' } : { 'x-forwarded-proto': 'http' };
  return door.ask(method, path, { headers: { ...headers, ...forwarded }, ...(body === null ? {} : { body }) });
}

function comparable(text: string): string {
  return text.replace(OTHER_HANDLES, '').replace(MINTED, '(uuid)').replace(INSTANT, '');
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
