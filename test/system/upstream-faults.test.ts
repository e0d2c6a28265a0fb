// A real node before upstreams that fail in every way we know: it answers what it knew, says of the rest that it could not
// be found out, which upstream that was and why, and believes nothing that it should not.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../certificates.ts';
import { answer, foundJson, openScripted, type Script, type ScriptedServer } from '../upstream/scripted-server.ts';
import { Connection, freePort, type JsonAnswer, type RunningNode, startNode, temporaryDirectory } from './node.ts';

const DEADLINE_MS = 500;
/** What two busy cores may add. */
const SLACK_MS = 2500;
/** An answer that would be accepted if nothing were wrong around it. */
const good = (handle: string): string => JSON.stringify(foundJson(handle, 'wrong', 1));

let inside: ScriptedServer;
const refusesConnections = 'refuses connections';
const FAULTS: readonly (readonly [name: string, script: Script | null, reason: RegExp])[] = [
  [refusesConnections, null, /it refuses connections/],
  ['hangs before its head', () => {}, /no answer within \d+ ms/],
  [
    'hangs in its body',
    (_request, response, handle) => response.writeHead(200, { 'content-length': 10_000 }).write(good(handle)),
    /no answer within \d+ ms/,
  ],
  ['answers garbage', (_request, response) => answer(response, 200, '<html>'), /is no JSON/],
  ['answers for another handle', (_request, response) => answer(response, 200, good('20.9/X')), /another handle/],
  ['answers 500', (_request, response, handle) => answer(response, 500, good(handle)), /status 500/],
  [
    'redirects to a private address',
    (_request, response, handle) => response.writeHead(302, { location: `${inside.url}/api/handles/${handle}` }).end(),
    /an address that is not public/,
  ],
  [
    'answers with 10 MB',
    (_request, response, handle) => answer(response, 200, `${' '.repeat(10_000_000)}${good(handle)}`),
    /more than 524288 bytes/,
  ],
  [
    'drips',
    (_request, response, handle) => {
      const text = good(handle);
      let sent = 0;
      response.writeHead(200, { 'content-length': text.length });
      const timer = setInterval(() => {
        response.write(text[sent++] as string);
        if (sent === text.length) clearInterval(timer);
      }, 50);
      response.on('close', () => clearInterval(timer));
    },
    /no answer within \d+ ms/,
  ],
  ['closes the connection', (request) => void request.socket.destroy(), /it closed the connection/],
];
const EXPIRED = FAULTS.length;
const FLAPPING = FAULTS.length + 1;

const directory = temporaryDirectory();
const upstreams: ScriptedServer[] = [];
let node: RunningNode;
let client: Connection;

const ask = (place: number, suffix: string): Promise<JsonAnswer> =>
  client.ask('GET', `/api/handles/20.${place + 1}/${suffix}`);
const detailOf = ({ headers }: JsonAnswer): string => /detail=(\w+)/.exec(String(headers['cache-status']))?.[1] ?? '';

beforeAll(async () => {
  const authority = await createAuthority();
  const ca = join(directory.path, 'ca.pem');
  writeFileSync(ca, authority.certificate);
  inside = await openScripted();
  const says: Script = (_request, response, handle) => answer(response, 200, foundJson(handle, 'oak', 1));
  for (let i = 0; i < EXPIRED; i++) upstreams.push(await openScripted(says));
  const notAfter = new Date(Date.now() - 60_000);
  upstreams.push(await openScripted(says, await authority.issue({ notBefore: new Date('2020-01-01'), notAfter })));
  upstreams.push(await openScripted(says));
  const routes = upstreams.map(({ url }, i) => ({ name: `no ${i + 1}`, prefixes: [`20.${i + 1}`], endpoints: [url] }));
  node = await startNode({
    directory: directory.path,
    port: await freePort(),
    workers: 1,
    settings: {
      UPSTREAM__ROUTES: JSON.stringify(routes),
      UPSTREAM__DEADLINE_MS: String(DEADLINE_MS),
      UPSTREAM__CA: ca,
      LIMITS__TRIPS_PER_SECOND: '0',
      LIMITS__TRIPS_PER_PREFIX: '0',
    },
  });
  client = new Connection(node.url, null);
  for (let i = 0; i < EXPIRED; i++) expect((await ask(i, 'KNOWN')).status).toBe(200);
  for (const [i, [name, script]] of FAULTS.entries()) {
    const upstream = upstreams[i] as ScriptedServer;
    if (name === refusesConnections) await upstream.close();
    if (script !== null) upstream.script = script;
  }
});

afterAll(async () => {
  await client?.close();
  await node?.stop();
  for (const one of [inside, ...upstreams.filter((_, i) => FAULTS[i]?.[0] !== refusesConnections)]) await one?.close();
  directory.remove();
});

describe('an upstream that', () => {
  it.each(
    FAULTS.map(([name, , reason], place) => ({ name, place, reason })),
  )('$name costs a question its deadline at most, is named with the reason, and is believed nothing', async ({
    place,
    reason,
  }) => {
    const startedAt = performance.now();
    const unknown = await ask(place, 'UNKNOWN');
    expect(performance.now() - startedAt).toBeLessThan(DEADLINE_MS + SLACK_MS);
    expect([unknown.status, unknown.body?.responseCode]).toEqual([502, 2]);
    expect(unknown.body?.message).toMatch(new RegExp(`"no ${place + 1}".*${reason.source}`));
    expect(unknown.text).not.toMatch(/127\.0\.0\.1|wrong/);
    await node.says(`"upstream":"no ${place + 1}"`);
    // When its second is over it stands in, again and again.
    while (detailOf(await ask(place, 'KNOWN')) === 'l1') await new Promise((resolve) => setTimeout(resolve, 20));
    for (let i = 0; i < 3; i++) {
      const known = await ask(place, 'KNOWN');
      expect([known.status, detailOf(known)]).toEqual([200, 'stale']);
      expect(known.text).toContain('oak');
    }
  });

  it('leads inside is not followed', () => expect(inside.asked).toEqual([]));

  it('has an expired certificate is not asked', async () => {
    const { status, body } = await ask(EXPIRED, 'UNKNOWN');
    expect([status, body?.message]).toEqual([502, expect.stringMatching(/its certificate is not accepted/)]);
    expect(upstreams[EXPIRED]?.asked).toEqual([]);
  });

  it('flaps is never "not found", and is asked again as soon as it answers for good', async () => {
    const upstream = upstreams[FLAPPING] as ScriptedServer;
    let asked = 0;
    upstream.script = (_request, response, handle) =>
      ++asked % 2 === 0 ? answer(response, 200, foundJson(handle)) : answer(response, 503, {});
    const statuses = new Set<number>();
    for (let i = 0; i < 40; i++) statuses.add((await ask(FLAPPING, `F${i}`)).status);
    expect([...statuses].sort()).toEqual([200, 502]);
    expect(asked).toBeLessThan(40); // it was left alone meanwhile
    upstream.script = (_request, response, handle) => answer(response, 200, foundJson(handle));
    const deadline = performance.now() + 10_000;
    for (let i = 0; (await ask(FLAPPING, `AFTER${i}`)).status !== 200; i++) {
      if (performance.now() > deadline) throw new Error('it is not asked again');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
});
