// The recorded session with the reference server, replayed in its order against real ports: each request gets the recorded
// response, byte for byte, where nothing is listed as a deviation.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ByteString } from '../../src/domain/bytes.ts';
import { parseRegistration } from '../../src/registry/registration-json.ts';
import { decodeMessage } from '../../src/wire/message.ts';
import { publicKeyToJson } from '../../src/wire/public-key-json.ts';
import { decodePublicKey } from '../../src/wire/public-key-value.ts';
import { FOLDED } from '../http-server/door.ts';
import { fromHex, messagesIn, type RecordedCase, recording } from '../wire/handle-vectors.ts';
import { type OpenHandleDoor, openHandleDoor } from './door.ts';

const EXCLUDED: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^session-dh-|^session-setup-anonymous/, 'keys are agreed on anew; sessions.test.ts plays the same scenarios'],
];

const IDS = 'protocol errors bear request id';
const PRIVATE = 'an existing handle (101) or a missing value (200)';
const UNREADABLE = 'a value that nobody may read is told (401)';
const ROOT = 'prefix handles live with 0.NA';
const STATUS = '`0.SITE/status` shows memory and counts';

/** Where the node means to answer otherwise: how the list of deviations begins to say so, and the response code. */
const DEVIATIONS: Readonly<Record<string, readonly [deviation: string, responseCode: number | null]>> = {
  'err-opcode0#1': [IDS, 4],
  'err-opcode0-udp#1': [IDS, 4],
  'err-opcode-unknown#1': ['an unknown operation', 4],
  'err-opcode-unknown-udp#1': ['an unknown operation', 4],
  'err-msg-too-long#1': ['an unknown operation, a wrong length', 4],
  'err-msg-over-limit#1': ['an unknown operation, a wrong length', 4],
  'err-handle-len-negative#1': ['an unknown operation, a wrong length', 4],
  'err-encrypted-no-session#1': [IDS, 501],
  'err-truncated-envelope-udp#1': ['a datagram without a whole envelope', null],
  'create-exists#1': [PRIVATE, 402],
  'modify-value-noindex#1': [PRIVATE, 402],
  'resolve-noadmread-tcp#1': [UNREADABLE, 402],
  'resolve-noadmread-udp#1': [UNREADABLE, 402],
  'resolve-slashless-tcp#1': [ROOT, 100],
  'resolve-slashless-udp#1': [ROOT, 100],
  'home-root#2': [ROOT, 102],
  'create-prefix-handle#1': [ROOT, 301],
  'create-prefix-handle#2': [ROOT, 500],
  'resolve-prefix-handle#1': [ROOT, 301],
  'resolve-prefix-unknown#1': [ROOT, 301],
  'delete-prefix-handle#1': [ROOT, 301],
  'delete-prefix-handle#2': [ROOT, 500],
  'unhome-root#2': [ROOT, 301],
  'resolve-status-handle#1': [STATUS, 301],
  'resolve-status-handle-auth#1': [STATUS, 301],
  'resolve-status-handle-auth#2': [STATUS, 500],
  'resolve-template-udp#1': ['templates (HS_NAMESPACE)', 100],
  'resolve-handle-2100#1': ['a handle of more than 2,048 bytes', 102],
  'session-setup-mode2-server-cipher#1': ['server cipher sessions (mode 2)', 501],
};

const URL_VALUE = { index: 1, type: 'URL', data: 'http://x/' };
/** What others of the same session had written before a case. */
const BEFORE: Readonly<Record<string, readonly [handle: string, values: readonly object[]][]>> = {
  'create-overwrite-existing#1': [
    [`${FOLDED}/vec2`, [URL_VALUE, { index: 100, type: 'HS_ADMIN', data: adminOf(300) }]],
  ],
};

/** What the recorded server made up by chance, and what else it held. */
const MINTED = /mint-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/gi;
const OTHERS: Readonly<Record<string, RegExp>> = { 'list-handles#2': /"handles":\[.*\]/ };
const LISTED = '20.500.77777';

let door: OpenHandleDoor;
let spare = 1_000_000;
/** What the recorded server came up with by chance in the case at hand. */
const chance: { nonces: Buffer[]; ids: number[] } = { nonces: [], ids: [] };

beforeAll(async () => {
  const [{ response }] = recording.cases as [RecordedCase];
  door = await openHandleDoor({
    http: { isFoldedAlone: true, startsAtMs: instantOf(fromHex(response[0] as string)) ?? 0 },
    options: {
      random: {
        bytes: (size) => chance.nonces.shift() ?? Buffer.alloc(size, 7),
        int: () => chance.ids.shift() ?? ++spare,
      },
    },
  });
  await write(`${FOLDED}/ADMIN`, [
    { index: 301, type: 'HS_SECKEY', data: recording.secretKey.secret, permissions: '1100' },
    {
      index: 300,
      type: 'HS_PUBKEY',
      data: { format: 'key', value: publicKeyToJson(decodePublicKey(fromHex(recording.publicKey.value))) },
    },
    { index: 100, type: 'HS_ADMIN', data: adminOf(300) },
    { index: 101, type: 'HS_ADMIN', data: adminOf(301) },
  ]);
});

