// Hits over the Handle protocol: one request on each TCP connection, many of them, and over UDP; beside the smallest server that
// sends the same bytes.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { handleRequest } from '../driver/workload.ts';
import { itemHandle } from '../generator.ts';
import {
  type BenchCase,
  type BenchContext,
  interleave,
  type LoadPlan,
  loadOnce,
  paceOf,
  WARM_UP,
  warmUpMsOf,
} from '../measure/bench-context.ts';
import { freePort, type OurNode, type Server } from '../measure/children.ts';
import { comparisonOf, cpuMeasurement, type Measured, median } from '../measure/measurement.ts';
import { hitPlans, smallSector, whileRunning } from './resolving.ts';

type Transport = 'tcp' | 'tcp-connect' | 'udp';

const SECTOR = smallSector('full');
const MINIMUM_BYTES = 300;

const MEASURES: Record<Transport, string> = {
  tcp: 'one identifier',
  'tcp-connect': 'one identifier, a connection for each request',
  udp: 'one identifier, 64 clients',
};

export function planFor(context: BenchContext, transport: Transport, depth: number): LoadPlan {
  const asked = { kind: 'handle-resolve', sector: SECTOR, choice: 'first', requests: 1, from: 0 } as const;
  return {
    ...paceOf(context),
    measure: transport === 'tcp' ? `${MEASURES.tcp}, ${depth} in flight` : MEASURES[transport],
    connections: 64,
    rate: null,
    handle: { transport, depth },
    workload: () => (transport === 'tcp-connect' ? { ...asked, isKept: false } : asked),
    expect: { statuses: [1], minimumBodyBytes: MINIMUM_BYTES },
  };
}

/** Our node with the protocol switched on, and its servers by protocol. */
export async function nodeOf(context: BenchContext): Promise<{ readonly node: OurNode; readonly handle: Server }> {
  const port = await freePort();
  const node = await context.nodeWith(SECTOR, { JIABIAO_HANDLE__PORT: String(port) });
  return { node, handle: { port, pid: node.pid, stop: async () => {} } };
}

/** A reference that sends what our node sends to that request. */
async function mirror(context: BenchContext, handle: Server, transport: Transport): Promise<Server> {
  const endsConnection = transport === 'tcp-connect';
  const request = handleRequest(itemHandle(SECTOR, 0), !endsConnection);
  const answer = await (transport === 'udp' ? exchangeUdp : exchangeTcp)(handle.port, request);
  return context.reference({ kind: 'handle', answer, requestBytes: request.length, endsConnection });
}

async function exchangeTcp(port: number, request: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.write(request, 'latin1');
  let answer = '';
  while (answer.length < 20 || answer.length < 20 + Buffer.from(answer, 'latin1').readInt32BE(16)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    answer += chunk.toString('latin1');
  }
  socket.destroy();
  return answer;
}

async function exchangeUdp(port: number, request: string): Promise<string> {
  const socket = createSocket('udp4');
  socket.send(Buffer.from(request, 'latin1'), port, '127.0.0.1');
  const [chunk] = (await once(socket, 'message')) as [Buffer];
  socket.close();
  return chunk.toString('latin1');
}

function comparing(name: string, transport: Transport, ratio: number): BenchCase {
  return {
    name,
    async run(context) {
      const { node, handle } = await nodeOf(context);
      const reference = await mirror(context, handle, transport);
      return whileRunning([node, reference], async () => {
        const plan = planFor(context, transport, 1);
        const comparison = comparisonOf(await interleave(context, plan, { ours: handle, reference }));
        const measured = [cpuMeasurement(plan.measure, comparison, { ratio })];
        return transport === 'udp'
          ? [...measured, await lossOf(context, handle, comparison.oursPerSecond / 2)]
          : measured;
      });
    },
  };
}

/** Datagrams sent at a rate, whatever comes back: how many are not answered. */
async function lossOf(context: BenchContext, server: Server, rate: number): Promise<Measured> {
  const plan = planFor(context, 'udp', 1);
  const report = await context.driver.run({
    ...{ port: server.port, pid: server.pid, secure: false, connections: plan.connections },
    ...{ durationMs: plan.durationMs, rate: Math.round(rate), workload: plan.workload(0), expect: plan.expect },
    handle: plan.handle ?? null,
  });
  if (report.wrong > 0 || report.errors > 0) throw new Error(`At half the rate: ${report.firstFailure}`);
  context.keep({ measure: 'at half of that rate', server: 'ours', round: 0, report });
  return {
    measure: 'lost at half of that rate',
    value: report.unanswered,
    unit: 'datagrams',
    reference: null,
    ratio: null,
    target: 'none',
    met: report.unanswered === 0,
    note: `${Math.round(rate)}/s, ${report.requests} answered, p99 ${report.latency.p99Ms.toFixed(2)} ms`,
  };
}

export const hdlTcp = comparing('hdl-tcp', 'tcp', 0.75);
export const hdlTcpConnect = comparing('hdl-tcp-connect', 'tcp-connect', 0.85);
export const hdlUdp = comparing('hdl-udp', 'udp', 0.75);

export const hdlTcpPipelined: BenchCase = {
  name: 'hdl-tcp-pipelined',
  async run(context) {
    const { node, handle } = await nodeOf(context);
    return whileRunning([node], async () => {
      const plan = planFor(context, 'tcp', 16);
      const [http] = hitPlans(context, SECTOR) as [LoadPlan, ...LoadPlan[]];
      const ours = await perSecondOf(context, plan, handle);
      const overHttp = await perSecondOf(context, http, node);
      const measured: Measured = {
        measure: plan.measure,
        value: ours,
        unit: 'requests/s',
        reference: overHttp,
        ratio: ours / overHttp,
        target: '≥ 2 × HTTP',
        met: ours >= 2 * overHttp,
        note: '64 connections; beside it the same node over HTTP, one path',
      };
      return [measured];
    });
  },
};

async function perSecondOf(context: BenchContext, plan: LoadPlan, server: Server): Promise<number> {
  const target = { name: 'ours', server } as const;
  await loadOnce(context, { ...plan, durationMs: warmUpMsOf(context) }, target, WARM_UP);
  const rounds = [];
  for (let round = 0; round < plan.rounds; round++) rounds.push(await loadOnce(context, plan, target, round));
  return median(rounds.map((report) => report.perSecond));
}
