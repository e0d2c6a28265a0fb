// Handles created over the Handle protocol within sessions, one on each of 64 connections and durable each; then what resolution
// feels of keys that are stretched beside it.

import { createHmac, pbkdf2Sync } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'undici';
import type { ByteString } from '../../src/domain/bytes.ts';
import { countedBytes, intBytes, joinBytes } from '../../src/wire/byte-writer.ts';
import { encodeMessage } from '../../src/wire/message.ts';
import { FLAG, OPERATION } from '../../src/wire/protocol.ts';
import { bytes, request } from '../../test/handle-server/client.ts';
import { Driver } from '../driver/driver.ts';
import type { DrivenReport } from '../driver/main.ts';
import {
  type BenchCase,
  type BenchContext,
  type LoadPlan,
  loadOnce,
  paceOf,
  WARM_UP,
  warmUpMsOf,
} from '../measure/bench-context.ts';
import type { OurNode, Server } from '../measure/children.ts';
import { type Measured, median } from '../measure/measurement.ts';
import { nodeOf } from './handle-protocol.ts';
import { hitPlans, smallSector, whileRunning } from './resolving.ts';

const PREFIX = '88.118.30000';
const KEY = { handle: `${PREFIX}/ADMIN`, index: 301, secret: 'a secret of the benchmark' } as const;
const MIN_PER_SECOND = 6000;
/** Above what a round can write, so that no handle comes twice. */
const REQUESTS_PER_MS = 30;
/** As the reference client stretches its keys. */
const ITERATIONS = 10_000;
const RESOLUTIONS_PER_SECOND = 5000;
/** Of the p99 of resolution beside stretching, above that without it. */
const MAX_MORE_MS = 2;
/** The stretching alone before anything is measured beside it. */
const LEAD_MS = 500;

export const hdlCreate: BenchCase = {
  name: 'hdl-create',
  async run(context) {
    const { node, handle } = await nodeOf(context);
    return whileRunning([node], async () => {
      await registerAdmin(node);
      return [await created(context, handle), await besideStretching(context, node, handle)];
    });
  },
};

async function registerAdmin({ port, token }: OurNode): Promise<void> {
  const client = new Client(`http://127.0.0.1:${port}`);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const put = async (method: 'PUT' | 'POST', path: string, body: object): Promise<void> => {
    const answer = await client.request({ method, path, headers, body: JSON.stringify(body) });
    if (answer.statusCode !== 201) throw new Error(`${path}: ${await answer.body.text()}`);
    await answer.body.dump();
  };
  const admin = { handle: KEY.handle, index: KEY.index, permissions: '111111111111' };
  await put('POST', '/v1/enterprises', { prefix: PREFIX, name: 'Bench works', state: 'active' });
  const values = [
    { index: KEY.index, type: 'HS_SECKEY', data: KEY.secret, permissions: '1100' },
    { index: 100, type: 'HS_ADMIN', data: { format: 'admin', value: admin } },
  ];
  await put('PUT', `/v1/identifiers/${KEY.handle}`, { values });
  await put('PUT', `/v1/identifiers/0.NA/${PREFIX}`, { values: [values[1] as object] });
  await client.close();
}

async function created(context: BenchContext, server: Server): Promise<Measured> {
  const pace = paceOf(context);
  const requests = Math.max(pace.durationMs, warmUpMsOf(context)) * REQUESTS_PER_MS;
  const plan: LoadPlan = {
    ...pace,
    measure: 'created in sessions',
    connections: 64,
    rate: null,
    handle: { transport: 'session', depth: 1, key: KEY },
    workload: (round) => ({ kind: 'handle-names', prefix: PREFIX, requests, from: round * requests }),
    expect: { statuses: [1] },
  };
  const target = { name: 'ours', server } as const;
  await loadOnce(context, { ...plan, durationMs: warmUpMsOf(context) }, target, WARM_UP);
  const reports: DrivenReport[] = [];
  for (let round = 0; round < plan.rounds; round++) reports.push(await loadOnce(context, plan, target, round));
  const perSecond = median(reports.map((report) => report.perSecond));
  return {
    measure: plan.measure,
    value: perSecond,
    unit: 'handles/s',
    reference: null,
    ratio: null,
    target: `≥ ${MIN_PER_SECOND.toLocaleString('en')}/s`,
    met: perSecond >= MIN_PER_SECOND,
    note: `64 clients, each on disk; p99 ${median(reports.map((report) => report.latency.p99Ms)).toFixed(1)} ms`,
  };
}