afterAll(() => door.close());

const cases = recording.cases.filter(({ name }) => !EXCLUDED.some(([pattern]) => pattern.test(name)));

describe('a session with the reference server, replayed', () => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const expected = messagesIn(one, one.response);
    foresee(expected);
    if (name === 'list-handles-120-continued-certified#1') await homeListed();
    for (const before of BEFORE[name] ?? []) await write(...before);
    const deviation = DEVIATIONS[name];
    if (deviation !== undefined) {
      const [, responseCode] = deviation;
      if (responseCode !== null) expect((await ask(one)).map(codeOf)).toEqual([responseCode]);
      else await expect(ask(one)).rejects.toThrow('Nothing came back.');
      return;
    }
    const told = await ask(one);
    const comparable = (message: ByteString) =>
      shown(message)
        .replace(MINTED, '')
        .replace(OTHERS[name] ?? '', '');
    expect(told.map(comparable)).toEqual(expected.map(comparable));
    if (!/mint|list-handles#/.test(name)) expect(told).toEqual(expected);
  });
});

describe('the session', () => {
  it('is replayed whole but for kinds that are named with their reasons', () => {
    const excluded = recording.cases.length - cases.length;
    expect([recording.cases.length, excluded]).toEqual([210, 43]);
    for (const [pattern, reason] of EXCLUDED) {
      expect(recording.cases.some(({ name }) => pattern.test(name))).toBe(true);
      expect(reason).not.toBe('');
    }
  });

  it('deviates only as the list of deviations says, in both languages', () => {
    const rows = deviationsIn('deviations.md');
    for (const [name, [deviation]] of Object.entries(DEVIATIONS)) {
      expect(recording.cases.map((one) => one.name)).toContain(name);
      expect(rows.some((row) => row.startsWith(deviation))).toBe(true);
    }
    expect(deviationsIn('deviations.zh-CN.md')).toHaveLength(rows.length);
  });
});

/** First cells of the table. */
function deviationsIn(file: string): string[] {
  const text = readFileSync(join(import.meta.dirname, '../../src/handle-server', file), 'utf8');
  return [...text.matchAll(/^\| (.+?) \| .+ \|$/gm)].slice(1).map((row) => row[1] as string);
}

function codeOf(message: ByteString): number | null {
  const decoded = decodeMessage(message);
  return decoded.kind === 'response' ? decoded.header.responseCode : null;
}

/** The recording goes on with another prefix, of 120 handles. */
async function homeListed(): Promise<void> {
  const operator = { kind: 'key', principal: door.http.actor.principal } as const;
  await door.http.handlePrefixes.home(operator, LISTED, { foldsCase: true, requestId: 'test' });
  await write(`0.NA/${LISTED}`, [{ index: 100, type: 'HS_ADMIN', data: adminOf(301) }]);
  for (let i = 0; i < 120; i++) await write(`${LISTED}/list-${i}`, [URL_VALUE]);
}

async function ask(one: RecordedCase): Promise<ByteString[]> {
  const pieces = one.request.map(fromHex);
  return one.transport === 'tcp' ? door.tcp(...pieces) : [(await door.udp(...pieces)).message];
}

/** Lets the node come up with what the recorded server came up with: instants, nonces, ids. */
function foresee(responses: readonly ByteString[]): void {
  chance.nonces = [];
  chance.ids = [];
  for (const bytes of responses) {
    door.http.clock.nowMs = instantOf(bytes) ?? door.http.clock.nowMs;
    const decoded = decodeMessage(bytes);
    if (decoded.kind !== 'response' || decoded.body.content.kind !== 'challenge') continue;
    chance.nonces.push(Buffer.from(decoded.body.content.nonce, 'latin1'));
    chance.ids.push(decoded.envelope.sessionId);
  }
}

/** When a response was made: it is good for twelve hours. */
function instantOf(response: ByteString): number | null {
  const decoded = decodeMessage(response);
  return decoded.kind === 'response' ? (decoded.header.expiresAt - 12 * 3600) * 1000 : null;
}

/** In one line, for whoever reads a failure. */
function shown(message: ByteString): string {
  const decoded = decodeMessage(message);
  if (decoded.kind !== 'response') return decoded.kind;
  const { header, envelope, body, credential } = decoded;
  const head = `${envelope.major}.${envelope.minor} session ${envelope.sessionId} request ${envelope.requestId}`;
  const flags = (header.opFlags >>> 0).toString(16);
  const signed = credential === null ? '' : ` ${credential.algorithm}`;
  return `${head}: ${header.opCode} ${header.responseCode} ${flags} ${JSON.stringify(body.content)}${signed}`;
}

function adminOf(index: number): object {
  return { format: 'admin', value: { handle: `${FOLDED}/ADMIN`, index, permissions: '111111111111' } };
}

async function write(handle: string, values: readonly object[]): Promise<void> {
  const registration = parseRegistration({ handle, values }, '', { mode: 'create' });
  const options = { dryRun: false, idempotency: null };
  const { results } = await door.http.identifiers.register(door.http.actor, [registration], options);
  expect(results[0]).toMatchObject({ ok: true });
}
