// Streams of changes in a node with several workers: all of them learn of a commit at once, and end with the node.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EventStream, listen } from '../http-server/event-stream.ts';
import { identifierPath, newEnterprise, textValue } from './enterprise.ts';
import { Connection, freePort, operatorToken, type RunningNode, startNode, temporaryDirectory } from './node.ts';

const WORKERS = 3;
/** The system spreads connections over the workers: this many and one more stay within one worker's limit. */
const STREAMS = 7;
const WRITES = 50;

const directory = temporaryDirectory();
let node: RunningNode;
let operator: Connection;
let prefix: string;

beforeAll(async () => {
  node = await startNode({ directory: directory.path, port: await freePort(), workers: WORKERS });
  operator = new Connection(node.url, operatorToken(directory.path));
  prefix = await newEnterprise(operator);
});
afterAll(async () => {
  await operator?.close();
  await node?.stop();
  directory.remove();
});

const open = (headers: Record<string, string> = {}): Promise<EventStream> =>
  listen(`${node.url}/v1/changes?prefix=${prefix}`, {
    authorization: `Bearer ${operatorToken(directory.path)}`,
    ...headers,
  });
const names = (stream: EventStream) =>
  stream.events().map(({ data }) => (data?.entries as { name: string }[]).map(({ name }) => name).join());

it('reach every worker within a second, in order and without a gap, and end when the node stops', {
  timeout: 60_000,
}, async () => {
  const streams = await Promise.all(Array.from({ length: STREAMS }, () => open()));
  expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
  const written = [prefix];
  const lateness: number[] = [];
  for (let i = 0; i < WRITES; i++) {
    const handle = `${prefix}/N-${i}`;
    const answer = await operator.ask('PUT', identifierPath(handle), { values: [textValue(2000, 'x')] });
    expect(answer.status).toBe(201);
    written.push(handle);
    if (i % 10 !== 9) continue;
    const acknowledged = performance.now();
    await Promise.all(streams.map((stream) => expect.poll(() => names(stream), { interval: 10 }).toEqual(written)));
    lateness.push(performance.now() - acknowledged);
  }
  lateness.sort((a, b) => a - b);
  const [least = 0, most = 0] = [lateness[0], lateness.at(-1)];
  console.log(
    `${STREAMS} streams of ${WORKERS} workers had every change after ${least.toFixed(0)} to ${most.toFixed(0)} ms`,
  );
  // Not the most: a machine that is busy elsewhere may hold anything up for once.
  expect(lateness[lateness.length >> 1]).toBeLessThan(1000);

  const [first] = streams as [EventStream];
  const resumed = await open({ 'last-event-id': first.events()[9]?.id ?? '' });
  expect(resumed.status, resumed.text()).toBe(200);
  await expect.poll(() => names(resumed)).toEqual(written.slice(10));

  expect(await node.stop()).toBe(0);
  await Promise.all([...streams, resumed].map((stream) => stream.ended));
});
