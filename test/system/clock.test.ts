// A real node whose clock jumps, forward and back: nothing that has ended is given as fresh, nothing is given for longer than
// promised, and what is registered goes on in order.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answer, foundJson, openScripted, type ScriptedServer } from '../upstream/scripted-server.ts';
import { identifierPath, newEnterprise, recordOf, textAt } from './enterprise.ts';
import { Connection, freePort, operatorToken, type RunningNode, startNode, temporaryDirectory } from './node.ts';

const HOUR_MS = 3_600_000;
const TTL_SECONDS = 600;

const directory = temporaryDirectory();
const clockFile = join(directory.path, 'clock');
let upstream: ScriptedServer;
let node: RunningNode;
let client: Connection;

beforeAll(async () => {
  upstream = await openScripted();
  setClock(0);
  const preload = `--import=${join(import.meta.dirname, 'shifted-clock.ts')}`;
  node = await startNode({
    directory: directory.path,
    port: await freePort(),
    wrapper: ['env', `NODE_OPTIONS=${preload}`, `TEST_CLOCK_FILE=${clockFile}`],
    settings: {
      UPSTREAM__ROUTES: JSON.stringify([{ name: 'world', prefixes: ['*'], endpoints: [upstream.url] }]),
      LIMITS__TRIPS_PER_SECOND: '0',
      LIMITS__TRIPS_PER_PREFIX: '0',
    },
  });
  client = new Connection(node.url, operatorToken(directory.path));
});

afterAll(async () => {
  await client?.close();
  await node?.stop();
  await upstream?.close();
  directory.remove();
});

function setClock(aheadMs: number): void {
  writeFileSync(clockFile, String(aheadMs));
}

/** All threads of the node have seen the jump: what it says now is later, or earlier, by that. */
async function jump(aheadMs: number): Promise<void> {
  setClock(aheadMs);
  await new Promise((resolve) => setTimeout(resolve, 100)); // ten looks at the file
}

function upstreamSays(text: string | null): void {
  upstream.script = (_request, response, handle) =>
    text === null ? answer(response, 503, {}) : answer(response, 200, foundJson(handle, text, TTL_SECONDS));
}

async function seen(): Promise<string> {
  const { status, body, headers } = await client.ask('GET', '/api/handles/20.500/OAK');
  const detail = /detail=(\w+)/.exec(String(headers['cache-status']))?.[1];
  return status === 200 ? `${textAt(body, 1)} ${detail}` : String(status);
}

/** Nothing but this and `meanwhile` is seen until this is: a stale answer may stand in for one that is on its way. */
async function becomes(pattern: RegExp, meanwhile: RegExp): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const now = await seen();
    if (pattern.test(now)) return;
    expect(now).toMatch(meanwhile);
    if (performance.now() > deadline) throw new Error(`it did not become ${pattern}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it('gives what others told for as long as it may, whichever way the clock jumps', async () => {
  upstreamSays('first');
  expect(await seen()).toBe('first upstream');
  await jump(2 * HOUR_MS); // its ten minutes are over
  upstreamSays('second');
  await becomes(/^second/, /^first stale$/);
  upstreamSays(null);
  await jump(4 * HOUR_MS);
  expect(await seen()).toBe('second stale');
  await jump(40 * HOUR_MS); // and its day
  expect(await seen()).toBe('502');
  // Learned in what is the future now: how old it is cannot be said, so it is not fresh.
  await jump(-2 * HOUR_MS);
  expect(await seen()).toMatch(/^(second stale|502)$/);
  upstreamSays('third');
  await becomes(/^third/, /^(second stale|502)$/); // it was left alone for a moment, by no clock on the wall
  await jump(0);
});

it('registers on, each state later than the one before', async () => {
  const prefix = await newEnterprise(client);
  const path = identifierPath(`${prefix}/CHAIR`);
  let before = 0;
  for (const [round, hours] of [0, 30, -30, 1].entries()) {
    await jump(hours * HOUR_MS);
    const put = await client.ask('PUT', path, recordOf(`text ${round}`));
    expect([200, 201], put.text).toContain(put.status);
    const { body } = await client.ask('GET', path);
    const updatedAt = Date.parse(String(body?.updatedAt));
    expect(updatedAt).toBeGreaterThan(before);
    before = updatedAt;
    const resolved = await client.ask('GET', `/api/handles/${prefix}/CHAIR`);
    expect(textAt(resolved.body, 2000)).toBe(`text ${round}`);
  }
});
