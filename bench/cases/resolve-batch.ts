// A thousand handles a call, about 400 bytes an answer: the same thousand again and again, and never one twice.

import { itemHandle } from '../generator.ts';
import { type BenchCase, interleave, paceOf } from '../measure/bench-context.ts';
import { comparisonOf, type Measured } from '../measure/measurement.ts';
import { largeSector, mirror, sizeNote, whileRunning } from './resolving.ts';

const PER_CALL = 1000;

export const resolveBatch: BenchCase = {
  name: 'resolve-batch',
  async run(context) {
    const sector = largeSector(context, 'slim');
    const node = await context.nodeWith(sector);
    const body = JSON.stringify(Array.from({ length: PER_CALL }, (_, i) => itemHandle(sector, i)));
    const { server, answer } = await mirror(context, node, {
      method: 'POST',
      path: '/v1/resolve',
      route: '/v1/resolve',
      headers: { 'content-type': 'application/json' },
      body,
      status: 200,
    });
    const answerBytes = Math.round(answer.body.length / PER_CALL);
    return whileRunning([node, server], async () => {
      const measured: Measured[] = [];
      for (const [name, choice, requests, wanted] of [
        ['hits', 'thousand', 1, 400_000],
        ['first touch', 'shuffled', Math.floor(sector.items / PER_CALL), 150_000],
      ] as const) {
        const measure = name === 'hits' ? name : `${name}${sizeNote(context, sector)}`;
        const plan = {
          ...paceOf(context),
          measure,
          connections: 16,
          rate: null,
          // Rounds begin in different places of the order, far apart from each other.
          workload: (round: number) => {
            const from = choice === 'thousand' ? 0 : Math.floor((round * requests) / (paceOf(context).rounds + 1));
            return { kind: 'resolve-batch', sector, choice, perCall: PER_CALL, requests, from } as const;
          },
          expect: { statuses: [200], minimumBodyBytes: PER_CALL * 300 },
        };
        const comparison = comparisonOf(await interleave(context, plan, { ours: node, reference: server }));
        const perSecond = comparison.oursPerSecond * PER_CALL;
        measured.push({
          measure,
          value: perSecond,
          unit: 'identifiers/s',
          reference: comparison.referencePerSecond * PER_CALL,
          ratio: comparison.cpuRatio,
          target: `≥ ${wanted.toLocaleString('en')}/s`,
          met: perSecond >= wanted,
          note: `${answerBytes} bytes an answer; ${(comparison.oursCpuMicros / PER_CALL).toFixed(2)} µs CPU an identifier, a constant of the same size ${(comparison.referenceCpuMicros / PER_CALL).toFixed(2)}; p99 of a call ${comparison.oursP99Ms.toFixed(1)} ms`,
        });
      }
      return measured;
    });
  },
};
