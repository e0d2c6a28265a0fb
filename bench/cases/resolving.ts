// What the cases of resolution share: sectors, and a reference that answers what our node answers.

import type { Sector, SectorShape } from '../generator.ts';
import { type BenchContext, type LoadPlan, paceOf } from '../measure/bench-context.ts';
import type { OurNode, Server } from '../measure/children.ts';
import { type ConstantAnswer, differenceOf, type Probe, probe } from '../reference/constant-answer.ts';

const SEED = 20_261_123;

/** A million items, or fewer for a first look. */
export function largeSector(context: BenchContext, shape: SectorShape): Sector {
  return { shape, items: context.quick ? 200_000 : 1_000_000, seed: SEED };
}

/** Enough for hits, which do not depend on how much there is. */
export function smallSector(shape: SectorShape): Sector {
  return { shape, items: 20_000, seed: SEED };
}

/** Says how much was loaded, where it is less than the table asks for. */
export function sizeNote(context: BenchContext, sector: Sector): string {
  return context.quick ? ` (quick: ${sector.items.toLocaleString('en')} identifiers)` : '';
}

/** A request id is new in every answer. */
const VOLATILE = ['x-request-id'];

/**
 * A reference that answers `asked` exactly as our node does. Throws if our answer's status is not the expected one, or
 * if the reference's bytes differ from ours.
 */
export async function mirror(
  context: BenchContext,
  node: OurNode,
  asked: Probe & { readonly route: string; readonly status: number },
): Promise<{ readonly server: Server; readonly answer: ConstantAnswer }> {
  const answer = await probe(node.port, asked);
  if (answer.status !== asked.status) {
    throw new Error(`${asked.method} ${asked.path} answered ${answer.status}: ${answer.body.slice(0, 500)}`);
  }
  const { method, route } = asked;
  const server = await context.reference({ method, route, answer, bodySchema: null, bodyLimitBytes: 16 << 20 });
  const difference = differenceOf(answer, await probe(server.port, asked), VOLATILE);
  if (difference !== null) throw new Error(`The reference answers other bytes: ${difference}`);
  return { server, answer };
}

export const HANDLE_ROUTE = '/api/handles/*';

/** Stops servers, whatever became of the work between. */
export async function whileRunning<T>(servers: readonly Server[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** Hits: one path again and again, and a thousand paths in turn. */
export function hitPlans(context: BenchContext, sector: Sector): readonly LoadPlan[] {
  const choices = [
    ['one path', 'first', 1],
    ['1,000 paths', 'thousand', 1000],
  ] as const;
  return choices.map(([measure, choice, requests]) => ({
    ...paceOf(context),
    measure,
    connections: 64,
    rate: null,
    workload: () => ({ kind: 'resolve', sector, choice, requests, from: 0 }),
    expect: { statuses: [200], minimumBodyBytes: 500 },
  }));
}
