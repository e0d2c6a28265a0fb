// What a case is given: servers, the driver, loaded sectors and the pace of the run.

import type { Driver } from '../driver/driver.ts';
import type { ResponseExpectation } from '../driver/load.ts';
import type { DrivenReport, LoadJob } from '../driver/main.ts';
import type { Workload } from '../driver/workload.ts';
import type { Sector } from '../generator.ts';
import type { HandleReferenceTask } from '../reference/handle-worker.ts';
import type { ReferenceTask } from '../reference/worker.ts';
import type { OurNode, Server } from './children.ts';
import { faultOf, type Measured, type Pair, type Runs } from './measurement.ts';

export interface BenchContext {
  readonly quick: boolean;
  readonly soak: boolean;
  readonly workers: number;
  /** Of a file that is imported. */
  readonly identifiers: number;
  readonly driver: Pick<Driver, 'run'>;
  /** A node on a directory that already holds the sector; other nodes must not use it at the same time. */
  nodeWith(sector: Sector, settings?: Readonly<Record<string, string>>): Promise<OurNode>;
  /** A node on a copy of that directory, to run beside the other. */
  twinWith(sector: Sector, settings?: Readonly<Record<string, string>>): Promise<OurNode>;
  /** A node on an empty directory; with a module that each of its threads loads before ours, if one is named. */
  emptyNode(settings?: Readonly<Record<string, string>>, preload?: URL): Promise<OurNode>;
  reference(task: ReferenceTask | HandleReferenceTask): Promise<Server>;
  /** Keeps a run for the result file. */
  keep(run: Runs): void;
  say(line: string): void;
}

/** How often and how long: short for a first look, longer for numbers that are published. */
export function paceOf(context: BenchContext): { readonly rounds: number; readonly durationMs: number } {
  return context.quick ? { rounds: 3, durationMs: 1000 } : { rounds: 7, durationMs: 3000 };
}

/** Long enough for V8 to have compiled the path: latencies and CPU time a request fall for about two seconds. */
export function warmUpMsOf(context: BenchContext): number {
  return context.quick ? 1500 : 4000;
}

export interface BenchCase {
  readonly name: string;
  /** Returns every measurement of the case; throws if an answer was wrong. */
  run(context: BenchContext): Promise<readonly Measured[]>;
}

export interface LoadPlan {
  readonly measure: string;
  readonly connections: number;
  readonly rounds: number;
  readonly durationMs: number;
  /** Requests a second; null for a closed loop. */
  readonly rate: number | null;
  /** The workload of a round, the same for both servers; asked for `rounds` too, to warm up. */
  readonly workload: (round: number) => Workload;
  readonly expect: ResponseExpectation;
  /** How the Handle protocol is spoken; HTTP without it. */
  readonly handle?: NonNullable<LoadJob['handle']>;
}

/** A round that is not counted; its workload is the one after the last round's. */
export const WARM_UP = -1;

/** Load on one server for one round; throws if anything was answered wrongly. */
export async function loadOnce(
  context: BenchContext,
  plan: LoadPlan,
  target: { readonly name: 'ours' | 'reference'; readonly server: Server },
  round: number,
): Promise<DrivenReport> {
  const report = await context.driver.run({
    port: target.server.port,
    secure: target.server.secure ?? false,
    pid: target.server.pid,
    connections: plan.connections,
    durationMs: plan.durationMs,
    rate: plan.rate,
    workload: plan.workload(round === WARM_UP ? plan.rounds : round),
    expect: plan.expect,
    handle: plan.handle ?? null,
  });
  const fault = faultOf(report);
  if (fault !== null) throw new Error(`${plan.measure}, ${target.name}, round ${round}: ${fault}`);
  if (round !== WARM_UP) context.keep({ measure: plan.measure, server: target.name, round, report });
  return report;
}

/** Warms both up, then measures them in turn: ours first in even rounds, the reference first in odd ones. */
export async function interleave(
  context: BenchContext,
  plan: LoadPlan,
  servers: { readonly ours: Server; readonly reference: Server },
): Promise<readonly Pair[]> {
  const ours = { name: 'ours', server: servers.ours } as const;
  const reference = { name: 'reference', server: servers.reference } as const;
  // As fast as it goes, whatever the plan's rate: V8 compiles what runs often, and a node in service is compiled.
  const warmUp = { ...plan, rate: null, durationMs: warmUpMsOf(context) };
  await loadOnce(context, warmUp, ours, WARM_UP);
  await loadOnce(context, warmUp, reference, WARM_UP);
  const pairs: Pair[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    if (round % 2 === 0) {
      const first = await loadOnce(context, plan, ours, round);
      pairs.push({ ours: first, reference: await loadOnce(context, plan, reference, round) });
    } else {
      const first = await loadOnce(context, plan, reference, round);
      pairs.push({ ours: await loadOnce(context, plan, ours, round), reference: first });
    }
  }
  return pairs;
}