/** Answers of clients are checked without a pause, one after the other: half of two cores stretches keys. */
async function besideStretching(context: BenchContext, node: OurNode, handle: Server): Promise<Measured> {
  const second = Driver.start();
  try {
    const [hits] = hitPlans(context, smallSector('full')) as [LoadPlan];
    const plan = { ...hits, measure: 'resolution beside stretching', rate: RESOLUTIONS_PER_SECOND };
    const ours = { name: 'ours', server: node } as const;
    const stretching: LoadPlan = {
      measure: 'stretching',
      ...{ connections: 1, rounds: 1, durationMs: plan.durationMs + LEAD_MS, rate: null },
      handle: { transport: 'tcp', depth: 1 },
      workload: () => ({ kind: 'message', message: verification(), requests: 1, from: 0 }),
      expect: { statuses: [1] },
    };
    await loadOnce(context, { ...hits, durationMs: warmUpMsOf(context) }, ours, WARM_UP);
    const pairs: { readonly alone: DrivenReport; readonly beside: DrivenReport; readonly stretched: number }[] = [];
    for (let round = 0; round < plan.rounds; round++) {
      const alone = await loadOnce(context, { ...plan, measure: 'resolution alone' }, ours, round);
      const target = { name: 'ours', server: handle } as const;
      const going = loadOnce({ ...context, driver: second, keep() {} }, stretching, target, round);
      going.catch(() => {}); // thrown below
      await delay(LEAD_MS);
      const beside = await loadOnce(context, plan, ours, round);
      pairs.push({ alone, beside, stretched: (await going).perSecond });
    }
    const p99 = (which: 'alone' | 'beside'): number => median(pairs.map((pair) => pair[which].latency.p99Ms));
    const more = median(pairs.map(({ alone, beside }) => beside.latency.p99Ms - alone.latency.p99Ms));
    return {
      measure: `p99 of resolution at ${RESOLUTIONS_PER_SECOND}/s beside stretching`,
      value: p99('beside'),
      unit: 'ms',
      reference: p99('alone'),
      ratio: null,
      target: `${MAX_MORE_MS} ms more at most`,
      met: more <= MAX_MORE_MS,
      note: `the reference is the same node without it; ${Math.round(median(pairs.map((pair) => pair.stretched)))} keys a second, ${ITERATIONS} rounds each, beside`,
    };
  } finally {
    second.close();
  }
}

/** Asks whether an answer is right that another server was given: it costs the server what an authentication does. */
function verification(): string {
  const [nonce, digest] = [bytes('sixteen bytes ok'), bytes('twenty bytes of hash')];
  const key = pbkdf2Sync(KEY.secret, nonce, ITERATIONS, 20, 'sha1');
  const code = createHmac('sha1', key).update(joinBytes(nonce, digest), 'latin1').digest('latin1') as ByteString;
  const parts = [countedBytes(nonce), intBytes(ITERATIONS), intBytes(160), countedBytes(code)];
  const body = {
    ...({ kind: 'verify-challenge', handle: bytes(KEY.handle), index: KEY.index, nonce } as const),
    digest: { algorithm: 'sha1', digest } as const,
    answer: joinBytes('\x22' as ByteString, ...parts),
  };
  return encodeMessage(request(OPERATION.verifyChallenge, body, { flags: FLAG.keepConnection }));
}
