// The load driver's process: takes jobs over IPC, one at a time, and answers each with its report.

import { availableParallelism } from 'node:os';
import { type HandleLoadOptions, runHandleLoad } from './handle-load.ts';
import { type LoadReport, type ResponseExpectation, runLoad } from './load.ts';
import { cpuSecondsOf, machineCpuSeconds } from './server-usage.ts';
import { prepareRequests, type Workload } from './workload.ts';

export interface LoadJob {
  readonly port: number;
  readonly secure: boolean;
  /** The server's process, whose CPU time is read. */
  readonly pid: number;
  readonly connections: number;
  readonly durationMs: number;
  /** Requests a second for an open loop; null for a closed one. */
  readonly rate: number | null;
  readonly workload: Workload;
  readonly expect: ResponseExpectation;
  /** How the Handle protocol is spoken; HTTP without it, or null. */
  readonly handle?: Pick<HandleLoadOptions, 'transport' | 'depth' | 'key'> | null;
}

export interface DrivenReport extends LoadReport {
  readonly driverCpuSeconds: number;
  /** Share of the machine that neither server nor driver used: near 0, or the numbers mean little. */
  readonly foreignShare: number;
}

export type DriverMessage = { readonly report: DrivenReport } | { readonly failure: string };

let prepared: { readonly key: string; readonly requests: readonly string[] } = { key: '', requests: [] };

async function run(job: LoadJob): Promise<DriverMessage> {
  const key = JSON.stringify(job.workload);
  if (prepared.key !== key) {
    prepared = { key: '', requests: [] }; // let the old ones go before the new ones come
    prepared = { key, requests: prepareRequests(job.workload) };
  }
  const { requests } = prepared;
  let at = 0;
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const othersBefore = machineCpuSeconds() - cpuSecondsOf(job.pid);
  const { handle, ...settings } = job;
  const load = {
    ...settings,
    serverCpu: () => cpuSecondsOf(job.pid),
    next: () => {
      const request = requests[at] as string;
      at = at + 1 === requests.length ? 0 : at + 1;
      return request;
    },
  };
  const report = await (handle === undefined || handle === null
    ? runLoad(load)
    : runHandleLoad({ ...load, ...handle }));
  const used = process.cpuUsage(before);
  const driverCpuSeconds = (used.user + used.system) / 1e6;
  const foreign = machineCpuSeconds() - cpuSecondsOf(job.pid) - othersBefore - driverCpuSeconds;
  const capacity = ((performance.now() - startedAt) / 1000) * availableParallelism();
  return { report: { ...report, driverCpuSeconds, foreignShare: Math.max(0, foreign / capacity) } };
}

process.on('message', (job: LoadJob) => {
  run(job)
    .catch((error: unknown): DriverMessage => ({ failure: error instanceof Error ? error.message : String(error) }))
    .then((message) => process.send?.(message));
});
process.on('disconnect', () => process.exit(0));
